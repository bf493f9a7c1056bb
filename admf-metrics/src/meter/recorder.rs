//! The meter as a recorder, so that the macros of `metrics` obey the catalogue too.

use metrics::{Key, KeyName, Metadata, Recorder, SharedString, Unit};

use super::labels::Given;
use super::{HandleError, Meter};
use crate::handle::{Counter, Gauge, Handle, Histogram};

/// What the macros of `metrics` and other crates register goes through the catalogue like a handle:
/// labels are bounded, samples that are not finite are dropped. What it does not declare gets a handle
/// that does nothing, and is counted in `admf_metrics_refused_total`. Descriptions are the
/// catalogue's alone.
impl Recorder for Meter {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> metrics::Counter {
        self.register(key, Counter::facade, metrics::Counter::noop)
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> metrics::Gauge {
        self.register(key, Gauge::facade, metrics::Gauge::noop)
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> metrics::Histogram {
        self.register(key, Histogram::facade, metrics::Histogram::noop)
    }
}

impl Meter {
    fn register<H: Handle, F>(&self, key: &Key, facade: fn(&H) -> F, noop: fn() -> F) -> F {
        // A key of another kind is none of these, and refused below.
        let known = self
            .inner
            .keys
            .find(key, |series| H::of(&series.slot).map(facade));
        known
            .flatten()
            .or_else(|| {
                let handle = self.register_new(key).map_err(|error| self.refused(&error));
                handle.ok().as_ref().map(facade)
            })
            .unwrap_or_else(noop)
    }

    fn register_new<H: Handle>(&self, key: &Key) -> Result<H, HandleError> {
        let family = &self.inner.families[self.position(key.name())?];
        let labels = key.labels().map(|label| (label.key(), label.value()));
        let mut given = Given::check(&family.metric, H::KIND, labels)?;
        let backend = &self.inner.backend;
        Ok(family.series(given.values(), backend, |series, exact| {
            // Keys past a bound are without number.
            if exact {
                self.inner.keys.insert(key, series);
            }
            H::of(&series.slot)
                .expect("a metric has series of its own kind only")
                .clone()
        }))
    }

    fn refused(&self, error: &HandleError) {
        let reasons = &self.inner.refused;
        if let Some((_, counter)) = reasons.iter().find(|(reason, _)| *reason == error.reason()) {
            counter.increment(1);
        }
    }
}
