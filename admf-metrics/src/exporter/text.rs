//! The text format 0.0.4, written straight out: series come in order.

use std::fmt::{Display, Write};

use super::Format;
use crate::catalogue::{Label, Metric};
use crate::handle::{CounterCell, GaugeCell, HistogramCell};

/// Writes labels as they stand between the braces.
pub(crate) fn label_block(labels: &[Label], values: &[&str]) -> Box<str> {
    let mut out = String::new();
    for (i, (label, value)) in labels.iter().zip(values).enumerate() {
        let comma = if i == 0 { "" } else { "," };
        out.extend([comma, label.name, "=\""]);
        for c in value.chars() {
            match c {
                '\\' => out.push_str("\\\\"),
                '"' => out.push_str("\\\""),
                '\n' => out.push_str("\\n"),
                c => out.push(c),
            }
        }
        out.push('"');
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

    fn sample(&mut self, suffix: &str, labels: &str, value: impl Display) {
        self.begin(suffix);
        if !labels.is_empty() {
            self.out.push('{');
            self.out.push_str(labels);
            self.out.push('}');
        }
        self.value(value);
    }

    fn value(&mut self, value: impl Display) {
        writeln!(self.out, " {value}").expect("a string takes all");
    }
}

impl Format for Text {
    fn family(&mut self, metric: &Metric) {
        let Metric { name, kind, .. } = metric;
        let help = metric.help.replace('\\', "\\\\").replace('\n', "\\n");
        self.name = name;
        self.header = format!("# HELP {name} {help}\n# TYPE {name} {kind}\n");
        let bounds = metric.buckets.iter().chain([&f64::INFINITY]);
        self.le.clear();
        self.le.extend(bounds.map(|bound| match bound.is_finite() {
            true => format!("le=\"{}\"}}", Number(*bound)),
            false => "le=\"+Inf\"}".to_owned(),
        }));
    }

    fn counter(&mut self, labels: &str, cell: &CounterCell) {
        match cell.float() {
            0.0 => self.sample("", labels, cell.count()),
            float => self.sample("", labels, Number(cell.count() as f64 + float)),
        }
    }

    fn gauge(&mut self, labels: &str, cell: &GaugeCell) {
        if let Some(level) = cell.level() {
            self.sample("", labels, Number(level));
        }
    }

    fn histogram(&mut self, labels: &str, cell: &HistogramCell) {
        let mut count = 0_u64;
        for (i, samples) in cell.buckets().enumerate() {
            count = count.wrapping_add(samples);
            self.begin("_bucket{");
            self.out.push_str(labels);
            if !labels.is_empty() {
                self.out.push(',');
            }
            self.out.push_str(&self.le[i]);
            self.value(count);
        }
        self.sample("_sum", labels, Number(cell.sum()));
        self.sample("_count", labels, count);
    }
}

/// A finite number as Go's `ParseFloat` reads it back, in few letters.
struct Number(f64);

impl Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let size = self.0.abs();
        if size != 0.0 && !(1e-5..1e17).contains(&size) {
            write!(f, "{:e}", self.0)
        } else {
            write!(f, "{}", self.0)
        }
    }
}
