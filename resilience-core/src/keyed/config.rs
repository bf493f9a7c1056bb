use std::time::Duration;

use super::GateConfig;
use crate::ConfigError;

/// Settings of a [`Keyed`](super::Keyed) policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedConfig<C> {
    /// What the gate of each key is built from.
    pub gate: C,
    /// Number of keys kept at once, at least 1. Default: 1000.
    pub max_keys: usize,
    /// Time after which a key that is not used goes, at least 1 ns. Default: none, keys go for room
    /// only.
    pub idle: Option<Duration>,
}

impl<C: Default> Default for KeyedConfig<C> {
    fn default() -> Self {
        Self {
            gate: C::default(),
            max_keys: 1000,
            idle: None,
        }
    }
}

impl<C: GateConfig> KeyedConfig<C> {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        self.gate.check()?;
        let Self { max_keys, idle, .. } = *self;
        ConfigError::unless(max_keys > 0, "max_keys", "must be at least 1", max_keys)?;
        let some = idle != Some(Duration::ZERO);
        ConfigError::unless(some, "idle", "must be at least 1 ns", idle)
    }
}
