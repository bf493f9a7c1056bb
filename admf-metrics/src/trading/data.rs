//! How late, old, whole and good the data are.

use std::sync::Arc;
use std::time::Duration;

use super::TradingMetrics;
use super::catalogue as m;
use super::gaps::Arrival;
use super::held::Held;
use super::series::{Levels, Series};
use crate::handle::{Counter, Gauge, Histogram};

/// The series of data.
#[derive(Debug)]
pub(super) struct Data {
    latency: Held<Arc<(Histogram, Gauge)>, 1>,
    age: Levels<1>,
    points: Held<Arc<Points>, 1>,
    quality: Levels<1>,
}

#[derive(Debug)]
struct Points {
    missing: Counter,
    duplicate: Counter,
    out_of_order: Counter,
}

impl Data {
    pub(super) fn new(series: &Series) -> Self {
        Self {
            latency: series.held(&m::DATA_LATENCY, ["source"], |series, labels| {
                let all = series.histogram(&m::DATA_LATENCY, &labels);
                Arc::new((all, series.gauge(&m::DATA_LATENCY_LAST, &labels)))
            }),
            age: series.levels(&m::DATA_AGE, ["source"]),
            points: series.held(&m::MISSING_POINTS, ["symbol"], |series, labels| {
                Arc::new(Points {
                    missing: series.counter(&m::MISSING_POINTS, &labels),
                    duplicate: series.counter(&m::DUPLICATE_POINTS, &labels),
                    out_of_order: series.counter(&m::OUT_OF_ORDER_POINTS, &labels),
                })
            }),
            quality: series.levels(&m::DATA_QUALITY, ["symbol"]),
        }
    }

    pub(super) fn forget_symbol(&self, symbol: &str) {
        self.points.forget(|held| &*held[0] == symbol);
        self.quality.forget(0, symbol);
    }
}

impl TradingMetrics {
    /// Records how long data of a source were on their way: into the histogram, and as the last one.
    pub fn record_data_latency(&self, source: &str, latency: Duration) {
        let series = self.inner.data.latency.with([source]);
        series.0.record(latency.as_secs_f64());
        series.1.set(latency.as_secs_f64());
    }

    /// Shows how old the newest data of a source are; `None` where none came yet.
    ///
    /// It grows by itself, so set it now and then: at every evaluation of alerts, for instance.
    pub fn set_data_age(&self, source: &str, age: Option<Duration>) {
        let age = age.map(|age| age.as_secs_f64());
        self.inner.data.age.set([source], age);
    }

    /// Counts what a point of a symbol told by its time: points left out before it, or that it came
    /// again or late. From a [`GapDetector`](super::GapDetector).
    pub fn record_arrival(&self, symbol: &str, arrival: Arrival) {
        let points = self.inner.data.points.with([symbol]);
        match arrival {
            Arrival::First => {}
            Arrival::Next { missing } => points.missing.increment(missing),
            Arrival::Duplicate => points.duplicate.increment(1),
            Arrival::OutOfOrder => points.out_of_order.increment(1),
        }
    }

    /// Shows how good the data of a symbol are, 0 to 1; `None` where there are too few to say. From a
    /// [`Quality`](super::Quality).
    pub fn set_data_quality(&self, symbol: &str, score: Option<f64>) {
        self.inner.data.quality.set([symbol], score);
    }
}
