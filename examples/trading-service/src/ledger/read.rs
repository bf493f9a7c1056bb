//! What the ledger tells about the run so far.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::Row;

use super::Ledger;
use crate::broker::{Execution, Order, Status};
use crate::error::Error;
use crate::trader::TraderSummary;

/// An executed order and its time on the trading clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fill {
    /// The index of the bar that called for it.
    pub(crate) at: u64,
    /// What the venue said.
    pub(crate) execution: Execution,
}

/// How many signals ended where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Signals by fate; those without one are under `open`.
    pub(crate) by_fate: BTreeMap<String, u64>,
    /// Rejections by reason.
    pub(crate) by_breach: BTreeMap<String, u64>,
    /// Orders that broke a limit and were sent, because limits are not enforced.
    pub(crate) overlooked: u64,
}

impl Tally {
    /// Counts the signals of one fate.
    pub(crate) fn of(&self, fate: &str) -> u64 {
        self.by_fate.get(fate).copied().unwrap_or(0)
    }

    /// Counts all signals.
    pub(crate) fn total(&self) -> u64 {
        self.by_fate.values().sum()
    }
}

impl Ledger {
    /// Returns how many bars have their signals written.
    pub(crate) fn replayed(&self) -> Result<u64, Error> {
        Ok(self
            .db
            .query_row("SELECT replayed FROM progress", [], |row| row.get(0))?)
    }

    /// Returns what it took up to the last finished day.
    pub(crate) fn trader(&self) -> Result<TraderSummary, Error> {
        let text: String = self
            .db
            .query_row("SELECT trader FROM progress", [], |row| row.get(0))?;
        serde_json::from_str(&text)
            .map_err(|error| Error::Run(format!("ledger: progress.trader: {error}")))
    }

    /// Returns the orders whose end is not known: written down and maybe sent, or in doubt.
    pub(crate) fn unsettled(&self) -> Result<Vec<Order>, Error> {
        let mut query = self.db.prepare(
            "SELECT client_id, symbol, side, quantity, price, at FROM orders
             WHERE fate IS NULL OR fate = 'in_doubt' ORDER BY at, client_id",
        )?;
        let orders = query.query_map([], order)?.collect::<Result<_, _>>()?;
        Ok(orders)
    }

    /// Returns every executed order, in the order of the trading clock.
    pub(crate) fn fills(&self) -> Result<Vec<Fill>, Error> {
        let mut query = self.db.prepare(
            "SELECT client_id, symbol, side, quantity, price, at, venue FROM orders
             WHERE fate = 'filled' ORDER BY at, client_id",
        )?;
        let fills = query.query_map([], fill)?.collect::<Result<_, _>>()?;
        Ok(fills)
    }

    /// Returns how long the orders that were handed to the trader took, shortest first.
    pub(crate) fn latencies(&self) -> Result<Vec<Duration>, Error> {
        let mut query = self
            .db
            .prepare("SELECT latency FROM orders WHERE latency IS NOT NULL ORDER BY latency")?;
        let latencies = query.query_map([], |row| row.get(0).map(Duration::from_micros))?;
        Ok(latencies.collect::<Result<_, _>>()?)
    }

    /// Counts the signals by where they ended.
    pub(crate) fn tally(&self) -> Result<Tally, Error> {
        let by_breach =
            "SELECT breach, count(*) FROM orders WHERE fate = 'risk_rejected' GROUP BY 1";
        let overlooked =
            "SELECT count(*) FROM orders WHERE breach IS NOT NULL AND fate IS NOT 'risk_rejected'";
        Ok(Tally {
            by_fate: self
                .count("SELECT coalesce(fate, 'open'), count(*) FROM orders GROUP BY 1")?,
            by_breach: self.count(by_breach)?,
            overlooked: self.db.query_row(overlooked, [], |row| row.get(0))?,
        })
    }

    fn count(&self, query: &str) -> Result<BTreeMap<String, u64>, Error> {
        let mut query = self.db.prepare(query)?;
        let counts = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(counts.collect::<Result<_, _>>()?)
    }
}

fn order(row: &Row<'_>) -> rusqlite::Result<Order> {
    Ok(Order {
        client_id: row.get(0)?,
        symbol: row.get(1)?,
        side: row.get(2)?,
        quantity: row.get(3)?,
        price: row.get(4)?,
        at: row.get(5)?,
    })
}

fn fill(row: &Row<'_>) -> rusqlite::Result<Fill> {
    let Order {
        client_id,
        symbol,
        side,
        quantity,
        price,
        at,
    } = order(row)?;
    let venue = row.get(6)?;
    Ok(Fill {
        at,
        execution: Execution {
            client_id,
            symbol,
            side,
            quantity,
            price,
            status: Status::Filled,
            venue,
        },
    })
}
