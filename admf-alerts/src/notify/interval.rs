//! Times of the week, the month and the year.

use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// Declares a part of time that comes again: what is empty takes in all.
#[derive(Clone, Debug)]
pub struct TimeInterval {
    /// Minutes of the day, from 0 to 1,440: the first in, the last not.
    pub times: Vec<(u16, u16)>,
    /// From 0, Sunday, to 6.
    pub weekdays: Vec<RangeInclusive<i8>>,
    /// From 1 to 31, or from -1, the last, to -31; days that a month does not have are left out.
    pub days_of_month: Vec<RangeInclusive<i8>>,
    /// From 1 to 12.
    pub months: Vec<RangeInclusive<i8>>,
    /// Years.
    pub years: Vec<RangeInclusive<i16>>,
    /// Where all of these are. Default: UTC.
    pub location: TimeZone,
}

impl Default for TimeInterval {
    fn default() -> Self {
        Self {
            times: Vec::new(),
            weekdays: Vec::new(),
            days_of_month: Vec::new(),
            months: Vec::new(),
            years: Vec::new(),
            location: TimeZone::UTC,
        }
    }
}

impl TimeInterval {
    /// Says whether a time since the Unix epoch lies within. One that no calendar has does not.
    #[must_use]
    pub fn contains(&self, time: Duration) -> bool {
        let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        let Ok(time) = Timestamp::from_second(seconds) else {
            return false;
        };
        let time = self.location.to_datetime(time);
        let date = time.date();
        self.has_minute(time)
            && within(&self.weekdays, date.weekday().to_sunday_zero_offset())
            && self.has_day(date)
            && within(&self.months, date.month())
            && within(&self.years, date.year())
    }

    fn has_minute(&self, time: DateTime) -> bool {
        let minute =
            u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs());
        let mut times = self.times.iter();
        self.times.is_empty() || times.any(|&(from, to)| from <= minute && minute < to)
    }

    fn has_day(&self, date: Date) -> bool {
        let last = date.days_in_month();
        let from_end = |day: i8| if day < 0 { last + day + 1 } else { day };
        let mut days = self.days_of_month.iter();
        let has = |days: &RangeInclusive<i8>| {
            let (from, to) = (from_end(*days.start()), from_end(*days.end()));
            from.max(1) <= date.day() && date.day() <= to.min(last)
        };
        self.days_of_month.is_empty() || days.any(has)
    }
}

fn within<T: PartialOrd>(ranges: &[RangeInclusive<T>], value: T) -> bool {
    ranges.is_empty() || ranges.iter().any(|range| range.contains(&value))
}
