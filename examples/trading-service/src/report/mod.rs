//! What a run came to, for machines and for people.

mod alerts;
mod notices;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

pub(crate) use alerts::AlertReport;
pub(crate) use notices::{ChannelReport, NoticeReport};
pub(crate) use text::Text;

use crate::engine::Replayed;
use crate::ledger::Tally;
use crate::portfolio::Portfolio;
use crate::reconcile::Reconciled;
use crate::trader::{Direction, Switch, TraderSummary};

/// What both sides came to, as far as they ran.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Report {
    /// The side with the stack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stack: Option<SideReport>,
    /// The side with the bare client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) naive: Option<SideReport>,
    /// What became of the alerts of both.
    pub(crate) alerts: AlertReport,
}

impl Report {
    /// Says whether every signal is accounted for, and on the side of the stack every order as well.
    pub(crate) fn is_sound(&self) -> bool {
        let counted = [&self.stack, &self.naive]
            .into_iter()
            .flatten()
            .all(SideReport::is_counted);
        counted && self.stack.as_ref().is_none_or(SideReport::is_agreed)
    }
}

/// What one side came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct SideReport {
    /// All signals, each of which ended as one of the five that follow.
    pub(crate) orders: u64,
    pub(crate) risk_rejected: u64,
    pub(crate) refused_unsent: u64,
    pub(crate) filled: u64,
    pub(crate) cancelled: u64,
    pub(crate) in_doubt: u64,
    /// Signals that the strategies made, counted apart from the ledger.
    pub(crate) signals: u64,
    pub(crate) lost: u64,
    pub(crate) duplicated: u64,
    pub(crate) positions_agree: bool,
    pub(crate) retries: u64,
    pub(crate) breaker_trips: u64,
    pub(crate) failovers: usize,
    pub(crate) failbacks: usize,
    pub(crate) switches: Vec<Switched>,
    pub(crate) latency_ms: Latency,
    /// Part of the orders that risk let through which was filled.
    pub(crate) availability: f64,
    /// Dollars by the ledger.
    pub(crate) final_equity: f64,
    /// Dollars by the venues' books: what there really is.
    pub(crate) venue_equity: f64,
    /// The part of the highest equity that is lost in the end.
    pub(crate) drawdown: f64,
    pub(crate) risk_rejections: BTreeMap<String, u64>,
    pub(crate) limits_overlooked: u64,
    pub(crate) bars: u64,
    pub(crate) skipped_bars: u64,
    pub(crate) interrupted: bool,
}

/// A change of the venue as it is reported.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Switched {
    /// The bar.
    pub(crate) at: u64,
    /// Seconds since the run started.
    pub(crate) seconds: f64,
    pub(crate) direction: Direction,
    pub(crate) reason: String,
}

impl From<&Switch> for Switched {
    fn from(switch: &Switch) -> Self {
        Self {
            at: switch.at,
            seconds: switch.after.as_secs_f64(),
            direction: switch.direction,
            reason: switch.reason.clone(),
        }
    }
}

/// How long orders took, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
}

impl Latency {
    /// Reads the percentiles off latencies in ascending order: the smallest that so many per cent
    /// do not exceed.
    fn of(ascending: &[Duration]) -> Self {
        let percentile = |percent: usize| {
            let rank = (ascending.len() * percent).div_ceil(100).max(1);
            ascending
                .get(rank - 1)
                .map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
        };
        Self {
            p50: percentile(50),
            p95: percentile(95),
            p99: percentile(99),
        }
    }
}

impl SideReport {
    /// Starts from what the ledger tells.
    pub(crate) fn new(tally: &Tally, trader: &TraderSummary, latencies: &[Duration]) -> Self {
        let tried = tally.total() - tally.of("risk_rejected");
        let filled = tally.of("filled");
        Self {
            orders: tally.total(),
            risk_rejected: tally.of("risk_rejected"),
            refused_unsent: tally.of("refused_unsent"),
            filled,
            cancelled: tally.of("cancelled"),
            in_doubt: tally.of("in_doubt"),
            retries: trader.retries,
            breaker_trips: trader.breaker_trips,
            failovers: trader.count(Direction::Failover),
            failbacks: trader.count(Direction::Failback),
            switches: trader.switches.iter().map(Switched::from).collect(),
            latency_ms: Latency::of(latencies),
            availability: if tried == 0 {
                1.0
            } else {
                filled as f64 / tried as f64
            },
            risk_rejections: tally.by_breach.clone(),
            limits_overlooked: tally.overlooked,
            ..Self::default()
        }
    }

    /// Adds what ledger and books do not agree on.
    pub(crate) fn reconciled(self, found: &Reconciled) -> Self {
        Self {
            lost: found.lost.len() as u64,
            duplicated: found.duplicated.len() as u64,
            ..self
        }
    }

    /// Adds what is held by the ledger and by the books.
    pub(crate) fn valued(self, ours: &Portfolio, theirs: &Portfolio) -> Self {
        let dollars = |portfolio: &Portfolio| portfolio.equity() as f64 / 100.0;
        Self {
            positions_agree: ours.shares() == theirs.shares(),
            final_equity: dollars(ours),
            venue_equity: dollars(theirs),
            ..self
        }
    }

    /// Adds what the replay counted by itself.
    pub(crate) fn replayed(self, replayed: &Replayed) -> Self {
        Self {
            bars: replayed.bars,
            signals: replayed.signals,
            ..self
        }
    }

    /// Adds how many malformed bars were left out.
    pub(crate) fn skipped(self, skipped_bars: u64) -> Self {
        Self {
            skipped_bars,
            ..self
        }
    }

    /// Says whether every signal ended, and as exactly one of the five.
    pub(crate) fn is_counted(&self) -> bool {
        let ended = [
            self.risk_rejected,
            self.refused_unsent,
            self.filled,
            self.cancelled,
            self.in_doubt,
        ];
        ended.iter().sum::<u64>() == self.orders && self.orders == self.signals
    }

    /// Says whether ledger, positions and books agree, and nothing is in doubt.
    pub(crate) fn is_agreed(&self) -> bool {
        self.lost == 0 && self.duplicated == 0 && self.in_doubt == 0 && self.positions_agree
    }
}
