//! What a hot path holds: a series, resolved once, that is written without lookup, lock or allocation.
//!
//! | handle | is |
//! |---|---|
//! | [`Counter`], [`Gauge`], [`Histogram`] | one series |
//! | [`FloatCounter`] | one counter, of a total that is no whole number |
//! | [`Each`] | all series of closed labels, found by the variants of an enum |
//! | [`Family`] | all series of a metric, found by values that are only known as they come |

mod bundles;
mod cell;
mod each;
mod family;
mod float;
mod sealed;

use std::sync::Arc;

use metrics::{CounterFn, GaugeFn, HistogramFn};

pub(crate) use bundles::Bundles;
pub(crate) use cell::{CounterCell, GaugeCell, HistogramCell};
pub use each::Each;
pub use family::Family;
pub(crate) use family::Source;
pub use float::FloatCounter;
pub use sealed::Handle;
pub(crate) use sealed::{Sealed, Slot};

/// Counts. Clones write to the same series.
#[derive(Clone, Debug)]
pub struct Counter {
    inner: Inner<Arc<CounterCell>, metrics::Counter>,
}

/// A cell of our own, or what another recorder gave.
#[derive(Clone, Debug)]
enum Inner<C, F> {
    Own(C),
    Foreign(F),
}

impl Counter {
    pub(crate) fn own() -> Self {
        let inner = Inner::Own(Arc::new(CounterCell::default()));
        Self { inner }
    }

    pub(crate) const fn foreign(inner: metrics::Counter) -> Self {
        let inner = Inner::Foreign(inner);
        Self { inner }
    }

    /// Returns a counter that counts nothing, for tests and for parts that are switched off.
    #[must_use]
    pub const fn noop() -> Self {
        Self::foreign(metrics::Counter::noop())
    }

    /// Adds to the count.
    #[inline]
    pub fn increment(&self, by: u64) {
        match &self.inner {
            Inner::Own(cell) => cell.increment(by),
            Inner::Foreign(counter) => counter.increment(by),
        }
    }

    /// Raises the count to a total that is kept elsewhere; a smaller one changes nothing.
    #[inline]
    pub fn absolute(&self, total: u64) {
        match &self.inner {
            Inner::Own(cell) => cell.absolute(total),
            Inner::Foreign(counter) => counter.absolute(total),
        }
    }

    pub(crate) fn cell(&self) -> Option<&CounterCell> {
        match &self.inner {
            Inner::Own(cell) => Some(cell),
            Inner::Foreign(_) => None,
        }
    }

    /// Returns the series for the macros of the facade, without allocating.
    pub(crate) fn facade(&self) -> metrics::Counter {
        match &self.inner {
            Inner::Own(cell) => metrics::Counter::from_arc(Arc::clone(cell)),
            Inner::Foreign(counter) => counter.clone(),
        }
    }
}

/// Shows a level. Clones write to the same series.
///
/// A value that is not finite is dropped, and counted in `admf_metrics_dropped_samples_total`.
#[derive(Clone, Debug)]
pub struct Gauge {
    inner: Inner<Arc<GaugeCell>, (metrics::Gauge, metrics::Counter)>,
}

impl Gauge {
    pub(crate) fn own(dropped: Counter) -> Self {
        let inner = Inner::Own(Arc::new(GaugeCell::new(dropped)));
        Self { inner }
    }

    pub(crate) const fn foreign(gauge: metrics::Gauge, dropped: metrics::Counter) -> Self {
        let inner = Inner::Foreign((gauge, dropped));
        Self { inner }
    }

    /// Returns a gauge that shows nothing, for tests and for parts that are switched off.
    #[must_use]
    pub const fn noop() -> Self {
        Self::foreign(metrics::Gauge::noop(), metrics::Counter::noop())
    }

    /// Sets the level.
    #[inline]
    pub fn set(&self, value: f64) {
        match &self.inner {
            Inner::Own(cell) => cell.set(value),
            Inner::Foreign((gauge, _)) if value.is_finite() => gauge.set(value),
            Inner::Foreign((_, dropped)) => dropped.increment(1),
        }
    }

