//! The ledger on disk: what is meant to be sent before it is sent, and what became of it after.
//!
//! Written ahead to a log, so that a killed process loses nothing it wrote. A power cut may take the
//! last transactions, which is why client ids depend on nothing but the run: what is then sent once
//! more is the same order to the venues.

mod identity;
mod read;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::Duration;

use admf_metrics::DatabaseMetrics;
use admf_metrics::database::DatabaseFailure;
use rusqlite::{Connection, Transaction, params};

pub(crate) use identity::Identity;
pub(crate) use read::{Fill, Tally};

use crate::broker::Order;
use crate::error::Error;
use crate::risk::Breach;
use crate::trader::{Fate, TraderSummary};

/// A signal as it is written down before anything is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Intent {
    /// The order it would be, with a quantity of 0 where risk refused it.
    pub(crate) order: Order,
    /// The limit that it breaks, if any.
    pub(crate) breach: Option<Breach>,
    /// Whether risk refused it for that.
    pub(crate) rejected: bool,
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct End {
    /// Which order.
    pub(crate) client_id: String,
    /// Where it ended.
    pub(crate) fate: Fate,
    /// How long it took, if it ran to its end.
    pub(crate) latency: Option<Duration>,
}

/// The ledger of one side of a run.
#[derive(Debug)]
pub(crate) struct Ledger {
    db: Connection,
    metrics: DatabaseMetrics,
}

impl Ledger {
    /// Opens the ledger at `path`, or makes one that belongs to `identity`.
    ///
    /// # Errors
    ///
    /// If the file cannot be used, or belongs to another run.
    pub(crate) fn open(path: &Path, identity: &Identity) -> Result<Self, Error> {
        let named = |error: rusqlite::Error| Error::Run(format!("{}: {error}", path.display()));
        let mut db = Connection::open(path).map_err(named)?;
        db.pragma_update(None, "journal_mode", "wal")
            .map_err(named)?;
        db.pragma_update(None, "synchronous", "normal")
            .map_err(named)?;
        let begun = db.transaction().map_err(named)?;
        let fresh = !begun.table_exists(None, "progress").map_err(named)?;
        if fresh {
            begun
                .execute_batch(include_str!("schema.sql"))
                .map_err(named)?;
            identity.write(&begun).map_err(named)?;
        } else {
            identity.verify(&begun, path)?;
        }
        begun.commit().map_err(named)?;
        let metrics = DatabaseMetrics::noop();
        Ok(Self { db, metrics })
    }

    /// Records from here on how long it takes to write.
    pub(crate) fn metered(self, metrics: DatabaseMetrics) -> Self {
        Self { metrics, ..self }
    }

    /// Writes the signals of a day, and that all bars before `replayed` have theirs written.
    pub(crate) fn begin_day(&mut self, replayed: u64, intents: &[Intent]) -> Result<(), Error> {
        let query = self.metrics.start_query("begin_day");
        query.end(begin_day(&mut self.db, replayed, intents), failure)
    }

    /// Writes what became of the orders of a day, and what it took.
    pub(crate) fn finish_day(&mut self, ends: &[End], trader: &TraderSummary) -> Result<(), Error> {
        let query = self.metrics.start_query("finish_day");
        query.end(finish_day(&mut self.db, ends, trader), failure)
    }

    /// Writes what became of orders that were open or in doubt.
    pub(crate) fn settle(&mut self, ends: &[End]) -> Result<(), Error> {
        let query = self.metrics.start_query("settle");
        query.end(settle(&mut self.db, ends), failure)
    }
}

/// The ledger's errors are lines for a person: what failed is not told apart.
fn failure(_: &Error) -> DatabaseFailure {
    DatabaseFailure::Unknown
}

fn begin_day(db: &mut Connection, replayed: u64, intents: &[Intent]) -> Result<(), Error> {
    let day = db.transaction()?;
    day.execute("UPDATE progress SET replayed = ?1", [replayed])?;
    for Intent {
        order,
        breach,
        rejected,
    } in intents
    {
        day.prepare_cached(
            "INSERT INTO orders (client_id, at, symbol, side, quantity, price, fate, breach)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            order.client_id,
            order.at,
            order.symbol,
            order.side,
            order.quantity,
            order.price,
            breach
                .filter(|_| *rejected)
                .map(|breach| Fate::RiskRejected(breach).word()),
            breach.map(Breach::word),
        ])?;
    }
    Ok(day.commit()?)
}

fn finish_day(db: &mut Connection, ends: &[End], trader: &TraderSummary) -> Result<(), Error> {
    let day = db.transaction()?;
    for end in ends {
        write_end(&day, end)?;
    }
    day.prepare_cached("UPDATE progress SET trader = ?1")?
        .execute([json(trader)])?;
    Ok(day.commit()?)
}

fn settle(db: &mut Connection, ends: &[End]) -> Result<(), Error> {
    let settled = db.transaction()?;
    for end in ends {
        write_end(&settled, end)?;
    }
    Ok(settled.commit()?)
}

/// Writes an end over an order that has none yet, or is in doubt. What is final stays as it is.
fn write_end(day: &Transaction<'_>, end: &End) -> Result<(), Error> {
    let venue = match &end.fate {
        Fate::Filled(execution) => Some(execution.venue.as_str()),
        _ => None,
    };
    let breach = match end.fate {
        Fate::RiskRejected(breach) => Some(breach.word()),
        _ => None,
    };
    let changed = day
        .prepare_cached(
            "UPDATE orders SET fate = ?2, breach = coalesce(?3, breach), venue = ?4, latency = coalesce(?5, latency)
             WHERE client_id = ?1 AND (fate IS NULL OR fate = 'in_doubt')",
        )?
        .execute(params![
            end.client_id,
            end.fate.word(),
            breach,
            venue,
            end.latency.map(micros)
        ])?;
    if changed == 1 {
        return Ok(());
    }
    Err(Error::Run(format!(
        "ledger: {} has no open order for its end {}",
        end.client_id,
        end.fate.word()
    )))
}

fn json(trader: &TraderSummary) -> String {
    serde_json::to_string(trader).expect("numbers, words and lists of them are always JSON")
}

/// Fits, unless an order took half a million years.
fn micros(latency: Duration) -> u64 {
    u64::try_from(latency.as_micros()).unwrap_or(u64::MAX >> 1)
}
