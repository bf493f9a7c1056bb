//! What a trading service says of each of its events, for all that counts what saying it costs.

use std::hint::black_box;
use std::time::Duration;

use admf_metrics::red::{self, Operation};
use admf_metrics::trading::{
    self, Arrival, CacheAccess, Direction, OrderStatus, PortfolioSnapshot, TradingMetrics,
};
use admf_metrics::{Catalogue, Exporter, system};

/// As many symbols as have series of their own.
const SYMBOLS: usize = 500;
const STRATEGIES: [&str; 2] = ["crossover", "reversion"];

/// A service that trades 500 symbols by two strategies, and all that it says of itself.
#[derive(Debug)]
pub struct Events {
    exporter: Exporter,
    metrics: TradingMetrics,
    handling: Operation,
    orders: Operation,
    symbols: Vec<String>,
}

impl Events {
    /// Makes one of which every symbol was traded by every strategy once, so that every series is there.
    ///
    /// # Panics
    ///
    /// Panics where a catalogue of the crate does not hold together.
    #[must_use]
    pub fn new() -> Self {
        let declared = trading::METRICS.into_iter().chain(red::METRICS);
        let catalogue = Catalogue::new(declared.chain(system::METRICS));
        let exporter = Exporter::local(catalogue.expect("the catalogue is valid"));
        let meter = exporter.meter();
        let events = Self {
            metrics: TradingMetrics::new(meter).expect("they are declared"),
            handling: Operation::new(meter, "handle_price").expect("it is declared"),
            orders: Operation::new(meter, "order").expect("it is declared"),
            symbols: (0..SYMBOLS).map(|n| format!("S{n:03}")).collect(),
            exporter,
        };
        (0..SYMBOLS * STRATEGIES.len()).for_each(|n| {
            events.price(n);
            events.order(n);
        });
        events
    }

    /// Says what there is to say of a price that came: how old it was, that one was missing before it, that
    /// a cache had it, how its handling ended, and how long that took. Two histograms, two counters, a
    /// gauge, and a call with its rate, errors and duration.
    #[expect(
        clippy::missing_panics_doc,
        reason = "a call gives what its function gave"
    )]
    pub fn price(&self, number: usize) {
        let (symbol, took) = (
            self.symbol(number),
            Duration::from_micros(number as u64 % 5_000),
        );
        self.metrics.record_data_latency("feed", took);
        self.metrics
            .record_arrival(symbol, Arrival::Next { missing: 1 });
        self.metrics.record_cache_access("quotes", CacheAccess::Hit);
        let handled = self.handling.call(|| Ok::<_, ()>(black_box(number)));
        assert_eq!(handled, Ok(number));
        self.metrics.record_event_processing("price", took);
    }

    /// Says what there is to say of a signal whose order was sent, filled and booked.
    #[expect(
        clippy::missing_panics_doc,
        reason = "a call gives what its function gave"
    )]
    pub fn order(&self, number: usize) {
        let symbol = self.symbol(number);
        let strategy = STRATEGIES[number / SYMBOLS % STRATEGIES.len()];
        let metrics = &self.metrics;
        metrics.record_signal(strategy, symbol, None);
        let sent = self.orders.call(|| Ok::<_, ()>(black_box(number)));
        assert_eq!(sent, Ok(number));
        metrics.record_order(OrderStatus::Filled);
        metrics.record_fill(100.0, 100.0);
        metrics.record_trade(strategy, symbol, Direction::Sell, Some(12.5));
        metrics.record_volume(symbol, 10_012.25);
        metrics.set_position(symbol, Some(number as f64));
        metrics.update_portfolio_metrics(&PortfolioSnapshot {
            value: 100_000.0 + number as f64,
            drawdown: 0.01,
            unrealized_pnl: Some(1.0),
            daily_pnl: Some(-1.0),
        });
    }

    fn symbol(&self, number: usize) -> &str {
        &self.symbols[number % SYMBOLS]
    }

    /// The exporter.
    #[must_use]
    pub const fn exporter(&self) -> &Exporter {
        &self.exporter
    }
}

impl Default for Events {
    fn default() -> Self {
        Self::new()
    }
}
