//! The meter as a recorder, so that the macros of `metrics` obey the catalogue too.

use std::sync::Arc;

use metrics::{Key, KeyName, Metadata, Recorder, SharedString, Unit};

use super::{HandleError, Meter};

/// What the macros of `metrics` and other crates register goes through the catalogue like a handle:
/// labels are bounded, samples that are not finite are dropped. What it does not declare gets a handle
/// that does nothing, and is counted in `admf_metrics_refused_total`. Descriptions are the
/// catalogue's alone.
impl Recorder for Meter {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> metrics::Counter {
        self.counter_named(key.name(), &pairs(key)).map_or_else(
            |error| self.refused(&error, metrics::Counter::noop()),
            |handle| metrics::Counter::from_arc(Arc::new(handle)),
        )
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> metrics::Gauge {
        self.gauge_named(key.name(), &pairs(key)).map_or_else(
            |error| self.refused(&error, metrics::Gauge::noop()),
            |handle| metrics::Gauge::from_arc(Arc::new(handle)),
        )
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> metrics::Histogram {
        self.histogram_named(key.name(), &pairs(key)).map_or_else(
            |error| self.refused(&error, metrics::Histogram::noop()),
            |handle| metrics::Histogram::from_arc(Arc::new(handle)),
        )
    }
}

impl Meter {
    fn refused<H>(&self, error: &HandleError, noop: H) -> H {
        let reasons = &self.inner.refused;
        if let Some((_, counter)) = reasons.iter().find(|(reason, _)| *reason == error.reason()) {
            counter.increment(1);
        }
        noop
    }
}

fn pairs(key: &Key) -> Vec<(&str, &str)> {
    key.labels()
        .map(|label| (label.key(), label.value()))
        .collect()
}
