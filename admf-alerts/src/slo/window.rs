//! When a budget is used up too fast.

use std::time::Duration;

use crate::burn::BurnRate;

/// Says how urgent it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// Somebody is woken up.
    Page,
    /// It can wait for the morning.
    Ticket,
}

/// Says which part of the budget may be used up within how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BurnWindow {
    /// How urgent it is.
    pub urgency: Urgency,
    /// Percent of the budget, above 0 and at most 100.
    pub budget: f64,
    /// Within how long it is used up; shorter than the period.
    pub long: Duration,
    /// Over how long it must still go on, so that the alert ends soon after the errors do; shorter than `long`.
    pub short: Duration,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

impl BurnWindow {
    /// The windows of the workbook of site reliability engineering: of a period of 30 days their factors are 14.4, 6, 3
    /// and 1.
    pub const WORKBOOK: [Self; 4] = [
        Self::new(Urgency::Page, 2.0, HOUR, 5 * MINUTE),
        Self::new(Urgency::Page, 5.0, 6 * HOUR, 30 * MINUTE),
        Self::new(Urgency::Ticket, 10.0, DAY, 2 * HOUR),
        Self::new(Urgency::Ticket, 10.0, 3 * DAY, 6 * HOUR),
    ];

    /// Creates one from percent and seconds.
    const fn new(urgency: Urgency, budget: f64, long: u64, short: u64) -> Self {
        Self {
            urgency,
            budget,
            long: Duration::from_secs(long),
            short: Duration::from_secs(short),
        }
    }

    /// Returns how fast that is, for an objective over a period.
    #[must_use]
    pub fn rate(&self, objective: f64, period: Duration) -> BurnRate {
        BurnRate {
            factor: BurnRate::factor_of(self.budget, self.long, period),
            slo: objective,
        }
    }
}
