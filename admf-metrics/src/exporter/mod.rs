#![doc = include_str!("../../docs/exporter.md")]

#[cfg(test)]
mod tests;
mod text;
mod visit;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::catalogue::own::{SCRAPE_BYTES, SCRAPE_DURATION, SCRAPE_FAMILIES, SCRAPE_SAMPLES};
use crate::catalogue::{Catalogue, Metric};
use crate::clock::Clock;
use crate::handle::{CounterCell, Gauge, GaugeCell, Histogram, HistogramCell};
use crate::meter::Meter;
use text::Text;
pub(crate) use text::label_block;
pub use visit::Sample;
use visit::Visit;

/// The `Content-Type` of [`Exporter::render`]. Prometheus 3 fails a scrape without it.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Takes all series of a meter, in order: first the metric, then its series.
///
/// The seam for another format. OpenMetrics writes the same labels and other headers; exemplars would
/// have to be kept in the cells, which the facade has no words for.
pub(crate) trait Format {
    /// Says whether the series of the metric are to be shown.
    fn family(&mut self, metric: &Metric) -> bool;
    fn counter(&mut self, of: Of<'_>, cell: &CounterCell);
    fn gauge(&mut self, of: Of<'_>, cell: &GaugeCell);
    fn histogram(&mut self, of: Of<'_>, cell: &HistogramCell);
}

/// Which series of its metric.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Of<'s> {
    /// The number of its first sample.
    pub(crate) number: u64,
    /// The labels as they stand between the braces.
    pub(crate) block: &'s str,
    /// The values of the declared labels, in their order.
    pub(crate) values: &'s [Box<str>],
}

/// Holds the series of one catalogue and renders them. Clones share them.
///
/// It owns its series, so that a program can have several, and tests do not meet;
/// [`Meter::install`] makes one of them the target of the `metrics` macros.
///
/// Nothing has to be run between scrapes: a sample is counted into its bucket as it is recorded, and the
/// memory of a series does not grow.
#[derive(Clone)]
pub struct Exporter {
    meter: Meter,
    scrapes: Arc<Scrapes>,
}

/// What scrapes cost.
struct Scrapes {
    clock: Clock,
    /// The length of the last exposition: the next one is about as long.
    length: AtomicUsize,
    duration: Histogram,
    bytes: Gauge,
    samples: Gauge,
    families: Gauge,
}

impl Exporter {
    /// Creates an exporter with series of its own, which is not global.
    #[must_use]
    pub fn local(catalogue: Catalogue) -> Self {
        Self::with_clock(catalogue, Clock::default())
    }

    /// Creates an exporter that times its scrapes by a clock.
    #[must_use]
    pub fn with_clock(catalogue: Catalogue, clock: Clock) -> Self {
        let meter = Meter::local(catalogue);
        let scrapes = Scrapes::new(&meter, clock);
        Self {
            meter,
            scrapes: Arc::new(scrapes),
        }
    }

    /// Returns what gives handles.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Renders all series in the text format 0.0.4, sorted by name and labels.
    ///
    /// Runs the hooks first. Scrapes take turns, so that each sees what its hooks wrote, whole: of a set
    /// of states the one that holds, never two. It changes nothing by itself: while nothing counts, it
    /// gives the same again.
    #[must_use]
    pub fn render(&self) -> String {
        self.text().out
    }

    /// Answers a scrape: [renders](Self::render), and keeps what that cost for the next to tell.
    ///
    /// In `admf_metrics_scrape_*`: time, bytes, samples and metrics.
    #[must_use]
    pub fn scrape(&self) -> String {
        let Scrapes { clock, .. } = &*self.scrapes;
        let begun = clock.start();
        let text = self.text();
        self.scrapes.ended(&text, begun.elapsed(clock));
        text.out
    }

    /// Shows every sample of what [`render`](Self::render) would write, in that order, without writing it: for who
    /// evaluates them in this process.
    ///
    /// Takes its turn among scrapes and runs the hooks, as `render` does. New series of a metric wait while it is shown,
    /// so `take` must not resolve any.
    ///
    /// # Examples
    ///
    /// ```
    /// use admf_metrics::{Catalogue, Exporter, Label, Metric};
    ///
    /// const PRICE: Metric = Metric::gauge("market_price", "Last price.")
    ///     .labels(&[Label::capped("symbol", 500)]);
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let exporter = Exporter::local(Catalogue::new([PRICE])?);
    /// exporter.meter().gauge(&PRICE, &[("symbol", "A")])?.set(7.5);
    ///
    /// let mut prices = vec![];
    /// exporter.visit(|sample| {
    ///     if sample.name == "market_price" {
    ///         prices.push((sample.labels().map(|(_, symbol)| symbol.to_owned()).collect(), sample.value));
    ///     }
    /// });
    /// assert_eq!(prices, [("A".to_owned(), 7.5)]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn visit(&self, take: impl FnMut(&Sample<'_>)) {
        self.visit_named(|_| true, take);
    }

    /// Does as [`visit`](Self::visit) with the samples of these names, and looks at no other metric: who asks for a few of
    /// many pays for the few, as no hook runs that is known to write [others](Meter::on_scrape_of). Of a histogram the names
    /// are those of its samples, such as `latency_seconds_bucket`.
    pub fn visit_named(&self, wanted: impl Fn(&str) -> bool, take: impl FnMut(&Sample<'_>)) {
        let mut visit = Visit::new(wanted, take);
        let _turn = self.meter.scrape_of(&mut |metric| visit.family(metric));
        self.meter.show(&mut visit);
    }

    fn text(&self) -> Text {
        let _turn = self.meter.scrape();
        let length = self.scrapes.length.load(Ordering::Relaxed);
        let mut text = Text::with_capacity(length + length / 16);
        self.meter.show(&mut text);
        self.scrapes.length.store(text.out.len(), Ordering::Relaxed);
        text
    }
}

impl Scrapes {
    fn new(meter: &Meter, clock: Clock) -> Self {
        let gauge = |metric| {
            let gauge = meter.gauge(metric, &[]).expect("every catalogue has it");
            // Nothing was scraped yet.
            gauge.clear();
            gauge
        };
        let duration = meter.histogram(&SCRAPE_DURATION, &[]);
        Self {
            clock,
            length: AtomicUsize::new(0),
            duration: duration.expect("every catalogue has it"),
            bytes: gauge(&SCRAPE_BYTES),
            samples: gauge(&SCRAPE_SAMPLES),
            families: gauge(&SCRAPE_FAMILIES),
        }
    }

    fn ended(&self, text: &Text, took: Duration) {
        self.duration.record(took.as_secs_f64());
        self.bytes.set(text.out.len() as f64);
        self.samples.set(text.samples as f64);
        self.families.set(text.families as f64);
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter")
            .field("meter", &self.meter)
            .finish_non_exhaustive()
    }
}
