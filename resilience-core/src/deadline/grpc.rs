//! The text of a `grpc-timeout` header: one to eight digits and a unit.

use std::time::Duration;

use crate::clock::nanos;

/// The units with their nanoseconds, finest first.
const UNITS: [(u8, u64); 6] = [
    (b'n', 1),
    (b'u', 1_000),
    (b'm', 1_000_000),
    (b'S', 1_000_000_000),
    (b'M', 60 * 1_000_000_000),
    (b'H', 3_600 * 1_000_000_000),
];

/// The most that eight digits say.
const MOST: u64 = 99_999_999;

/// Reads what a `grpc-timeout` header says is left, cut where the clock ends; `None` where it is
/// malformed, which is as good as no header.
///
/// ```
/// use std::time::Duration;
/// use resilience_core::deadline::parse_grpc_timeout;
///
/// assert_eq!(parse_grpc_timeout("250m"), Some(Duration::from_millis(250)));
/// assert_eq!(parse_grpc_timeout("0S"), Some(Duration::ZERO));
/// assert_eq!(parse_grpc_timeout("1.5S"), None);
/// ```
#[must_use]
pub fn parse_grpc_timeout(text: &str) -> Option<Duration> {
    let (unit, digits) = text.as_bytes().split_last()?;
    let (_, each) = UNITS.iter().find(|(letter, _)| letter == unit)?;
    let well_formed = (1..=8).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    if !well_formed {
        return None;
    }
    let value = digits
        .iter()
        .fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    Some(Duration::from_nanos(value.saturating_mul(*each)))
}

/// Writes what is left as a `grpc-timeout` header, in the finest unit that has room for it.
///
/// It is rounded down: nobody is promised more than is left.
///
/// ```
/// use std::time::Duration;
/// use resilience_core::deadline::format_grpc_timeout;
///
/// assert_eq!(format_grpc_timeout(Duration::from_millis(2_500)), "2500000u");
/// assert_eq!(format_grpc_timeout(Duration::from_secs(100_000)), "100000S");
/// ```
#[must_use]
pub fn format_grpc_timeout(left: Duration) -> String {
    let left = nanos(left);
    let fits = UNITS.iter().find(|(_, each)| left / each <= MOST);
    // The clock ends long before a hundred million hours.
    let (letter, each) = fits.unwrap_or(&UNITS[5]);
    format!("{}{}", left / each, char::from(*letter))
}
