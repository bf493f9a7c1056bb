//! Sums as Prometheus 2 rounded them, so that what compares them gives what it gave there.

use super::number::Sum;

/// Sum and variance of what is aggregated: without a part for what rounding loses.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Plain {
    count: f64,
    pub(super) sum: f64,
    mean: f64,
    squares: f64,
}

impl Plain {
    pub(super) fn add(&mut self, value: f64) {
        self.count += 1.0;
        if self.count == 1.0 {
            // Negative zero plus zero would be zero.
            self.sum = value;
            self.mean = value;
            return;
        }
        self.sum += value;
        let delta = value - self.mean;
        self.mean += delta / self.count;
        self.squares += delta * (value - self.mean);
    }

    pub(super) fn variance(&self) -> f64 {
        self.squares / self.count
    }
}

/// A mean that moves by each value.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moving {
    count: f64,
    mean: Sum,
    /// Without a part for what rounding loses.
    plain: bool,
}

impl Moving {
    pub(super) fn plain() -> Self {
        Self {
            plain: true,
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, value: f64) {
        self.count += 1.0;
        let mean = self.mean.sum;
        if mean.is_infinite() && !value.is_nan() && value != -mean {
            return;
        }
        if self.count == 1.0 && self.plain {
            self.mean.sum = value;
        } else if self.plain {
            self.mean.sum += value / self.count - mean / self.count;
        } else {
            self.mean.add(value / self.count - mean / self.count);
        }
    }

    pub(super) fn mean(&self) -> f64 {
        self.mean.total()
    }
}
