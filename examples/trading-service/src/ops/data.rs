//! What the bars leave out, and how good they are by that.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use admf_metrics::trading::{DATA_AGE, GapDetector, Point, Quality, QualityConfig, TradingMetrics};
use admf_metrics::{Clock, Meter};

/// Dates by their numbers: between two of them there is one for each date on which anything was traded.
type Dates = GapDetector<u64, fn(u64, u64) -> u64>;

/// Where prices come from.
pub(super) const FEED: &str = "feed";

/// The bars of one side, by symbol.
pub(super) struct Feeds {
    trading: TradingMetrics,
    clock: Clock,
    seen: Mutex<Seen>,
    /// When the newest prices came.
    newest: Arc<Mutex<Option<Duration>>>,
}

#[derive(Debug, Default)]
struct Seen {
    date: u64,
    by_symbol: BTreeMap<String, (Dates, Quality)>,
}

impl Feeds {
    pub(super) fn new(trading: TradingMetrics, clock: Clock) -> Self {
        Self {
            trading,
            clock,
            seen: Mutex::default(),
            newest: Arc::default(),
        }
    }

    /// Shows at every scrape how long ago the newest prices came.
    pub(super) fn show_age(&self, meter: &Meter) {
        let (trading, clock) = (self.trading.clone(), self.clock.clone());
        let newest = Arc::clone(&self.newest);
        meter.on_scrape_of([&DATA_AGE], move |_| {
            let newest = *newest.lock().unwrap_or_else(PoisonError::into_inner);
            let age = newest.map(|it| clock.now().saturating_sub(it));
            trading.set_data_age(FEED, age);
        });
    }

    /// Takes the symbols that have a bar on the next date.
    ///
    /// A symbol is expected on every date after its first one. What is in a file came in time, and what
    /// is malformed in it was left out.
    pub(super) fn opened(&self, symbols: &[&str]) {
        let newest = Some(self.clock.now());
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = newest;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.date += 1;
        let date = seen.date;
        let mut told = Vec::with_capacity(symbols.len());
        for symbol in symbols {
            let begin = || (GapDetector::new(between as fn(_, _) -> _), quality());
            let feed = seen.by_symbol.entry((*symbol).to_owned());
            let (dates, quality) = feed.or_insert_with(begin);
            let arrival = dates.observe(date);
            quality.observe(arrival, Point::GOOD);
            told.push((*symbol, arrival, quality.score()));
        }
        drop(seen);
        for (symbol, arrival, score) in told {
            self.trading.record_arrival(symbol, arrival);
            self.trading.set_data_quality(symbol, score);
        }
    }
}

fn between(before: u64, next: u64) -> u64 {
    next - before - 1
}

fn quality() -> Quality {
    Quality::new(QualityConfig::default()).expect("the default is within its bounds")
}

impl fmt::Debug for Feeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feeds").finish_non_exhaustive()
    }
}
