use std::time::Duration;

use super::state::Rate;
use crate::clock::nanos;
use crate::{Config, ConfigError};

/// How a [`RateLimiter`](super::RateLimiter) counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum RateLimiterKind {
    /// The generic cell rate algorithm, a leaky bucket: permits come back one by one, evenly. One
    /// word, no lock, and the only kind in which callers can wait their turn. After a quiet time up
    /// to `burst + permits` calls fit into one `per`.
    #[default]
    Gcra,
    /// All permits come back at once, at the end of each `per` counted from the creation. Around
    /// that moment twice the permits fit into one `per`.
    FixedWindow,
    /// No stretch of time of length `per`, wherever it begins, sees more than `permits`. Remembers
    /// each admission that is younger, up to `permits` of them.
    SlidingLog,
    /// Two fixed windows, the one before weighed by how much of it is younger than `per`: nearly a
    /// sliding log, in three numbers.
    SlidingCounter,
}

/// Settings of a [`RateLimiter`](super::RateLimiter).
///
/// `permits` and `per` must be set: no default would suit anybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct RateLimiterConfig {
    /// How calls are counted. Default: [`RateLimiterKind::Gcra`].
    pub kind: RateLimiterKind,
    /// Number of permits for each `per`, at least 1; must be set.
    pub permits: u32,
    /// Length of time that `permits` are for, at least 1 ns; must be set.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub per: Duration,
    /// Number of permits that can be taken at once after a quiet time, at least 1; GCRA only.
    /// Default: `permits`.
    pub burst: Option<u32>,
    /// Longest wait that [`enqueue`](crate::Queue::enqueue) accepts; GCRA only. Default: none, who
    /// would have to wait is refused.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub max_wait: Option<Duration>,
}

impl RateLimiterConfig {
    /// Returns the settings of `permits` for each `per`, all of which may be taken at once.
    #[must_use]
    pub const fn new(permits: u32, per: Duration) -> Self {
        Self {
            kind: RateLimiterKind::Gcra,
            permits,
            per,
            burst: None,
            max_wait: None,
        }
    }

    /// Returns the most that can be asked for at once.
    pub(super) fn most(&self) -> u32 {
        self.burst.unwrap_or(self.permits)
    }

    /// Returns what permits cost under GCRA; of a config that was checked.
    pub(super) fn rate(&self) -> Rate {
        Rate {
            // Rounded up, so that no stretch of time sees more than it is promised.
            each: nanos(self.per).div_ceil(self.permits.max(1).into()),
            burst: self.most(),
        }
    }
}

impl Config for RateLimiterConfig {
    fn check(&self) -> Result<(), ConfigError> {
        let Self { permits, per, .. } = *self;
        let some = "must be set, to at least 1";
        ConfigError::unless(permits > 0, "permits", some, permits)?;
        let some = "must be set, to at least 1 ns";
        ConfigError::unless(!per.is_zero(), "per", some, per)?;
        if self.kind == RateLimiterKind::Gcra {
            let burst = self.most();
            return ConfigError::unless(burst > 0, "burst", "must be at least 1", burst);
        }
        let gcra_only = "must not be set with a window kind";
        ConfigError::unless(self.burst.is_none(), "burst", gcra_only, self.burst)?;
        ConfigError::unless(
            self.max_wait.is_none(),
            "max_wait",
            gcra_only,
            self.max_wait,
        )
    }

    fn check_after(&self, old: &Self) -> Result<(), ConfigError> {
        self.check()?;
        let rule = "must be that of the limiter, which cannot change";
        ConfigError::unless(self.kind == old.kind, "kind", rule, self.kind)
    }
}
