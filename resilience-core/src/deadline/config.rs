//! Settings of the deadlines of calls.

use std::time::Duration;

use crate::{Config, ConfigError};

/// Settings of [`Deadlines`](super::Deadlines).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct DeadlinesConfig {
    /// Time that a call has which comes without a deadline, at least 1 ns and at most `max`.
    /// Default: none, such a call has no deadline (but see `max`).
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub default: Option<Duration>,
    /// Longest time that a call may have, whatever it comes with, at least 1 ns. A call that comes
    /// with nothing has it too, unless `default` says less. Default: none.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub max: Option<Duration>,
    /// Highest share of the calls of the last ten seconds that may be dropped for their deadlines,
    /// from 0, none at all, to 1. Default: 1.
    ///
    /// The time that is left travels as a length, which no two clocks can disagree about, so that
    /// whoever is late is late indeed and work for him is work for nobody. Set 0.2 or so where
    /// something on the way turns points in time into lengths, and a clock that is wrong must not
    /// take the service down: calls above the share then go on as if they had come without.
    pub max_dropped: f64,
}

impl Default for DeadlinesConfig {
    fn default() -> Self {
        Self {
            default: None,
            max: None,
            max_dropped: 1.0,
        }
    }
}

impl Config for DeadlinesConfig {
    fn check(&self) -> Result<(), ConfigError> {
        for (field, value) in [("default", self.default), ("max", self.max)] {
            let set = value.is_none_or(|it| !it.is_zero());
            ConfigError::unless(set, field, "must be at least 1 ns", value)?;
        }
        let fits = match (self.default, self.max) {
            (Some(default), Some(max)) => default <= max,
            _ => true,
        };
        ConfigError::unless(fits, "default", "must be at most `max`", self.default)?;
        let share = self.max_dropped;
        let rule = "must be between 0 and 1";
        ConfigError::unless((0.0..=1.0).contains(&share), "max_dropped", rule, share)
    }
}

impl DeadlinesConfig {
    /// Returns the time of a call that comes without a deadline.
    pub(super) fn without(&self) -> Option<Duration> {
        self.default.or(self.max)
    }
}
