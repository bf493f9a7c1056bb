//! Where policies get the time. The machine's clock is read here and nowhere else.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Nanoseconds since a clock's origin. All arithmetic saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

impl Time {
    /// The origin.
    pub const ZERO: Self = Self(0);
    /// The end of the clock, 584 years after the origin: what never comes.
    pub const MAX: Self = Self(u64::MAX);

    /// Creates the time `nanos` nanoseconds after the origin.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Returns the nanoseconds since the origin.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Returns the time `by` later.
    #[must_use]
    pub fn after(self, by: Duration) -> Self {
        Self(self.0.saturating_add(nanos(by)))
    }

    /// Returns how long ago `earlier` was, zero where it is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// Returns the nanoseconds in `length`, at most `u64::MAX`.
pub(crate) fn nanos(length: Duration) -> u64 {
    u64::try_from(length.as_nanos()).unwrap_or(u64::MAX)
}

/// A source of monotonic time.
///
/// Two threads may see its readings in the other order, and a clock of a test may go backwards:
/// policies take an age that would be negative as 0.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Returns the time since this clock's origin.
    fn now(&self) -> Time;
}

/// The operating system's monotonic clock. All of one process have one origin, an hour before the
/// first was made, so that a [`Deadline`](crate::Deadline) means the same to all who go by them.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock(Instant);

impl Default for SystemClock {
    fn default() -> Self {
        Self(Self::origin())
    }
}

impl SystemClock {
    /// Returns the origin, for clocks that want to agree with this one.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    pub fn origin() -> Instant {
        // A runtime may have stopped its time before anybody asks for this, and no time is below 0.
        const BEFORE: Duration = Duration::from_secs(3_600);
        static ORIGIN: OnceLock<Instant> = OnceLock::new();
        *ORIGIN.get_or_init(|| {
            let first = Instant::now();
            first.checked_sub(BEFORE).unwrap_or(first)
        })
    }
}

impl Clock for SystemClock {
    #[inline]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    fn now(&self) -> Time {
        Time(nanos(self.0.elapsed()))
    }
}

/// A clock that moves only when told to, for tests and examples.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// Moves the clock forward by `by`.
    pub fn advance(&self, by: Duration) {
        let moved = self.now().after(by);
        self.set(moved);
    }

    /// Sets the clock, backwards too.
    pub fn set(&self, now: Time) {
        self.0.store(now.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Time {
        Time(self.0.load(Ordering::SeqCst))
    }
}
