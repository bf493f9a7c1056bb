//! What a unit test feeds and when it looks.

use std::time::Duration;

use crate::labels::Labels;
use crate::notation::{Described, Item};
use crate::series::{NAME, is_stale};

/// Describes one unit test: series from the time 0 on, and the times at which alerts are looked at.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use admf_alerts::export::Scenario;
///
/// let minute = Duration::from_secs(60);
/// let scenario = Scenario::new("errors from the beginning", minute)
///     .series(r#"errors_total{job="fills"} 0+6x59 _x5 stale"#)?
///     .at([10 * minute, 60 * minute]);
/// assert_eq!(scenario.series[0].items.len(), 66);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Scenario {
    /// What it shows, for those who read its failure.
    pub name: String,
    /// How far the samples of a series are apart; above 0.
    pub interval: Duration,
    /// The series, each once.
    pub series: Vec<Described>,
    /// The times, since the first samples. An alert is looked at as of the last evaluation until then.
    pub times: Vec<Duration>,
}

impl Scenario {
    /// Creates one without series that looks at no time yet.
    pub fn new(name: impl Into<String>, interval: Duration) -> Self {
        Self {
            name: name.into(),
            interval,
            ..Self::default()
        }
    }

    /// Adds a series in the [notation](crate::notation) of promtool.
    ///
    /// # Errors
    ///
    /// Says what of it is no series or no value.
    pub fn series(mut self, line: &str) -> Result<Self, String> {
        self.series.push(Described::parse(line)?);
        Ok(self)
    }

    /// Adds times at which alerts are looked at.
    #[must_use]
    pub fn at(mut self, times: impl IntoIterator<Item = Duration>) -> Self {
        self.times.extend(times);
        self
    }
}

/// Writes name and labels as a selector.
pub(super) fn selector(labels: &Labels) -> String {
    let mut labels = labels.clone();
    let name = labels.remove(NAME).unwrap_or_default();
    format!("{name}{labels}")
}

/// Writes values short where that is exact: `1 2 _x3 5x10 0+6x60 stale`.
pub(super) fn values(mut items: &[Item]) -> String {
    let mut written = Vec::new();
    while let Some(&first) = items.first() {
        let (item, len) = match first {
            Item::Value(first) => run(first, items),
            Item::Omitted => gap(items),
            Item::Native => ("{{}}".to_owned(), 1),
        };
        written.push(item);
        items = &items[len..];
    }
    written.join(" ")
}

fn gap(items: &[Item]) -> (String, usize) {
    let len = items.iter().take_while(|it| **it == Item::Omitted).count();
    (format!("_x{len}"), len)
}

fn value(item: Item) -> Option<f64> {
    match item {
        Item::Value(value) => Some(value),
        Item::Omitted | Item::Native => None,
    }
}

/// As many values as go on by the same step. Steps are whole numbers that a sum keeps exact.
fn run(first: f64, items: &[Item]) -> (String, usize) {
    let whole = |it: f64| it.fract() == 0.0 && it.abs() < 1e15;
    let second = items.get(1).copied().and_then(value);
    let step = second.map_or(0.0, |second| second - first);
    let goes_on = |(index, item): &(usize, &Item)| {
        let due = first + step * *index as f64;
        value(**item).is_some_and(|it| whole(it) && it.to_bits() == due.to_bits())
    };
    let len = items.iter().enumerate().take_while(goes_on).count();
    if len < 3 || !whole(step) {
        return (number(first), 1);
    }
    let times = len - 1;
    let item = match step {
        0.0 => format!("{first}x{times}"),
        step if step < 0.0 => format!("{first}{step}x{times}"),
        step => format!("{first}+{step}x{times}"),
    };
    (item, len)
}

fn number(value: f64) -> String {
    match value {
        value if is_stale(value) => "stale".to_owned(),
        f64::INFINITY => "Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_short_where_that_is_exact() {
        for written in [
            "1+1x2 3",
            "5x10",
            "4-2x3",
            "_x2 0.5 1 1.5",
            "1 stale _x1 Inf -Inf",
            "NaN NaN NaN",
            "0 -0 0",
            "",
        ] {
            let line = format!("a{{b=\"c\"}} {written}");
            let described = Described::parse(&line).unwrap();
            assert_eq!(values(&described.items), written);
            assert_eq!(selector(&described.labels), "a{b=\"c\"}");
        }
    }
}
