//! The seam between the engine and whoever brings an order to a venue: the stack, or the bare client.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::broker::{Execution, Order};
use crate::risk::Breach;

/// Where a signal's order ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Risk refused it before there was an order.
    RiskRejected(Breach),
    /// Every way to a venue was closed; nothing was sent.
    RefusedUnsent,
    /// A venue acknowledged that it was executed.
    Filled(Execution),
    /// It will never be executed, as far as the trader knows.
    Cancelled,
    /// It may have been executed; nobody could be asked.
    InDoubt,
}

impl Fate {
    /// Returns the word that the ledger and the report use.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::RiskRejected(_) => "risk_rejected",
            Self::RefusedUnsent => "refused_unsent",
            Self::Filled(_) => "filled",
            Self::Cancelled => "cancelled",
            Self::InDoubt => "in_doubt",
        }
    }
}

/// Brings orders to their ends.
pub(crate) trait Trader: Sync {
    /// Brings one order to its end. Orders of different symbols come concurrently.
    fn execute(&self, order: &Order) -> impl Future<Output = Fate> + Send;

    /// Asks once more what became of an order in doubt, as of `at`, and answers at once where the
    /// venue cannot be asked. A client that never asks stays with its doubt.
    fn settle(&self, order: &Order, at: u64) -> impl Future<Output = Fate> + Send {
        let _ = (order, at);
        std::future::ready(Fate::InDoubt)
    }

    /// Ends what it does beside the orders, so that nothing is counted any more.
    fn rest(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// Returns what it took so far.
    fn summary(&self) -> TraderSummary;
}

/// What it took to bring the orders to their ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TraderSummary {
    /// Attempts after the first one.
    pub(crate) retries: u64,
    /// Times that a circuit breaker opened.
    pub(crate) breaker_trips: u64,
    /// Every change of the venue, in order.
    pub(crate) switches: Vec<Switch>,
}

impl TraderSummary {
    /// Returns the summary of this trader after that of the one before a restart.
    pub(crate) fn after(&self, earlier: &Self) -> Self {
        Self {
            retries: earlier.retries + self.retries,
            breaker_trips: earlier.breaker_trips + self.breaker_trips,
            switches: earlier
                .switches
                .iter()
                .chain(&self.switches)
                .cloned()
                .collect(),
        }
    }

    /// Counts the changes of one direction.
    pub(crate) fn count(&self, direction: Direction) -> usize {
        self.switches
            .iter()
            .filter(|switch| switch.direction == direction)
            .count()
    }
}

/// A change of the venue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Switch {
    /// Time on the trading clock.
    pub(crate) at: u64,
    /// Real time since the run started.
    pub(crate) after: Duration,
    /// Away from the primary, or back.
    pub(crate) direction: Direction,
    /// Why.
    pub(crate) reason: String,
}

/// Which way a change of the venue goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Direction {
    /// From the primary to the backup.
    Failover,
    /// From the backup to the primary.
    Failback,
}
