//! What the operator says.

use std::time::Duration;

use crate::{Config, ConfigError};

/// The most entries that a cache counts exactly.
const MAX_ENTRIES: usize = 1 << 24;
/// The most bytes that a cache counts exactly.
const MAX_BYTES: u64 = 1 << 50;

/// The settings of a [`Cache`](super::Cache).
///
/// ```
/// use std::time::Duration;
/// use resilience_core::CacheConfig;
///
/// let config = CacheConfig {
///     ttl: Duration::from_secs(5),
///     stale_if_error: Duration::from_secs(600),
///     ..Default::default()
/// };
/// assert_eq!((config.max_entries, config.max_bytes), (1024, 64 << 20));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct CacheConfig {
    /// The age at which an answer is no longer fresh. With 0 it never is: calls of one key that
    /// overlap still share one answer. Default: 60 s.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub ttl: Duration,
    /// How long after that an answer is still served while one caller, or a refresher, fetches the
    /// next; 0 serves none. Default: 0.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub stale_while_revalidate: Duration,
    /// How long after the ttl an answer is served where the next cannot be had; 0 serves none. It
    /// runs from the same moment as `stale_while_revalidate`, not after it. Default: 0.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub stale_if_error: Duration,
    /// The largest part of the ttl by which an answer is fresh for less, drawn anew for each, so that
    /// what was fetched together is not refreshed together; 0 to 1. Default: 0.
    pub jitter: f64,
    /// The most entries that are kept, 1 to 2²⁴. Default: 1024.
    pub max_entries: usize,
    /// The most bytes that are kept, as the cache's [size](super::Cache::with_size) counts them; 1 to
    /// 2⁵⁰. Default: 64 MiB.
    pub max_bytes: u64,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self {
            ttl: Duration::from_secs(60),
            stale_while_revalidate: Duration::ZERO,
            stale_if_error: Duration::ZERO,
            jitter: 0.0,
            max_entries: 1024,
            max_bytes: 64 << 20,
        }
    }
}

impl Config for CacheConfig {
    fn check(&self) -> Result<(), ConfigError> {
        let Self {
            jitter,
            max_entries,
            max_bytes,
            ..
        } = self;
        let part = (0.0..=1.0).contains(jitter);
        ConfigError::unless(part, "jitter", "must be 0 to 1", jitter)?;
        let entries = (1..=MAX_ENTRIES).contains(max_entries);
        let rule = "must be 1 to 16777216";
        ConfigError::unless(entries, "max_entries", rule, max_entries)?;
        let bytes = (1..=MAX_BYTES).contains(max_bytes);
        let rule = "must be 1 to 2^50";
        ConfigError::unless(bytes, "max_bytes", rule, max_bytes)
    }
}
