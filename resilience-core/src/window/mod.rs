//! What happened lately, counted exactly: by the last calls or by the last time.
//!
#![doc = include_str!("../../docs/window.md")]

// The windows inside number their records: whoever counts records tells each failure and each slow
// call its position, and a success that was not slow leaves no trace but the number after it. So a
// circuit breaker can count successes without a lock.

mod count;
#[cfg(all(test, not(loom)))]
mod tests;
mod time;

use std::time::Duration;

pub(crate) use self::count::CountWindow;
pub(crate) use self::time::TimeWindow;

use crate::{ConfigError, Outcome, Time};

/// Settings of a [`Window`]: exactly one of `count` and `time` is set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct WindowConfig {
    /// Number of the latest calls that count, 1 to 1,000,000.
    pub count: Option<u32>,
    /// Length of the latest time that counts, at least 1 ns.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub time: Option<Duration>,
    /// Number of buckets that `time` is cut into, 1 to 1,000; what lies in one leaves together.
    /// Default: 10.
    pub buckets: u32,
}

impl Default for WindowConfig {
    /// Returns neither a count nor a time, one of which must be set.
    fn default() -> Self {
        Self {
            count: None,
            time: None,
            buckets: 10,
        }
    }
}

impl WindowConfig {
    /// Returns the settings of a window of the last `count` calls.
    #[must_use]
    pub const fn count(count: u32) -> Self {
        Self {
            count: Some(count),
            time: None,
            buckets: 10,
        }
    }

    /// Returns the settings of a window of the last `time`, in ten buckets.
    #[must_use]
    pub const fn time(time: Duration) -> Self {
        Self {
            count: None,
            time: Some(time),
            buckets: 10,
        }
    }

    /// Creates the numbered window of these settings, whose buckets begin at `created`.
    pub(crate) fn build(&self, created: Time) -> Result<Numbered, ConfigError> {
        let buckets = self.buckets;
        let rule = "must be between 1 and 1,000";
        ConfigError::unless((1..=1_000).contains(&buckets), "buckets", rule, buckets)?;
        match (self.count, self.time) {
            (Some(count), None) => {
                let rule = "must be between 1 and 1,000,000";
                ConfigError::unless((1..=1_000_000).contains(&count), "count", rule, count)?;
                Ok(Numbered::Count(CountWindow::new(count)))
            }
            (None, Some(time)) => {
                ConfigError::unless(!time.is_zero(), "time", "must be at least 1 ns", time)?;
                Ok(Numbered::Time(TimeWindow::new(time, buckets, created)))
            }
            (count, time) => Err(ConfigError::new(
                "window",
                "must have exactly one of `count` and `time`",
                (count, time),
            )),
        }
    }
}

/// How many calls a window holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Number of calls.
    pub calls: u64,
    /// Number of failures among them.
    pub failures: u64,
    /// Number of slow calls among them, successes and failures.
    pub slow: u64,
}

/// What a record is beside a plain success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) failed: bool,
    pub(crate) slow: bool,
}

/// A window over records that its owner numbers from 0.
#[derive(Clone, Debug)]
pub(crate) enum Numbered {
    Count(CountWindow),
    Time(TimeWindow),
}

impl Numbered {
    /// Brings the window up to `now`, when there were `records` records.
    pub(crate) fn advance(&mut self, records: u64, now: Time) {
        if let Self::Time(window) = self {
            window.advance(records, now);
        }
    }

    /// Remembers what the record at `position`, the latest, is beside a success.
    pub(crate) fn note(&mut self, position: u64, mark: Mark) {
        match self {
            Self::Count(window) => window.note(position, mark),
            Self::Time(window) => window.note(mark),
        }
    }

    /// Empties the window; the next record is the one at `records`.
    pub(crate) fn clear(&mut self, records: u64) {
        match self {
            Self::Count(window) => window.clear(records),
            Self::Time(window) => window.clear(records),
        }
    }

    /// Gives the next record the number `to`, where so far it had the number `from`; `to` is at least
    /// the number of calls in the window.
    pub(crate) fn renumber(&mut self, from: u64, to: u64) {
        match self {
            Self::Count(window) => window.renumber(from, to),
            Self::Time(window) => window.renumber(from, to),
        }
    }

    /// Returns the number of records at which the window holds `calls` calls, if nothing ages.
    pub(crate) fn filled_to(&self, calls: u64) -> u64 {
        match self {
            Self::Count(window) => window.filled_to(calls),
            Self::Time(window) => window.filled_to(calls),
        }
    }

    /// Returns the totals of the window when there were `records` records.
    pub(crate) fn totals(&mut self, records: u64) -> Totals {
        match self {
            Self::Count(window) => window.totals(records),
            Self::Time(window) => window.totals(records),
        }
    }
}

/// A count of what happened lately, for one thread at a time.
///
/// ```
/// use std::time::Duration;
/// use resilience_core::{Outcome, Time, Window, WindowConfig};
///
/// let second = Duration::from_secs(1);
/// let config = WindowConfig::time(10 * second);
/// let mut window = Window::new(&config, Some(second), Time::ZERO)?;
/// window.record(Outcome::Failure, 2 * second, Time::ZERO);
/// window.record(Outcome::Success, second, Time::ZERO.after(5 * second));
/// let totals = window.totals(Time::ZERO.after(9 * second));
/// assert_eq!((totals.calls, totals.failures, totals.slow), (2, 1, 1));
/// assert_eq!(window.totals(Time::ZERO.after(10 * second)).calls, 1);
/// # Ok::<(), resilience_core::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Window {
    numbered: Numbered,
    records: u64,
    slow_call: Option<Duration>,
}

impl Window {
    /// Creates an empty window whose buckets begin at `created`; calls that take longer than
    /// `slow_call` are slow.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks.
    pub fn new(
        config: &WindowConfig,
        slow_call: Option<Duration>,
        created: Time,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            numbered: config.build(created)?,
            records: 0,
            slow_call,
        })
    }

    /// Records a call that ended at `now` and took `took`; an ignored one leaves no trace.
    ///
    /// A time before that of the newest bucket falls into the newest bucket.
    pub fn record(&mut self, outcome: Outcome, took: Duration, now: Time) {
        if outcome == Outcome::Ignored {
            return;
        }
        self.numbered.advance(self.records, now);
        let position = self.records;
        self.records += 1;
        let mark = Mark {
            failed: outcome == Outcome::Failure,
            slow: self.slow_call.is_some_and(|limit| took > limit),
        };
        if mark.failed || mark.slow {
            self.numbered.note(position, mark);
        }
    }

    /// Returns what the window holds at `now`.
    pub fn totals(&mut self, now: Time) -> Totals {
        self.numbered.advance(self.records, now);
        self.numbered.totals(self.records)
    }
}

/// Says whether `part` of `whole` is at least `rate`; of nothing, it is not.
///
/// The quotient is rounded as the literal was, so 3 of 30 reaches 0.1; `rate * whole` would not.
pub(crate) fn reaches(part: u64, whole: u64, rate: f64) -> bool {
    part as f64 / whole as f64 >= rate
}
