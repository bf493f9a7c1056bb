//! The clock, which tests drive.

use tokio::time::Instant;

/// Returns what time it is, on the clock of the runtime.
pub(super) fn now() -> Instant {
    Instant::now()
}
