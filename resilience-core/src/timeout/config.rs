//! Settings of a timeout.

use std::time::Duration;

use crate::{Config, ConfigError};

/// Settings of a [`Timeout`](super::Timeout).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct TimeoutConfig {
    /// Longest time that a call may take, at least 1 ns. It must be set.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub timeout: Duration,
}

impl TimeoutConfig {
    /// Returns the settings of a time limit of `timeout`.
    #[must_use]
    pub const fn new(timeout: Duration) -> Self {
        Self { timeout }
    }
}

impl Config for TimeoutConfig {
    fn check(&self) -> Result<(), ConfigError> {
        let timeout = self.timeout;
        ConfigError::unless(
            !timeout.is_zero(),
            "timeout",
            "must be at least 1 ns",
            timeout,
        )
    }
}
