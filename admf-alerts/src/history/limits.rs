//! How much is kept.

use std::time::Duration;

/// Bounds a [`History`](super::History). The oldest goes first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many entries. Default: 10,000.
    pub entries: usize,
    /// How many bytes they take in all: their texts, and 128 for each. Default: 8 MiB.
    pub bytes: usize,
    /// How many bytes of texts one may have; a longer one is cut. Default: 4 KiB.
    pub entry_bytes: usize,
    /// For how long after it happened last. Default: 30 days.
    pub age: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 10_000,
            bytes: 8 << 20,
            entry_bytes: 4 << 10,
            age: Duration::from_secs(30 * 24 * 3_600),
        }
    }
}
