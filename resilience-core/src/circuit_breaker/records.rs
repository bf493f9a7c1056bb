//! What a closed circuit has seen, and whether that opens it.

use super::config::Rules;
use super::head::Limits;
use crate::Time;
use crate::window::{Mark, Numbered, Totals, reaches};

/// What opens a circuit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Trip {
    /// So many failures in a row.
    Consecutive(u64),
    /// A share of the calls in the window.
    Rates {
        failures: Option<f64>,
        slow: Option<f64>,
    },
}

/// The records of a closed circuit: the window, and the run of failures at its end.
///
/// Records are numbered by the [`Head`](super::head::Head); a success that was not slow leaves no
/// trace here but the number after it.
#[derive(Debug)]
pub(super) struct Records {
    trip: Trip,
    minimum: u64,
    window: Option<Numbered>,
    run: Run,
    /// Whether the window or the rules changed since the last record, so that the next one may open
    /// the circuit whatever it is.
    unjudged: bool,
    /// When the buckets of a time window begin.
    created: Time,
}

/// Failures with nothing between them.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    length: u64,
    /// Position after the last of them.
    end: u64,
}

impl Records {
    pub(super) fn new(rules: &Rules, created: Time) -> Self {
        Self {
            trip: rules.trip,
            minimum: rules.minimum,
            window: rules.window(created),
            run: Run::default(),
            unjudged: false,
            created,
        }
    }

    /// Remembers the record at `position`; says whether it opens the circuit.
    pub(super) fn note(&mut self, position: u64, mark: Mark) -> bool {
        self.unjudged = false;
        if mark.failed {
            let goes_on = self.run.end == position;
            self.run = Run {
                length: 1 + if goes_on { self.run.length } else { 0 },
                end: position + 1,
            };
        }
        if let (Some(window), true) = (&mut self.window, mark.failed || mark.slow) {
            window.note(position, mark);
        }
        match self.trip {
            Trip::Consecutive(most) => mark.failed && self.run.length >= most,
            Trip::Rates { failures, slow } => {
                let totals = self.totals(position + 1);
                let too_many = |part, rate: Option<f64>| {
                    rate.is_some_and(|rate| reaches(part, totals.calls, rate))
                };
                totals.calls >= self.minimum
                    && (too_many(totals.failures, failures) || too_many(totals.slow, slow))
            }
        }
    }

    /// Returns the totals of the window, when there were `records` records.
    pub(super) fn totals(&mut self, records: u64) -> Totals {
        let window = self.window.as_mut();
        window.map_or_else(Totals::default, |it| it.totals(records))
    }

    /// Returns failures and slow calls per call, where there are calls enough.
    pub(super) fn rates(&self, totals: Totals) -> Option<(f64, f64)> {
        let calls = totals.calls as f64;
        (self.window.is_some() && totals.calls >= self.minimum)
            .then(|| (totals.failures as f64 / calls, totals.slow as f64 / calls))
    }

    /// Returns the number of failures in a row, when there were `records` records.
    pub(super) fn run(&self, records: u64) -> u64 {
        if self.run.end == records {
            self.run.length
        } else {
            0
        }
    }

    /// Says whether a bucket begins by `now`.
    pub(super) fn is_behind(&self, now: Time) -> bool {
        matches!(&self.window, Some(Numbered::Time(it)) if it.next_bucket() <= now)
    }

    /// Brings the window up to `now`.
    pub(super) fn advance(&mut self, records: u64, now: Time) {
        if let Some(window) = &mut self.window {
            window.advance(records, now);
            self.unjudged = true;
        }
    }

    /// Empties the window and ends the run; the next record has the number 0.
    pub(super) fn clear(&mut self) {
        self.run = Run::default();
        self.unjudged = false;
        if let Some(window) = &mut self.window {
            window.clear(0);
        }
    }

    /// Gives the next record the number `to`, where so far it had the number `from`.
    pub(super) fn renumber(&mut self, from: u64, to: u64) {
        self.run = Run {
            length: self.run(from),
            end: to,
        };
        if let Some(window) = &mut self.window {
            window.renumber(from, to);
        }
    }

    /// Takes other rules, and keeps what they let it keep of `records` records.
    pub(super) fn reconfigure(&mut self, rules: &Rules, records: u64) {
        self.trip = rules.trip;
        self.minimum = rules.minimum;
        self.unjudged = true;
        match (&mut self.window, rules.window(self.created)) {
            (Some(Numbered::Count(old)), Some(Numbered::Count(new))) => old.resize(new, records),
            (Some(Numbered::Time(old)), Some(Numbered::Time(new))) if old.has_shape_of(&new) => {}
            (old, mut new) => {
                if let Some(window) = &mut new {
                    window.clear(records);
                }
                *old = new;
            }
        }
    }

    /// Returns up to where a success needs no lock.
    pub(super) fn limits(&self) -> Limits {
        let free_from = match (&self.window, self.trip) {
            _ if self.unjudged => u64::MAX,
            (Some(window), Trip::Rates { .. }) => window.filled_to(self.minimum),
            _ => 0,
        };
        // One success ends the run, and the next one changes nothing. One more is recorded because a
        // success may go by these limits when the next failure is already recorded: it then belongs
        // before that failure, and would part the two if nothing else did.
        let after_run = match self.run.length {
            0 => 0,
            _ => self.run.end + 2,
        };
        let (unchanged_from, turn_at) = match &self.window {
            None => (0, Time::MAX),
            Some(Numbered::Count(it)) => (it.unchanged_from(), Time::MAX),
            Some(Numbered::Time(it)) => (u64::MAX, it.next_bucket()),
        };
        Limits {
            free_from,
            unchanged_from: unchanged_from.max(after_run),
            turn_at,
        }
    }
}

/// How many successes counted themselves: the records that nobody counted under the lock.
///
/// So a success that is recorded needs no second counter.
#[derive(Debug, Default)]
pub(super) struct Written {
    before: u64,
    /// Number of the first record since.
    first: u64,
    /// Number of records since that were counted under the lock.
    locked: u64,
}

impl Written {
    pub(super) fn count_locked(&mut self) {
        self.locked += 1;
    }

    /// Returns the number of successes that counted themselves, of `records` records.
    pub(super) fn total(&self, records: u64) -> u64 {
        self.before + (records - self.first - self.locked)
    }

    /// Goes on where the number of records changes from `records` to `next`.
    pub(super) fn fold(&mut self, records: u64, next: u64) {
        *self = Self {
            before: self.total(records),
            first: next,
            locked: 0,
        };
    }
}
