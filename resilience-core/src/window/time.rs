//! The records of the latest time, in buckets.

use std::time::Duration;

use super::{Mark, Totals};
use crate::Time;
use crate::clock::nanos;

/// The totals of the latest buckets. They begin at the creation and never go back.
#[derive(Clone, Debug)]
pub(crate) struct TimeWindow {
    created: Time,
    length: u64,
    /// The latest buckets; the one with index `i` is at `i % len`. The calls of the newest are only
    /// known by the number of records since it began.
    ring: Box<[Totals]>,
    /// More than a `u64` may hold: a nanosecond may be cut into a thousand.
    newest: u128,
    /// Number of records when the newest bucket began.
    start: u64,
    /// The sum of the ring.
    sum: Totals,
}

impl TimeWindow {
    pub(crate) fn new(length: Duration, buckets: u32, created: Time) -> Self {
        Self {
            created,
            length: nanos(length),
            ring: vec![Totals::default(); buckets as usize].into(),
            newest: 0,
            start: 0,
            sum: Totals::default(),
        }
    }

    pub(crate) fn note(&mut self, mark: Mark) {
        self.note_times(mark, 1);
    }

    /// Notes the same `times` over.
    pub(crate) fn note_times(&mut self, mark: Mark, times: u64) {
        let slot = self.slot(self.newest);
        for totals in [&mut self.ring[slot], &mut self.sum] {
            totals.failures += u64::from(mark.failed) * times;
            totals.slow += u64::from(mark.slow) * times;
        }
    }

    pub(crate) fn totals(&self, records: u64) -> Totals {
        Totals {
            calls: self.sum.calls + (records - self.start),
            ..self.sum
        }
    }

    /// Begins the bucket of `now`, if it is newer, after `records` records.
    pub(crate) fn advance(&mut self, records: u64, now: Time) {
        let index = self.index(now);
        if index <= self.newest {
            return;
        }
        let calls = records - self.start;
        let slot = self.slot(self.newest);
        self.ring[slot].calls += calls;
        self.sum.calls += calls;
        self.start = records;
        if index - self.newest >= self.ring.len() as u128 {
            self.clear(records);
        } else {
            for index in self.newest + 1..=index {
                self.empty(index);
            }
        }
        self.newest = index;
    }

    pub(crate) fn clear(&mut self, records: u64) {
        self.ring.fill(Totals::default());
        self.sum = Totals::default();
        self.start = records;
    }

    pub(super) fn renumber(&mut self, from: u64, to: u64) {
        let slot = self.slot(self.newest);
        let calls = from - self.start;
        self.ring[slot].calls += calls;
        self.sum.calls += calls;
        self.start = to;
    }

    /// Says whether the two cut the time alike.
    pub(crate) fn has_shape_of(&self, other: &Self) -> bool {
        (self.created, self.length, self.ring.len())
            == (other.created, other.length, other.ring.len())
    }

    /// Returns when the next bucket begins.
    pub(crate) fn next_bucket(&self) -> Time {
        let next = (self.newest + 1) * u128::from(self.length);
        let age = next.div_ceil(self.ring.len() as u128);
        let age = u64::try_from(age).unwrap_or(u64::MAX);
        Time::from_nanos(self.created.as_nanos().saturating_add(age))
    }

    pub(super) fn filled_to(&self, calls: u64) -> u64 {
        self.start + calls.saturating_sub(self.sum.calls)
    }

    fn index(&self, now: Time) -> u128 {
        let age = nanos(now.since(self.created));
        u128::from(age) * self.ring.len() as u128 / u128::from(self.length)
    }

    fn slot(&self, index: u128) -> usize {
        // Below the number of buckets, so it fits.
        (index % self.ring.len() as u128) as usize
    }

    fn empty(&mut self, index: u128) {
        let slot = self.slot(index);
        let gone = std::mem::take(&mut self.ring[slot]);
        self.sum.calls -= gone.calls;
        self.sum.failures -= gone.failures;
        self.sum.slow -= gone.slow;
    }
}
