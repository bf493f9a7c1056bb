//! Whether the catalogue declares what somebody is going to feed.

use super::labels::Given;
use super::{HandleError, Meter};
use crate::catalogue::{Kind, Label, Metric, Values};
use crate::handle::Source;

impl Meter {
    /// Checks that the catalogue declares a metric so that it can be fed as this declaration says:
    /// under its name, of its kind, with its labels in any order and the values of those that are closed.
    ///
    /// For who resolves series later, as they come, and shall not fail then. Help, buckets and caps
    /// are the catalogue's own affair. No series is made.
    ///
    /// # Examples
    ///
    /// ```
    /// use admf_metrics::{Catalogue, Exporter, Label, Metric};
    ///
    /// const PRICE: Metric = Metric::gauge("market_price", "Last price.")
    ///     .labels(&[Label::capped("symbol", 500)]);
    /// const FEWER: Metric = PRICE.labels(&[Label::capped("symbol", 10)]);
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let exporter = Exporter::local(Catalogue::new([FEWER])?);
    /// assert!(exporter.meter().declares(&PRICE).is_ok());
    ///
    /// let error = exporter.meter().declares(&PRICE.labels(&[])).unwrap_err();
    /// assert_eq!(error.to_string(), "metric `market_price` needs a value for the label `symbol`");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The catalogue does not declare it, or declares another kind, other labels, or other values of
    /// a closed one.
    pub fn declares(&self, metric: &Metric) -> Result<(), HandleError> {
        self.declares_with(metric, &[])
    }

    /// Checks the same of a metric that has these labels besides its own.
    pub(crate) fn declares_with(
        &self,
        metric: &Metric,
        fixed: &[(&str, &str)],
    ) -> Result<(), HandleError> {
        let (position, _) = self.sources(metric, metric.kind, fixed)?;
        same_values(self.metric(position), metric.labels)
    }

    /// Returns where the catalogue declares a metric, and where the values of its labels come from:
    /// those of `metric` are given, in its order.
    pub(super) fn sources(
        &self,
        metric: &Metric,
        kind: Kind,
        fixed: &[(&str, &str)],
    ) -> Result<(usize, Vec<Source>), HandleError> {
        let position = self.position(metric.name)?;
        let declared = &self.inner.families[position].metric;
        let fixed = fixed
            .iter()
            .map(|(label, value)| (*label, (0, Some(*value))));
        let given = metric.labels.iter().enumerate();
        let given = given.map(|(i, label)| (label.name, (i, None)));
        let mut sources = Given::check(declared, kind, fixed.chain(given))?;
        let sources = sources.values().iter().map(|source| match *source {
            (_, Some(fixed)) => Source::Fixed(fixed.into()),
            (given, None) => Source::Given(given),
        });
        Ok((position, sources.collect()))
    }
}

/// Checks that a metric declares the closed ones of these labels, where it has them, with the same
/// values: others would be overflow, or never shown, and nobody means that.
pub(super) fn same_values(declared: &Metric, labels: &[Label]) -> Result<(), HandleError> {
    let other = |label: &&Label| {
        let same = |it: &Label| it.name == label.name && it.values != label.values;
        matches!(label.values, Values::OneOf(_)) && declared.labels.iter().any(same)
    };
    match labels.iter().find(other) {
        None => Ok(()),
        Some(label) => Err(HandleError::OtherValues {
            metric: declared.name,
            label: label.name,
        }),
    }
}

#[cfg(test)]
mod tests {
    use crate::{Catalogue, Exporter, Label, Metric};

    const SIDE: Label = Label::one_of("side", &["buy", "sell"]);
    const ORDERS: Metric =
        Metric::counter("t_orders_total", "Orders.").labels(&[SIDE, Label::capped("symbol", 2)]);
    const SPAN: Metric = Metric::histogram("t_span_seconds", "Span.", &[1.0]);

    #[test]
    fn what_is_declared_in_other_words_is_declared_and_makes_no_series() {
        const TURNED: [Label; 2] = [Label::capped("symbol", 500), SIDE];
        let exporter = Exporter::local(Catalogue::new([ORDERS, SPAN]).unwrap());
        let turned = Metric::counter("t_orders_total", "Of all orders.").labels(&TURNED);
        let finer = Metric::histogram("t_span_seconds", "Spans.", &[0.1, 1.0]);
        for metric in [&ORDERS, &turned, &SPAN, &finer] {
            assert_eq!(exporter.meter().declares(metric), Ok(()));
        }
        assert!(!exporter.render().contains("t_orders_total{"));
        assert!(!exporter.render().contains("t_span_seconds_count"));
    }

    #[test]
    fn what_could_not_be_fed_is_refused_with_the_reason() {
        const FEWER: [Label; 2] = [Label::one_of("side", &["buy"]), Label::capped("symbol", 2)];
        const CLOSED: [Label; 2] = [SIDE, Label::one_of("symbol", &["A"])];
        let exporter = Exporter::local(Catalogue::new([ORDERS, SPAN]).unwrap());
        let refused = |metric: Metric| exporter.meter().declares(&metric).unwrap_err().to_string();
        for (metric, expected) in [
            (
                Metric::gauge("t_other", "Other."),
                "metric `t_other` is not declared in the catalogue",
            ),
            (
                Metric::gauge("t_span_seconds", "Span."),
                "metric `t_span_seconds` is declared as a histogram, not as a gauge",
            ),
            (
                ORDERS.labels(&[SIDE]),
                "metric `t_orders_total` needs a value for the label `symbol`",
            ),
            (
                SPAN.labels(&[SIDE]),
                "metric `t_span_seconds` does not declare the label `side`",
            ),
            (
                ORDERS.labels(&FEWER),
                "metric `t_orders_total` declares other values of the label `side` than it is fed with",
            ),
            (
                ORDERS.labels(&CLOSED),
                "metric `t_orders_total` declares other values of the label `symbol` than it is fed with",
            ),
        ] {
            assert_eq!(refused(metric), expected);
        }
    }
}
