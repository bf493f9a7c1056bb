//! Numbers as Go computes and writes them.

/// A sum that carries what rounding lost (Kahan and Babuška, in Neumaier's form).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    pub(super) sum: f64,
    pub(super) lost: f64,
}

impl Sum {
    pub(super) fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        if sum.is_infinite() {
            self.lost = 0.0;
        } else if self.sum.abs() >= value.abs() {
            self.lost += (self.sum - sum) + value;
        } else {
            self.lost += (value - sum) + self.sum;
        }
        self.sum = sum;
    }

    pub(super) fn total(&self) -> f64 {
        if self.sum.is_infinite() {
            return self.sum;
        }
        self.sum + self.lost
    }
}

/// A mean that is a sum as long as that does not overflow, and moves by each value from then on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mean {
    sum: Sum,
    count: f64,
    moving: bool,
}

impl Mean {
    pub(super) fn add(&mut self, value: f64) {
        self.count += 1.0;
        if !self.moving {
            let mut sum = self.sum;
            sum.add(value);
            if self.count == 1.0 || !sum.sum.is_infinite() {
                self.sum = sum;
                return;
            }
            self.moving = true;
            let before = self.count - 1.0;
            self.sum.sum /= before;
            self.sum.lost /= before;
        }
        let kept = (self.count - 1.0) / self.count;
        self.sum.sum *= kept;
        self.sum.lost *= kept;
        self.sum.add(value / self.count);
    }

    pub(super) fn mean(&self) -> f64 {
        if self.moving {
            return self.sum.sum + self.sum.lost;
        }
        self.sum.sum / self.count + self.sum.lost / self.count
    }
}

/// Sum of squared distances from the mean, in one pass (Welford).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spread {
    count: f64,
    mean: Sum,
    squares: Sum,
}

impl Spread {
    pub(super) fn add(&mut self, value: f64) {
        self.count += 1.0;
        let delta = value - (self.mean.sum + self.mean.lost);
        self.mean.add(delta / self.count);
        let after = value - (self.mean.sum + self.mean.lost);
        self.squares.add(delta * after);
    }

    /// The variance of all there was.
    pub(super) fn variance(&self) -> f64 {
        (self.squares.sum + self.squares.lost) / self.count
    }
}

/// The greater one; infinity is, and else NaN where one is.
pub(super) fn max(a: f64, b: f64) -> f64 {
    if a == f64::INFINITY || b == f64::INFINITY {
        return f64::INFINITY;
    }
    if a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    a.max(b)
}

/// The smaller one; negative infinity is, and else NaN where one is.
pub(super) fn min(a: f64, b: f64) -> f64 {
    -max(-a, -b)
}

/// The quantile of values in any order, which it sorts; NaN comes first.
pub(super) fn quantile(q: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    values.sort_by(|a, b| b.is_nan().cmp(&a.is_nan()).then(a.total_cmp(b)));
    let rank = q * (values.len() - 1) as f64;
    let lower = rank.floor() as usize;
    let upper = (lower + 1).min(values.len() - 1);
    let weight = rank - rank.floor();
    values[lower] * (1.0 - weight) + values[upper] * weight
}

/// Writes a number without an exponent, in as few digits as say which it is.
pub(super) fn plain(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        let sign = if value > 0.0 { '+' } else { '-' };
        format!("{sign}Inf")
    } else {
        value.to_string()
    }
}
