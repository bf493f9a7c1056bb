#![doc = include_str!("../../docs/catalogue.md")]

mod check;
mod closed;
mod exposed;
mod label;
mod markdown;
mod metric;
mod name;
pub(crate) mod own;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod whole;

use metrics::{KeyName, Recorder};
#[cfg(feature = "prometheus-recorder")]
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};

pub use check::CatalogueError;
pub(crate) use check::MAX_LABELS;
pub use closed::{Closed, LabelValue};
pub use exposed::ExposedError;
pub use label::{Label, Values};
pub use metric::{Kind, Metric};
use own::{MAX_METRICS, OWN};

/// Holds metrics whose declarations have been checked against each other.
///
/// The metrics that the exporter keeps about itself (`admf_metrics_*`) are part of every catalogue.
///
/// # Examples
///
/// ```
/// use admf_metrics::{Catalogue, Metric};
///
/// let wrong = Metric::counter("shop_orders", "Orders.");
/// let error = Catalogue::new([wrong]).unwrap_err();
/// assert_eq!(error.to_string(), "metric `shop_orders`: name of a counter must end in `_total`");
/// ```
#[derive(Clone, Debug)]
pub struct Catalogue {
    metrics: Vec<Metric>,
}

impl Catalogue {
    /// Checks the metrics and adds the exporter's own.
    ///
    /// # Errors
    ///
    /// Names the first metric that breaks a rule:
    /// - names are valid, in snake case, and each is declared once; a counter's ends in `_total`, no other
    ///   does; none ends in the `bucket`, `sum` or `count` of a histogram; none has a kind or an
    ///   abbreviated unit as a word, or a unit that is not a base unit: the rules of `promtool check metrics`;
    /// - the help is not empty;
    /// - a histogram has buckets, finite and ascending; nothing else has any;
    /// - labels have valid names, at most 16, each once, none reserved, with at least one value;
    /// - `at_most` is at least 1, and no less than what closed labels can say together, with
    ///   [`Label::OVERFLOW`] for what is not on their lists;
    /// - there are at most 1000 metrics, the exporter's own included.
    pub fn new(metrics: impl IntoIterator<Item = Metric>) -> Result<Self, CatalogueError> {
        let mut metrics: Vec<_> = OWN
            .into_iter()
            .chain(metrics)
            .take(MAX_METRICS + 1)
            .collect();
        check::check_all(&metrics, MAX_METRICS)?;
        metrics.sort_unstable_by_key(|metric| metric.name);
        metrics.dedup_by_key(|metric| metric.name);
        Ok(Self { metrics })
    }

    /// Finds a metric by its name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Metric> {
        self.position(name).map(|i| &self.metrics[i])
    }

    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.metrics
            .binary_search_by_key(&name, |metric| metric.name)
            .ok()
    }

    /// Lists the metrics, sorted by name.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Metric> {
        self.metrics.iter()
    }

    /// Returns the most label sets that can ever be exported.
    #[must_use]
    pub fn max_series(&self) -> usize {
        self.metrics
            .iter()
            .fold(0, |n, metric| n.saturating_add(metric.max_series()))
    }

    /// Gives every help text to a recorder.
    ///
    /// For a program that keeps its own; an [`Exporter`](crate::Exporter) has done it. No unit is
    /// passed, because exporters make suffixes of units and the names here are whole.
    pub fn describe(&self, recorder: &dyn Recorder) {
        for metric in &self.metrics {
            let name = KeyName::from_const_str(metric.name);
            // The exporter takes a backslash for the start of an escape, a doubled one for itself.
            let help = metric.help.replace('\\', "\\\\").into();
            match metric.kind {
                Kind::Counter => recorder.describe_counter(name, None, help),
                Kind::Gauge => recorder.describe_gauge(name, None, help),
                Kind::Histogram => recorder.describe_histogram(name, None, help),
            }
        }
    }

    /// Returns a recorder's builder that knows the buckets of every histogram, so that none becomes a
    /// summary.
    ///
    /// For a program that keeps its own `PrometheusRecorder` and takes a meter
    /// [on](crate::Meter::on) that; it may set global labels and go on.
    #[cfg(feature = "prometheus-recorder")]
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "what it expects, `new` has checked"
    )]
    pub fn recorder(&self) -> PrometheusBuilder {
        let histograms = self
            .metrics
            .iter()
            .filter(|metric| metric.kind == Kind::Histogram);
        histograms.fold(PrometheusBuilder::new(), |builder, metric| {
            builder
                .set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), metric.buckets)
                .expect("`check_buckets` refuses a histogram without buckets")
        })
    }
}
