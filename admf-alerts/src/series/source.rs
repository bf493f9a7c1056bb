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

#[cfg(feature = "metrics")]
impl Source for admf_metrics::Exporter {
    fn give(&self, to: &mut Scrape<'_>) {
        self.visit(|sample| to.sample(sample.name, sample.labels(), sample.value));
    }
}
