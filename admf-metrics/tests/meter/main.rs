//! A meter treated badly: at its bounds, from inside its own calls, and from many threads.

mod bounds;
mod facade;
mod names;
mod reentry;
mod threads;

use admf_metrics::Exporter;

fn shows(exporter: &Exporter, line: &str) -> bool {
    exporter.render().lines().any(|it| it == line)
}
