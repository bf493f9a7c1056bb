//! What one side of a run does, as metrics.

use std::time::Duration;

use admf_metrics::trading::{ErrorType, OrderStatus, PortfolioSnapshot, TradingMetrics};
use admf_metrics::{Clock, Counter, Gauge, HandleError, Histogram};

use super::catalogue as m;
use super::data::{FEED, Feeds};
use super::words;
use crate::broker::{Order, Side};
use crate::engine::{Booked, Now, Wish};
use crate::report::SideReport;
use crate::risk::Breach;
use crate::trader::{Fate, TraderSummary};

/// The series of one side.
#[derive(Debug)]
pub(crate) struct Meter {
    trading: TradingMetrics,
    feeds: Feeds,
    in_doubt: Gauge,
    seconds: Histogram,
    bars: Counter,
    progress: Gauge,
    skipped: Counter,
    retries: Counter,
    venue_value: Gauge,
    lost: Gauge,
    duplicated: Gauge,
}

impl Meter {
    /// Resolves the series of the side of this name.
    pub(crate) fn new(meter: &admf_metrics::Meter, side: &str) -> Result<Self, HandleError> {
        let side = [("side", side)];
        // Nothing is known of it before the end.
        let at_the_end = |metric, labels: &[_]| {
            let gauge = meter.gauge(metric, labels)?;
            gauge.clear();
            Ok::<_, HandleError>(gauge)
        };
        let unreconciled = |kind| at_the_end(&m::UNRECONCILED, &[side[0], ("kind", kind)]);
        let trading = TradingMetrics::labelled(meter, &side)?;
        let feeds = Feeds::new(trading.clone(), Clock::tokio());
        feeds.show_age(meter);
        Ok(Self {
            feeds,
            trading,
            in_doubt: meter.gauge(&m::IN_DOUBT, &side)?,
            seconds: meter.histogram(&m::ORDER_SECONDS, &side)?,
            bars: meter.counter(&m::BARS, &side)?,
            progress: meter.gauge(&m::PROGRESS, &side)?,
            retries: meter.counter(&m::RETRIES, &side)?,
            skipped: meter.counter(&m::SKIPPED, &side)?,
            venue_value: at_the_end(&m::VENUE_VALUE, &side)?,
            lost: unreconciled("lost")?,
            duplicated: unreconciled("duplicated")?,
        })
    }

    /// Looks at what the prices of a date leave out.
    pub(crate) fn opened(&self, symbols: &[&str]) {
        self.feeds.opened(symbols);
    }

    /// Records how long prices were on their way.
    pub(crate) fn heard(&self, latency: Duration) {
        self.trading.record_data_latency(FEED, latency);
    }

    /// Records how long a date took.
    pub(crate) fn processed(&self, took: Duration) {
        self.trading.record_event_processing("date", took);
    }

    /// Shows where the replay stands.
    pub(crate) fn day_done(&self, now: &Now) {
        self.bars.absolute(now.bars);
        self.progress.set(now.bars as f64 / now.of.max(1) as f64);
        self.trading.update_portfolio_metrics(&PortfolioSnapshot {
            value: dollars(now.equity),
            drawdown: now.drawdown_shown(),
            unrealized_pnl: Some(dollars(now.unrealized)),
            daily_pnl: Some(-dollars(now.lost_today)),
        });
        self.trading.set_trading_halted(now.halted);
    }

    /// Counts a signal, and why it became no order.
    pub(crate) fn signalled(&self, wish: Wish<'_>, judged: Result<(), Breach>) {
        let filtered = judged.err().map(words::reason);
        self.trading
            .record_signal(wish.strategy, wish.symbol, filtered);
    }

    /// Counts an order that broke a limit.
    pub(crate) fn overlooked(&self, breach: Breach) {
        if let Some(limit) = words::limit(breach) {
            self.trading.record_risk_breach(limit);
        }
    }

    /// Counts an order that was sent.
    pub(crate) fn answered(&self, order: &Order, fate: &Fate, latency: Duration) {
        self.seconds.record(latency.as_secs_f64());
        if *fate == Fate::InDoubt {
            self.in_doubt.increment(1.0);
        }
        self.ended(order, fate);
    }

    /// Counts an order that was in doubt.
    pub(crate) fn settled(&self, order: &Order, fate: &Fate) {
        self.in_doubt.decrement(1.0);
        self.ended(order, fate);
    }

    fn ended(&self, order: &Order, fate: &Fate) {
        let Some(status) = words::status(fate) else {
            return;
        };
        self.trading.record_order(status);
        let ordered = f64::from(order.quantity);
        match status {
            OrderStatus::InDoubt => return self.trading.record_error("orders", ErrorType::Timeout),
            OrderStatus::Filled => return self.trading.record_fill(ordered, ordered),
            OrderStatus::Unsent => self.trading.record_error("orders", ErrorType::Rejected),
            _ => {}
        }
        self.trading.record_fill(ordered, 0.0);
        self.trading.record_missed_trade();
    }

    /// Counts an executed order, and what it realized.
    pub(crate) fn booked(&self, booked: &Booked<'_>) {
        let Booked { wish, trade, pnl } = booked;
        let direction = match trade.side {
            Side::Buy => admf_metrics::trading::Direction::Buy,
            Side::Sell => admf_metrics::trading::Direction::Sell,
        };
        let pnl = pnl.map(dollars);
        self.trading
            .record_trade(wish.strategy, wish.symbol, direction, pnl);
        self.trading
            .record_volume(wish.symbol, dollars(trade.value()));
    }

    /// Shows what a strategy realized in all.
    pub(crate) fn realized(&self, strategy: &str, cents: i64) {
        self.trading.set_realized_pnl(strategy, dollars(cents));
    }

    /// Shows how much of a symbol is held.
    pub(crate) fn held(&self, symbol: &str, shares: i64) {
        self.trading.set_position(symbol, Some(shares as f64));
    }

    /// Shows what the trader took until now.
    pub(crate) fn took(&self, summary: &TraderSummary) {
        self.retries.absolute(summary.retries);
    }

    /// Counts an error of a part of the service.
    pub(crate) fn failed(&self, component: &str, error: ErrorType) {
        self.trading.record_error(component, error);
    }

    /// Shows what a run came to, where nothing else has told it.
    pub(crate) fn reported(&self, report: &SideReport) {
        self.skipped.absolute(report.skipped_bars);
        self.venue_value.set(report.venue_equity);
        self.lost.set(report.lost as f64);
        self.duplicated.set(report.duplicated as f64);
    }
}

fn dollars(cents: i64) -> f64 {
    cents as f64 / 100.0
}
