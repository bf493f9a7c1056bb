//! What one scrape said.

mod read;
mod select;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeMap;

use crate::labels::Labels;
pub use admf_exposition::{Kind as FamilyKind, Problem as ParseError};
pub use select::Selector;

/// Holds the series of one exposition, each once, and looks them up.
///
/// # Examples
///
/// ```
/// use admf_alerts::{Samples, Selector};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let samples = Samples::parse(
///     "# TYPE calls_total counter\n\
///      calls_total{outcome=\"ok\"} 12\n\
///      calls_total{outcome=\"error\"} 3\n",
/// )?;
/// assert_eq!(samples.value("calls_total", &[("outcome", "ok")]), Some(12.0));
/// let failed = Selector::parse(r#"calls_total{outcome!="ok"}"#)?;
/// assert_eq!(samples.select(&failed).map(|sample| sample.value).sum::<f64>(), 3.0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Samples {
    families: BTreeMap<String, Family>,
    series: BTreeMap<String, BTreeMap<Labels, Point>>,
}

#[derive(Clone, Copy, Debug)]
struct Point {
    value: f64,
    timestamp: Option<i64>,
}

/// Shows one sample of a scrape.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Sample<'s> {
    /// The name of the series, such as `latency_seconds_bucket`.
    pub name: &'s str,
    /// Its labels, without the name.
    pub labels: &'s Labels,
    /// Its value, which may be NaN or infinite.
    pub value: f64,
    /// Milliseconds since the Unix epoch, where the exposition gives them.
    pub timestamp: Option<i64>,
}

/// Says what the comments of an exposition say about a metric.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Family {
    /// The kind in `# TYPE`; untyped where there is none.
    pub kind: FamilyKind,
    /// The text of `# HELP`.
    pub help: Option<String>,
}

impl Samples {
    /// Parses the Prometheus text format 0.0.4.
    ///
    /// Strict where a lenient reader would lose or mistake something; numbers that are doubtful, such as
    /// a histogram's sum that is NaN, are taken as they are.
    ///
    /// # Errors
    ///
    /// Names the first line that cannot be read or is [out of order](admf_exposition::Rule::is_of_order), and
    /// what is wrong there.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        read::parse(text)
    }

    /// Returns the value of the series with exactly these labels, in any order.
    #[must_use]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = labels.iter().copied().collect();
        self.series.get(name)?.get(&labels).map(|point| point.value)
    }

    /// Lists all samples, sorted by name and labels.
    pub fn iter(&self) -> impl Iterator<Item = Sample<'_>> {
        self.series.iter().flat_map(named)
    }

    /// Returns what the comments say about a metric, by the name in the comment.
    #[must_use]
    pub fn family(&self, name: &str) -> Option<&Family> {
        self.families.get(name)
    }

    /// Returns the number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.series.values().map(BTreeMap::len).sum()
    }

    /// Says whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// Returns the name of the family that a series belongs to.
    fn family_of<'n>(&self, series: &'n str) -> &'n str {
        let parts = ["_bucket", "_sum", "_count"];
        let base = parts.iter().find_map(|suffix| {
            let base = series.strip_suffix(suffix)?;
            let kind = self.families.get(base)?.kind;
            kind.suffixes().contains(suffix).then_some(base)
        });
        base.unwrap_or(series)
    }
}

fn named<'s>(
    (name, series): (&'s String, &'s BTreeMap<Labels, Point>),
) -> impl Iterator<Item = Sample<'s>> {
    series.iter().map(move |(labels, point)| Sample {
        name,
        labels,
        value: point.value,
        timestamp: point.timestamp,
    })
}
