use std::time::Duration;

use super::GateConfig;
use crate::{Config, ConfigError};

/// Settings of a [`Keyed`](super::Keyed) policy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(
        default,
        deny_unknown_fields,
        bound(deserialize = "C: Default + serde::Deserialize<'de>")
    )
)]
pub struct KeyedConfig<C> {
    /// What the gate of each key is built from.
    pub gate: C,
    /// Number of keys kept at once, at least 1. Default: 1000.
    pub max_keys: usize,
    /// Time after which a key that is not used goes, at least 1 ns. Default: none, keys go for room
    /// only.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
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

impl<C: GateConfig> Config for KeyedConfig<C> {
    fn check(&self) -> Result<(), ConfigError> {
        self.gate.check()?;
        let Self { max_keys, idle, .. } = *self;
        ConfigError::unless(max_keys > 0, "max_keys", "must be at least 1", max_keys)?;
        let some = idle != Some(Duration::ZERO);
        ConfigError::unless(some, "idle", "must be at least 1 ns", idle)
    }

    fn check_after(&self, old: &Self) -> Result<(), ConfigError> {
        self.check()?;
        self.gate.check_after(&old.gate)
    }
}
