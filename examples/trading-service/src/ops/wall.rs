//! The time of day.

use std::time::{Duration, SystemTime};

use admf_metrics::Clock;

/// Returns the time since the epoch of Unix.
#[expect(
    clippy::disallowed_methods,
    reason = "what happened when is read beside what others tell; no wait or timeout goes by it"
)]
pub(super) fn unix() -> Duration {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default()
}

/// Creates a clock that tells the time since the epoch of Unix, and that nobody sets: the wall's as of now, and what has
/// passed since.
pub(super) fn clock() -> Clock {
    let (began, passed) = (unix(), Clock::tokio());
    Clock::new(move || began.saturating_add(passed.now()))
}
