//! How many calls are in flight and how many wait, in one word; nobody waits while a slot is free.

use std::time::Duration;

use crate::{Deadline, Time};

/// Two numbers in one word; limits are such a pair too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slots {
    pub(super) in_flight: u32,
    pub(super) waiting: u32,
}

impl Slots {
    pub(super) const fn from_word(word: u64) -> Self {
        Self {
            in_flight: word as u32,
            waiting: (word >> 32) as u32,
        }
    }

    pub(super) const fn word(self) -> u64 {
        (self.waiting as u64) << 32 | self.in_flight as u64
    }

    /// Takes a free slot, where nobody waits.
    #[inline]
    pub(super) const fn take(self, limits: Self) -> Option<Self> {
        if self.waiting > 0 || self.in_flight >= limits.in_flight {
            return None;
        }
        Some(Self {
            in_flight: self.in_flight + 1,
            waiting: 0,
        })
    }

    /// Gives a slot back, where nobody waits for it.
    #[inline]
    pub(super) const fn give(self) -> Option<Self> {
        if self.waiting > 0 {
            return None;
        }
        Some(self.end())
    }

    /// Ends a call.
    pub(super) const fn end(self) -> Self {
        Self {
            in_flight: self.in_flight.saturating_sub(1),
            ..self
        }
    }

    /// Joins the queue, where there is a place.
    pub(super) const fn join(self, limits: Self) -> Option<Self> {
        if self.waiting >= limits.waiting {
            return None;
        }
        Some(Self {
            waiting: self.waiting + 1,
            ..self
        })
    }

    /// Takes `count` out of the queue.
    pub(super) const fn leave(self, count: u32) -> Self {
        Self {
            waiting: self.waiting.saturating_sub(count),
            ..self
        }
    }

    /// Lets those who wait in as far as slots are free; says how many that were.
    pub(super) fn admit(self, limits: Self) -> (Self, u32) {
        let free = limits.in_flight.saturating_sub(self.in_flight);
        let count = free.min(self.waiting);
        let admitted = Self {
            in_flight: self.in_flight + count,
            waiting: self.waiting - count,
        };
        (admitted, count)
    }
}

/// When a wait ends in vain, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) at: Time,
    pub(super) why: InVain,
}

/// Why a wait ended in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InVain {
    /// It was as long as a wait may be.
    TooLong(Duration),
    /// The answer would be of no use any more.
    Late,
}

impl Bound {
    /// Returns the bound of a wait that begins at `now`, the earlier of the two.
    pub(super) fn new(
        now: Time,
        max_wait: Option<Duration>,
        deadline: Option<Deadline>,
    ) -> Option<Self> {
        let longest = max_wait.map(|wait| Self {
            at: now.after(wait),
            why: InVain::TooLong(wait),
        });
        let late = deadline.map(|deadline| Self {
            at: deadline.time(),
            why: InVain::Late,
        });
        // Of equal ones the first.
        late.into_iter().chain(longest).min_by_key(|it| it.at)
    }
}
