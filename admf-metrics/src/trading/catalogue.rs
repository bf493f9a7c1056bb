//! The metrics of trading, as data.

use super::words::{Direction, ErrorType, FilterReason, OrderStatus, RiskLimit};
use crate::catalogue::{Label, LabelValue, Metric};
pub use crate::health::{COMPONENT_HEALTH, COMPONENT_STATUS};

const PART: &str = "TradingMetrics";

const STRATEGY: Label = Label::capped("strategy", 50);
const SYMBOL: Label = Label::capped("symbol", 500);
const SOURCE: Label = Label::capped("source", 50);
const COMPONENT: Label = Label::capped("component", 50);
/// Who feeds the metrics of caches.
const CACHES: &str = "TradingMetrics, resilience policies";
const CACHE: Label = Label::capped("cache_name", 200);

/// As much lost as won, from a unit of the account's currency to a hundred thousand of them.
const MONEY: [f64; 17] = [
    -100_000.0, -25_000.0, -10_000.0, -2_500.0, -1_000.0, -250.0, -100.0, -10.0, 0.0, 10.0, 100.0,
    250.0, 1_000.0, 2_500.0, 10_000.0, 25_000.0, 100_000.0,
];

/// From a tenth of a millisecond to ten seconds: what handling an event takes.
const PROCESSING: [f64; 13] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0,
];

/// From a millisecond to an hour, with 60 s among them, at which the usual rule fires.
const LATENCY: [f64; 14] = [
    0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 30.0, 60.0, 300.0, 900.0, 3600.0,
];

const fn counter(name: &'static str, help: &'static str, labels: &'static [Label]) -> Metric {
    Metric::counter(name, help).labels(labels).fed_by(PART)
}

const fn gauge(name: &'static str, help: &'static str, labels: &'static [Label]) -> Metric {
    Metric::gauge(name, help).labels(labels).fed_by(PART)
}

/// Counts trades.
pub const TRADES: Metric = counter(
    "admf_trades_total",
    "Executed trades, by what called for them, symbol and direction.",
    &[STRATEGY, SYMBOL, Direction::LABEL],
);

/// Counts what single trades won or lost into buckets.
pub const TRADE_PNL: Metric = Metric::histogram(
    "admf_trade_pnl",
    "Profit of each trade that realized one, negative for a loss, in the account's currency. Its sum can fall: use admf_realized_pnl for the level.",
    &MONEY,
)
.unit("account currency")
.labels(&[STRATEGY])
.fed_by(PART);

/// Shows what was won and lost in all.
pub const REALIZED_PNL: Metric = gauge(
    "admf_realized_pnl",
    "Profit realized in all, negative for a loss, in the account's currency.",
    &[STRATEGY],
)
.unit("account currency");

/// Shows what open positions have won or lost.
pub const UNREALIZED_PNL: Metric = gauge(
    "admf_unrealized_pnl",
    "Profit of open positions at the last prices, in the account's currency.",
    &[],
)
.unit("account currency");

/// Shows what was won or lost today.
pub const DAILY_PNL: Metric = gauge(
    "admf_daily_pnl",
    "Profit since the close of the day before, in the account's currency.",
    &[],
)
.unit("account currency");

/// Shows what the portfolio is worth.
pub const PORTFOLIO_VALUE: Metric = gauge(
    "admf_portfolio_value",
    "What the portfolio is worth, in the account's currency.",
    &[],
)
.unit("account currency");

/// Shows the drawdown in per cent.
pub const DRAWDOWN_PERCENT: Metric = gauge(
    "admf_drawdown_percent",
    "Part of the highest value that is lost, in per cent.",
    &[],
)
.unit("percent");

/// Shows the drawdown as a part of one.
pub const DRAWDOWN_RATIO: Metric = gauge(
    "admf_drawdown_ratio",
    "Part of the highest value that is lost.",
    &[],
)
.unit("ratio");

/// Shows what is held.
pub const POSITION_SIZE: Metric = gauge(
    "admf_position_size",
    "Units held of a symbol, negative where it is short.",
    &[SYMBOL],
);

