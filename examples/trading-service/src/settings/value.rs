//! How values are spelt.

use std::time::Duration;

use crate::bars::cents;

/// Writes cents as dollars.
pub(crate) fn dollars(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}

/// Reads dollars as cents.
pub(super) fn amount(text: &str) -> Result<i64, String> {
    cents(text).ok_or_else(|| "must be dollars above 0 and below 1000000000".to_owned())
}

/// Reads a part of a whole.
pub(super) fn part(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|part| *part > 0.0 && *part <= 1.0)
        .ok_or_else(|| "must be above 0 and at most 1".to_owned())
}

/// Reads the seconds that an order may stay unanswered.
pub(super) fn order_timeout(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .filter(|seconds| (15.0..=30.0).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "must be 15 to 30 seconds".to_owned())
}

/// Reads seconds of real time.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .filter(|seconds| (0.0..=3600.0).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "must be 0 to 3600 seconds".to_owned())
}

/// Reads the seconds after which a loop is stuck: no turn of one that is not takes as long as the least.
pub(super) fn stall(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .filter(|seconds| (5.0..=3600.0).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "must be 5 to 3600 seconds".to_owned())
}

/// Reads the seconds between two days; never none, or the feed would do nothing else.
pub(super) fn pace(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .filter(|seconds| (0.01..=3600.0).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "must be 0.01 to 3600 seconds".to_owned())
}
