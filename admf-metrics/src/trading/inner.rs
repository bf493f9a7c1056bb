//! The series behind [`TradingMetrics`](super::TradingMetrics).

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::catalogue::*;
use super::data::Data;
use super::held::Held;
use super::series::{Levels, Series};
use super::trades::{Fills, SignalHandle, TradeHandle, Volume};
use super::words::{ErrorType, FilterReason, OrderStatus, RiskLimit};
use crate::handle::{Counter, Histogram};

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) series: Series,
    pub(super) trades: Held<TradeHandle, 2>,
    pub(super) signals: Held<SignalHandle, 2>,
    pub(super) realized: Levels<1>,
    pub(super) volume: Held<Volume, 1>,
    pub(super) positions: Levels<1>,
    pub(super) portfolio: [Levels<0>; 5],
    /// By status.
    pub(super) orders: Vec<Counter>,
    pub(super) fills: Fills,
    pub(super) fill_ratio: Levels<0>,
    pub(super) missed: Counter,
    /// By limit.
    pub(super) breaches: Vec<Counter>,
    pub(super) halted: Levels<0>,
    pub(super) events: Held<Histogram, 1>,
    pub(super) status: Levels<1>,
    pub(super) health: Levels<2>,
    /// Hits and misses, by [`CacheAccess`].
    pub(super) caches: Held<Arc<[Counter; 2]>, 1>,
    /// By [`ErrorType`].
    pub(super) errors: Held<Arc<[Counter]>, 1>,
    pub(super) error_counts: Vec<AtomicU64>,
    pub(super) data: Data,
}

impl Inner {
    /// Resolves what is there from the beginning, and prepares what comes with its labels.
    pub(super) fn on(series: Series, process: &Series) -> Self {
        let words = |metric, label, words| series.counters(metric, &[], label, words);
        let filtered: Arc<[Counter]> =
            words(&SIGNALS_FILTERED, "reason", FilterReason::WORDS).into();
        let of = ["strategy", "symbol"];
        let portfolio = [
            &PORTFOLIO_VALUE,
            &DRAWDOWN_RATIO,
            &DRAWDOWN_PERCENT,
            &UNREALIZED_PNL,
            &DAILY_PNL,
        ];
        Self {
            trades: series.held(&TRADES, of, TradeHandle::new),
            signals: series.held(&SIGNALS_GENERATED, of, move |series, labels| {
                SignalHandle::new(series, labels, Arc::clone(&filtered))
            }),
            realized: series.levels(&REALIZED_PNL, ["strategy"]),
            volume: series.held(&TRADE_VOLUME, ["symbol"], |series, labels| {
                Volume::new(series.counter(&TRADE_VOLUME, &labels))
            }),
            positions: series.levels(&POSITION_SIZE, ["symbol"]),
            portfolio: portfolio.map(|metric| series.levels(metric, [])),
            orders: words(&ORDERS, "status", OrderStatus::WORDS),
            fills: Fills::default(),
            fill_ratio: series.levels(&ORDER_FILL_RATIO, []),
            missed: series.counter(&MISSED_TRADES, &[]),
            breaches: words(&RISK_BREACHES, "limit", RiskLimit::WORDS),
            halted: series.levels(&TRADING_HALTED, []),
            events: series.held(&EVENT_PROCESSING, ["event_type"], |series, labels| {
                series.histogram(&EVENT_PROCESSING, &labels)
            }),
            status: process.levels(&COMPONENT_STATUS, ["component"]),
            health: process.levels(&COMPONENT_HEALTH, ["component", "state"]),
            caches: process.held(&CACHE_HITS, ["cache_name"], |series, labels| {
                Arc::new([&CACHE_HITS, &CACHE_MISSES].map(|it| series.counter(it, &labels)))
            }),
            errors: series.held(&ERRORS, ["component"], |series, labels| {
                let words = ErrorType::WORDS;
                series
                    .counters(&ERRORS, &labels, "error_type", words)
                    .into()
            }),
            error_counts: ErrorType::ALL.iter().map(|_| AtomicU64::new(0)).collect(),
            data: Data::new(&series),
            series,
        }
    }
}
