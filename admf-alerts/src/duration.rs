//! Lengths of time as files write them.

use std::time::Duration;

const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Reads whole numbers with units (`y`, `w`, `d`, `h`, `m`, `s`, `ms`), each at most once and the longest first: `1h30m`; or `0`.
///
/// # Errors
///
/// Says that it is none, or longer than Prometheus can count, which is 292 years.
pub fn parse(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let problem = || format!("`{text}` is no length of time such as `30s` or `1h30m`");
    let (mut rest, mut units, mut sum) = (text, &UNITS[..], 0_u64);
    if text.is_empty() {
        return Err(problem());
    }
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .ok_or_else(problem)?;
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| !c.is_ascii_alphabetic());
        let (unit, after) = after.split_at(letters.unwrap_or(after.len()));
        let at = units.iter().position(|(name, _)| *name == unit);
        let at = at.filter(|_| digits > 0).ok_or_else(problem)?;
        let length = number
            .parse()
            .ok()
            .and_then(|it: u64| it.checked_mul(units[at].1));
        let total = length.and_then(|length| sum.checked_add(length));
        // As many nanoseconds as Prometheus can count.
        let total = total.filter(|total| *total <= i64::MAX as u64 / 1_000_000);
        sum = total.ok_or_else(|| format!("`{text}` is out of range"))?;
        (rest, units) = (after, &units[at + 1..]);
    }
    Ok(Duration::from_millis(sum))
}

/// Writes a length of time as [`parse`] reads it, in whole milliseconds: `1h30m`.
#[must_use]
pub fn shown(length: Duration) -> String {
    let mut rest = length.as_millis();
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    // Weeks and years are no lengths that people read at a glance.
    for (unit, millis) in &UNITS[2..] {
        let count = rest / u128::from(*millis);
        rest %= u128::from(*millis);
        if count > 0 {
            text += &format!("{count}{unit}");
        }
    }
    text
}

/// Does as [`shown`], where nothing is lost by it and it can be read again.
pub(crate) fn written(length: Duration) -> Result<String, String> {
    if !length.subsec_nanos().is_multiple_of(1_000_000) {
        return Err("is no whole number of milliseconds".to_owned());
    }
    if length.as_millis() > i64::MAX as u128 / 1_000_000 {
        return Err("is out of range".to_owned());
    }
    Ok(shown(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_says_as_much_as_it_is() {
        for (millis, text) in [
            (0, "0s"),
            (1, "1ms"),
            (5_400_000, "1h30m"),
            (3 * 86_400_000 + 61_500, "3d1m1s500ms"),
            (365 * 86_400_000, "365d"),
        ] {
            assert_eq!(written(Duration::from_millis(millis)).as_deref(), Ok(text));
        }
        assert!(written(Duration::from_nanos(1)).is_err());
        assert!(written(Duration::MAX).is_err());
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same_length(millis in 0..=i64::MAX as u64 / 1_000_000) {
            let length = Duration::from_millis(millis);
            assert_eq!(parse(&written(length).unwrap()), Ok(length));
        }
    }

    #[test]
    fn a_length_has_units_from_the_longest_down_each_at_most_once() {
        for (text, millis) in [
            ("0", 0),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("1y2w3d4h5m6s7ms", 33_019_506_007),
            ("0s", 0),
        ] {
            let expected = Duration::from_millis(millis);
            assert_eq!(parse(text), Ok(expected), "{text}");
            assert_eq!(parse(&shown(expected)), Ok(expected), "{text}");
        }
        for text in [
            "",
            "5",
            "m",
            "1m1h",
            "1m1m",
            "-1m",
            "1.5m",
            " 1m",
            "1 m",
            "1M",
            "1us",
            "300y",
            "99999999999999999999s",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
