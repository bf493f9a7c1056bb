//! What the meter and the exporter say about themselves, in every catalogue.

use super::{Label, Metric};

/// What the names here begin with: such series are never removed.
pub(crate) const PREFIX: &str = "admf_metrics_";

const BY: &str = "admf-metrics";

/// All of them.
pub(super) const OWN: [Metric; 9] = [
    DROPPED_SAMPLES,
    OVERFLOW,
    REFUSED,
    HOOK_PANICS,
    SCRAPE_DURATION,
    SCRAPE_BYTES,
    SCRAPE_SAMPLES,
    SCRAPE_FAMILIES,
    SERIES,
];

/// Counts samples that were not finite, by the metric that dropped them.
pub(crate) const DROPPED_SAMPLES: Metric = Metric::counter(
    "admf_metrics_dropped_samples_total",
    "Samples dropped because they were not finite, by metric.",
)
.labels(&[Label::capped("metric", MAX_METRICS)])
.fed_by(BY);

/// Counts values that went to the overflow series, by the metric they were for.
pub(crate) const OVERFLOW: Metric = Metric::counter(
    "admf_metrics_overflow_total",
    "Label values past their list or cap and series past their most, each time one was looked up, by metric.",
)
.labels(&[Label::capped("metric", MAX_METRICS)])
.fed_by(BY);

/// Counts registrations through the `metrics` facade that the catalogue does not know.
pub(crate) const REFUSED: Metric = Metric::counter(
    "admf_metrics_refused_total",
    "Registrations through the metrics facade that the catalogue refused, by reason.",
)
.labels(&[Label::one_of("reason", &["undeclared", "kind", "labels"])])
.fed_by(BY);

/// Counts hooks that panicked.
pub(crate) const HOOK_PANICS: Metric = Metric::counter(
    "admf_metrics_hook_panics_total",
    "Scrape hooks that panicked.",
)
.fed_by(BY);

/// Bounds the label `metric` of our own counters, and so the catalogue.
pub(super) const MAX_METRICS: usize = 1000;

/// Times scrapes, the hooks included.
pub(crate) const SCRAPE_DURATION: Metric = Metric::histogram(
    "admf_metrics_scrape_duration_seconds",
    "Time to answer a scrape, its hooks included.",
    &[0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0],
)
.unit("seconds")
.fed_by(BY);

/// Says how long the last exposition was.
pub(crate) const SCRAPE_BYTES: Metric = Metric::gauge(
    "admf_metrics_scrape_size_bytes",
    "Length of what the last scrape got, before any compression.",
)
.unit("bytes")
.fed_by(BY);

/// Says how many lines of samples there were.
pub(crate) const SCRAPE_SAMPLES: Metric = Metric::gauge(
    "admf_metrics_scrape_samples",
    "Samples in what the last scrape got, a histogram one for each bucket, its sum and its count.",
)
.fed_by(BY);

/// Says how many metrics there were.
pub(crate) const SCRAPE_FAMILIES: Metric = Metric::gauge(
    "admf_metrics_scrape_families",
    "Metrics with any series in what the last scrape got.",
)
.fed_by(BY);

/// Says which metrics are large.
pub(crate) const SERIES: Metric = Metric::gauge(
    "admf_metrics_series",
    "Series of each metric that has labels, at the last scrape; a histogram's is one.",
)
.labels(&[Label::capped("metric", MAX_METRICS)])
.fed_by(BY);
