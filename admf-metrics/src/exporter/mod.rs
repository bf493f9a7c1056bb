//! The exporter: renders what a scrape gets.

#[cfg(test)]
mod tests;
mod text;

use std::fmt;

use metrics_exporter_prometheus::PrometheusHandle;

use crate::catalogue::Catalogue;
use crate::meter::Meter;

/// The `Content-Type` of [`Exporter::render`]. Prometheus 3 fails a scrape without it.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Holds the series of one catalogue and renders them. Clones share them.
///
/// It owns its recorder, so that a program can have several, and tests do not meet;
/// [`Meter::install`] makes one of them the target of the `metrics` macros.
#[derive(Clone)]
pub struct Exporter {
    meter: Meter,
    handle: PrometheusHandle,
}

impl Exporter {
    /// Creates an exporter with a recorder of its own, which is not global.
    #[must_use]
    pub fn local(catalogue: Catalogue) -> Self {
        let recorder = catalogue.recorder().build_recorder();
        let handle = recorder.handle();
        let meter = Meter::on(catalogue, recorder);
        Self { meter, handle }
    }

    /// Returns what gives handles.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Renders all series in the text format 0.0.4, sorted by name and labels.
    ///
    /// Runs the hooks first. Scrapes take turns, so that each sees what its hooks wrote, whole: of a set
    /// of states the one that holds, never two.
    #[must_use]
    pub fn render(&self) -> String {
        let _turn = self.meter.scrape();
        text::sorted(&self.handle.render())
    }

    /// Moves the samples of histograms, 16 bytes each, into their buckets.
    ///
    /// A scrape does it too; between scrapes, or where nobody scrapes, this is what bounds memory.
    /// Every 5 s is often enough.
    pub fn run_upkeep(&self) {
        self.handle.run_upkeep();
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter")
            .field("meter", &self.meter)
            .finish_non_exhaustive()
    }
}
