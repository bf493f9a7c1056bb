//! Lengths of time as text: `250ms`, `1.5s`, `1m 30s`.
//!
//! What is written is read back as it was, to the nanosecond.

use std::fmt;
use std::time::Duration;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Time;

const MICROSECOND: u128 = 1_000;
const MILLISECOND: u128 = 1_000 * MICROSECOND;
const SECOND: u128 = 1_000 * MILLISECOND;
const MINUTE: u128 = 60 * SECOND;
const HOUR: u128 = 60 * MINUTE;
const DAY: u128 = 24 * HOUR;

/// The units and their nanoseconds, the largest first; a text is written in the first word of each.
const UNITS: [(&[&str], u128); 7] = [
    (&["d"], DAY),
    (&["h"], HOUR),
    (&["m", "min"], MINUTE),
    (&["s"], SECOND),
    (&["ms"], MILLISECOND),
    (&["us", "µs"], MICROSECOND),
    (&["ns"], 1),
];

/// The most of a text that an error repeats.
const SHOWN: usize = 60;

/// Returns the text of `length`, with no unit of which there are none.
pub(crate) fn write(length: Duration) -> String {
    let mut left = length.as_nanos();
    let mut parts = Vec::new();
    for (words, unit) in UNITS {
        let (many, rest) = (left / unit, left % unit);
        left = rest;
        if many > 0 {
            parts.push(format!("{many}{}", words[0]));
        }
    }
    match parts.is_empty() {
        true => "0s".to_owned(),
        false => parts.join(" "),
    }
}

/// Reads numbers with their units, each unit once, the largest first.
pub(crate) fn read(text: &str) -> Result<Duration, String> {
    let mut sum = 0_u128;
    let mut last = u128::MAX;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err("it is empty".to_owned());
    }
    while !rest.is_empty() {
        let (part, unit, after) = read_part(rest)?;
        if unit >= last {
            return Err("each unit must come once, and the largest first".to_owned());
        }
        (last, rest) = (unit, after);
        sum = sum.checked_add(part).ok_or_else(too_long)?;
    }
    let secs = u64::try_from(sum / SECOND).map_err(|_| too_long())?;
    let nanos = u32::try_from(sum % SECOND).unwrap_or(0);
    Ok(Duration::new(secs, nanos))
}

/// Reads one number and its unit: returns its nanoseconds, those of the unit, and what follows.
fn read_part(text: &str) -> Result<(u128, u128, &str), String> {
    let number_end = text.find(|it: char| !it.is_ascii_digit() && it != '.');
    let (number, rest) = text.split_at(number_end.unwrap_or(text.len()));
    let rest = rest.trim_start();
    let word_end = rest.find(|it: char| !it.is_alphabetic());
    let (word, rest) = rest.split_at(word_end.unwrap_or(rest.len()));
    if number.is_empty() {
        return Err(format!("a number must come before {:?}", shown(text)));
    }
    if word.is_empty() {
        return Err(format!("a unit must follow {:?}", shown(number)));
    }
    let found = UNITS.iter().find(|(words, _)| words.contains(&word));
    let &(_, unit) = found.ok_or_else(|| {
        let known = "the units are d, h, m, s, ms, us and ns";
        format!("unknown unit {:?}, {known}", shown(word))
    })?;
    Ok((times(number, unit)?, unit, rest.trim_start()))
}

/// Returns a decimal number of units, which must be whole nanoseconds.
fn times(number: &str, unit: u128) -> Result<u128, String> {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let is_number = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    if !is_number(whole) || !is_number(decimals) {
        return Err(format!("{:?} is no number", shown(number)));
    }
    let whole: u128 = whole.parse().map_err(|_| too_long())?;
    let whole = whole.checked_mul(unit).ok_or_else(too_long)?;
    let decimals = decimals.trim_end_matches('0');
    let none = || "it is no whole number of nanoseconds".to_owned();
    // No unit has a factor by which more of them are whole.
    if decimals.len() > 20 {
        return Err(none());
    }
    let scale = 10_u128.pow(decimals.len() as u32);
    // Where there is none, it is 0.
    let share = decimals.parse::<u128>().unwrap_or(0) * unit;
    match share % scale {
        0 => whole.checked_add(share / scale).ok_or_else(too_long),
        _ => Err(none()),
    }
}

fn too_long() -> String {
    format!("it is longer than {} s", u64::MAX)
}

