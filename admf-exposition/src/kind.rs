//! What a `# TYPE` may say.

use std::fmt;

/// Says how the samples of a metric are to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Only grows, but for restarts.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Cumulative buckets in `_bucket`, with `_sum` and `_count`.
    Histogram,
    /// Quantiles, with `_sum` and `_count`.
    Summary,
    /// Not said.
    #[default]
    Untyped,
}

impl Kind {
    /// Lists what a family's name may be followed by in the names of its series.
    #[must_use]
    pub const fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Histogram => &["_bucket", "_sum", "_count"],
            Self::Summary => &["_sum", "_count"],
            Self::Counter | Self::Gauge | Self::Untyped => &[],
        }
    }

    /// Returns the label that tells the samples of one series apart.
    pub(crate) const fn own_label(self) -> Option<&'static str> {
        match self {
            Self::Histogram => Some("le"),
            Self::Summary => Some("quantile"),
            Self::Counter | Self::Gauge | Self::Untyped => None,
        }
    }

    pub(crate) fn of(word: &str) -> Option<Self> {
        let kinds = [
            Self::Counter,
            Self::Gauge,
            Self::Histogram,
            Self::Summary,
            Self::Untyped,
        ];
        kinds.into_iter().find(|kind| kind.as_str() == word)
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
            Self::Untyped => "untyped",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
