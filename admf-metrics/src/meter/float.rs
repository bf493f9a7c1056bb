//! Counters of what is no whole number.

use super::{HandleError, Meter};
use crate::catalogue::Metric;
use crate::catalogue::own::DROPPED_SAMPLES;
use crate::handle::FloatCounter;

impl Meter {
    /// Resolves a counter for a total in parts of its unit, with a value for each of its labels, in any
    /// order. What [`counter`](Self::counter) counts into the same series is added to the total.
    ///
    /// # Examples
    ///
    /// ```
    /// use admf_metrics::{Catalogue, Exporter, Metric};
    ///
    /// const BUSY: Metric = Metric::counter("shop_busy_seconds_total", "Time spent on orders.");
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let exporter = Exporter::local(Catalogue::new([BUSY])?);
    /// let busy = exporter.meter().float_counter(&BUSY, &[])?;
    /// for total in [0.25, 1.5, 1.0] {
    ///     busy.absolute(total); // it never falls
    /// }
    /// assert!(exporter.render().contains("\nshop_busy_seconds_total 1.5\n"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The catalogue does not declare it, or declares another kind or other labels.
    pub fn float_counter(
        &self,
        metric: &Metric,
        labels: &[(&str, &str)],
    ) -> Result<FloatCounter, HandleError> {
        let counter = self.counter(metric, labels)?;
        let dropped = self.counter(&DROPPED_SAMPLES, &[("metric", metric.name)])?;
        Ok(FloatCounter::new(counter, dropped))
    }
}
