//! Lengths of time as the sources write them: milliseconds, or a number with its unit.

use std::time::Duration;

/// What [`read`] takes.
pub(super) const RULE: &str =
    "must be a length of time of at least 1 ms, in milliseconds or such as 30s";

/// Reads `30000`, `250ms`, `1.5s`, `2m` or `1h`, to the millisecond, up to ten years.
pub(super) fn read(text: &str) -> Option<Duration> {
    let at = text.find(|it: char| !it.is_ascii_digit() && it != '.');
    let (number, unit) = text.split_at(at.unwrap_or(text.len()));
    let scale = match unit.trim() {
        "" | "ms" => 1.0,
        "s" => 1_000.0,
        "m" | "min" => 60_000.0,
        "h" => 3_600_000.0,
        _ => return None,
    };
    let millis = number.parse::<f64>().ok()? * scale;
    let fits = (1.0..=315_360_000_000.0).contains(&millis);
    fits.then(|| Duration::from_millis(millis.round() as u64))
}

#[cfg(feature = "serde")]
pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    use serde::de::{Error, Visitor};
    struct Length;
    impl Visitor<'_> for Length {
        type Value = Duration;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a length of time, in milliseconds or such as \"30s\"")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
            read(text).ok_or_else(|| E::custom(RULE))
        }

        fn visit_u64<E: Error>(self, millis: u64) -> Result<Duration, E> {
            self.visit_str(&millis.to_string())
        }

        fn visit_i64<E: Error>(self, millis: i64) -> Result<Duration, E> {
            self.visit_str(&millis.to_string())
        }
    }
    from.deserialize_any(Length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_by_their_unit_and_nonsense_is_refused() {
        for (text, millis) in [
            ("30000", 30_000),
            ("1", 1),
            ("250ms", 250),
            ("1.5s", 1500),
            ("1.005s", 1005),
            ("2 m", 120_000),
            ("1min", 60_000),
            ("1h", 3_600_000),
        ] {
            assert_eq!(read(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in [
            "",
            "0",
            "0.0s",
            "-1",
            "s",
            "1d",
            "1e3",
            ".",
            "1.2.3s",
            "nan",
            "inf",
            "99999999999999999999999999h",
            "0.5",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
