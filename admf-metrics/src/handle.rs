//! What a hot path holds: a series, resolved once, that is written without a lookup.
//!
//! Counters and gauges allocate nothing; a histogram takes a block of memory now and then, which the
//! [upkeep](crate::Exporter::run_upkeep) gives back.

use metrics::{CounterFn, GaugeFn, HistogramFn};

/// Counts. Clones write to the same series.
#[derive(Clone, Debug)]
pub struct Counter {
    inner: metrics::Counter,
}

impl Counter {
    pub(crate) const fn new(inner: metrics::Counter) -> Self {
        Self { inner }
    }

    /// Returns a counter that counts nothing, for tests and for parts that are switched off.
    #[must_use]
    pub const fn noop() -> Self {
        Self::new(metrics::Counter::noop())
    }

    /// Adds to the count.
    pub fn increment(&self, by: u64) {
        self.inner.increment(by);
    }

    /// Raises the count to a total that is kept elsewhere; a smaller one changes nothing.
    pub fn absolute(&self, total: u64) {
        self.inner.absolute(total);
    }
}

impl CounterFn for Counter {
    fn increment(&self, value: u64) {
        Self::increment(self, value);
    }

    fn absolute(&self, value: u64) {
        Self::absolute(self, value);
    }
}

/// Shows a level. Clones write to the same series.
///
/// A value that is not finite is dropped, and counted in `admf_metrics_dropped_samples_total`.
#[derive(Clone, Debug)]
pub struct Gauge {
    inner: metrics::Gauge,
    dropped: metrics::Counter,
}

impl Gauge {
    pub(crate) const fn new(inner: metrics::Gauge, dropped: metrics::Counter) -> Self {
        Self { inner, dropped }
    }

    /// Returns a gauge that shows nothing, for tests and for parts that are switched off.
    #[must_use]
    pub const fn noop() -> Self {
        Self::new(metrics::Gauge::noop(), metrics::Counter::noop())
    }

    /// Sets the level.
    pub fn set(&self, value: f64) {
        if value.is_finite() {
            self.inner.set(value);
        } else {
            self.dropped.increment(1);
        }
    }

    /// Raises the level.
    pub fn increment(&self, by: f64) {
        if by.is_finite() {
            self.inner.increment(by);
        } else {
            self.dropped.increment(1);
        }
    }

    /// Lowers the level.
    pub fn decrement(&self, by: f64) {
        self.increment(-by);
    }
}

impl GaugeFn for Gauge {
    fn increment(&self, value: f64) {
        Self::increment(self, value);
    }

    fn decrement(&self, value: f64) {
        Self::decrement(self, value);
    }

    fn set(&self, value: f64) {
        Self::set(self, value);
    }
}

/// Counts samples into buckets. Clones write to the same series.
///
/// A sample that is not finite is dropped, and counted in `admf_metrics_dropped_samples_total`: one
/// NaN would spoil the sum for as long as the process lives. Negative samples are taken; they make
/// `_sum` fall, so that `rate()` over it means nothing for such a metric.
#[derive(Clone, Debug)]
pub struct Histogram {
    inner: metrics::Histogram,
    dropped: metrics::Counter,
}

impl Histogram {
    pub(crate) const fn new(inner: metrics::Histogram, dropped: metrics::Counter) -> Self {
        Self { inner, dropped }
    }

    /// Returns a histogram that keeps nothing, for tests and for parts that are switched off.
    #[must_use]
    pub const fn noop() -> Self {
        Self::new(metrics::Histogram::noop(), metrics::Counter::noop())
    }

    /// Records one sample, in the unit of the metric.
    pub fn record(&self, value: f64) {
        if value.is_finite() {
            self.inner.record(value);
        } else {
            self.dropped.increment(1);
        }
    }
}

impl HistogramFn for Histogram {
    fn record(&self, value: f64) {
        Self::record(self, value);
    }
}
