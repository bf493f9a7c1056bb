use std::time::Duration;

use resilience_core::{Backoff, BackoffConfig, ConfigError};

/// Settings of a [`RedisStore`](super::RedisStore).
#[derive(Clone, Debug, PartialEq)]
pub struct RedisStoreConfig {
    /// What the keys of all rates begin with. Default: `rate:`.
    pub prefix: String,
    /// Longest time to make a connection, at least 1 ms. Default: 1 s.
    pub connect_timeout: Duration,
    /// Longest time for an answer, at least 1 ms; below what single calls have time for, since one that
    /// is given up earlier says nothing of the server. Default: 250 ms.
    pub response_timeout: Duration,
    /// Time to leave the server alone after it failed. Default: 50 ms, doubled up to 2 s, of which
    /// the second half is left to chance.
    pub backoff: BackoffConfig,
}

impl Default for RedisStoreConfig {
    fn default() -> Self {
        Self {
            prefix: "rate:".to_owned(),
            connect_timeout: Duration::from_secs(1),
            response_timeout: Duration::from_millis(250),
            backoff: BackoffConfig {
                base: Duration::from_millis(50),
                max: Duration::from_secs(2),
                ..Default::default()
            },
        }
    }
}

impl RedisStoreConfig {
    /// Returns the back-off, of settings that keep to their bounds.
    pub(super) fn check(&self) -> Result<Backoff, ConfigError> {
        let some = Duration::from_millis(1);
        let limits = [
            ("connect_timeout", self.connect_timeout),
            ("response_timeout", self.response_timeout),
        ];
        for (field, limit) in limits {
            ConfigError::unless(limit >= some, field, "must be at least 1 ms", limit)?;
        }
        Backoff::new(self.backoff.clone())
    }
}
