//! All series of one metric, found by their labels' values.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::{Gauge, Handle};
use crate::catalogue::{MAX_LABELS, Metric};
use crate::meter::Meter;

/// Finds the series of one metric by the values of its `N` labels, in their declared order.
///
/// Got of [`Meter::counters`](crate::Meter::counters) and its like, or of
/// [`Meter::family`](crate::Meter::family), which check everything, so that
/// nothing is left to fail. Finding a series that exists hashes its values and takes a lock that
/// only a new series holds alone; it allocates nothing. Where the values are closed, hold
/// [`Each`](super::Each) instead.
pub struct Family<H, const N: usize> {
    meter: Meter,
    /// In the order of the catalogue.
    position: usize,
    /// For each label that the catalogue declares; none where those are the `N` as they are.
    sources: Option<Arc<[Source]>>,
    kind: PhantomData<fn() -> H>,
}

/// Where the value of a label comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The same for all.
    Fixed(Box<str>),
    /// One of those that are given, by its place.
    Given(usize),
}

impl<H: Handle, const N: usize> Family<H, N> {
    /// The metric at this position has the kind of `H`, and labels from these sources.
    pub(crate) fn new(meter: Meter, position: usize, sources: Vec<Source>) -> Self {
        let as_given = (0..N).map(Source::Given);
        let sources = (!sources.iter().cloned().eq(as_given)).then(|| sources.into());
        let kind = PhantomData;
        Self {
            meter,
            position,
            sources,
            kind,
        }
    }

    /// Returns the series of these values, a new one where there is none; bounded as ever.
    #[must_use]
    pub fn with(&self, values: [&str; N]) -> H {
        self.arranged(values, |values| self.meter.at(self.position, values))
    }

    /// Returns the series of just these values, where there is one.
    #[must_use]
    pub fn find(&self, values: [&str; N]) -> Option<H> {
        self.arranged(values, |values| self.meter.find_at(self.position, values))
    }

    /// Removes the series of these values; says whether there was one. See
    /// [`Meter::remove`](crate::Meter::remove).
    #[expect(
        clippy::must_use_candidate,
        reason = "who removes need not care whether it was there"
    )]
    pub fn remove(&self, values: [&str; N]) -> bool {
        self.arranged(values, |values| self.meter.remove_at(self.position, values))
    }

    /// Returns the metric.
    #[must_use]
    pub fn metric(&self) -> &Metric {
        self.meter.metric(self.position)
    }

    /// Hands on the values of all labels, in the order in which the catalogue declares those.
    fn arranged<'v, R>(
        &'v self,
        mut values: [&'v str; N],
        then: impl FnOnce(&mut [&'v str]) -> R,
    ) -> R {
        let Some(sources) = &self.sources else {
            return then(&mut values);
        };
        let mut all = [""; MAX_LABELS];
        for (place, source) in all.iter_mut().zip(&**sources) {
            *place = match source {
                Source::Fixed(value) => value,
                Source::Given(i) => values[*i],
            };
        }
        then(&mut all[..sources.len()])
    }
}

impl<const N: usize> Family<Gauge, N> {
    /// Sets the level of these values where there is one, and clears it where there is none, like
    /// [`Gauge::show`]; none makes no series and takes no place under a cap.
    ///
    /// # Examples
    ///
    /// ```
    /// use admf_metrics::{Catalogue, Exporter, Label, Metric};
    ///
    /// const AGE: Metric = Metric::gauge("market_age_seconds", "Age of the last price.")
    ///     .labels(&[Label::capped("symbol", 500)]);
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let exporter = Exporter::local(Catalogue::new([AGE])?);
    /// let ages = exporter.meter().gauges(&AGE)?;
    /// ages.show(["ABC"], Some(0.5));
    /// ages.show(["DEF"], None);
    /// assert!(exporter.render().ends_with("\nmarket_age_seconds{symbol=\"ABC\"} 0.5\n"));
    /// ages.show(["ABC"], None);
    /// assert!(!exporter.render().contains("\nmarket_age_seconds{"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn show(&self, values: [&str; N], level: Option<f64>) {
        match level {
            Some(level) => self.with(values).set(level),
            None => {
                if let Some(gauge) = self.find(values) {
                    gauge.clear();
                }
            }
        }
    }
}

impl<H, const N: usize> Clone for Family<H, N> {
    fn clone(&self) -> Self {
        Self {
            meter: self.meter.clone(),
            position: self.position,
            sources: self.sources.clone(),
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
