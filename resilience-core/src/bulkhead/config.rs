use std::time::Duration;

use super::state::Slots;
use crate::{Config, ConfigError};

/// Settings of a [`Bulkhead`](super::Bulkhead).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct BulkheadConfig {
    /// Number of calls in flight at once, at least 1. Default: 10.
    pub max_in_flight: u32,
    /// Number of calls that may wait for a slot, by [`enqueue`](crate::Queue::enqueue); who asks
    /// otherwise never waits. Default: 0.
    pub max_waiting: u32,
    /// How long a call may wait for a slot. Default: no bound but the call's own deadline.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub max_wait: Option<Duration>,
}

impl Default for BulkheadConfig {
    fn default() -> Self {
        Self {
            max_in_flight: 10,
            max_waiting: 0,
            max_wait: None,
        }
    }
}

impl Config for BulkheadConfig {
    fn check(&self) -> Result<(), ConfigError> {
        self.limits().map(drop)
    }
}

impl BulkheadConfig {
    pub(super) fn limits(&self) -> Result<Slots, ConfigError> {
        let in_flight = self.max_in_flight;
        let rule = "must be at least 1";
        ConfigError::unless(in_flight > 0, "max_in_flight", rule, in_flight)?;
        Ok(Slots {
            in_flight,
            waiting: self.max_waiting,
        })
    }
}
