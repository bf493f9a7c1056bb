//! How long until the next try.

use std::time::Duration;

/// Returns the wait after so many failed tries, from 1: half a second, half as much again each time, at most a minute,
/// and then up to half of it more or less, by a draw from 0 to 1.
pub(super) fn wait(tries: u32, draw: f64) -> Duration {
    let exponent = i32::try_from(tries.saturating_sub(1)).unwrap_or(i32::MAX);
    let plain = (0.5 * 1.5_f64.powi(exponent)).min(60.0);
    Duration::from_secs_f64(plain * (0.5 + draw.clamp(0.0, 1.0)))
}
