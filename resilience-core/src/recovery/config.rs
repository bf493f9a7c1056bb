//! What the operator says.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::ErrorKind;
use crate::backoff::{Backoff, BackoffKind, Jitter};
use crate::{BackoffConfig, Config, ConfigError, Name};

/// What is done to recover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum RecoveryStrategy {
    /// Stop the component and start it again.
    RestartComponent = 0,
    /// Do what failed once more.
    RetryOperation = 1,
    /// Use the component's backup from now on.
    SwitchToBackup = 2,
    /// Go on without what the component gives, and say so.
    GracefulDegradation = 3,
    /// Make another target the active one.
    Failover = 4,
    /// Stop calling the component.
    CircuitBreaker = 5,
}

impl RecoveryStrategy {
    /// All strategies, in the order in which they are declared.
    pub const ALL: [Self; 6] = [
        Self::RestartComponent,
        Self::RetryOperation,
        Self::SwitchToBackup,
        Self::GracefulDegradation,
        Self::Failover,
        Self::CircuitBreaker,
    ];

    /// Returns the word for it in metrics, traces and reports: in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RestartComponent => "restart_component",
            Self::RetryOperation => "retry_operation",
            Self::SwitchToBackup => "switch_to_backup",
            Self::GracefulDegradation => "graceful_degradation",
            Self::Failover => "failover",
            Self::CircuitBreaker => "circuit_breaker",
        }
    }
}

impl fmt::Display for RecoveryStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How one sort of error is recovered from.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct RecoveryAction {
    /// What is done. A config file must say it; the rest has defaults there, those of
    /// [`once`](Self::once).
    pub strategy: RecoveryStrategy,
    /// Number of attempts, the first included; at least 1.
    #[cfg_attr(feature = "serde", serde(default = "one"))]
    pub max_attempts: u32,
    /// How long to wait between attempts.
    #[cfg_attr(feature = "serde", serde(default))]
    pub backoff: BackoffConfig,
    /// Whether the first attempt waits too, by the first delay.
    #[cfg_attr(feature = "serde", serde(default))]
    pub wait_first: bool,
    /// Number of good checks in a row after an attempt that went well, before the component has
    /// recovered. A bad one makes the attempt a failed one. 0: what the attempt says is enough.
    #[cfg_attr(feature = "serde", serde(default))]
    pub success_threshold: u32,
}

#[cfg(feature = "serde")]
const fn one() -> u32 {
    1
}

impl RecoveryAction {
    /// Creates an action with one attempt and no check after it.
    #[must_use]
    pub fn once(strategy: RecoveryStrategy) -> Self {
        Self {
            strategy,
            max_attempts: 1,
            backoff: BackoffConfig::default(),
            wait_first: false,
            success_threshold: 0,
        }
    }

    /// Checks the numbers.
    ///
    /// # Errors
    ///
    /// Returns the first rule that they break.
    pub fn check(&self) -> Result<(), ConfigError> {
        let attempts = self.max_attempts;
        ConfigError::unless(attempts > 0, "max_attempts", "must be at least 1", attempts)?;
        Backoff::new(self.backoff.clone()).map(drop)
    }
}

/// The settings of a [`Recovery`](super::Recovery).
///
/// ```
/// use resilience_core::recovery::{RecoveryAction, RecoveryConfig, RecoveryStrategy};
///
/// let config = RecoveryConfig {
///     unknown: Some(RecoveryAction::once(RecoveryStrategy::GracefulDegradation)),
///     ..Default::default()
/// };
/// assert_eq!(config.component_failure.max_attempts, 3);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct RecoveryConfig {
    /// Default: retry 3 times, after 1, 2 and 4 s, doubling up to 30 s.
    pub database_error: RecoveryAction,
    /// Default: switch to the backup, 2 attempts 5 s apart.
    pub network_timeout: RecoveryAction,
    /// Default: restart, 3 attempts, 10 s more between each two up to 60 s, 2 good checks in a row.
    pub component_failure: RecoveryAction,
    /// Default: degrade, 1 attempt.
    pub data_quality_error: RecoveryAction,
    /// What is done for errors of which nothing is known. Default: nothing.
    pub unknown: Option<RecoveryAction>,
    /// What is done for the caller's own sorts; for those not named, what is done for unknown ones.
    /// Default: none.
    pub custom: BTreeMap<Name, RecoveryAction>,
    /// Time after which an attempt or a check is cut off and has failed, at least 1 ns. Default: 30 s.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub attempt_timeout: Duration,
    /// Time before each check that follows an attempt. Default: 1 s.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub check_every: Duration,
    /// Time within which a component should have recovered; later ones are counted. Default: 2 min.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub target: Duration,
}

impl Default for RecoveryConfig {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        let backoff = |kind, base, max| BackoffConfig {
            kind,
            base: seconds(base),
            max: seconds(max),
            jitter: Jitter::None,
            ..Default::default()
        };
        Self {
            database_error: RecoveryAction {
                max_attempts: 3,
                backoff: backoff(BackoffKind::Exponential, 1, 30),
                wait_first: true,
                ..RecoveryAction::once(RecoveryStrategy::RetryOperation)
            },
            network_timeout: RecoveryAction {
                max_attempts: 2,
                backoff: backoff(BackoffKind::Fixed, 5, 5),
                ..RecoveryAction::once(RecoveryStrategy::SwitchToBackup)
            },
            component_failure: RecoveryAction {
                max_attempts: 3,
                backoff: backoff(BackoffKind::Linear, 10, 60),
                success_threshold: 2,
                ..RecoveryAction::once(RecoveryStrategy::RestartComponent)
            },
            data_quality_error: RecoveryAction::once(RecoveryStrategy::GracefulDegradation),
            unknown: None,
            custom: BTreeMap::new(),
            attempt_timeout: seconds(30),
            check_every: seconds(1),
            target: seconds(120),
        }
    }
}

impl RecoveryConfig {
    /// Returns what is done for errors of that sort.
    #[must_use]
    pub fn action(&self, kind: &ErrorKind) -> Option<&RecoveryAction> {
        match kind {
            ErrorKind::DatabaseError => Some(&self.database_error),
            ErrorKind::NetworkTimeout => Some(&self.network_timeout),
            ErrorKind::ComponentFailure { .. } => Some(&self.component_failure),
            ErrorKind::DataQualityError => Some(&self.data_quality_error),
            ErrorKind::Custom(name) => self.custom.get(name).or(self.unknown.as_ref()),
            ErrorKind::Unknown => self.unknown.as_ref(),
        }
    }

    /// Returns all actions.
    pub fn actions(&self) -> impl Iterator<Item = &RecoveryAction> {
        let four = [
            &self.database_error,
            &self.network_timeout,
            &self.component_failure,
            &self.data_quality_error,
        ];
        let others = self.unknown.iter().chain(self.custom.values());
        four.into_iter().chain(others)
    }
}

impl Config for RecoveryConfig {
    fn check(&self) -> Result<(), ConfigError> {
        self.actions().try_for_each(RecoveryAction::check)?;
        let limit = self.attempt_timeout;
        let rule = "must be at least 1 ns";
        ConfigError::unless(!limit.is_zero(), "attempt_timeout", rule, limit)
    }
}
