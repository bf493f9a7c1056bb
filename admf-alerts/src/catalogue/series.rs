//! What a name of a series stands for.

use super::{KnownMetric, Metrics};

/// What is known of a series.
#[derive(Clone, Copy, Debug)]
pub(super) enum Series<'m> {
    /// It is there, and nothing else is known.
    Free,
    Of(&'m KnownMetric, Part),
}

/// Which series of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    Bucket,
    /// Sum or count.
    Total,
}

impl Metrics {
    pub(super) fn series(&self, name: &str) -> Option<Series<'_>> {
        match self.of_series(name) {
            Some(metric) => Some(Series::Of(metric, part(metric, name))),
            None => is_of_the_server(name).then_some(Series::Free),
        }
    }

    /// Finds the metric that a series belongs to: itself, or that of which it is a bucket, the sum or the count.
    pub(super) fn of_series(&self, series: &str) -> Option<&KnownMetric> {
        let part_of = |part: &'static str| {
            let metric = self.find(series.strip_suffix(part)?)?;
            metric.kind.suffixes().contains(&part).then_some(metric)
        };
        let parts = ["_bucket", "_sum", "_count"];
        let whole = self.find(series);
        whole.or_else(|| parts.into_iter().find_map(part_of))
    }
}

fn part(metric: &KnownMetric, series: &str) -> Part {
    match series.strip_prefix(metric.name.as_str()) {
        Some("") => Part::Whole,
        Some("_bucket") => Part::Bucket,
        _ => Part::Total,
    }
}

/// Says whether a server, or the engine, makes such series by itself.
fn is_of_the_server(name: &str) -> bool {
    ["ALERTS", "ALERTS_FOR_STATE", "up"].contains(&name) || name.starts_with("scrape_")
}
