//! The rate that the processes of a test share.

use std::time::Duration;

use resilience_core::{BackoffConfig, DistributedRateLimiterConfig, OnOutage};
use resilience_tower::redis::RedisStoreConfig;
use rustix::time::{ClockId, clock_gettime};

/// Number of processes.
pub const CLIENTS: u64 = 3;
/// Number of permits that are there after a quiet time.
pub const BURST: u64 = 60;
/// Most permits that one process holds.
pub const BATCH: u64 = 8;
/// Time of one permit, in nanoseconds.
pub const PERMIT: u64 = 5_000_000;
/// Time for which a permit is leased, in nanoseconds.
pub const LEASE: u64 = 100_000_000;
/// Number of permits that a process has to itself in a second of an outage.
pub const LOCAL: u64 = 20;
/// Number of calls in an outage after which a process waits for its end.
pub const CALLS_IN_OUTAGE: u64 = 30;

/// So long that a server that is up never counts as silent, however busy the machine is.
pub const NEVER: Duration = Duration::from_secs(100);

/// Returns the settings of the rate; `mode` is what to do in an outage, or `exact`.
///
/// # Panics
///
/// Panics at a `mode` that there is not.
#[must_use]
pub fn rate(mode: &str) -> DistributedRateLimiterConfig {
    let (on_outage, local_permits) = match mode {
        "open" => (OnOutage::Open, None),
        "closed" | "exact" => (OnOutage::Closed, None),
        "local" => (OnOutage::Local, Some(LOCAL as u32)),
        mode => panic!("there is no mode {mode}"),
    };
    DistributedRateLimiterConfig {
        burst: Some(BURST as u32),
        batch: Some(BATCH as u32),
        lease_for: Duration::from_nanos(LEASE),
        on_outage,
        local_permits,
        outage_after: NEVER,
        ..DistributedRateLimiterConfig::new(200, Duration::from_secs(1))
    }
}

/// Returns settings by which a process finds a server soon that is back.
#[must_use]
pub fn store_config() -> RedisStoreConfig {
    RedisStoreConfig {
        connect_timeout: NEVER,
        response_timeout: NEVER,
        backoff: BackoffConfig {
            base: Duration::from_millis(5),
            max: Duration::from_millis(20),
            ..Default::default()
        },
        ..Default::default()
    }
}

/// Reads the machine's monotonic clock, which is the same for all processes.
#[must_use]
pub fn monotonic() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let (seconds, nanos) = (now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs());
    seconds * 1_000_000_000 + nanos
}
