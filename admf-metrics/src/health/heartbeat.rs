//! Whether the program's loop still turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::Clock;

/// Tells a loop that turns from one that is stuck. Clones share it.
///
/// The loop beats; liveness fails once it has not for longer than the limit. Give it to the loop without
/// which the program does nothing, and to none that waits for a dependency: a restart helps against a
/// deadlock, and not against a database that is down.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use admf_metrics::Clock;
/// use admf_metrics::health::Heartbeat;
///
/// let heartbeat = Heartbeat::new(Duration::from_secs(10), Clock::default());
/// heartbeat.beat(); // in each turn of the loop
/// assert!(heartbeat.is_alive());
/// ```
#[derive(Clone, Debug)]
pub struct Heartbeat {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Nanoseconds of the clock.
    last: AtomicU64,
    limit: Duration,
    clock: Clock,
}

impl Heartbeat {
    /// Creates a heartbeat that has just beaten.
    #[must_use]
    pub fn new(limit: Duration, clock: Clock) -> Self {
        let inner = Inner {
            last: AtomicU64::new(nanos(clock.now())),
            limit,
            clock,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Says that the loop turns.
    pub fn beat(&self) {
        let now = nanos(self.inner.clock.now());
        self.inner.last.store(now, Ordering::Relaxed);
    }

    /// Returns the time since the last beat; 0 where the clock went backwards.
    #[must_use]
    pub fn age(&self) -> Duration {
        let last = Duration::from_nanos(self.inner.last.load(Ordering::Relaxed));
        self.inner.clock.now().saturating_sub(last)
    }

    /// Returns the time after which it is missed.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.inner.limit
    }

    /// Says whether the last beat is at most the limit ago.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.age() <= self.limit()
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
