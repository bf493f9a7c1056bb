//! What a gate must be able to do to be kept by key.

use std::fmt;
use std::sync::Arc;

use crate::{
    Bulkhead, BulkheadConfig, CircuitBreaker, CircuitBreakerConfig, Config, ConfigError, Env, Gate,
    Handle, Name, Policy, RateLimiter, RateLimiterConfig, Time,
};

/// A gate of which a [`Keyed`](super::Keyed) policy keeps one for each key. Clones share one state.
///
/// A tuple of them is one: all that guards a venue, say. Its config is the tuple of theirs, its kind
/// is `keyed_gates`, and none of them may go while another one may not.
///
/// [`may_go`](Self::may_go) and `clone` run under the policy's lock: they must be quick, and not use
/// the policy.
pub trait KeyGate: Gate + Clone + fmt::Debug + Send + Sync + 'static {
    /// What it is built from.
    type Config: GateConfig<Gate = Self>;

    /// The kind of the keyed policy in the registry, in snake case.
    const KIND: &'static str;

    /// Whether keys for which there is no room share one gate; otherwise each use gets a gate that
    /// is not kept.
    ///
    /// To share is right for what bounds a load, which a flood of keys must not get round, and wrong
    /// for what learns about one dependency.
    const SHARES_OVERFLOW: bool;

    /// Creates a gate at the time `created` that no registry lists, from a config that was checked.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks.
    fn unlisted(
        name: Name,
        config: &Self::Config,
        env: &Env,
        created: Time,
    ) -> Result<Self, ConfigError>;

    /// Says whether nothing is lost with this gate that protects somebody; asks without advancing.
    fn may_go(&self) -> bool;

    /// Returns the gate for a key for which there is no room: `new` is for this use only, `shared` is
    /// that of all such keys. Not asked where nothing is shared. Default: `shared`.
    #[must_use]
    fn for_overflow(_new: Self, shared: Self) -> Self {
        shared
    }

    /// Returns the policies that it consists of, as a registry lists policies. Default: none.
    fn policies(&self) -> Vec<Arc<dyn Policy>> {
        Vec::new()
    }

    /// Takes another config and keeps what was learned.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks; nothing has changed then.
    fn reconfigure(&self, config: &Self::Config) -> Result<(), ConfigError>;
}

/// What a [`KeyGate`] is built from.
pub trait GateConfig: Config {
    /// What is built from it.
    type Gate: KeyGate<Config = Self>;
}

macro_rules! key_gate {
    ($gate:ident, $config:ident, $kind:literal, shares_overflow: $shares:literal) => {
        impl KeyGate for $gate {
            type Config = $config;

            const KIND: &'static str = $kind;
            const SHARES_OVERFLOW: bool = $shares;

            fn unlisted(
                name: Name,
                config: &$config,
                env: &Env,
                created: Time,
            ) -> Result<Self, ConfigError> {
                Self::unlisted(name, config, env, created)
            }

            #[inline]
            fn may_go(&self) -> bool {
                self.may_go()
            }

            fn policies(&self) -> Vec<Arc<dyn Policy>> {
                vec![Handle::into_policy(self.clone())]
            }

            fn reconfigure(&self, config: &$config) -> Result<(), ConfigError> {
                self.reconfigure(config.clone())
            }
        }

        impl GateConfig for $config {
            type Gate = $gate;
        }
    };
}

key_gate!(CircuitBreaker, CircuitBreakerConfig, "keyed_circuit_breaker", shares_overflow: false);
key_gate!(RateLimiter, RateLimiterConfig, "keyed_rate_limiter", shares_overflow: true);
key_gate!(Bulkhead, BulkheadConfig, "keyed_bulkhead", shares_overflow: true);

macro_rules! key_gate_tuple {
    ($($gate:ident: $index:tt),+) => {
        impl<$($gate: KeyGate),+> KeyGate for ($($gate,)+) {
            type Config = ($($gate::Config,)+);

            const KIND: &'static str = "keyed_gates";
            const SHARES_OVERFLOW: bool = $($gate::SHARES_OVERFLOW)||+;

            fn unlisted(
                name: Name,
                config: &Self::Config,
                env: &Env,
                created: Time,
            ) -> Result<Self, ConfigError> {
                Ok(($($gate::unlisted(name.clone(), &config.$index, env, created)?,)+))
            }

            #[inline]
            fn may_go(&self) -> bool {
                $(self.$index.may_go())&&+
            }

            fn for_overflow(new: Self, shared: Self) -> Self {
                ($(match $gate::SHARES_OVERFLOW {
                    true => $gate::for_overflow(new.$index, shared.$index),
                    false => new.$index,
                },)+)
            }

            fn policies(&self) -> Vec<Arc<dyn Policy>> {
                let each = [$(self.$index.policies()),+];
                each.into_iter().flatten().collect()
            }

            fn reconfigure(&self, config: &Self::Config) -> Result<(), ConfigError> {
                $(config.$index.check()?;)+
                $(self.$index.reconfigure(&config.$index)?;)+
                Ok(())
            }
        }

        impl<$($gate: GateConfig),+> GateConfig for ($($gate,)+) {
            type Gate = ($($gate::Gate,)+);
        }

        impl<$($gate: GateConfig),+> Config for ($($gate,)+) {
            fn check(&self) -> Result<(), ConfigError> {
                $(self.$index.check()?;)+
                Ok(())
            }

            fn check_after(&self, old: &Self) -> Result<(), ConfigError> {
                $(self.$index.check_after(&old.$index)?;)+
                Ok(())
            }
        }
    };
}

key_gate_tuple!(A: 0, B: 1);
key_gate_tuple!(A: 0, B: 1, C: 2);
key_gate_tuple!(A: 0, B: 1, C: 2, D: 3);
