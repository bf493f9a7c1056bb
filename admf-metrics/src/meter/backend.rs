//! Where a new series counts: in cells of our own, or in another recorder.

use std::fmt;

use metrics::{Key, Level, Metadata, Recorder};

use crate::catalogue::{Kind, Metric};
use crate::handle::{Counter, Gauge, Histogram, Slot};

/// Recorders ignore where a metric was registered from.
const METADATA: Metadata<'static> = Metadata::new("admf_metrics", Level::INFO, None);

pub(super) enum Backend {
    Own,
    /// Asked once for each series, with the lock of its metric held.
    Foreign(Box<dyn Recorder + Send + Sync>),
}

impl Backend {
    pub(super) const fn is_own(&self) -> bool {
        matches!(self, Self::Own)
    }

    /// Makes the series of these values.
    pub(super) fn slot(&self, metric: &Metric, values: &[&str], dropped: &Counter) -> Slot {
        let recorder = match self {
            Self::Own => return own(metric, dropped.clone()),
            Self::Foreign(recorder) => recorder,
        };
        let key = key(metric, values);
        let dropped = dropped.facade();
        match metric.kind {
            Kind::Counter => {
                Slot::Counter(Counter::foreign(recorder.register_counter(&key, &METADATA)))
            }
            Kind::Gauge => Slot::Gauge(Gauge::foreign(
                recorder.register_gauge(&key, &METADATA),
                dropped,
            )),
            Kind::Histogram => Slot::Histogram(Histogram::foreign(
                recorder.register_histogram(&key, &METADATA),
                dropped,
            )),
        }
    }
}

fn own(metric: &Metric, dropped: Counter) -> Slot {
    match metric.kind {
        Kind::Counter => Slot::Counter(Counter::own()),
        Kind::Gauge => Slot::Gauge(Gauge::own(dropped)),
        Kind::Histogram => Slot::Histogram(Histogram::own(metric.buckets, dropped)),
    }
}

/// Names a series to a recorder. Backslashes are doubled: the exporter crate takes a lone one for the
/// start of an escape, so that `\` and `\\` would become one series. Quotes and line feeds it escapes
/// itself.
fn key(metric: &Metric, values: &[&str]) -> Key {
    let labels = metric.labels.iter().zip(values);
    let labels =
        labels.map(|(label, value)| metrics::Label::new(label.name, value.replace('\\', "\\\\")));
    Key::from_parts(metric.name, labels.collect::<Vec<_>>())
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_own() { "Own" } else { "Foreign" })
    }
}
