//! How a component is kept running.

use std::time::Duration;

use super::{RecoveryAction, RecoveryConfig};
use crate::{BackoffConfig, ConfigError};

/// The settings of whoever keeps a component running: `Supervisor` in `resilience-tower`.
///
/// ```
/// use std::time::Duration;
/// use resilience_core::recovery::{RecoveryStrategy, SupervisorConfig};
///
/// let config = SupervisorConfig { max_restarts: 5, ..Default::default() };
/// let action = config.action()?;
/// assert_eq!((action.strategy, action.max_attempts), (RecoveryStrategy::RestartComponent, 5));
/// assert_eq!(config.stable_after, Duration::from_secs(60));
/// # Ok::<(), resilience_core::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SupervisorConfig {
    /// Number of restarts in a row, none of which became stable, before it is given up; at least 1.
    /// Default: 3.
    pub max_restarts: u32,
    /// How long to wait before each of them. Default: 10 s more each time, up to 60 s.
    pub backoff: BackoffConfig,
    /// Time after which a component that was restarted is stable, and the next failure begins the
    /// count again; at least 1 ns. Default: 60 s.
    pub stable_after: Duration,
}

impl Default for SupervisorConfig {
    fn default() -> Self {
        let restart = RecoveryConfig::default().component_failure;
        Self {
            max_restarts: restart.max_attempts,
            backoff: restart.backoff,
            stable_after: Duration::from_secs(60),
        }
    }
}

impl SupervisorConfig {
    /// Returns what is done when the component ends.
    ///
    /// # Errors
    ///
    /// Returns the first rule that the settings break.
    pub fn action(&self) -> Result<RecoveryAction, ConfigError> {
        let restarts = self.max_restarts;
        let rule = "must be at least 1";
        ConfigError::unless(restarts > 0, "max_restarts", rule, restarts)?;
        let stable = self.stable_after;
        let rule = "must be at least 1 ns";
        ConfigError::unless(!stable.is_zero(), "stable_after", rule, stable)?;
        let action = RecoveryAction {
            max_attempts: restarts,
            backoff: self.backoff.clone(),
            wait_first: true,
            ..RecoveryAction::once(super::RecoveryStrategy::RestartComponent)
        };
        action.check()?;
        Ok(action)
    }
}
