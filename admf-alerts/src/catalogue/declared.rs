//! What a program declares.

use admf_metrics::{Catalogue, Kind, Label, Metric, Values};

use super::{KnownMetric, Metrics};
use crate::samples::FamilyKind;

/// Knows what the catalogue declares, with labels, their closed values, and the bounds of buckets.
///
/// # Examples
///
/// ```
/// use admf_alerts::catalogue::Metrics;
/// use admf_metrics::{Catalogue, Label, Metric};
///
/// const STATE: Metric = Metric::gauge("breaker_state", "1 for the state that holds.")
///     .labels(&[Label::one_of("state", &["open", "closed"])]);
///
/// let metrics = Metrics::from(&Catalogue::new([STATE])?);
/// assert!(metrics.find("breaker_state").is_some());
/// # Ok::<(), admf_metrics::CatalogueError>(())
/// ```
impl From<&Catalogue> for Metrics {
    fn from(catalogue: &Catalogue) -> Self {
        catalogue
            .iter()
            .map(known)
            .fold(Self::default(), Self::with)
    }
}

fn known(metric: &Metric) -> KnownMetric {
    let kind = match metric.kind {
        Kind::Counter => FamilyKind::Counter,
        Kind::Gauge => FamilyKind::Gauge,
        Kind::Histogram => FamilyKind::Histogram,
        _ => FamilyKind::Untyped,
    };
    let known = KnownMetric::new(metric.name, kind)
        .unit(metric.unit)
        .no_labels();
    let known = match metric.buckets {
        [] => known,
        bounds => {
            let bounds = bounds.iter().chain([&f64::INFINITY]);
            known.closed_label("le", bounds.map(ToString::to_string))
        }
    };
    metric.labels.iter().fold(known, labelled)
}

fn labelled(known: KnownMetric, label: &Label) -> KnownMetric {
    match label.values {
        Values::OneOf(values) => {
            known.closed_label(label.name, values.iter().copied().chain([Label::OVERFLOW]))
        }
        _ => known.label(label.name),
    }
}
