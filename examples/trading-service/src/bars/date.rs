//! A calendar day.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

const SECONDS_A_DAY: u64 = 86_400;
/// Days from 1 March of the year 0, with which a cycle of 400 years begins, to the epoch of Unix.
const EPOCH: i64 = 719_468;
/// Days of 400 years, after which the calendar repeats.
const CYCLE: i64 = 146_097;

/// A day of the Gregorian calendar; days compare as they follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u8::from(leap),
            _ => return None,
        };
        (year > 0 && (1..=days).contains(&day)).then_some(Self { year, month, day })
    }

    /// Returns the time from the epoch of Unix to the day's beginning; none for the days before 1970.
    pub(crate) fn since_epoch(self) -> Duration {
        // Of a year that begins in March the leap day is the last.
        let (month, day) = (i64::from(self.month), i64::from(self.day));
        let year = i64::from(self.year) - i64::from(month <= 2);
        let (cycle, year) = (year.div_euclid(400), year.rem_euclid(400));
        let in_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let days = cycle * CYCLE + year * 365 + year / 4 - year / 100 + in_year - EPOCH;
        Duration::from_secs(u64::try_from(days).unwrap_or(0) * SECONDS_A_DAY)
    }

    /// Returns the day on which it is so long since the epoch of Unix, in Greenwich.
    pub(crate) fn at(since_epoch: Duration) -> Option<Self> {
        let days = i64::try_from(since_epoch.as_secs() / SECONDS_A_DAY).ok()? + EPOCH;
        let (cycle, in_cycle) = (days / CYCLE, days % CYCLE);
        let leaps = in_cycle / 1_460 - in_cycle / 36_524 + in_cycle / 146_096;
        let year = (in_cycle - leaps) / 365;
        let in_year = in_cycle - (365 * year + year / 4 - year / 100);
        let month = (5 * in_year + 2) / 153;
        let day = in_year - (153 * month + 2) / 5 + 1;
        let month = (month + 2) % 12 + 1;
        let year = year + cycle * 400 + i64::from(month <= 2);
        let small = |number| u8::try_from(number).ok();
        Self::new(u16::try_from(year).ok()?, small(month)?, small(day)?)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// Says that a text is no day.
#[derive(Debug)]
pub(crate) struct NoDate;

impl FromStr for Date {
    type Err = NoDate;

    fn from_str(text: &str) -> Result<Self, NoDate> {
        let bytes = text.as_bytes();
        let shape = bytes.len() == 10
            && bytes.iter().enumerate().all(|(index, byte)| match index {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shape {
            return Err(NoDate);
        }
        let number = |range: std::ops::Range<usize>| text[range].parse::<u16>().map_err(|_| NoDate);
        let small = |range| number(range).map(|n| u8::try_from(n).unwrap_or(u8::MAX));
        Self::new(number(0..4)?, small(5..7)?, small(8..10)?).ok_or(NoDate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_and_its_time_are_found_from_one_another_through_every_kind_of_year() {
        let mut time = Duration::ZERO;
        let mut last = "1969-12-31".parse::<Date>().unwrap();
        while last.year < 2401 {
            let day = Date::at(time + Duration::from_secs(86_399)).unwrap();
            assert_eq!((day.since_epoch(), last < day), (time, true), "{day}");
            (last, time) = (day, time + Duration::from_secs(SECONDS_A_DAY));
        }
        let day = "2000-02-29".parse::<Date>().unwrap();
        assert_eq!(day.since_epoch().as_secs(), 951_782_400);
        assert_eq!(last.since_epoch().as_secs(), 13_601_088_000);
    }

    #[test]
    fn days_before_the_epoch_are_its_beginning() {
        for day in ["1969-12-31", "1962-01-02", "0001-01-01"] {
            let day = day.parse::<Date>().unwrap();
            assert_eq!(day.since_epoch(), Duration::ZERO, "{day}");
        }
    }
}
