//! Trades, signals and orders.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::catalogue as m;
use super::series::Series;
use super::words::{Direction, FilterReason};
use crate::handle::{Counter, Gauge, Histogram};

/// Records the trades of one strategy in one symbol, without a lookup. Clones share the series.
///
/// From [`TradingMetrics::trades`](super::TradingMetrics::trades).
#[derive(Clone, Debug)]
pub struct TradeHandle(Arc<Trades>);

#[derive(Debug)]
struct Trades {
    /// By direction.
    trades: Vec<Counter>,
    pnl: Histogram,
    realized: Gauge,
}

impl TradeHandle {
    pub(super) fn new(series: &Series, [strategy, symbol]: [(&str, &str); 2]) -> Self {
        let labels = [strategy, symbol];
        Self(Arc::new(Trades {
            trades: series.counters(&m::TRADES, &labels, "direction", Direction::WORDS),
            pnl: series.histogram(&m::TRADE_PNL, &[strategy]),
            realized: series.gauge(&m::REALIZED_PNL, &[strategy]),
        }))
    }

    /// Counts an executed trade, and what it realized: `None` where it opened a position and so
    /// realized nothing. The profit is in the account's currency, negative for a loss.
    pub fn record(&self, direction: Direction, pnl: Option<f64>) {
        self.0.trades[direction as usize].increment(1);
        if let Some(pnl) = pnl {
            self.0.pnl.record(pnl);
            self.0.realized.increment(pnl);
        }
    }
}

/// Records the signals of one strategy for one symbol, without a lookup. Clones share the series.
///
/// From [`TradingMetrics::signals`](super::TradingMetrics::signals).
#[derive(Clone, Debug)]
pub struct SignalHandle(Arc<Signals>);

#[derive(Debug)]
struct Signals {
    generated: Counter,
    passed: Counter,
    /// By reason; those of all strategies.
    filtered: Arc<[Counter]>,
}

impl SignalHandle {
    pub(super) fn new(
        series: &Series,
        labels: [(&str, &str); 2],
        filtered: Arc<[Counter]>,
    ) -> Self {
        Self(Arc::new(Signals {
            generated: series.counter(&m::SIGNALS_GENERATED, &labels),
            passed: series.counter(&m::SIGNALS_PASSED, &labels),
            filtered,
        }))
    }

    /// Counts a signal, and that it passed (`None`) or why it was filtered: so all that were generated
    /// are those that passed and those that were filtered.
    pub fn record(&self, filtered: Option<FilterReason>) {
        self.0.generated.increment(1);
        match filtered {
            None => self.0.passed.increment(1),
            Some(reason) => self.0.filtered[reason as usize].increment(1),
        }
    }
}

/// A counter of whole units that is fed with fractions: what is left of a unit is carried on.
#[derive(Clone, Debug)]
pub(super) struct Volume(Arc<(Counter, AtomicU64)>);

impl Volume {
    pub(super) fn new(counter: Counter) -> Self {
        Self(Arc::new((counter, AtomicU64::new(0.0_f64.to_bits()))))
    }

    /// Adds an amount, finite and not negative.
    pub(super) fn add(&self, amount: f64) {
        let (counter, carry) = &*self.0;
        let sum = |carry: u64| f64::from_bits(carry) + amount;
        let rest = |carry: u64| Some(sum(carry).fract().to_bits());
        let before = carry.fetch_update(Ordering::Relaxed, Ordering::Relaxed, rest);
        let before = before.expect("the update always gives a rest");
        // A cast of what is past the range of a counter gives its end.
        counter.increment(sum(before).trunc() as u64);
    }
}

/// What was ordered and executed, of which the ratio is made.
#[derive(Debug, Default)]
pub(super) struct Fills(Mutex<(f64, f64)>);

impl Fills {
    /// Adds an order, and returns the part of all that was executed; `None` before anything was ordered.
    pub(super) fn add(&self, ordered: f64, filled: f64) -> Option<f64> {
        let mut sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sums.0 += ordered;
        sums.1 += filled;
        (sums.0 > 0.0).then(|| sums.1 / sums.0)
    }
}
