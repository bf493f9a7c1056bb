//! The time of day, for people.

use std::time::{Duration, SystemTime};

/// Returns the time since the epoch of Unix; 0 where the machine's clock stands before it.
#[expect(
    clippy::disallowed_methods,
    reason = "since when something is so is read beside logs of others, and decides nothing"
)]
pub(super) fn time_of_day() -> Duration {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default()
}
