//! The machine's clock, read here and nowhere else.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Tells how long things take. Default: the operating system's monotonic clock.
///
/// It stands in for the clock that a test drives. Clones share it.
///
/// ```
/// use admf_metrics::Clock;
///
/// // By tokio's time, which stands still in a test that paused it.
/// let clock = Clock::new(|| tokio::time::Instant::now().into_std());
/// # let _ = clock;
/// ```
#[derive(Clone, Default)]
pub struct Clock {
    /// `None` is the operating system's, which then costs no indirect call.
    source: Option<Arc<dyn Fn() -> Instant + Send + Sync>>,
}

impl Clock {
    /// Creates a clock that asks `source`, which must not panic: it is asked while a call that
    /// panicked unwinds.
    ///
    /// A source may go backwards; what would last less than nothing lasts 0 s.
    #[must_use]
    pub fn new(source: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        let source = Some(Arc::new(source) as _);
        Self { source }
    }

    /// Begins to measure a time.
    #[inline]
    pub(crate) fn start(&self) -> Stopwatch {
        Stopwatch(self.now())
    }

    #[inline]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    fn now(&self) -> Instant {
        match &self.source {
            Some(source) => source(),
            None => Instant::now(),
        }
    }
}

/// A time that is being measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Returns the time since the start, by the clock that it was started by.
    #[inline]
    pub(crate) fn elapsed(self, clock: &Clock) -> Duration {
        clock.now().saturating_duration_since(self.0)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_system = self.source.is_none();
        f.debug_struct("Clock")
            .field("is_system", &is_system)
            .finish()
    }
}
