//! How likely each fault is in each kind of weather.

use std::{ops::RangeInclusive, time::Duration};

use super::Fault;

/// How late a slow answer is, in milliseconds: most of it is more than a client's 100.
const SLOW: RangeInclusive<u64> = 40..=300;

/// How long a rate limit asks to wait, in milliseconds.
const BACK_OFF: RangeInclusive<u64> = 5..=25;

/// Names what a phase of the day is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weather {
    Calm,
    Flaky,
    Outage,
    Slow,
    RateLimited,
    Meltdown,
}

impl Weather {
    pub(super) const fn at_primary(self) -> Odds {
        match self {
            Self::Calm => Odds::NONE,
            Self::Flaky => Odds {
                refuse: 60,
                fail_after: 55,
                drop_reply: 55,
                ..Odds::NONE
            },
            Self::Outage => Odds {
                refuse: 900,
                black_hole: 100,
                ..Odds::NONE
            },
            Self::Slow => Odds {
                slow_before: 110,
                slow_after: 130,
                ..Odds::NONE
            },
            Self::RateLimited => Odds {
                rate_limited: 400,
                ..Odds::NONE
            },
            Self::Meltdown => Odds {
                refuse: 640,
                fail_after: 60,
                drop_reply: 60,
                slow_before: 25,
                slow_after: 25,
                black_hole: 80,
                ..Odds::NONE
            },
        }
    }

    pub(super) const fn at_backup(self) -> Odds {
        match self {
            Self::Meltdown => Odds {
                refuse: 60,
                fail_after: 40,
                drop_reply: 40,
                slow_before: 80,
                slow_after: 80,
                ..Odds::NONE
            },
            _ => Odds {
                refuse: 10,
                fail_after: 5,
                drop_reply: 5,
                ..Odds::NONE
            },
        }
    }
}

/// How many of a thousand requests meet each fault; the rest meet none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Odds {
    refuse: u64,
    fail_after: u64,
    drop_reply: u64,
    slow_before: u64,
    slow_after: u64,
    rate_limited: u64,
    black_hole: u64,
}

impl Odds {
    const NONE: Self = Self {
        refuse: 0,
        fail_after: 0,
        drop_reply: 0,
        slow_before: 0,
        slow_after: 0,
        rate_limited: 0,
        black_hole: 0,
    };

    /// Makes an eighth of the waits, and refusals of the black holes that go.
    ///
    /// A strategy asks for a price far more often than it orders: with the odds of orders, a day
    /// of waiting for quotes would not fit its half minute.
    pub(super) const fn with_fewer_waits(self) -> Self {
        Self {
            refuse: self.refuse + self.black_hole - self.black_hole / 8,
            slow_before: self.slow_before / 8,
            slow_after: self.slow_after / 8,
            black_hole: self.black_hole / 8,
            ..self
        }
    }

    /// Picks the fault of a `lot` below 1000; `below` draws how long one takes.
    pub(super) fn fault(self, lot: u64, mut below: impl FnMut(u64) -> u64) -> Fault {
        let mut time = |range: RangeInclusive<u64>| {
            let (low, high) = range.into_inner();
            Duration::from_millis(low + below(high - low + 1))
        };
        let mut left = lot;
        let mut is_in = |odds: u64| {
            let hit = left < odds;
            left = left.saturating_sub(odds);
            hit
        };
        if is_in(self.refuse) {
            Fault::Refuse
        } else if is_in(self.fail_after) {
            Fault::FailAfter
        } else if is_in(self.drop_reply) {
            Fault::DropReply
        } else if is_in(self.slow_before) {
            Fault::SlowBefore(time(SLOW))
        } else if is_in(self.slow_after) {
            Fault::SlowAfter(time(SLOW))
        } else if is_in(self.rate_limited) {
            Fault::RateLimited(time(BACK_OFF))
        } else if is_in(self.black_hole) {
            Fault::BlackHole
        } else {
            Fault::None
        }
    }
}
