//! Burn rates of error budgets.

use std::time::Duration;

/// Says when a service uses up its error budget too fast: over a long window, and still over a short one.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use admf_alerts::BurnRate;
///
/// // 2 % of the budget of 30 days in one hour.
/// let factor = BurnRate::factor_of(2.0, Duration::from_secs(3_600), Duration::from_secs(30 * 86_400));
/// assert!((factor - 14.4).abs() < 1e-12);
/// let page = BurnRate { factor, slo: 0.999 };
/// assert!(page.fires(Some(0.02), Some(0.03)));
/// assert!(!page.fires(Some(0.02), Some(0.01))); // it is over
/// assert!(!page.fires(None, None)); // no traffic
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BurnRate {
    /// How many times faster than allowed the budget may be used up.
    pub factor: f64,
    /// The part of requests that must succeed, from 0 to 1.
    pub slo: f64,
}

impl BurnRate {
    /// Returns the factor at which a window of length `long` uses up `percent` of the budget of a `period`.
    #[must_use]
    pub fn factor_of(percent: f64, long: Duration, period: Duration) -> f64 {
        percent / 100.0 * period.as_secs_f64() / long.as_secs_f64()
    }

    /// Says whether both ratios of errors are above what the factor allows. Without requests there is no ratio, and no
    /// alert.
    #[must_use]
    pub fn fires(&self, long: Option<f64>, short: Option<f64>) -> bool {
        let allowed = self.factor * (1.0 - self.slo);
        let above = |ratio: Option<f64>| ratio.is_some_and(|ratio| ratio > allowed);
        above(long) && above(short)
    }
}
