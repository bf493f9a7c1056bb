//! Series with their values, as tests of Prometheus write them: `name{label="value"} 0+10x3 _ stale`.
//!
//! | values | samples |
//! |---|---|
//! | `5` `-0.5` `1e3` `Inf` `NaN` | one of this value |
//! | `_` `_x3` | none, none three times |
//! | `stale` | the mark that the series has ended |
//! | `1x4` | this value and four more |
//! | `0+10x3`, `3-1x3` | `0 10 20 30`, `3 2 1 0` |
//! | `{{…}}` | a native histogram, which nothing here knows: told apart and kept out of stores |

mod load;
mod metric;
#[cfg(test)]
mod tests;
mod values;

pub use load::Load;
pub use metric::quoted;
pub use values::number;

use crate::labels::Labels;
use crate::series::Point;

/// One place in a sequence of values.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Item {
    /// A sample of this value.
    Value(f64),
    /// No sample.
    Omitted,
    /// A native histogram.
    Native,
}

/// Holds one series and its values, one for each step of time.
///
/// # Examples
///
/// ```
/// use admf_alerts::notation::Described;
///
/// let calls = Described::parse(r#"calls_total{code="500"} 0+10x2 _ 5"#)?;
/// let points: Vec<_> = calls.points(60_000).map(|point| (point.time, point.value)).collect();
/// assert_eq!(points, [(0, 0.0), (60_000, 10.0), (120_000, 20.0), (240_000, 5.0)]);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// The labels, `__name__` among them.
    pub labels: Labels,
    /// Its values; at most 1,000,000.
    pub items: Vec<Item>,
}

impl Described {
    /// Reads one line.
    ///
    /// # Errors
    ///
    /// Says what of it is no series or no value.
    pub fn parse(line: &str) -> Result<Self, String> {
        let line = line.trim();
        if line.is_empty() {
            return Err("there is no series".to_owned());
        }
        let (labels, rest) = metric::metric(line)?;
        let items = values::values(rest)?;
        Ok(Self { labels, items })
    }

    /// Reads name and labels, and nothing after them; no text is no labels.
    ///
    /// # Errors
    ///
    /// Says what is no series.
    pub fn labels(text: &str) -> Result<Labels, String> {
        let (labels, rest) = metric::metric(text.trim())?;
        match rest.trim() {
            "" => Ok(labels),
            rest => Err(format!("`{rest}` after the labels")),
        }
    }

    /// Lists the samples, `step` milliseconds apart from 0 on.
    pub fn points(&self, step: i64) -> impl Iterator<Item = Point> {
        let times = (0_i64..).map(move |index| index.saturating_mul(step));
        let items = self.items.iter().zip(times);
        items.filter_map(|(item, time)| match *item {
            Item::Value(value) => Some(Point { time, value }),
            Item::Omitted | Item::Native => None,
        })
    }
}