/// Counts what was traded, in money.
pub const TRADE_VOLUME: Metric = counter(
    "admf_trade_volume_total",
    "Value of executed trades in whole units of the account's currency, by symbol.",
    &[SYMBOL],
)
.unit("account currency");

/// Counts orders by their ends.
pub const ORDERS: Metric = counter(
    "admf_orders_total",
    "Orders by what became of them; one in doubt is counted once more when it is settled.",
    &[OrderStatus::LABEL],
);

/// Shows how much of what was ordered was executed.
pub const ORDER_FILL_RATIO: Metric = gauge(
    "admf_order_fill_ratio",
    "Part of the ordered units that was executed, over all ended orders.",
    &[],
)
.unit("ratio");

/// Counts trades that should have been made.
pub const MISSED_TRADES: Metric = counter(
    "admf_missed_trades_total",
    "Trades that were wanted and allowed, and could not be made.",
    &[],
);

/// Counts orders that broke a limit.
pub const RISK_BREACHES: Metric = counter(
    "admf_risk_limit_breaches_total",
    "Orders sent, or positions held, past a limit of risk.",
    &[RiskLimit::LABEL],
);

/// Shows whether trading is stopped.
pub const TRADING_HALTED: Metric = gauge(
    "admf_trading_halted",
    "Whether trading is stopped: 1, or 0.",
    &[],
);

/// Counts signals.
pub const SIGNALS_GENERATED: Metric = counter(
    "admf_signals_generated_total",
    "Signals of strategies, before anything filters them.",
    &[STRATEGY, SYMBOL],
);

/// Counts signals that nothing filtered.
pub const SIGNALS_PASSED: Metric = counter(
    "admf_signals_passed_total",
    "Signals that nothing filtered.",
    &[STRATEGY, SYMBOL],
);

/// Counts signals that were filtered.
pub const SIGNALS_FILTERED: Metric = counter(
    "admf_signals_filtered_total",
    "Signals that became no order, by reason.",
    &[FilterReason::LABEL],
);

/// Counts how long events took.
pub const EVENT_PROCESSING: Metric = Metric::histogram(
    "admf_event_processing_seconds",
    "Time it took to process an event, by its type.",
    &PROCESSING,
)
.unit("seconds")
.labels(&[Label::capped("event_type", 50)])
.fed_by(PART);

/// Counts hits of caches.
pub const CACHE_HITS: Metric = counter(
    "admf_cache_hits_total",
    "Accesses that a cache could answer.",
    &[CACHE],
)
.fed_by(CACHES);

/// Counts misses of caches.
pub const CACHE_MISSES: Metric = counter(
    "admf_cache_misses_total",
    "Accesses that a cache could not answer.",
    &[CACHE],
)
.fed_by(CACHES);

/// Counts errors.
pub const ERRORS: Metric = counter(
    "admf_errors_total",
    "Errors, by component and category.",
    &[COMPONENT, ErrorType::LABEL],
);

/// Counts how late data were.
pub const DATA_LATENCY: Metric = Metric::histogram(
    "admf_data_latency_seconds",
    "Time from when data were true to when they were here, by source.",
    &LATENCY,
)
.unit("seconds")
.labels(&[SOURCE])
.fed_by(PART);

/// Shows how late the last data were.
pub const DATA_LATENCY_LAST: Metric = gauge(
    "admf_data_latency_last_seconds",
    "Latency of the last data, by source.",
    &[SOURCE],
)
.unit("seconds");

/// Shows how old the newest data are.
pub const DATA_AGE: Metric = gauge(
    "admf_data_age_seconds",
    "Age of the newest data, by source.",
    &[SOURCE],
)
.unit("seconds");

/// Counts points that never came.
pub const MISSING_POINTS: Metric = counter(
    "admf_missing_data_points_total",
    "Points that a feed should have told and left out, by symbol.",
    &[SYMBOL],
);

/// Counts points that came again.
pub const DUPLICATE_POINTS: Metric = counter(
    "admf_duplicate_data_points_total",
    "Points that a feed told with the time of the one before, by symbol.",
    &[SYMBOL],
);

/// Counts points that came after a later one.
pub const OUT_OF_ORDER_POINTS: Metric = counter(
    "admf_out_of_order_data_points_total",
    "Points that a feed told after a later one, by symbol.",
    &[SYMBOL],
);