    /// Raises the level; a cleared one from 0.
    #[inline]
    pub fn increment(&self, by: f64) {
        match &self.inner {
            Inner::Own(cell) => cell.increment(by),
            Inner::Foreign((gauge, _)) if by.is_finite() => gauge.increment(by),
            Inner::Foreign((_, dropped)) => dropped.increment(1),
        }
    }

    /// Lowers the level; a cleared one from 0.
    #[inline]
    pub fn decrement(&self, by: f64) {
        self.increment(-by);
    }

    /// Takes the level out of what is shown until the next one is set: there is none at the moment.
    ///
    /// A ratio without samples is not 0, which would fire an alert on a low one. The series keeps its
    /// handles. A recorder of the program's own cannot hide a series: there it shows NaN, which no
    /// threshold matches either.
    pub fn clear(&self) {
        match &self.inner {
            Inner::Own(cell) => cell.clear(),
            Inner::Foreign((gauge, _)) => gauge.set(f64::NAN),
        }
    }

    /// Sets the level where there is one, and [clears](Self::clear) it where there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// use admf_metrics::{Catalogue, Exporter, Metric};
    ///
    /// const WIN_RATE: Metric = Metric::gauge("shop_win_ratio", "Won of all that were decided.");
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let exporter = Exporter::local(Catalogue::new([WIN_RATE])?);
    /// let gauge = exporter.meter().gauge(&WIN_RATE, &[])?;
    /// let ratio = |won: u32, of: u32| (of > 0).then(|| f64::from(won) / f64::from(of));
    ///
    /// gauge.show(ratio(1, 4));
    /// assert!(exporter.render().contains("\nshop_win_ratio 0.25\n"));
    /// gauge.show(ratio(0, 0));
    /// assert!(!exporter.render().contains("\nshop_win_ratio "));
    /// # Ok(())
    /// # }
    /// ```
    pub fn show(&self, level: Option<f64>) {
        match level {
            Some(level) => self.set(level),
            None => self.clear(),
        }
    }

    pub(crate) fn cell(&self) -> Option<&GaugeCell> {
        match &self.inner {
            Inner::Own(cell) => Some(cell),
            Inner::Foreign(_) => None,
        }
    }

    pub(crate) fn facade(&self) -> metrics::Gauge {
        match &self.inner {
            Inner::Own(cell) => metrics::Gauge::from_arc(Arc::clone(cell)),
            Inner::Foreign(_) => metrics::Gauge::from_arc(Arc::new(self.clone())),
        }
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
    inner: Inner<Arc<HistogramCell>, (metrics::Histogram, metrics::Counter)>,
}

impl Histogram {
    pub(crate) fn own(bounds: &'static [f64], dropped: Counter) -> Self {
        let inner = Inner::Own(Arc::new(HistogramCell::new(bounds, dropped)));
        Self { inner }
    }

    pub(crate) const fn foreign(histogram: metrics::Histogram, dropped: metrics::Counter) -> Self {
        let inner = Inner::Foreign((histogram, dropped));
        Self { inner }
    }

    /// Returns a histogram that keeps nothing, for tests and for parts that are switched off.
    #[must_use]
    pub const fn noop() -> Self {
        Self::foreign(metrics::Histogram::noop(), metrics::Counter::noop())
    }

    /// Records one sample, in the unit of the metric.
    #[inline]
    pub fn record(&self, value: f64) {
        match &self.inner {
            Inner::Own(cell) => cell.record(value),
            Inner::Foreign((histogram, _)) if value.is_finite() => histogram.record(value),
            Inner::Foreign((_, dropped)) => dropped.increment(1),
        }
    }

    pub(crate) fn cell(&self) -> Option<&HistogramCell> {
        match &self.inner {
            Inner::Own(cell) => Some(cell),
            Inner::Foreign(_) => None,
        }
    }

    pub(crate) fn facade(&self) -> metrics::Histogram {
        match &self.inner {
            Inner::Own(cell) => metrics::Histogram::from_arc(Arc::clone(cell)),
            Inner::Foreign(_) => metrics::Histogram::from_arc(Arc::new(self.clone())),
        }
    }
}

impl HistogramFn for Histogram {
    fn record(&self, value: f64) {
        Self::record(self, value);
    }
}
