//! Times as texts.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// What Go writes for no time.
pub(super) const NEVER: &str = "0001-01-01T00:00:00Z";

/// Writes a time since the Unix epoch by RFC 3339, in UTC, with as many digits of a second as it has; one past the
/// calendar's end as that end.
pub(super) fn rfc3339(time: Duration) -> String {
    let length = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
    let time = Timestamp::from_duration(length).unwrap_or(Timestamp::MAX);
    time.to_string()
}