/// Shows how good data are.
pub const DATA_QUALITY: Metric = gauge(
    "admf_data_quality_score",
    "Completeness times timeliness times validity of the last points, 0 to 1, by symbol. Absent while there are too few.",
    &[SYMBOL],
)
.unit("ratio");

/// How many there are.
const COUNT: usize = 31;

/// Every metric that [`TradingMetrics`](super::TradingMetrics) feeds, for a [`Catalogue`](crate::Catalogue).
pub const METRICS: [Metric; COUNT] = [
    TRADES,
    TRADE_PNL,
    REALIZED_PNL,
    UNREALIZED_PNL,
    DAILY_PNL,
    PORTFOLIO_VALUE,
    DRAWDOWN_PERCENT,
    DRAWDOWN_RATIO,
    POSITION_SIZE,
    TRADE_VOLUME,
    ORDERS,
    ORDER_FILL_RATIO,
    MISSED_TRADES,
    RISK_BREACHES,
    TRADING_HALTED,
    SIGNALS_GENERATED,
    SIGNALS_PASSED,
    SIGNALS_FILTERED,
    EVENT_PROCESSING,
    ERRORS,
    DATA_LATENCY,
    DATA_LATENCY_LAST,
    DATA_AGE,
    MISSING_POINTS,
    DUPLICATE_POINTS,
    OUT_OF_ORDER_POINTS,
    DATA_QUALITY,
    COMPONENT_STATUS,
    COMPONENT_HEALTH,
    CACHE_HITS,
    CACHE_MISSES,
];

/// So many at the end are of the process and not of an account: they get no label more.
const SHARED: usize = 4;

/// The most labels that one of [`METRICS`] has, and one more.
const WIDTH: usize = 4;

/// Holds the labels of [`METRICS`] with one more before them, such as the account.
///
/// Components and caches belong to the process: their metrics keep the labels they have.
///
/// A constant, so that a catalogue stays data: see [`metrics_by`].
#[derive(Clone, Copy, Debug)]
pub struct LabelSets([[Label; WIDTH]; COUNT]);

impl LabelSets {
    /// Puts a label before those of each metric.
    #[must_use]
    pub const fn with(label: Label) -> Self {
        let mut sets = [[label; WIDTH]; COUNT];
        let mut metric = 0;
        while metric < COUNT - SHARED {
            let own = METRICS[metric].labels;
            let mut place = 0;
            while place < own.len() {
                sets[metric][place + 1] = own[place];
                place += 1;
            }
            metric += 1;
        }
        Self(sets)
    }
}

/// Returns [`METRICS`] with one more label, for a program with several accounts, to be fed through
/// [`TradingMetrics::labelled`](super::TradingMetrics::labelled).
///
/// # Examples
///
/// ```
/// use admf_metrics::trading::{self, LabelSets, TradingMetrics};
/// use admf_metrics::{Catalogue, Exporter, Label};
///
/// const BY_ACCOUNT: LabelSets = LabelSets::with(Label::one_of("account", &["usd", "eur"]));
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let exporter = Exporter::local(Catalogue::new(trading::metrics_by(&BY_ACCOUNT))?);
/// let euros = TradingMetrics::labelled(exporter.meter(), &[("account", "eur")])?;
/// euros.set_trading_halted(true);
/// assert!(exporter.render().contains("admf_trading_halted{account=\"eur\"} 1\n"));
/// # Ok(())
/// # }
/// ```
#[must_use]
pub const fn metrics_by(sets: &'static LabelSets) -> [Metric; COUNT] {
    let mut metrics = METRICS;
    let mut metric = 0;
    while metric < COUNT - SHARED {
        let (labels, _) = sets.0[metric].split_at(METRICS[metric].labels.len() + 1);
        metrics[metric] = metrics[metric].labels(labels);
        metric += 1;
    }
    metrics
}

/// Splits [`METRICS`] into those that get the labels of an account, and those of the process.
pub(super) fn of_account_and_process() -> (&'static [Metric], &'static [Metric]) {
    const ALL: &[Metric] = &METRICS;
    ALL.split_at(COUNT - SHARED)
}
