//! What the operator says.

use std::time::Duration;

use resilience_core::{
    BackoffConfig, CircuitBreakerConfig, Config, ConfigError, RecoveryConfig, RetryConfig,
    TimeoutConfig,
};

/// Settings of a [`Resilience`](super::Resilience): one set for all clients of a trading system.
#[derive(Clone, Debug, PartialEq)]
pub struct ResilienceConfig {
    /// Whether circuits open; where not, they let every call through and record nothing, until
    /// somebody resets or isolates them. Default: yes.
    pub circuit_breaker_enabled: bool,
    /// Number of failures in a row that opens a circuit, 5 to 10. Default: 5.
    pub circuit_breaker_failure_threshold: u32,
    /// How long a circuit stays open, at least 1 ns. Default: 60 s, for what others run
    /// ([`EXTERNAL`](CircuitBreakerConfig::EXTERNAL)).
    pub circuit_breaker_timeout: Duration,
    /// Whether calls that failed are made again. Default: yes.
    pub retry_enabled: bool,
    /// Number of attempts of a call to a broker, including the first, 1 to 10; 2 or 3 are sound.
    /// Default: 3.
    pub retry_max_attempts: u32,
    /// Number of attempts of a call for market data, including the first, 1 to 10; 3 to 5 are sound.
    /// Default: 5.
    pub market_data_max_attempts: u32,
    /// First wait between the attempts of a call to a broker, half of it left to chance, 1 ns to
    /// 60 s; those for market data begin with half of it. Default: 1 s.
    pub retry_initial_delay: Duration,
    /// Longest time of one attempt, at least 1 ns. Default: 10 s.
    pub attempt_timeout: Duration,
    /// Longest time of a call, attempts and waits together, at least 1 ns. Default: 30 s.
    pub total_timeout: Duration,
    /// What is done to recover from which sort of error. Default: that of [`RecoveryConfig`].
    pub recovery: RecoveryConfig,
}

impl Default for ResilienceConfig {
    fn default() -> Self {
        Self {
            circuit_breaker_enabled: true,
            circuit_breaker_failure_threshold: 5,
            circuit_breaker_timeout: Duration::from_secs(60),
            retry_enabled: true,
            retry_max_attempts: 3,
            market_data_max_attempts: 5,
            retry_initial_delay: Duration::from_secs(1),
            attempt_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(30),
            recovery: RecoveryConfig::default(),
        }
    }
}

impl ResilienceConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let threshold = self.circuit_breaker_failure_threshold;
        ConfigError::unless(
            (5..=10).contains(&threshold),
            "circuit_breaker_failure_threshold",
            "must be between 5 and 10",
            threshold,
        )?;
        for (field, attempts) in [
            ("retry_max_attempts", self.retry_max_attempts),
            ("market_data_max_attempts", self.market_data_max_attempts),
        ] {
            let sound = (1..=10).contains(&attempts);
            ConfigError::unless(sound, field, "must be between 1 and 10", attempts)?;
        }
        let first = self.retry_initial_delay;
        let sound = !first.is_zero() && first <= BackoffConfig::DEFAULT.max;
        let rule = "must be between 1 ns and 60 s";
        ConfigError::unless(sound, "retry_initial_delay", rule, first)?;
        for (field, limit) in [
            ("circuit_breaker_timeout", self.circuit_breaker_timeout),
            ("attempt_timeout", self.attempt_timeout),
            ("total_timeout", self.total_timeout),
        ] {
            ConfigError::unless(!limit.is_zero(), field, "must be at least 1 ns", limit)?;
        }
        self.recovery.check()
    }

    pub(super) fn breaker(&self) -> CircuitBreakerConfig {
        CircuitBreakerConfig {
            consecutive: Some(self.circuit_breaker_failure_threshold),
            open_for: Some(self.circuit_breaker_timeout),
            ..CircuitBreakerConfig::EXTERNAL
        }
    }

    pub(super) fn broker(&self) -> RetryConfig {
        let first = self.retry_initial_delay;
        self.retry(RetryConfig::TRADING, self.retry_max_attempts, first)
    }

    pub(super) fn market_data(&self) -> RetryConfig {
        let first = (self.retry_initial_delay / 2).max(Duration::from_nanos(1));
        self.retry(
            RetryConfig::MARKET_DATA,
            self.market_data_max_attempts,
            first,
        )
    }

    fn retry(&self, preset: RetryConfig, attempts: u32, first: Duration) -> RetryConfig {
        RetryConfig {
            max_attempts: if self.retry_enabled { attempts } else { 1 },
            backoff: BackoffConfig {
                base: first,
                ..preset.backoff
            },
            max_total: Some(self.total_timeout),
            ..preset
        }
    }

    pub(super) const fn attempt(&self) -> TimeoutConfig {
        TimeoutConfig::new(self.attempt_timeout)
    }

    pub(super) const fn total(&self) -> TimeoutConfig {
        TimeoutConfig::new(self.total_timeout)
    }
}
