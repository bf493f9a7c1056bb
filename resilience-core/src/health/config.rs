//! What the operator says.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::{Config, ConfigError, Name};

/// The settings of a [`Health`](super::Health).
///
/// ```
/// use resilience_core::{ComponentConfig, HealthConfig};
///
/// let optional = ComponentConfig { critical: false, ..Default::default() };
/// let components = [("database".into(), ComponentConfig::default()), ("cache".into(), optional)];
/// let config = HealthConfig { components: components.into(), ..Default::default() };
/// assert!(config.enabled && config.components.len() == 2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct HealthConfig {
    /// Whether components are checked. Where they are not, everything is unknown and no result
    /// counts. Default: true.
    pub enabled: bool,
    /// The components and how each is watched. Default: none.
    pub components: BTreeMap<Name, ComponentConfig>,
}

/// How one component is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct ComponentConfig {
    /// Whether the system cannot do without it. Default: true.
    pub critical: bool,
    /// Number of bad checks in a row after which it is down; at least 1. Default: 3.
    pub down_after: u32,
    /// Number of good checks in a row after which it is up again; at least 1. Default: 2.
    pub up_after: u32,
    /// Time from the start of one check to the start of the next, at least 1 ms. Default: 30 s.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub interval: Duration,
    /// Time after which a check is cut off and has failed, at least 1 ns. Default: 10 s.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub timeout: Duration,
}

impl Default for HealthConfig {
    fn default() -> Self {
        let components = BTreeMap::new();
        Self {
            enabled: true,
            components,
        }
    }
}

impl Default for ComponentConfig {
    fn default() -> Self {
        Self {
            critical: true,
            down_after: 3,
            up_after: 2,
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(10),
        }
    }
}

impl Config for HealthConfig {
    fn check(&self) -> Result<(), ConfigError> {
        self.components
            .values()
            .try_for_each(ComponentConfig::check)
    }
}

impl ComponentConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let Self {
            down_after,
            up_after,
            interval,
            timeout,
            ..
        } = self;
        let rule = "must be at least 1";
        ConfigError::unless(*down_after > 0, "down_after", rule, down_after)?;
        ConfigError::unless(*up_after > 0, "up_after", rule, up_after)?;
        let often = *interval >= Duration::from_millis(1);
        ConfigError::unless(often, "interval", "must be at least 1 ms", interval)?;
        let rule = "must be at least 1 ns";
        ConfigError::unless(!timeout.is_zero(), "timeout", rule, timeout)
    }
}
