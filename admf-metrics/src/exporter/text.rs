//! The text format 0.0.4, written straight out: series come in order, their labels as they are kept.
//! Its escapes and numbers are those of [`admf_exposition::write`].

use std::fmt::Write;

use admf_exposition::write;

use super::{Format, Of};
use crate::catalogue::{Label, Metric};
use crate::handle::{CounterCell, GaugeCell, HistogramCell};

const TAKES_ALL: &str = "a string takes all";

/// Writes labels as they stand between the braces.
pub(crate) fn label_block(labels: &[Label], values: &[&str]) -> Box<str> {
    let mut out = String::new();
    for (i, (label, value)) in labels.iter().zip(values).enumerate() {
        let comma = if i == 0 { "" } else { "," };
        out.extend([comma, label.name, "="]);
        write::quoted(&mut out, value).expect(TAKES_ALL);
    }
    out.into()
}

/// An exposition as it grows, and what is in it.
#[derive(Default)]
pub(super) struct Text {
    pub(super) out: String,
    pub(super) families: usize,
    pub(super) samples: usize,
    name: &'static str,
    /// The lines before the first series, until they are written.
    header: String,
    /// What ends the labels of each bucket.
    le: Vec<String>,
}

impl Text {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        let out = String::with_capacity(bytes);
        Self {
            out,
            ..Self::default()
        }
    }

    /// Writes the headers where they are due, and begins a sample.
    fn begin(&mut self, suffix: &str) {
        if !self.header.is_empty() {
            self.out.push_str(&self.header);
            self.header.clear();
            self.families += 1;
        }
        self.samples += 1;
        self.out.push_str(self.name);
        self.out.push_str(suffix);
    }

    /// Begins a sample that has no more labels than these.
    fn sample(&mut self, suffix: &str, labels: &str) {
        self.begin(suffix);
        if !labels.is_empty() {
            self.out.push('{');
            self.out.push_str(labels);
            self.out.push('}');
        }
    }

    fn count(&mut self, count: u64) {
        writeln!(self.out, " {count}").expect(TAKES_ALL);
    }

    fn number(&mut self, number: f64) {
        self.out.push(' ');
        write::number(&mut self.out, number).expect(TAKES_ALL);
        self.out.push('\n');
    }
}

impl Format for Text {
    fn family(&mut self, metric: &Metric) -> bool {
        self.name = metric.name;
        self.header.clear();
        let (kind, help) = (metric.kind.exposed(), Some(metric.help));
        write::family(&mut self.header, metric.name, kind, help).expect(TAKES_ALL);
        let bounds = metric.buckets.iter().chain([&f64::INFINITY]);
        self.le.clear();
        self.le.extend(bounds.map(|bound| {
            let mut le = "le=\"".to_owned();
            write::number(&mut le, *bound).expect(TAKES_ALL);
            le + "\"}"
        }));
        true
    }

    fn counter(&mut self, of: Of<'_>, cell: &CounterCell) {
        self.sample("", of.block);
        match cell.float() {
            0.0 => self.count(cell.count()),
            float => self.number(cell.count() as f64 + float),
        }
    }

    fn gauge(&mut self, of: Of<'_>, cell: &GaugeCell) {
        if let Some(level) = cell.level() {
            self.sample("", of.block);
            self.number(level);
        }
    }

    fn histogram(&mut self, of: Of<'_>, cell: &HistogramCell) {
        let mut count = 0_u64;
        for (i, samples) in cell.buckets().enumerate() {
            count = count.wrapping_add(samples);
            self.begin("_bucket{");
            self.out.push_str(of.block);
            if !of.block.is_empty() {
                self.out.push(',');
            }
            self.out.push_str(&self.le[i]);
            self.count(count);
        }
        self.sample("_sum", of.block);
        self.number(cell.sum());
        self.sample("_count", of.block);
        self.count(count);
    }
}
