//! Settings of retries and of their budget.

use std::time::Duration;

use super::state::Settings;
use crate::{Backoff, BackoffConfig, Config, ConfigError, Name};

/// Settings of a [`Retry`](super::Retry).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct RetryConfig {
    /// Number of attempts including the first, at least 1. Default: 3.
    pub max_attempts: u32,
    /// How long to wait between attempts. Default: 1 s, which doubles up to 60 s, equal jitter.
    pub backoff: BackoffConfig,
    /// Time from the beginning of a run after which no attempt begins, at least 1 ns; what the
    /// attempts themselves take counts. Default: none.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub max_total: Option<Duration>,
    /// What becomes of a wait that the callee asks for. Default: at least as long is waited.
    pub hints: HintPolicy,
    /// Shortest wait that a clamped hint is raised to, at most `hint_max`. Default: 0.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub hint_min: Duration,
    /// Longest wait that a hint can bring, whatever `hints` says. Default: 60 s.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub hint_max: Duration,
    /// Whether a refusal by a policy of ours further in is tried again; it counts as an attempt, and
    /// not as one that was sent. Default: no.
    pub retry_rejected: bool,
    /// Budget that all the runs share. Default: none.
    ///
    /// The budget bears the name of the policy.
    pub budget: Option<RetryBudgetConfig>,
    /// Name of a budget that several policies share; not together with `budget`. It must be alive
    /// when the policy is built, and cannot be another one later. Default: none.
    ///
    /// One may also be given by [`with_budget`](super::Retry::with_budget).
    pub shared_budget: Option<Name>,
}

/// What becomes of a wait that the callee asks for, such as `Retry-After`.
///
/// None is longer than [`hint_max`](RetryConfig::hint_max).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum HintPolicy {
    /// It takes the place of the back-off, without jitter.
    Exact,
    /// It or the back-off, whichever is longer.
    #[default]
    AtLeast,
    /// It takes the place of the back-off, raised to [`hint_min`](RetryConfig::hint_min).
    Clamped,
    /// Nothing.
    Ignored,
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl RetryConfig {
    /// What [`default`](Default::default) returns, for constants of one's own.
    pub const DEFAULT: Self = Self {
        max_attempts: 3,
        backoff: BackoffConfig::DEFAULT,
        max_total: None,
        hints: HintPolicy::AtLeast,
        hint_min: Duration::ZERO,
        hint_max: Duration::from_secs(60),
        retry_rejected: false,
        budget: None,
        shared_budget: None,
    };

    /// Orders: 3 attempts after waits of 1 s and 2 s, equal jitter, and none begins after 30 s. An
    /// order that is late is worth less than one that is known to have failed.
    pub const TRADING: Self = Self {
        max_attempts: 3,
        max_total: Some(Duration::from_secs(30)),
        ..Self::DEFAULT
    };

    /// Market data: 5 attempts after waits from 0.5 s to 4 s, equal jitter, and none begins after
    /// 30 s. To ask again does no harm.
    pub const MARKET_DATA: Self = Self {
        max_attempts: 5,
        backoff: BackoffConfig {
            base: Duration::from_millis(500),
            ..BackoffConfig::DEFAULT
        },
        max_total: Some(Duration::from_secs(30)),
        ..Self::DEFAULT
    };
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        self.settings().map(drop)
    }

    /// Returns what runs go by, if no rule is broken.
    pub(super) fn settings(&self) -> Result<Settings, ConfigError> {
        let (most, total) = (self.max_attempts, self.max_total);
        ConfigError::unless(most >= 1, "max_attempts", "must be at least 1", most)?;
        let some = total != Some(Duration::ZERO);
        ConfigError::unless(some, "max_total", "must be at least 1 ns", total)?;
        let least = self.hint_min;
        let rule = "must be at most `hint_max`";
        ConfigError::unless(least <= self.hint_max, "hint_min", rule, least)?;
        if let Some(budget) = &self.budget {
            budget.check()?;
        }
        let both = self.budget.is_some() && self.shared_budget.is_some();
        let rule = "must not be set together with `budget`";
        ConfigError::unless(!both, "shared_budget", rule, &self.shared_budget)?;
        Ok(Settings {
            backoff: Backoff::new(self.backoff.clone())?,
            config: self.clone(),
        })
    }
}

impl Config for RetryConfig {
    fn check(&self) -> Result<(), ConfigError> {
        self.settings().map(drop)
    }
}

/// Settings of a [`RetryBudget`](super::RetryBudget).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct RetryBudgetConfig {
    /// Retries allowed for each request of the window, 0 to 1, taken to the ninth decimal.
    /// Default: 0.2.
    pub ratio: f64,
    /// Retries allowed for each second of the window on top, at least 0, taken to the ninth
    /// decimal, so that a service with few requests can retry at all. Default: 10.
    pub floor_per_second: f64,
    /// Time during which a request and a retry count, at least 1 ns; they leave it by tenths.
    /// Default: 10 s.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub window: Duration,
}

impl Default for RetryBudgetConfig {
    fn default() -> Self {
        Self {
            ratio: 0.2,
            floor_per_second: 10.0,
            window: Duration::from_secs(10),
        }
    }
}

impl Config for RetryBudgetConfig {
    fn check(&self) -> Result<(), ConfigError> {
        let (ratio, floor, window) = (self.ratio, self.floor_per_second, self.window);
        let holds = (0.0..=1.0).contains(&ratio);
        ConfigError::unless(holds, "ratio", "must be between 0 and 1", ratio)?;
        let holds = floor >= 0.0 && floor.is_finite();
        let rule = "must be a number of at least 0";
        ConfigError::unless(holds, "floor_per_second", rule, floor)?;
        ConfigError::unless(!window.is_zero(), "window", "must be at least 1 ns", window)
    }
}
