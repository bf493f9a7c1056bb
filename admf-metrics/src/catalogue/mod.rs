//! The catalogue: every metric of a program, once, as data.

mod check;
mod exposed;
mod metric;
#[cfg(test)]
mod tests;

use metrics::{KeyName, Recorder};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};

pub use check::CatalogueError;
pub use exposed::ExposedError;
pub use metric::{Kind, Label, Metric, Values};

/// Counts samples that were not finite, by the metric that dropped them.
pub(crate) const DROPPED_SAMPLES: Metric = Metric::counter(
    "admf_metrics_dropped_samples_total",
    "Samples dropped because they were not finite, by metric.",
)
.labels(&[Label::capped("metric", MAX_METRICS)]);

/// Counts values that went to the overflow series, by the metric they were for.
pub(crate) const OVERFLOW: Metric = Metric::counter(
    "admf_metrics_overflow_total",
    "Label values past their list or cap, each time a series was looked up by one, by metric.",
)
.labels(&[Label::capped("metric", MAX_METRICS)]);

/// Counts registrations through the `metrics` facade that the catalogue does not know.
pub(crate) const REFUSED: Metric = Metric::counter(
    "admf_metrics_refused_total",
    "Registrations through the metrics facade that the catalogue refused, by reason.",
)
.labels(&[Label::one_of("reason", &["undeclared", "kind", "labels"])]);

/// Counts hooks that panicked.
pub(crate) const HOOK_PANICS: Metric = Metric::counter(
    "admf_metrics_hook_panics_total",
    "Scrape hooks that panicked.",
);

/// Bounds the label `metric` of our own counters, and so the catalogue.
const MAX_METRICS: usize = 1000;

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
    /// - names are valid, each is declared once; a counter's ends in `_total`, no other does; none ends
    ///   in the `bucket`, `sum` or `count` of a histogram;
    /// - the help is not empty;
    /// - a histogram has buckets, finite and ascending; nothing else has any;
    /// - labels have valid names, each once, none reserved, with at least one value;
    /// - there are at most 1000 metrics, the exporter's own included.
    pub fn new(metrics: impl IntoIterator<Item = Metric>) -> Result<Self, CatalogueError> {
        let mut metrics: Vec<_> = [DROPPED_SAMPLES, OVERFLOW, REFUSED, HOOK_PANICS]
            .into_iter()
            .chain(metrics)
            .take(MAX_METRICS + 1)
            .collect();
        check::check_all(&metrics, MAX_METRICS)?;
        metrics.sort_unstable_by_key(|metric| metric.name);
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
    /// For a program that keeps its own `PrometheusRecorder`: it may set global labels and go on.
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
