//! How late, old, whole and good the data are.

use std::time::Duration;

use super::TradingMetrics;
use super::catalogue as m;
use super::gaps::Arrival;
use crate::handle::{Bundles, Counter, Family, Gauge, Histogram};
use crate::meter::{HandleError, Meter};

/// The series of data.
#[derive(Debug)]
pub(super) struct Data {
    latency: Family<Histogram, 1>,
    last_latency: Family<Gauge, 1>,
    age: Family<Gauge, 1>,
    points: Bundles<Points, 1>,
    missing: Family<Counter, 1>,
    duplicate: Family<Counter, 1>,
    out_of_order: Family<Counter, 1>,
    quality: Family<Gauge, 1>,
}

/// The series of one symbol's points.
#[derive(Clone, Debug)]
struct Points {
    missing: Counter,
    duplicate: Counter,
    out_of_order: Counter,
}

impl Data {
    pub(super) fn on(meter: &Meter, fixed: &[(&str, &str)]) -> Result<Self, HandleError> {
        let others = [&m::DUPLICATE_POINTS, &m::OUT_OF_ORDER_POINTS];
        Ok(Self {
            latency: meter.family(&m::DATA_LATENCY, fixed)?,
            last_latency: meter.family(&m::DATA_LATENCY_LAST, fixed)?,
            age: meter.family(&m::DATA_AGE, fixed)?,
            points: Bundles::new(meter, &m::MISSING_POINTS, &others, ["symbol"])?,
            missing: meter.family(&m::MISSING_POINTS, fixed)?,
            duplicate: meter.family(&m::DUPLICATE_POINTS, fixed)?,
            out_of_order: meter.family(&m::OUT_OF_ORDER_POINTS, fixed)?,
            quality: meter.family(&m::DATA_QUALITY, fixed)?,
        })
    }

    fn points(&self, symbol: &str) -> Points {
        self.points.with([symbol], |symbol| Points {
            missing: self.missing.with(symbol),
            duplicate: self.duplicate.with(symbol),
            out_of_order: self.out_of_order.with(symbol),
        })
    }
}

impl TradingMetrics {
    /// Records how long data of a source were on their way: into the histogram, and as the last one.
    pub fn record_data_latency(&self, source: &str, latency: Duration) {
        let (data, seconds) = (&self.inner.data, latency.as_secs_f64());
        data.latency.with([source]).record(seconds);
        data.last_latency.with([source]).set(seconds);
    }

    /// Shows how old the newest data of a source are; `None` where none came yet.
    ///
    /// It grows by itself, so set it now and then: at every evaluation of alerts, for instance.
    pub fn set_data_age(&self, source: &str, age: Option<Duration>) {
        let age = age.map(|age| age.as_secs_f64());
        self.inner.data.age.show([source], age);
    }

    /// Counts what a point of a symbol told by its time: points left out before it, or that it came
    /// again or late. From a [`GapDetector`](super::GapDetector).
    pub fn record_arrival(&self, symbol: &str, arrival: Arrival) {
        let points = self.inner.data.points(symbol);
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
        self.inner.data.quality.show([symbol], score);
    }
}
