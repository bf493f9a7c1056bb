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

    /// Returns the ratio of errors that the factor still allows.
    #[must_use]
    pub fn allowed(&self) -> f64 {
        self.factor * (1.0 - self.slo)
    }

    /// Says whether both ratios of errors are above what the factor allows. Without requests there is no ratio, and no
    /// alert.
    #[must_use]
    pub fn fires(&self, long: Option<f64>, short: Option<f64>) -> bool {
        let above = |ratio: Option<f64>| ratio.is_some_and(|ratio| ratio > self.allowed());
        above(long) && above(short)
    }

    /// Returns the expression that has a row where [`fires`](Self::fires) says so of the two series of ratios, with the
    /// value of the long one.
    ///
    /// # Examples
    ///
    /// ```
    /// use admf_alerts::BurnRate;
    ///
    /// let page = BurnRate { factor: 14.4, slo: 0.999 };
    /// assert_eq!(page.expr("errors:1h", "errors:5m"), "errors:1h > 14.4 * (1 - 0.999) and errors:5m > 14.4 * (1 - 0.999)");
    /// ```
    #[must_use]
    pub fn expr(&self, long: &str, short: &str) -> String {
        let Self { factor, slo } = self;
        let allowed = format!("{factor} * (1 - {slo})");
        format!("{long} > {allowed} and {short} > {allowed}")
    }
}
