//! What a text can break.

use std::fmt;

/// Names what a text broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// A line can be read.
    Syntax,
    /// The last line ends with a line feed; otherwise the text may have been cut off.
    LastLineFeed,
    /// A metric has one `# HELP`.
    OneHelp,
    /// A metric has one `# TYPE`.
    OneType,
    /// `# HELP` comes before the samples.
    HelpFirst,
    /// `# TYPE` comes before the samples.
    TypeFirst,
    /// The lines of a metric are together.
    Together,
    /// A series is given once, in whatever order its labels are.
    OneSeries,
    /// Prometheus 2 scrapes the line, though the description of the format allows more.
    Scraped,
    /// No label begins with `__`.
    LabelReserved,
    /// No metric is called like a series of a histogram or summary.
    NameTaken,
    /// A counter is finite and not negative.
    Counter,
    /// A sample of a histogram or summary is one that it can have.
    Part,
    /// The `le` of a bucket is a number.
    Bound,
    /// The bounds of buckets ascend.
    BoundsAscend,
    /// Buckets, and `_count`, are finite and not negative.
    Count,
    /// A bucket is not below the one before it.
    Cumulative,
    /// A histogram has a bucket `le="+Inf"`.
    InfBucket,
    /// A histogram or summary has a `_count`.
    CountThere,
    /// `_count` of a histogram is its bucket `le="+Inf"`.
    CountIsInf,
    /// A histogram or summary has a `_sum`.
    SumThere,
    /// `_sum` is finite.
    SumFinite,
    /// A `quantile` is a number from 0 to 1.
    Quantile,
}

impl Rule {
    /// Says whether a text that breaks it is out of order, so that a reader would have to guess or to lose
    /// something; otherwise it can be read, and what it says is doubtful.
    #[must_use]
    pub const fn is_of_order(self) -> bool {
        matches!(
            self,
            Self::Syntax
                | Self::LastLineFeed
                | Self::OneHelp
                | Self::OneType
                | Self::TypeFirst
                | Self::Together
                | Self::OneSeries
                | Self::NameTaken
        )
    }

    /// Says what is wrong, with what a problem knows.
    pub(crate) fn tell(self, f: &mut fmt::Formatter<'_>, series: &str, value: &str) -> fmt::Result {
        match self {
            Self::Syntax => f.write_str(value),
            Self::LastLineFeed => f.write_str("last line does not end with a line feed"),
            Self::OneHelp => write!(f, "second HELP of `{series}`"),
            Self::OneType => write!(f, "second TYPE of `{series}`"),
            Self::HelpFirst => write!(f, "HELP of `{series}` comes after its samples"),
            Self::TypeFirst => write!(f, "TYPE of `{series}` comes after its samples"),
            Self::Together => write!(f, "lines of `{series}` are not together"),
            Self::OneSeries => write!(f, "series `{series}` is given twice"),
            Self::Scraped => write!(f, "`{series}`: Prometheus 2 does not scrape {value}"),
            Self::LabelReserved => write!(f, "`{series}`: label `{value}` is reserved"),
            Self::NameTaken => write!(f, "name `{series}` is taken by the {value}"),
            Self::Counter => write!(
                f,
                "counter `{series}` must be finite and not negative, is {value}"
            ),
            Self::Part => write!(f, "`{series}` is no part of a {value}"),
            Self::Bound => write!(f, "`{series}`: bound `{value}` is not a number"),
            Self::BoundsAscend => write!(f, "`{series}`: bounds must ascend, but {value}"),
            Self::Count => write!(f, "`{series}` must be finite and not negative, is {value}"),
            Self::Cumulative => write!(f, "`{series}` must not fall, but is {value}"),
            Self::InfBucket => write!(f, "`{series}` has no bucket le=\"+Inf\""),
            Self::CountThere => write!(f, "`{series}` has no `_count`"),
            Self::CountIsInf => write!(f, "`{series}` is {value}"),
            Self::SumThere => write!(f, "`{series}` has no `_sum`"),
            Self::SumFinite => write!(f, "`{series}` must be finite, is {value}"),
            Self::Quantile => write!(
                f,
                "`{series}`: quantile must be a number from 0 to 1, is `{value}`"
            ),
        }
    }
}
