//! Every way that a call can end, by a clock that the tests drive.

mod functions;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "tower")]
mod layer;
mod methods;
#[cfg(feature = "tower")]
mod model;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::{METRICS, Operation, RESULTS};
use crate::catalogue::Catalogue;
use crate::catalogue::whole::everything;
use crate::clock::Clock;
use crate::exporter::Exporter;

const MS: Duration = Duration::from_millis(1);

/// An exporter, and a clock that moves when told to and counts how often it is read.
struct Bench {
    exporter: Exporter,
    nanos: Arc<AtomicU64>,
    reads: Arc<AtomicU64>,
}

impl Bench {
    fn new() -> Self {
        Self::with(Catalogue::new(METRICS).unwrap())
    }

    fn with(catalogue: Catalogue) -> Self {
        Self::on(Exporter::local(catalogue))
    }

    /// One that would show the metrics of other parts too, if anything here fed them.
    fn of_everything() -> Self {
        Self::on(everything())
    }

    fn on(exporter: Exporter) -> Self {
        Self {
            exporter,
            nanos: Arc::default(),
            reads: Arc::default(),
        }
    }

    fn clock(&self) -> Clock {
        let (nanos, reads) = (Arc::clone(&self.nanos), Arc::clone(&self.reads));
        Clock::new(move || {
            reads.fetch_add(1, Ordering::Relaxed);
            Duration::from_nanos(nanos.load(Ordering::Relaxed))
        })
    }

    fn operation(&self, classes: &[&'static str]) -> Operation {
        let operation = Operation::with_classes(self.exporter.meter(), "op", classes);
        operation.unwrap().with_clock(self.clock())
    }

    fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_nanos()).unwrap();
        self.nanos.fetch_add(by, Ordering::Relaxed);
    }

    fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    /// The value of one series.
    fn value(&self, series: &str) -> Option<f64> {
        let text = self.exporter.render();
        let rest = |line: &str| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok();
        text.lines().find_map(rest)
    }

    fn in_flight(&self) -> f64 {
        self.value("admf_calls_in_flight{operation=\"op\"}")
            .unwrap()
    }

    fn duration(&self, of: &str, result: &str) -> f64 {
        let labels = format!("{{operation=\"op\",result=\"{result}\"}}");
        self.value(&format!("admf_call_duration_seconds_{of}{labels}"))
            .unwrap()
    }

    fn errors(&self, class: &str) -> Option<f64> {
        let labels = format!("{{operation=\"op\",class=\"{class}\"}}");
        self.value(&format!("admf_call_errors_total{labels}"))
    }

    /// Whether any series has a name that begins so.
    fn has(&self, name: &str) -> bool {
        self.exporter
            .render()
            .lines()
            .any(|it| it.starts_with(name))
    }

    /// How often calls ended each way, in the order of [`RESULTS`].
    fn ends(&self) -> [f64; 5] {
        RESULTS.map(|result| self.duration("count", result))
    }
}

/// Says what code panics with, having caught it.
fn panic_of<T>(code: impl FnOnce() -> T) -> Option<&'static str> {
    let caught = catch_unwind(AssertUnwindSafe(code)).err()?;
    caught.downcast_ref::<&'static str>().copied()
}
