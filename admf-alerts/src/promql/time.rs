//! Dates of the Gregorian calendar.

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) year: i128,
    /// From 1.
    pub(super) month: i128,
    /// From 1.
    pub(super) day: i128,
}

/// Days in 400 years.
const ERA: i128 = 146_097;
/// From the first of March of the year 0 to the Unix epoch.
const EPOCH: i128 = 719_468;

impl Date {
    /// The date of a day counted from the Unix epoch, at most 10^14 of them away.
    pub(super) fn of_day(day: i128) -> Self {
        // Years begin in March here, so that the leap day is the last one.
        let day = day + EPOCH;
        let era = day.div_euclid(ERA);
        let in_era = day.rem_euclid(ERA);
        let year = (in_era - in_era / 1_460 + in_era / 36_524 - in_era / 146_096) / 365;
        let in_year = in_era - (365 * year + year / 4 - year / 100);
        let month = (5 * in_year + 2) / 153;
        let early = month >= 10;
        Self {
            year: year + era * 400 + i128::from(early),
            month: if early { month - 9 } else { month + 3 },
            day: in_year - (153 * month + 2) / 5 + 1,
        }
    }

    fn leap(self) -> bool {
        self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0)
    }

    pub(super) fn days_in_month(self) -> i128 {
        match self.month {
            2 => 28 + i128::from(self.leap()),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    pub(super) fn day_of_year(self) -> i128 {
        let months = (1..self.month).map(|month| Self { month, ..self }.days_in_month());
        months.sum::<i128>() + self.day
    }
}
