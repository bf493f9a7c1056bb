//! From declarations to handles.

use super::declared::same_values;
use super::labels::Given;
use super::{HandleError, Meter};
use crate::catalogue::{Closed, Metric, Values};
use crate::handle::{Counter, Each, Family, Gauge, Handle, Histogram};

impl Meter {
    /// Resolves a counter, with a value for each of its labels, in any order.
    ///
    /// # Errors
    ///
    /// The catalogue does not declare it, or declares another kind or other labels.
    pub fn counter(
        &self,
        metric: &Metric,
        labels: &[(&str, &str)],
    ) -> Result<Counter, HandleError> {
        self.resolve(metric, labels)
    }

    /// Resolves a gauge, with a value for each of its labels, in any order.
    ///
    /// # Errors
    ///
    /// The catalogue does not declare it, or declares another kind or other labels.
    pub fn gauge(&self, metric: &Metric, labels: &[(&str, &str)]) -> Result<Gauge, HandleError> {
        self.resolve(metric, labels)
    }

    /// Resolves a histogram, with a value for each of its labels, in any order.
    ///
    /// # Errors
    ///
    /// The catalogue does not declare it, or declares another kind or other labels.
    pub fn histogram(
        &self,
        metric: &Metric,
        labels: &[(&str, &str)],
    ) -> Result<Histogram, HandleError> {
        self.resolve(metric, labels)
    }

    /// Finds counters by the values of their labels, in the declared order, as they come.
    ///
    /// # Examples
    ///
    /// ```
    /// use admf_metrics::{Catalogue, Exporter, Label, Metric};
    ///
    /// const TICKS: Metric = Metric::counter("market_ticks_total", "Ticks by venue and symbol.")
    ///     .labels(&[Label::one_of("venue", &["X", "Y"]), Label::capped("symbol", 500)]);
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let exporter = Exporter::local(Catalogue::new([TICKS])?);
    /// let ticks = exporter.meter().counters(&TICKS)?;
    /// for symbol in ["ABC", "DEF", "ABC"] {
    ///     ticks.with(["X", symbol]).increment(1);
    /// }
    /// let text = exporter.render();
    /// assert!(text.contains("market_ticks_total{venue=\"X\",symbol=\"ABC\"} 2\n"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The catalogue does not declare it, or declares another kind or other labels.
    pub fn counters<const N: usize>(
        &self,
        metric: &Metric,
    ) -> Result<Family<Counter, N>, HandleError> {
        self.family(metric, &[])
    }

    /// Finds gauges by the values of their labels, like [`counters`](Self::counters).
    ///
    /// # Errors
    ///
    /// The catalogue does not declare it, or declares another kind or other labels.
    pub fn gauges<const N: usize>(&self, metric: &Metric) -> Result<Family<Gauge, N>, HandleError> {
        self.family(metric, &[])
    }

    /// Finds histograms by the values of their labels, like [`counters`](Self::counters).
    ///
    /// # Errors
    ///
    /// The catalogue does not declare it, or declares another kind or other labels.
    pub fn histograms<const N: usize>(
        &self,
        metric: &Metric,
    ) -> Result<Family<Histogram, N>, HandleError> {
        self.family(metric, &[])
    }

    /// Finds series by the values of `N` labels, those of `metric` in its order; `fixed` are the
    /// others, the same for all, such as the account.
    ///
    /// # Examples
    ///
    /// ```
    /// use admf_metrics::handle::Family;
    /// use admf_metrics::{Catalogue, Counter, Exporter, Label, Metric};
    ///
    /// const TICKS: Metric = Metric::counter("market_ticks_total", "Ticks by symbol.")
    ///     .labels(&[Label::capped("symbol", 500)]);
    /// const BY_VENUE: Metric = TICKS
    ///     .labels(&[Label::one_of("venue", &["X", "Y"]), Label::capped("symbol", 500)]);
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let exporter = Exporter::local(Catalogue::new([BY_VENUE])?);
    /// let ticks: Family<Counter, 1> = exporter.meter().family(&TICKS, &[("venue", "Y")])?;
    /// ticks.with(["ABC"]).increment(1);
    /// let text = exporter.render();
    /// assert!(text.contains("market_ticks_total{venue=\"Y\",symbol=\"ABC\"} 1\n"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The catalogue does not declare it, or declares another kind, or other labels than those of `metric`
    /// and `fixed`; or `metric` has not `N` labels.
    pub fn family<H: Handle, const N: usize>(
        &self,
        metric: &Metric,
        fixed: &[(&str, &str)],
    ) -> Result<Family<H, N>, HandleError> {
        let (position, sources) = self.sources(metric, H::KIND, fixed)?;
        if metric.labels.len() != N {
            return Err(HandleError::LabelCount {
                metric: self.metric(position).name,
                declared: metric.labels.len(),
                given: N,
            });
        }
        Ok(Family::new(self.clone(), position, sources))
    }

    /// Resolves a counter for each variant of closed labels; `labels` are the others, the same for all.
    ///
    /// See [`label_values!`](crate::label_values) for an example.
    ///
    /// # Errors
    ///
    /// The catalogue does not declare it, or declares another kind, other labels, or other values of one.
    pub fn counter_each<T: Closed>(
        &self,
        metric: &Metric,
        labels: &[(&str, &str)],
    ) -> Result<Each<T, Counter>, HandleError> {
        self.each(metric, labels)
    }

    /// Resolves a gauge for each variant, like [`counter_each`](Self::counter_each).
    ///
    /// # Errors
    ///
    /// The catalogue does not declare it, or declares another kind, other labels, or other values of one.
    pub fn gauge_each<T: Closed>(
        &self,
        metric: &Metric,
        labels: &[(&str, &str)],
    ) -> Result<Each<T, Gauge>, HandleError> {
        self.each(metric, labels)
    }

    /// Resolves a histogram for each variant, like [`counter_each`](Self::counter_each).
    ///
    /// # Errors
    ///
    /// The catalogue does not declare it, or declares another kind, other labels, or other values of one.
    pub fn histogram_each<T: Closed>(
        &self,
        metric: &Metric,
        labels: &[(&str, &str)],
    ) -> Result<Each<T, Histogram>, HandleError> {
        self.each(metric, labels)
    }

    pub(super) fn resolve<H: Handle>(
        &self,
        metric: &Metric,
        labels: &[(&str, &str)],
    ) -> Result<H, HandleError> {
        let family = &self.inner.families[self.position(metric.name)?];
        let mut given = Given::check(&family.metric, H::KIND, labels.iter().copied())?;
        Ok(self.series(family, given.values()))
    }

    fn each<T: Closed, H: Handle>(
        &self,
        metric: &Metric,
        labels: &[(&str, &str)],
    ) -> Result<Each<T, H>, HandleError> {
        let declared = self.inner.families[self.position(metric.name)?].metric;
        same_values(&declared, T::LABELS)?;
        let mut sets = vec![labels.to_vec()];
        for label in T::LABELS {
            let Values::OneOf(values) = label.values else {
                continue;
            };
            let with = |set: &Vec<_>| {
                let set = set.clone();
                values
                    .iter()
                    .map(move |value| [&*set, &[(label.name, *value)]].concat())
            };
            sets = sets.iter().flat_map(with).collect();
        }
        let handles = sets.iter().map(|labels| self.resolve(metric, labels));
        Ok(Each::new(handles.collect::<Result<_, _>>()?))
    }
}
