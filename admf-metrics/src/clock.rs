//! The machine's clock, read here and nowhere else.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Tells how much time has passed since an origin that does not move. Default: by the operating system's
/// monotonic clock.
///
/// It stands in for the clock that a test drives. Clones share it.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use std::time::Duration;
/// use admf_metrics::Clock;
///
/// let seconds = Arc::new(AtomicU64::new(0));
/// let driven = Arc::clone(&seconds);
/// let clock = Clock::new(move || Duration::from_secs(driven.load(Ordering::Relaxed)));
///
/// seconds.store(30, Ordering::Relaxed);
/// assert_eq!(clock.now(), Duration::from_secs(30));
/// ```
#[derive(Clone, Default)]
pub struct Clock {
    /// `None` is the operating system's, which then costs no indirect call.
    source: Option<Arc<dyn Fn() -> Duration + Send + Sync>>,
}

impl Clock {
    /// Creates a clock that asks `source`, which must not panic: it is asked while a call that
    /// panicked unwinds.
    ///
    /// A source may stand still, and may go backwards; what would last less than nothing lasts 0 s.
    #[must_use]
    pub fn new(source: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        let source = Some(Arc::new(source) as _);
        Self { source }
    }

    /// Creates tokio's clock, which tests can pause; it begins with this call.
    #[cfg(feature = "http-server")]
    #[must_use]
    pub fn tokio() -> Self {
        let origin = tokio::time::Instant::now();
        Self::new(move || origin.elapsed())
    }

    /// Returns the time since the origin.
    #[inline]
    #[must_use]
    pub fn now(&self) -> Duration {
        match &self.source {
            Some(source) => source(),
            None => system(),
        }
    }

    /// Begins to measure a time.
    #[inline]
    pub(crate) fn start(&self) -> Stopwatch {
        Stopwatch(self.now())
    }
}

#[inline]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the clock"
)]
fn system() -> Duration {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    let now = Instant::now();
    now.saturating_duration_since(*ORIGIN.get_or_init(|| now))
}

/// A time that is being measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Duration);

impl Stopwatch {
    /// Returns the time since the start, by the clock that it was started by.
    #[inline]
    pub(crate) fn elapsed(self, clock: &Clock) -> Duration {
        clock.now().saturating_sub(self.0)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}
