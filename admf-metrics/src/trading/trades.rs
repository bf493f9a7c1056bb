//! Trades and signals.

use std::sync::{Arc, Mutex, PoisonError};

use super::catalogue as m;
use super::words::{Direction, FilterReason};
use crate::catalogue::LabelValue;
use crate::handle::{Bundles, Counter, Each, Family, Gauge, Histogram};
use crate::meter::{HandleError, Meter};

/// Finds the series of trades.
#[derive(Debug)]
pub(super) struct Trades {
    handles: Bundles<TradeHandle, 2>,
    counts: Family<Counter, 3>,
    pnl: Family<Histogram, 1>,
    pub(super) realized: Family<Gauge, 1>,
}

impl Trades {
    pub(super) fn on(meter: &Meter, fixed: &[(&str, &str)]) -> Result<Self, HandleError> {
        let others = [&m::TRADE_PNL, &m::REALIZED_PNL];
        Ok(Self {
            handles: Bundles::new(meter, &m::TRADES, &others, ["strategy", "symbol"])?,
            counts: meter.family(&m::TRADES, fixed)?,
            pnl: meter.family(&m::TRADE_PNL, fixed)?,
            realized: meter.family(&m::REALIZED_PNL, fixed)?,
        })
    }

    pub(super) fn of(&self, strategy: &str, symbol: &str) -> TradeHandle {
        self.handles.with([strategy, symbol], |[strategy, symbol]| {
            let count = |it: Direction| self.counts.with([strategy, symbol, it.value()]);
            TradeHandle(Arc::new(TradeSeries {
                counts: Each::from_fn(count),
                pnl: self.pnl.with([strategy]),
                realized: self.realized.with([strategy]),
            }))
        })
    }
}

/// Records the trades of one strategy in one symbol, without a lookup. Clones share the series.
///
/// From [`TradingMetrics::trades`](super::TradingMetrics::trades).
#[derive(Clone, Debug)]
pub struct TradeHandle(Arc<TradeSeries>);

#[derive(Debug)]
struct TradeSeries {
    counts: Each<Direction, Counter>,
    pnl: Histogram,
    realized: Gauge,
}

impl TradeHandle {
    /// Counts an executed trade, and what it realized: `None` where it opened a position and so
    /// realized nothing. The profit is in the account's currency, negative for a loss.
    pub fn record(&self, direction: Direction, pnl: Option<f64>) {
        self.0.counts.of(direction).increment(1);
        if let Some(pnl) = pnl {
            self.0.pnl.record(pnl);
            self.0.realized.increment(pnl);
        }
    }
}

/// Finds the series of signals.
#[derive(Debug)]
pub(super) struct Signals {
    handles: Bundles<SignalHandle, 2>,
    generated: Family<Counter, 2>,
    passed: Family<Counter, 2>,
    filtered: Each<FilterReason, Counter>,
}

impl Signals {
    pub(super) fn on(meter: &Meter, fixed: &[(&str, &str)]) -> Result<Self, HandleError> {
        Ok(Self {
            handles: Bundles::new(
                meter,
                &m::SIGNALS_GENERATED,
                &[&m::SIGNALS_PASSED],
                ["strategy", "symbol"],
            )?,
            generated: meter.family(&m::SIGNALS_GENERATED, fixed)?,
            passed: meter.family(&m::SIGNALS_PASSED, fixed)?,
            filtered: meter.counter_each(&m::SIGNALS_FILTERED, fixed)?,
        })
    }

    pub(super) fn of(&self, strategy: &str, symbol: &str) -> SignalHandle {
        self.handles.with([strategy, symbol], |values| {
            SignalHandle(Arc::new(SignalSeries {
                generated: self.generated.with(values),
                passed: self.passed.with(values),
                filtered: self.filtered.clone(),
            }))
        })
    }
}

/// Records the signals of one strategy for one symbol, without a lookup. Clones share the series.
///
/// From [`TradingMetrics::signals`](super::TradingMetrics::signals).
#[derive(Clone, Debug)]
pub struct SignalHandle(Arc<SignalSeries>);

#[derive(Debug)]
struct SignalSeries {
    generated: Counter,
    passed: Counter,
    /// Those of all strategies.
    filtered: Each<FilterReason, Counter>,
}

impl SignalHandle {
    /// Counts a signal, and that it passed (`None`) or why it was filtered: so all that were generated
    /// are those that passed and those that were filtered.
    pub fn record(&self, filtered: Option<FilterReason>) {
        self.0.generated.increment(1);
        match filtered {
            None => self.0.passed.increment(1),
            Some(reason) => self.0.filtered.of(reason).increment(1),
        }
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
