//! The samples of an exposition, without the text.

use admf_exposition::write;

use super::{Format, Of};
use crate::catalogue::{Label, Metric};
use crate::handle::{CounterCell, GaugeCell, HistogramCell};

/// Shows one sample, as a line of the text would.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Sample<'s> {
    /// The name of the series, such as `latency_seconds_bucket`.
    pub name: &'s str,
    /// Its value.
    pub value: f64,
    /// The number of its series: the same as long as the meter has that, and never the number of another, of no meter of this
    /// process. Who reads often may so find again by a number what it knows of a series, and looks at labels once.
    pub number: u64,
    labels: &'s [Label],
    values: &'s [Box<str>],
    le: Option<&'s str>,
}

impl<'s> Sample<'s> {
    /// Lists its labels and their values, in the order of the declaration; a bucket's bound is the last.
    pub fn labels(&self) -> impl Iterator<Item = (&'s str, &'s str)> + Clone + use<'s> {
        let values = self.values.iter().map(|value| &**value);
        let labels = self.labels.iter().map(|label| label.name).zip(values);
        labels.chain(self.le.map(|le| ("le", le)))
    }
}

/// Gives each sample with a wanted name to a function.
pub(super) struct Visit<W, F> {
    wanted: W,
    take: F,
    /// Of the metric.
    labels: &'static [Label],
    name: &'static str,
    /// Of the parts of a histogram.
    bucket: String,
    sum: String,
    count: String,
    /// Which of those are wanted.
    parts: [bool; 3],
    /// The bounds as they are written, as many as the metric has; then what others had.
    le: Vec<String>,
}

impl<W: Fn(&str) -> bool, F: FnMut(&Sample<'_>)> Visit<W, F> {
    pub(super) const fn new(wanted: W, take: F) -> Self {
        Self {
            wanted,
            take,
            labels: &[],
            name: "",
            bucket: String::new(),
            sum: String::new(),
            count: String::new(),
            parts: [false; 3],
            le: Vec::new(),
        }
    }

    fn plain(&mut self, of: Of<'_>, value: f64) {
        (self.take)(&Sample {
            name: self.name,
            value,
            number: of.number,
            labels: self.labels,
            values: of.values,
            le: None,
        });
    }

    /// Writes the bounds of a histogram.
    fn bounds(&mut self, metric: &Metric) {
        let bounds = metric.buckets.iter().chain([&f64::INFINITY]);
        for (i, bound) in bounds.enumerate() {
            if self.le.len() == i {
                self.le.push(String::new());
            }
            self.le[i].clear();
            write::number(&mut self.le[i], *bound).expect("a string takes all");
        }
    }
}

impl<W: Fn(&str) -> bool, F: FnMut(&Sample<'_>)> Format for Visit<W, F> {
    fn family(&mut self, metric: &Metric) -> bool {
        (self.name, self.labels) = (metric.name, metric.labels);
        if metric.buckets.is_empty() {
            return (self.wanted)(metric.name);
        }
        let parts = [
            (&mut self.bucket, "_bucket"),
            (&mut self.sum, "_sum"),
            (&mut self.count, "_count"),
        ];
        self.parts = parts.map(|(name, suffix)| {
            name.clear();
            name.extend([metric.name, suffix]);
            (self.wanted)(name)
        });
        if self.parts[0] {
            self.bounds(metric);
        }
        self.parts.contains(&true)
    }

    fn counter(&mut self, of: Of<'_>, cell: &CounterCell) {
        self.plain(of, cell.count() as f64 + cell.float());
    }

    fn gauge(&mut self, of: Of<'_>, cell: &GaugeCell) {
        if let Some(level) = cell.level() {
            self.plain(of, level);
        }
    }

    fn histogram(&mut self, of: Of<'_>, cell: &HistogramCell) {
        let (labels, values) = (self.labels, of.values);
        let mut show = |at: usize, name: &str, le: Option<&str>, value: f64| {
            (self.take)(&Sample {
                name,
                value,
                number: of.number + at as u64,
                labels,
                values,
                le,
            });
        };
        let [of_buckets, of_sum, of_count] = self.parts;
        let mut count = 0_u64;
        for (at, samples) in cell.buckets().enumerate() {
            count = count.wrapping_add(samples);
            if of_buckets {
                show(at + 2, &self.bucket, Some(&self.le[at]), count as f64);
            }
        }
        if of_sum {
            show(0, &self.sum, None, cell.sum());
        }
        if of_count {
            show(1, &self.count, None, count as f64);
        }
    }
}
