//! What gives samples.

use super::{Scrape, Source};
use crate::samples::Samples;

impl Source for Samples {
    fn give(&self, to: &mut Scrape<'_>) {
        for sample in self.iter() {
            to.sample(sample.name, sample.labels.iter(), sample.value);
        }
    }
}

/// Gives what its text would say.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use admf_alerts::{Engine, Rule};
/// use admf_metrics::{Catalogue, Exporter, Metric};
///
/// const QUEUED: Metric = Metric::gauge("shop_queued_orders", "Orders that wait.");
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let exporter = Exporter::local(Catalogue::new([QUEUED])?);
/// let queued = exporter.meter().gauge(&QUEUED, &[])?;
/// let mut engine = Engine::new([Rule::new("Jam", "shop_queued_orders > 10")])?;
///
/// queued.set(12.0);
/// let events = engine.step(Duration::from_secs(15), &exporter);
/// assert_eq!(events[0].to_string(), "FIRING   Jam value=12 since 15s");
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "metrics")]
impl Source for admf_metrics::Exporter {
    fn give(&self, to: &mut Scrape<'_>) {
        self.visit_named(to.wanted(), |sample| {
            to.numbered(sample.number, sample.value, || {
                Some((sample.name, sample.labels()))
            });
        });
    }
}
