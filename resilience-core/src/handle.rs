//! What the handles of all policies have in common.

use std::sync::Arc;

use crate::{Config, ConfigError, Env, Name, Policy};

/// A handle of a policy that the registry lists.
pub trait Handle: Sized {
    /// What the policy is built from.
    type Config: Config;

    /// The kind of the policy in the registry, in snake case.
    const KIND: &'static str;

    /// Creates a policy.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, or that `name` is taken.
    fn create(name: Name, config: Self::Config, env: &Env) -> Result<Self, ConfigError>;

    /// Returns the handle of `policy`, where that is one of its type.
    fn from_policy(policy: Arc<dyn Policy>) -> Option<Self>;

    /// Returns the policy, which lives as long as this.
    fn into_policy(self) -> Arc<dyn Policy>;
}

/// Makes a tuple struct of the `Arc` of a policy its handle.
macro_rules! handle {
    (
        $handle:ty,
        of: $policy:ty,
        by: $config:ty,
        kind: $kind:expr
        $(, over: [$($generics:tt)*])?
    ) => {
        impl $(<$($generics)*>)? $crate::Handle for $handle {
            type Config = $config;

            const KIND: &'static str = $kind;

            fn create(
                name: $crate::Name,
                config: $config,
                env: &$crate::Env,
            ) -> Result<Self, $crate::ConfigError> {
                Self::new(name, config, env)
            }

            fn from_policy(policy: std::sync::Arc<dyn $crate::Policy>) -> Option<Self> {
                policy.into_any().downcast::<$policy>().ok().map(Self)
            }

            fn into_policy(self) -> std::sync::Arc<dyn $crate::Policy> {
                self.0
            }
        }
    };
}

/// Makes the type behind a handle a policy, as the registry lists them. The type has a method `config`
/// of its own.
macro_rules! policy {
    (
        $policy:ty,
        of: $handle:ty,
        name: |$named:ident| $name:expr,
        snapshot: |$shown:ident| $kind:ident($snapshot:expr),
        reconfigure: |$it:ident, $config:ident| $reconfigure:expr
        $(, over: [$($generics:tt)*])?
        $(, also: { $($also:tt)* })?
    ) => {
        impl $(<$($generics)*>)? $crate::Policy for $policy {
            fn kind(&self) -> &'static str {
                <$handle as $crate::Handle>::KIND
            }

            fn name(&self) -> &$crate::Name {
                let $named = self;
                $name
            }

            fn snapshot(&self) -> $crate::Snapshot {
                let $shown = self;
                $crate::Snapshot::$kind($snapshot)
            }

            fn config(&self) -> $crate::PolicyConfig {
                $crate::PolicyConfig::of(self.config(), self.kind())
            }

            fn reconfigure(&self, config: &$crate::PolicyConfig) -> Result<(), $crate::ConfigError> {
                let $it = self;
                let $config = config.get::<<$handle as $crate::Handle>::Config>()?;
                $reconfigure
            }

            $($($also)*)?

            fn into_any(
                self: std::sync::Arc<Self>,
            ) -> std::sync::Arc<dyn std::any::Any + Send + Sync> {
                self
            }
        }
    };
}

pub(crate) use {handle, policy};
