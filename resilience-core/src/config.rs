//! What all settings have in common, and the settings of any policy.

use std::any::Any;
use std::fmt;

#[cfg(all(feature = "cache", not(loom)))]
use crate::CacheConfig;
use crate::{
    BulkheadConfig, CircuitBreakerConfig, ConfigError, DeadlinesConfig,
    DistributedRateLimiterConfig, FailoverConfig, FallbackConfig, HealthConfig, KeyedConfig,
    OperationsConfig, RateLimiterConfig, RecoveryConfig, RetryBudgetConfig, RetryConfig,
    TimeoutConfig,
};

/// What a policy is built from.
pub trait Config: Clone + fmt::Debug + PartialEq + Send + Sync + 'static {
    /// Checks it.
    ///
    /// # Errors
    ///
    /// Returns the first rule that it breaks.
    fn check(&self) -> Result<(), ConfigError>;

    /// Checks it as the next config of a policy that goes by `old`.
    ///
    /// # Errors
    ///
    /// Returns the first rule that it breaks, also where it changes what cannot change.
    fn check_after(&self, _old: &Self) -> Result<(), ConfigError> {
        self.check()
    }
}

/// By another name, since serde takes a lifetime in an enum for that of the text.
type Kind = &'static str;

macro_rules! kinds {
    ($($(#[$when:meta])* $kind:literal => $variant:ident($config:ty),)+) => {
        /// The settings of a policy of any kind.
        ///
        /// With the feature `serde` it is a `kind`, such as `circuit_breaker`, and a `config`.
        #[derive(Clone, Debug, PartialEq)]
        #[cfg_attr(
            feature = "serde",
            derive(serde::Deserialize),
            serde(tag = "kind", content = "config", rename_all = "snake_case")
        )]
        #[non_exhaustive]
        pub enum PolicyConfig {
            $(
                $(#[$when])*
                #[doc = concat!("Of the kind `", $kind, "`.")]
                $variant($config),
            )+
            /// Of a keyed policy over gates of the caller's own; only its handle knows them.
            #[cfg_attr(feature = "serde", serde(skip))]
            Foreign(Kind),
        }

        impl PolicyConfig {
            /// The kinds that a config can be of.
            pub const KINDS: &'static [&'static str] = &[$($(#[$when])* $kind),+];

            /// Returns the kind of its policies.
            #[must_use]
            pub const fn kind(&self) -> &'static str {
                match self {
                    $($(#[$when])* Self::$variant(_) => $kind,)+
                    Self::Foreign(kind) => kind,
                }
            }

            fn as_any(&self) -> &dyn Any {
                match self {
                    $($(#[$when])* Self::$variant(it) => it,)+
                    Self::Foreign(it) => it,
                }
            }

            /// Wraps a config of a type that need not be among these.
            pub(crate) fn of<C: Any + Clone>(config: C, kind: &'static str) -> Self {
                let any: &dyn Any = &config;
                $(
                    $(#[$when])*
                    if let Some(it) = any.downcast_ref::<$config>() {
                        return Self::$variant(it.clone());
                    }
                )+
                Self::Foreign(kind)
            }

            /// Reads the settings of a policy of `kind`; `None` where there is no such kind.
            #[cfg(feature = "config")]
            pub(crate) fn read<'de, D: serde::Deserializer<'de>>(
                kind: &str,
                from: D,
            ) -> Option<Result<Self, D::Error>> {
                match kind {
                    $($(#[$when])* $kind => Some(serde::Deserialize::deserialize(from).map(Self::$variant)),)+
                    _ => None,
                }
            }
        }

        impl Config for PolicyConfig {
            fn check(&self) -> Result<(), ConfigError> {
                match self {
                    $($(#[$when])* Self::$variant(it) => it.check(),)+
                    Self::Foreign(_) => Err(self.is_of_another_kind()),
                }
            }

            fn check_after(&self, old: &Self) -> Result<(), ConfigError> {
                match (self, old) {
                    $($(#[$when])* (Self::$variant(new), Self::$variant(old)) => new.check_after(old),)+
                    _ => Err(self.is_of_another_kind()),
                }
            }
        }

        $(
            $(#[$when])*
            impl From<$config> for PolicyConfig {
                fn from(config: $config) -> Self {
                    Self::$variant(config)
                }
            }
        )+

        #[cfg(feature = "serde")]
        impl PolicyConfig {
            /// Writes the settings without their kind.
            pub(crate) fn serialize_bare<S: serde::Serializer>(
                &self,
                to: S,
            ) -> Result<S::Ok, S::Error> {
                match self {
                    $($(#[$when])* Self::$variant(it) => serde::Serialize::serialize(it, to),)+
                    Self::Foreign(_) => to.serialize_unit(),
                }
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for PolicyConfig {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct;

                let mut fields = to.serialize_struct("PolicyConfig", 2)?;
                fields.serialize_field("kind", self.kind())?;
                match self {
                    $($(#[$when])* Self::$variant(it) => fields.serialize_field("config", it)?,)+
                    Self::Foreign(_) => fields.serialize_field("config", &())?,
                }
                fields.end()
            }
        }
    };
}

// The place of a new kind.
kinds! {
    "bulkhead" => Bulkhead(BulkheadConfig),
    #[cfg(all(feature = "cache", not(loom)))]
    "cache" => Cache(CacheConfig),
    "circuit_breaker" => CircuitBreaker(CircuitBreakerConfig),
    "component" => Component(OperationsConfig),
    "deadlines" => Deadlines(DeadlinesConfig),
    "distributed_rate_limiter" => DistributedRateLimiter(DistributedRateLimiterConfig),
    "failover" => Failover(FailoverConfig),
    "fallback" => Fallback(FallbackConfig),
    "health" => Health(HealthConfig),
    "keyed_bulkhead" => KeyedBulkhead(KeyedConfig<BulkheadConfig>),
    "keyed_circuit_breaker" => KeyedCircuitBreaker(KeyedConfig<CircuitBreakerConfig>),
    "keyed_rate_limiter" => KeyedRateLimiter(KeyedConfig<RateLimiterConfig>),
    "rate_limiter" => RateLimiter(RateLimiterConfig),
    "recovery" => Recovery(RecoveryConfig),
    "retry" => Retry(RetryConfig),
    "retry_budget" => RetryBudget(RetryBudgetConfig),
    "timeout" => Timeout(TimeoutConfig),
}

impl PolicyConfig {
    /// Returns the settings as what they are.
    ///
    /// # Errors
    ///
    /// Returns an error where they are of another kind.
    pub fn get<C: Config>(&self) -> Result<&C, ConfigError> {
        let found = self.as_any().downcast_ref();
        found.ok_or_else(|| self.is_of_another_kind())
    }

    fn is_of_another_kind(&self) -> ConfigError {
        ConfigError::new("kind", "must be that of the policy", self.kind())
    }
}
