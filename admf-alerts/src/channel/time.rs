//! Times as texts.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// What Go writes for no time.
pub(crate) const NEVER: &str = "0001-01-01T00:00:00Z";

/// Writes a time since the Unix epoch by RFC 3339, in UTC, with as many digits of a second as it has; one past the
/// calendar's end as that end.
pub(crate) fn rfc3339(time: Duration) -> String {
    timestamp(time).to_string()
}

/// Does as [`rfc3339`], with three digits of a second, as the API of Alertmanager has them.
#[cfg(feature = "api")]
pub(crate) fn millis(time: Duration) -> String {
    timestamp(time)
        .strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
        .to_string()
}

fn timestamp(time: Duration) -> Timestamp {
    let length = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
    Timestamp::from_duration(length).unwrap_or(Timestamp::MAX)
}

/// Writes a time as people read it, in UTC, to the second.
pub(super) fn shown(time: Duration) -> String {
    timestamp(time)
        .strftime("%Y-%m-%d %H:%M:%S+00:00")
        .to_string()
}

/// Writes the day of a time, in UTC.
pub(super) fn day(time: Duration) -> String {
    timestamp(time).strftime("%Y-%m-%d").to_string()
}
