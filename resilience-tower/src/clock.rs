//! tokio's clock. It is read here and nowhere else.

use resilience_core::{Clock, SystemClock, Time};
use tokio::time::Instant;

/// The tokio runtime's clock, which stands still while tokio's time is paused.
///
/// Timers of this crate are tokio's, so policies that make callers wait should go by it too. It needs
/// no runtime to be created or read; a paused time is that of the runtime it is read in.
///
/// Its origin is that of the [`SystemClock`], so that both agree what time it is, and when a
/// [`Deadline`](resilience_core::Deadline) is, unless tokio's time was paused.
///
/// ```
/// use std::sync::Arc;
/// use resilience_core::Env;
/// use resilience_tower::TokioClock;
///
/// let env = Env::default().with_clock(Arc::new(TokioClock::default()));
/// assert!(env.now() <= env.now());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TokioClock(Instant);

impl Default for TokioClock {
    fn default() -> Self {
        Self(Instant::from_std(SystemClock::origin()))
    }
}

/// Reads the clock that the timers of this crate go by.
pub(crate) fn now() -> Instant {
    Instant::now()
}

impl Clock for TokioClock {
    fn now(&self) -> Time {
        Time::ZERO.after(self.0.elapsed())
    }
}
