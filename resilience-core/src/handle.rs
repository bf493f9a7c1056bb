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

pub(crate) use handle;
