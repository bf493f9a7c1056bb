//! Measured services among other layers, and behind a router.

mod router;
mod stack;

use admf_metrics::Exporter;

/// The value of one series.
fn value(exporter: &Exporter, series: &str) -> Option<f64> {
    let text = exporter.render();
    let rest = |line: &str| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok();
    text.lines().find_map(rest)
}
