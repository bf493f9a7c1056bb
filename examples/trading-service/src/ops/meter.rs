//! What one side of a run does, as metrics.

use std::time::Duration;

use admf_metrics::{Counter, Exporter, Gauge, HandleError, Histogram};

use super::catalogue as m;
use crate::engine::Now;
use crate::risk::Breach;
use crate::trader::{Direction, Fate, TraderSummary};

/// The series of one side, resolved once and held.
#[derive(Debug)]
pub(crate) struct Meter {
    orders: Vec<(&'static str, Counter)>,
    in_doubt: Gauge,
    seconds: Histogram,
    signals: Counter,
    rejections: Vec<(&'static str, Counter)>,
    overlooked: Vec<(&'static str, Counter)>,
    equity: Gauge,
    drawdown: Gauge,
    daily_loss: Gauge,
    bars: Counter,
    progress: Gauge,
    retries: Counter,
    trips: Counter,
    failovers: Counter,
    failbacks: Counter,
}

impl Meter {
    /// Resolves the series of the side of this name.
    pub(crate) fn new(exporter: &Exporter, side: &str) -> Result<Self, HandleError> {
        let side = [("side", side)];
        let gauge = |metric| exporter.meter().gauge(metric, &side);
        let counter = |metric| exporter.meter().counter(metric, &side);
        let by = |metric, label, words: &[&'static str]| {
            let one = |word: &&'static str| {
                let labels = [side[0], (label, *word)];
                Ok((*word, exporter.meter().counter(metric, &labels)?))
            };
            words.iter().map(one).collect::<Result<Vec<_>, _>>()
        };
        let switches = |direction| {
            let labels = [side[0], ("direction", direction)];
            exporter.meter().counter(&m::SWITCHES, &labels)
        };
        Ok(Self {
            orders: by(&m::ORDERS, "outcome", &m::OUTCOMES)?,
            in_doubt: gauge(&m::IN_DOUBT)?,
            seconds: exporter.meter().histogram(&m::ORDER_SECONDS, &side)?,
            signals: counter(&m::SIGNALS)?,
            rejections: by(&m::REJECTIONS, "reason", &m::BREACHES)?,
            overlooked: by(&m::OVERLOOKED, "reason", &m::BREACHES)?,
            equity: gauge(&m::EQUITY)?,
            drawdown: gauge(&m::DRAWDOWN)?,
            daily_loss: gauge(&m::DAILY_LOSS)?,
            bars: counter(&m::BARS)?,
            progress: gauge(&m::PROGRESS)?,
            retries: counter(&m::RETRIES)?,
            trips: counter(&m::TRIPS)?,
            failovers: switches("failover")?,
            failbacks: switches("failback")?,
        })
    }

    /// Shows where the replay stands.
    pub(crate) fn day_done(&self, now: &Now) {
        self.bars.absolute(now.bars);
        self.progress.set(now.bars as f64 / now.of.max(1) as f64);
        self.equity.set(now.equity as f64 / 100.0);
        // A hundredth of a per cent is as much as anybody reads.
        self.drawdown.set((now.drawdown * 1e4).round() / 1e4);
        self.daily_loss.set(now.lost_today as f64 / 100.0);
    }

    /// Counts a signal that became no order.
    pub(crate) fn rejected(&self, breach: Breach) {
        self.signals.increment(1);
        count(&self.rejections, breach.word());
    }

    /// Counts an order that broke a limit.
    pub(crate) fn overlooked(&self, breach: Breach) {
        count(&self.overlooked, breach.word());
    }

    /// Counts an order that was sent.
    pub(crate) fn answered(&self, fate: &Fate, latency: Duration) {
        self.signals.increment(1);
        self.seconds.record(latency.as_secs_f64());
        if *fate == Fate::InDoubt {
            self.in_doubt.increment(1.0);
        }
        count(&self.orders, fate.word());
    }

    /// Counts an order that was in doubt.
    pub(crate) fn settled(&self, fate: &Fate) {
        self.in_doubt.decrement(1.0);
        count(&self.orders, fate.word());
    }

    /// Shows what the trader took until now.
    pub(crate) fn took(&self, summary: &TraderSummary) {
        let switches = |direction| summary.count(direction) as u64;
        self.retries.absolute(summary.retries);
        self.trips.absolute(summary.breaker_trips);
        self.failovers.absolute(switches(Direction::Failover));
        self.failbacks.absolute(switches(Direction::Failback));
    }
}

/// Counts one of `word`, which the catalogue lists: the tests hold it to all words there are.
fn count(counters: &[(&'static str, Counter)], word: &str) {
    if let Some((_, counter)) = counters.iter().find(|(one, _)| *one == word) {
        counter.increment(1);
    }
}
