//! All series of one metric, found by their labels' values.

use std::fmt;
use std::marker::PhantomData;

use super::Handle;
use crate::catalogue::Metric;
use crate::meter::Meter;

/// Finds the series of one metric by the values of its `N` labels, in their declared order.
///
/// Got of [`Meter::counters`](crate::Meter::counters) and its like, which check everything, so that
/// nothing is left to fail. Finding a series that exists hashes its values and takes a lock that
/// only a new series holds alone; it allocates nothing. Where the values are closed, hold
/// [`Each`](super::Each) instead.
pub struct Family<H, const N: usize> {
    meter: Meter,
    /// In the order of the catalogue.
    position: usize,
    kind: PhantomData<fn() -> H>,
}

impl<H: Handle, const N: usize> Family<H, N> {
    /// The metric at this position has the kind of `H`, and `N` labels.
    pub(crate) const fn new(meter: Meter, position: usize) -> Self {
        let kind = PhantomData;
        Self {
            meter,
            position,
            kind,
        }
    }

    /// Returns the series of these values, a new one where there is none; bounded as ever.
    #[must_use]
    pub fn with(&self, values: [&str; N]) -> H {
        self.meter.at(self.position, values)
    }

    /// Removes the series of these values; says whether there was one. See
    /// [`Meter::remove`](crate::Meter::remove).
    #[expect(
        clippy::must_use_candidate,
        reason = "who removes need not care whether it was there"
    )]
    pub fn remove(&self, values: [&str; N]) -> bool {
        self.meter.remove_at(self.position, &values)
    }

    /// Returns the metric.
    #[must_use]
    pub fn metric(&self) -> &Metric {
        self.meter.metric(self.position)
    }
}

impl<H, const N: usize> Clone for Family<H, N> {
    fn clone(&self) -> Self {
        Self {
            meter: self.meter.clone(),
            position: self.position,
            kind: PhantomData,
        }
    }
}

impl<H: Handle, const N: usize> fmt::Debug for Family<H, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Family")
            .field("metric", &self.metric().name)
            .finish_non_exhaustive()
    }
}