/// Returns the beginning of `text`.
fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What is written as a length of time, or not at all.
pub(crate) trait Length: Sized {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error>;

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error>;
}

impl Length for Duration {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&write(*self))
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Text)
    }
}

impl Length for Option<Duration> {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.map(write).serialize(to)
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_option(Perhaps)
    }
}

/// Writes a field of a config or a snapshot.
pub(crate) fn serialize<T: Length, S: Serializer>(it: &T, to: S) -> Result<S::Ok, S::Error> {
    it.write(to)
}

/// Reads a field of a config.
pub(crate) fn deserialize<'de, T: Length, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    T::read(from)
}

struct Text;

impl Visitor<'_> for Text {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a length of time, such as \"250ms\" or \"1m 30s\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
        read(text).map_err(|why| {
            let text = shown(text);
            E::custom(format_args!("{text:?} is no length of time: {why}"))
        })
    }
}

struct Perhaps;

impl<'de> Visitor<'de> for Perhaps {
    type Value = Option<Duration>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Text.expecting(f)
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        Duration::read(from).map(Some)
    }
}

impl Serialize for Time {
    /// Writes how long after the clock's origin it is.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&write(self.since(Self::ZERO)))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self::ZERO.after(Duration::read(from)?))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_is_read_exactly() {
        for (text, nanos) in [
            ("250ms", 250 * MILLISECOND),
            ("1.5s", 1_500 * MILLISECOND),
            ("1m 30s", 90 * SECOND),
            ("1m30s", 90 * SECOND),
            (" 2 h  3 min ", 2 * HOUR + 3 * MINUTE),
            ("0s", 0),
            ("0.0d", 0),
            ("1d", DAY),
            ("1.25us", 1_250),
            ("7µs 1ns", 7_001),
            ("0.000000001s", 1),
            (
                "1.50000000000000000000000000000000000000s",
                1_500 * MILLISECOND,
            ),
            // 864 × 0.125 × 10⁻¹¹ days.
            ("0.00000000000125d", 108),
            ("18446744073709551615.999999999s", Duration::MAX.as_nanos()),
        ] {
            assert_eq!(read(text).map(|it| it.as_nanos()), Ok(nanos), "{text}");
        }
    }

    #[test]
    fn what_is_no_length_is_refused_with_the_reason() {
        for (text, why) in [
            ("", "it is empty"),
            ("5", "a unit must follow \"5\""),
            ("0", "a unit must follow \"0\""),
            ("ms", "a number must come before \"ms\""),
            ("-1s", "a number must come before \"-1s\""),
            ("+1s", "a number must come before \"+1s\""),
            (
                "1e3s",
                "unknown unit \"e\", the units are d, h, m, s, ms, us and ns",
            ),
            (
                "1S",
                "unknown unit \"S\", the units are d, h, m, s, ms, us and ns",
            ),
            (
                "1y",
                "unknown unit \"y\", the units are d, h, m, s, ms, us and ns",
            ),
            ("1.s", "\"1.\" is no number"),
            (".5s", "\".5\" is no number"),
            ("1.2.3s", "\"1.2.3\" is no number"),
            ("0.5ns", "it is no whole number of nanoseconds"),
            ("0.0000000001s", "it is no whole number of nanoseconds"),
            (
                "0.1000000000000000000001s",
                "it is no whole number of nanoseconds",
            ),
            ("30s 1m", "each unit must come once, and the largest first"),
            ("1s 1s", "each unit must come once, and the largest first"),
            (
                "18446744073709551616s",
                "it is longer than 18446744073709551615 s",
            ),
            (
                "99999999999999999999999999999999999999999d",
                "it is longer than 18446744073709551615 s",
            ),
            ("1s, 2ms", "a number must come before \", 2ms\""),
        ] {
            assert_eq!(read(text), Err(why.to_owned()), "{text}");
        }
    }

    #[test]
    fn an_error_repeats_only_the_beginning_of_a_long_text() {
        let why = read(&"9".repeat(1_000_000)).unwrap_err();
        assert!(why.len() < 300, "{}", why.len());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_to_the_nanosecond(secs: u64, nanos in 0_u32..1_000_000_000) {
            for length in [Duration::new(secs, nanos), Duration::new(secs % 100_000, nanos)] {
                prop_assert_eq!(read(&write(length)), Ok(length));
            }
        }

        #[test]
        fn no_text_panics(text in "[0-9. dhmsuµn-]{0,40}") {
            let _ = read(&text);
        }
    }
}
