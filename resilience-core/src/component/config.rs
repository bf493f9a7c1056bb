//! Settings of the operations of a component.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::{CircuitBreakerConfig, Config, ConfigError, RetryConfig};

/// Settings of a [`Component`](super::Component).
///
/// An operation may be listed in both lists, in one or in none.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct OperationsConfig {
    /// Operations that get a circuit breaker each. Default: none.
    pub critical_methods: Vec<String>,
    /// Operations that are tried again, by one policy that they share. Default: none.
    pub retry_methods: Vec<String>,
    /// Number of failures in a row that opens an operation's circuit, 1 to 1,000,000. Default: 5.
    pub failure_threshold: u32,
    /// How long a circuit stays open before probes are let through, at least 1 ns. Default: 60 s.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub recovery_timeout: Duration,
    /// How the operations of `retry_methods` are tried again. Default: that of [`RetryConfig`].
    pub retry: RetryConfig,
    /// Number of operations that are counted one by one, at least as many as are listed; calls of
    /// further ones are counted together. Default: 128.
    pub max_operations: usize,
}

impl Default for OperationsConfig {
    fn default() -> Self {
        Self {
            critical_methods: Vec::new(),
            retry_methods: Vec::new(),
            failure_threshold: 5,
            recovery_timeout: Duration::from_secs(60),
            retry: RetryConfig::default(),
            max_operations: 128,
        }
    }
}

impl Config for OperationsConfig {
    fn check(&self) -> Result<(), ConfigError> {
        for (field, names) in [
            ("critical_methods", &self.critical_methods),
            ("retry_methods", &self.retry_methods),
        ] {
            let named = names.iter().all(|name| !name.is_empty());
            ConfigError::unless(named, field, "must not list an empty name", names)?;
            let once = names.iter().collect::<BTreeSet<_>>().len() == names.len();
            ConfigError::unless(once, field, "must list a name once", names)?;
        }
        let (threshold, open_for) = (self.failure_threshold, self.recovery_timeout);
        let holds = (1..=1_000_000).contains(&threshold);
        let rule = "must be between 1 and 1,000,000";
        ConfigError::unless(holds, "failure_threshold", rule, threshold)?;
        let some = !open_for.is_zero();
        ConfigError::unless(some, "recovery_timeout", "must be at least 1 ns", open_for)?;
        let (most, listed) = (self.max_operations, self.listed().len());
        let rule = "must be at least the number of listed operations";
        ConfigError::unless(most >= listed, "max_operations", rule, most)?;
        self.breaker().check()?;
        self.retry.check()
    }
}

impl OperationsConfig {
    /// Returns the operations that are listed, each once.
    pub(super) fn listed(&self) -> BTreeSet<&str> {
        let names = self.critical_methods.iter().chain(&self.retry_methods);
        names.map(String::as_str).collect()
    }

    pub(super) fn is_critical(&self, operation: &str) -> bool {
        self.critical_methods.iter().any(|it| it == operation)
    }

    pub(super) fn is_retried(&self, operation: &str) -> bool {
        self.retry_methods.iter().any(|it| it == operation)
    }

    /// Returns the settings of each operation's breaker.
    pub(super) fn breaker(&self) -> CircuitBreakerConfig {
        CircuitBreakerConfig {
            consecutive: Some(self.failure_threshold),
            open_for: Some(self.recovery_timeout),
            ..Default::default()
        }
    }
}
