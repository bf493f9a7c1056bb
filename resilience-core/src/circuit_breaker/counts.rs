//! How calls ended, whatever the window holds.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::CircuitTotals;
use super::shared::Found;
use crate::counter::{Counter, Tally};
use crate::{Outcome, Time};

/// No part of any decision.
#[derive(Debug)]
pub(super) struct Counts {
    pub(super) successes: Counter,
    failures: Tally,
    slow: Tally,
    pub(super) ignored: Tally,
    pub(super) late: Tally,
    pub(super) refused: Counter,
    /// Nanoseconds of the last failure that counted; `u64::MAX` where there was none.
    last_failure: AtomicU64,
}

impl Counts {
    pub(super) fn new(counter: fn() -> Counter) -> Self {
        Self {
            successes: counter(),
            failures: Tally::default(),
            slow: Tally::default(),
            ignored: Tally::default(),
            late: Tally::default(),
            refused: counter(),
            last_failure: u64::MAX.into(),
        }
    }

    /// Counts how a call ended that was recorded under the lock; of a failure it takes the time.
    pub(super) fn count(&self, found: Found, current: bool, now: Option<Time>) {
        match found.outcome {
            _ if !current => self.late.add_one(),
            Outcome::Success => self.successes.add_one(),
            Outcome::Failure => self.failures.add_one(),
            Outcome::Ignored => self.ignored.add_one(),
        }
        if current && found.mark().slow {
            self.slow.add_one();
        }
        if let (true, Outcome::Failure, Some(now)) = (current, found.outcome, now) {
            let now = now.as_nanos().min(u64::MAX - 1);
            self.last_failure.store(now, Ordering::Relaxed);
        }
    }

    pub(super) fn last_failure(&self) -> Option<Time> {
        match self.last_failure.load(Ordering::Relaxed) {
            u64::MAX => None,
            nanos => Some(Time::ZERO.after(Duration::from_nanos(nanos))),
        }
    }

    /// Returns the counts, with the successes that their records count.
    pub(super) fn read(&self, written: u64) -> CircuitTotals {
        CircuitTotals {
            successes: self.successes.sum() + written,
            failures: self.failures.count(),
            slow: self.slow.count(),
            ignored: self.ignored.count(),
            late: self.late.count(),
            refused: self.refused.sum(),
        }
    }
}
