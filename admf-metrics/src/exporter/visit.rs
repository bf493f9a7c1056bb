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

/// Gives each sample to a function.
pub(super) struct Visit<F> {
    take: F,
    /// Of the metric.
    labels: &'static [Label],
    name: &'static str,
    /// Of the parts of a histogram.
    bucket: String,
    sum: String,
    count: String,
    /// The bounds as they are written, as many as the metric has; then what others had.
    le: Vec<String>,
}

impl<F: FnMut(&Sample<'_>)> Visit<F> {
    pub(super) const fn new(take: F) -> Self {
        Self {
            take,
            labels: &[],
            name: "",
            bucket: String::new(),
            sum: String::new(),
            count: String::new(),
            le: Vec::new(),
        }
    }

    fn plain(&mut self, of: Of<'_>, value: f64) {
        (self.take)(&Sample {
            name: self.name,
            value,
            labels: self.labels,
            values: of.values,
            le: None,
        });
    }
}

impl<F: FnMut(&Sample<'_>)> Format for Visit<F> {
    fn family(&mut self, metric: &Metric) {
        (self.name, self.labels) = (metric.name, metric.labels);
        if metric.buckets.is_empty() {
            return;
        }
        let parts = [
            (&mut self.bucket, "_bucket"),
            (&mut self.sum, "_sum"),
            (&mut self.count, "_count"),
        ];
        for (name, suffix) in parts {
            name.clear();
            name.extend([metric.name, suffix]);
        }
        let bounds = metric.buckets.iter().chain([&f64::INFINITY]);
        for (i, bound) in bounds.enumerate() {
            if self.le.len() == i {
                self.le.push(String::new());
            }
            self.le[i].clear();
            write::number(&mut self.le[i], *bound).expect("a string takes all");
        }
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
        let mut show = |name: &str, le: Option<&str>, value: f64| {
            (self.take)(&Sample {
                name,
                value,
                labels,
                values,
                le,
            });
        };
        let mut count = 0_u64;
        for (le, samples) in self.le.iter().zip(cell.buckets()) {
            count = count.wrapping_add(samples);
            show(&self.bucket, Some(le), count as f64);
        }
        show(&self.sum, None, cell.sum());
        show(&self.count, None, count as f64);
    }
}
