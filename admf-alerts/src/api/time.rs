//! Times in bodies, as Alertmanager reads them.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time as Clock};
use jiff::tz::Offset;
use serde::de::{Deserialize, Deserializer, Error};

/// Holds a time since the Unix epoch; `None`: Go's zero, which is no time. One before the epoch is the epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Time(pub(super) Option<Duration>);

impl Time {
    /// Reads RFC 3339, and what Alertmanager takes besides: no zone, which is UTC; no seconds; a space in place of the
    /// `T`; a zone without a colon. An empty text is the epoch.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self(Some(Duration::ZERO)));
        }
        let time = timestamp(text).ok_or_else(|| format!("parsing time {text:?}: it is none"))?;
        let zero = Timestamp::from_second(-62_135_596_800).expect("it is in the calendar");
        let since = || Duration::try_from(time.as_duration()).unwrap_or_default();
        Ok(Self((time != zero).then(since)))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::read(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

fn timestamp(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.split_at_checked(10)?;
    let spaced = rest.starts_with(' ');
    let rest = rest.strip_prefix(['T', ' '])?;
    let ends = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(ends);
    let (date, (clock, seconds)) = (date_of(date)?, clock_of(clock)?);
    let offset = match zone {
        "" => Offset::UTC,
        _ if spaced => return None,
        "Z" => Offset::UTC,
        zone if seconds => offset_of(zone)?,
        _ => return None,
    };
    let time = offset.to_timestamp(DateTime::from_parts(date, clock));
    time.ok()
}

fn date_of(text: &str) -> Option<Date> {
    let [year, month, day] = parts(text, '-')?;
    let year = number(year, 4)?.try_into().ok()?;
    Date::new(year, narrow(month)?, narrow(day)?).ok()
}

/// The time of the day, and whether it has seconds.
fn clock_of(text: &str) -> Option<(Clock, bool)> {
    if let Some([hour, minute]) = parts(text, ':') {
        return Some((
            Clock::new(narrow(hour)?, narrow(minute)?, 0, 0).ok()?,
            false,
        ));
    }
    let [hour, minute, second] = parts(text, ':')?;
    let (second, nanos) = match second.split_once(['.', ',']) {
        Some((second, digits)) => (second, fraction(digits)?),
        None => (second, 0),
    };
    // Jiff takes a leap second for the one before it; Go refuses it.
    let second = narrow(second).filter(|it| *it < 60)?;
    let clock = Clock::new(narrow(hour)?, narrow(minute)?, second, nanos);
    Some((clock.ok()?, true))
}

fn offset_of(text: &str) -> Option<Offset> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let text = text.strip_prefix(['+', '-'])?;
    let (hours, minutes) = match text.split_once(':') {
        Some(parts) => parts,
        None => text.split_at_checked(2)?,
    };
    let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
    let seconds = i32::from(hours) * 3_600 + i32::from(minutes) * 60;
    let fits = hours <= 24 && minutes < 60;
    Offset::from_seconds(sign * seconds).ok().filter(|_| fits)
}

fn parts<const N: usize>(text: &str, separator: char) -> Option<[&str; N]> {
    let parts: Vec<&str> = text.split(separator).collect();
    parts.try_into().ok()
}

fn narrow(text: &str) -> Option<i8> {
    number(text, 2)?.try_into().ok()
}

fn number(text: &str, digits: usize) -> Option<u16> {
    let plain = text.len() == digits && text.bytes().all(|it| it.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

/// The nanoseconds of a fraction of a second; digits past the ninth are left out.
fn fraction(digits: &str) -> Option<i32> {
    let plain = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
    let nine: String = digits.chars().chain("00000000".chars()).take(9).collect();
    nine.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_alertmanager_reads_them() {
        let second = 1_795_222_923; // 2026-11-21T01:02:03Z
        let nanos = |nanos| Ok(Some(Duration::new(second, nanos)));
        for (text, read) in [
            ("2026-11-21T01:02:03Z", nanos(0)),
            ("2026-11-21T01:02:03.5Z", nanos(500_000_000)),
            ("2026-11-21T01:02:03,5Z", nanos(500_000_000)),
            ("2026-11-21T01:02:03.1234567891Z", nanos(123_456_789)),
            ("2026-11-21T03:02:03+02:00", nanos(0)),
            ("2026-11-20T23:32:03-0130", nanos(0)),
            ("2026-11-21T01:02:03", nanos(0)),
            ("2026-11-21 01:02:03", nanos(0)),
            (
                "2026-11-21T01:02Z",
                Ok(Some(Duration::from_secs(second - 3))),
            ),
            (
                "2026-11-21T01:02",
                Ok(Some(Duration::from_secs(second - 3))),
            ),
            ("", Ok(Some(Duration::ZERO))),
            ("1960-01-01T00:00:00Z", Ok(Some(Duration::ZERO))),
            ("0001-01-01T00:00:00Z", Ok(None)),
        ] {
            assert_eq!(Time::read(text).map(|it| it.0), read, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused_with_its_text() {
        for text in [
            "bogus",
            "2026-11-21",
            "2026-11-21T",
            "2026-11-21T01:02:03.Z",
            "2026-11-21T25:02:03Z",
            "2026-02-30T01:02:03Z",
            "2026-11-21T01:02:60Z",
            "2026-11-21T01:02:03+02",
            "2026-11-21T01:02+02:00",
            "2026-11-21 01:02:03Z",
            "2026-11-21t01:02:03z",
            "+026-11-21T01:02:03Z",
            "20é6-11-2101:02:03Z",
            "9999-12-31T23:59:59-23:59",
        ] {
            let error = Time::read(text).expect_err(text);
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,30}|[0-9TZ:+. -]{0,35}") {
            let _ = Time::read(&text);
        }
    }
}
