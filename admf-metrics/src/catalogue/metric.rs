//! One metric as data.

use std::fmt;

use super::Label;

/// Says how the samples of a metric are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A number that only grows while the process lives; a whole one but for a `FloatCounter`.
    Counter,
    /// A number that goes up and down.
    Gauge,
    /// Samples counted into fixed, cumulative buckets; never a summary.
    Histogram,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.exposed().fmt(f)
    }
}

/// Declares a metric: all that is ever said about it, in one place.
///
/// A plain constant; [`Catalogue::new`](super::Catalogue::new) checks it.
///
/// # Examples
///
/// ```
/// use admf_metrics::{Kind, Label, Metric};
///
/// const SPREAD: Metric = Metric::gauge("market_spread_ratio", "Spread over mid price.")
///     .unit("ratio")
///     .labels(&[Label::capped("symbol", 200)]);
///
/// assert_eq!(SPREAD.kind, Kind::Gauge);
/// assert_eq!(SPREAD.max_series(), 201);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric {
    /// `[a-zA-Z_][a-zA-Z0-9_]*`; a counter's ends in `_total`.
    pub name: &'static str,
    /// How its samples are to be read.
    pub kind: Kind,
    /// The base unit in plural (`"seconds"`, `"bytes"`, `"ratio"`), empty for a plain number. It is
    /// documentation: the exported name is `name`, to the letter.
    pub unit: &'static str,
    /// The text after `# HELP`; not empty.
    pub help: &'static str,
    /// Its labels, in the order in which they are exported.
    pub labels: &'static [Label],
    /// Upper bounds of a histogram's buckets, finite and ascending; `+Inf` is added. Empty for the
    /// other kinds.
    pub buckets: &'static [f64],
    /// Which part of the program feeds it, in a word or two; may be empty.
    pub fed_by: &'static str,
    /// The most series it keeps, at least 1; default [`Metric::AT_MOST`]. What comes past it goes to one
    /// more, whose labels all say [`Label::OVERFLOW`].
    pub at_most: usize,
}

impl Metric {
    /// The most series of a metric that does not say: caps multiply, and so must be bounded together.
    pub const AT_MOST: usize = 10_000;

    /// Declares a counter.
    #[must_use]
    pub const fn counter(name: &'static str, help: &'static str) -> Self {
        Self::of(Kind::Counter, name, help, &[])
    }

    /// Declares a gauge.
    #[must_use]
    pub const fn gauge(name: &'static str, help: &'static str) -> Self {
        Self::of(Kind::Gauge, name, help, &[])
    }

    /// Declares a histogram with the upper bounds of its buckets.
    #[must_use]
    pub const fn histogram(
        name: &'static str,
        help: &'static str,
        buckets: &'static [f64],
    ) -> Self {
        Self::of(Kind::Histogram, name, help, buckets)
    }

    const fn of(
        kind: Kind,
        name: &'static str,
        help: &'static str,
        buckets: &'static [f64],
    ) -> Self {
        Self {
            name,
            kind,
            unit: "",
            help,
            labels: &[],
            buckets,
            fed_by: "",
            at_most: Self::AT_MOST,
        }
    }

    /// Declares the unit.
    #[must_use]
    pub const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    /// Declares the labels.
    #[must_use]
    pub const fn labels(mut self, labels: &'static [Label]) -> Self {
        self.labels = labels;
        self
    }

    /// Declares which part of the program feeds it.
    #[must_use]
    pub const fn fed_by(mut self, part: &'static str) -> Self {
        self.fed_by = part;
        self
    }

    /// Declares the most series that it keeps.
    #[must_use]
    pub const fn at_most(mut self, series: usize) -> Self {
        self.at_most = series;
        self
    }

    /// Returns how many label sets the metric can have, overflow included.
    #[must_use]
    pub fn max_series(&self) -> usize {
        self.labels
            .iter()
            .fold(1_usize, |n, label| n.saturating_mul(label.max_values()))
            .min(self.at_most.saturating_add(1))
    }
}
