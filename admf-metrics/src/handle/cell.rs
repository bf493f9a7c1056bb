//! Where a series of our own counts: atomics, written without a lock and read by the scrape.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use metrics::{CounterFn, GaugeFn, HistogramFn};

use super::Counter;

/// The level of a gauge that shows nothing. No level that is let in is a NaN.
const CLEARED: u64 = f64::NAN.to_bits();

#[derive(Debug, Default)]
pub(crate) struct CounterCell {
    count: AtomicU64,
    /// A total that is no whole number, beside the count: 0 but for a `FloatCounter`'s. Such numbers, none
    /// of them negative, are ordered as their bits are.
    float: AtomicU64,
}

impl CounterCell {
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Returns what comes to the count, which is always finite.
    pub(crate) fn float(&self) -> f64 {
        f64::from_bits(self.float.load(Ordering::Relaxed))
    }

    /// Raises the part beside the count to a finite total.
    #[inline]
    pub(super) fn absolute_float(&self, total: f64) {
        if total > 0.0 {
            self.float.fetch_max(total.to_bits(), Ordering::Relaxed);
        }
    }
}

impl CounterFn for CounterCell {
    #[inline]
    fn increment(&self, value: u64) {
        self.count.fetch_add(value, Ordering::Relaxed);
    }

    #[inline]
    fn absolute(&self, value: u64) {
        self.count.fetch_max(value, Ordering::Relaxed);
    }
}

#[derive(Debug)]
pub(crate) struct GaugeCell {
    bits: AtomicU64,
    dropped: Counter,
}

impl GaugeCell {
    pub(crate) const fn new(dropped: Counter) -> Self {
        Self {
            bits: AtomicU64::new(0),
            dropped,
        }
    }

    /// Returns the level, none where it is cleared.
    pub(crate) fn level(&self) -> Option<f64> {
        let level = f64::from_bits(self.bits.load(Ordering::Relaxed));
        (!level.is_nan()).then_some(level)
    }

    pub(super) fn clear(&self) {
        self.bits.store(CLEARED, Ordering::Relaxed);
    }
}

impl GaugeFn for GaugeCell {
    fn increment(&self, value: f64) {
        let added = update(&self.bits, |level| {
            let sum = if level.is_nan() { value } else { level + value };
            sum.is_finite().then_some(sum)
        });
        if !added {
            self.dropped.increment(1);
        }
    }

    fn decrement(&self, value: f64) {
        self.increment(-value);
    }

    #[inline]
    fn set(&self, value: f64) {
        if value.is_finite() {
            self.bits.store(value.to_bits(), Ordering::Relaxed);
        } else {
            self.dropped.increment(1);
        }
    }
}

pub(crate) struct HistogramCell {
    bounds: &'static [f64],
    /// Samples of each bucket alone, the last that of `+Inf`.
    buckets: Box<[AtomicU64]>,
    sum: AtomicU64,
    dropped: Counter,
}

impl HistogramCell {
    pub(crate) fn new(bounds: &'static [f64], dropped: Counter) -> Self {
        Self {
            bounds,
            buckets: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            sum: AtomicU64::new(0),
            dropped,
        }
    }

    /// Returns the samples of each bucket alone, in the order of the bounds, then that of `+Inf`.
    ///
    /// The count is their sum, whatever is written meanwhile.
    pub(crate) fn buckets(&self) -> impl ExactSizeIterator<Item = u64> {
        self.buckets.iter().map(|n| n.load(Ordering::Relaxed))
    }

    /// Returns the sum, which is always finite.
    pub(crate) fn sum(&self) -> f64 {
        f64::from_bits(self.sum.load(Ordering::Relaxed))
    }
}

impl HistogramFn for HistogramCell {
    #[inline]
    fn record(&self, value: f64) {
        self.record_many(value, 1);
    }

    #[inline]
    fn record_many(&self, value: f64, count: usize) {
        let count = count as u64;
        if !value.is_finite() {
            self.dropped.increment(count);
            return;
        }
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        self.buckets[bucket].fetch_add(count, Ordering::Relaxed);
        update(&self.sum, |sum| {
            // Stays finite: past the end of the numbers a sum says nothing anyway.
            Some((sum + value * count as f64).clamp(f64::MIN, f64::MAX))
        });
    }
}

impl fmt::Debug for HistogramCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HistogramCell").finish_non_exhaustive()
    }
}

/// Changes a number; says whether `next` gave one.
#[inline]
fn update(bits: &AtomicU64, next: impl Fn(f64) -> Option<f64>) -> bool {
    let swap = |bits| next(f64::from_bits(bits)).map(f64::to_bits);
    bits.fetch_update(Ordering::Relaxed, Ordering::Relaxed, swap)
        .is_ok()
}
