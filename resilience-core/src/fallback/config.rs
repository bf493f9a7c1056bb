//! What the operator says.

use std::time::Duration;

use crate::{Config, ConfigError};

/// The settings of a [`Fallback`](super::Fallback).
///
/// ```
/// use std::time::Duration;
/// use resilience_core::FallbackConfig;
///
/// let config = FallbackConfig {
///     max_age: Some(Duration::from_secs(60)),
///     ..Default::default()
/// };
/// assert!(config.last_good);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct FallbackConfig {
    /// Whether the last good answer of each key is kept and served. Default: true.
    pub last_good: bool,
    /// The age at which a kept answer is too old to be served; 0 serves none. Default: none is too
    /// old.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub max_age: Option<Duration>,
    /// Number of keys whose answers are kept, at least 1; where one more comes, the one that was not
    /// used for longest goes. Default: 1024.
    pub max_keys: usize,
}

impl Default for FallbackConfig {
    fn default() -> Self {
        Self {
            last_good: true,
            max_age: None,
            max_keys: 1024,
        }
    }
}

impl Config for FallbackConfig {
    fn check(&self) -> Result<(), ConfigError> {
        let rule = "must be at least 1";
        ConfigError::unless(self.max_keys > 0, "max_keys", rule, self.max_keys)
    }
}
