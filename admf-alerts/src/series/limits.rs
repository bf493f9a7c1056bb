//! The bounds of a store, and what they did.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// Bounds a [`Store`](super::Store).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// How many series there may be, at least 1. Default: 100,000.
    pub series: usize,
    /// How many samples there may be, at least 1; the oldest go first, and the last one of a series never does: there are
    /// no more series than this either. Default: 50,000,000.
    pub samples: usize,
    pub(super) age: i64,
    pub(super) idle: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            series: 100_000,
            samples: 50_000_000,
            age: 3_600_000,
            idle: 300_000,
        }
    }
}

impl Limits {
    /// Sets how many series there may be.
    #[must_use]
    pub fn series(mut self, series: usize) -> Self {
        self.series = series;
        self
    }

    /// Sets how many samples there may be.
    #[must_use]
    pub fn samples(mut self, samples: usize) -> Self {
        self.samples = samples;
        self
    }

    /// Sets how long samples are kept at least, counted back from the newest: the longest window of what
    /// is asked, and the lookback. Default: an hour. Up to an eighth more stays. An engine keeps each metric for as long as
    /// its rules look back at that.
    #[must_use]
    pub fn age(mut self, age: Duration) -> Self {
        self.age = millis(age);
        self
    }

    /// Returns how long samples are kept.
    #[must_use]
    pub fn kept(&self) -> Duration {
        Duration::from_millis(self.age.unsigned_abs())
    }

    /// Sets how long a series must be without a sample before it makes room for another. Default: 5 minutes,
    /// which is the lookback: what is idle for longer is seen by no instant query. In an engine it is as long at least as
    /// any rule looks back at the metric.
    #[must_use]
    pub fn idle(mut self, idle: Duration) -> Self {
        self.idle = millis(idle);
        self
    }

    pub(super) fn check(&self) -> Result<(), LimitsError> {
        let zero = |field| Err(LimitsError { field });
        match self {
            Self { series: 0, .. } => zero("series"),
            Self { samples: 0, .. } => zero("samples"),
            Self { age: 0, .. } => zero("age"),
            _ => Ok(()),
        }
    }
}

/// No more than a quarter of all time, so that sums and differences of times stay in bounds.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).map_or(i64::MAX / 4, |it| it.min(i64::MAX / 4))
}

/// Says which limit leaves no room for anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitsError {
    field: &'static str,
}

impl fmt::Display for LimitsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: must be above 0, is 0", self.field)
    }
}

impl Error for LimitsError {}

/// Says why a sample was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// The series has a sample of that time or a later one.
    OutOfOrder,
    /// The store keeps nothing that old.
    TooOld,
    /// It would be a new series, there is room for none, and none of those there are is idle.
    Full,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfOrder => "the series has a sample of that time or a later one",
            Self::TooOld => "the sample is older than the store keeps",
            Self::Full => "there is room for no other series, and none is idle",
        })
    }
}

impl Error for Refused {}

/// Counts what a store took, refused and let go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Samples held now.
    pub samples: usize,
    /// Samples taken.
    pub appended: u64,
    /// Samples refused because the series had a later one.
    pub out_of_order: u64,
    /// Samples refused because they were older than the store keeps.
    pub too_old: u64,
    /// Samples refused because there was room for no other series.
    pub full: u64,
    /// Series let go for others, because they were idle.
    pub evicted: u64,
    /// Samples dropped before their age, because there were too many.
    pub dropped: usize,
}

impl Counts {
    pub(super) fn refuse(&mut self, refused: Refused) {
        match refused {
            Refused::OutOfOrder => self.out_of_order += 1,
            Refused::TooOld => self.too_old += 1,
            Refused::Full => self.full += 1,
        }
    }
}
