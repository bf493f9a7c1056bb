//! Compares the ledger with what the venues' books say.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::broker::{Execution, Status};
use crate::ledger::Fill;

/// What ledger and books do not agree on, by client id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reconciled {
    /// Executed at a venue and not so in the ledger, or the reverse.
    pub(crate) lost: BTreeSet<String>,
    /// Executed more than once over all venues.
    pub(crate) duplicated: BTreeSet<String>,
}

/// Compares fills of the ledger with the executions in the books of all venues.
pub(crate) fn reconcile(fills: &[Fill], books: &[Vec<Execution>]) -> Reconciled {
    let mut executed: BTreeMap<&str, Vec<&Execution>> = BTreeMap::new();
    for execution in books
        .iter()
        .flatten()
        .filter(|told| told.status == Status::Filled)
    {
        executed
            .entry(&execution.client_id)
            .or_default()
            .push(execution);
    }
    let known: HashMap<&str, &Execution> = fills
        .iter()
        .map(|fill| (fill.execution.client_id.as_str(), &fill.execution))
        .collect();
    let unknown_to_us = executed
        .iter()
        .filter(|(id, told)| !known.get(*id).is_some_and(|ours| told.contains(ours)));
    let unknown_to_them = known.keys().filter(|id| !executed.contains_key(*id));
    Reconciled {
        lost: unknown_to_us
            .map(|(id, _)| id)
            .chain(unknown_to_them)
            .map(|id| (*id).to_owned())
            .collect(),
        duplicated: executed
            .iter()
            .filter(|(_, told)| told.len() > 1)
            .map(|(id, _)| (*id).to_owned())
            .collect(),
    }
}

/// Reads the books as fills, with the time on the trading clock that is part of every client id.
///
/// What no run of ours has sent has no time, and is left to [`reconcile`] to report.
pub(crate) fn fills_of(books: &[Vec<Execution>], run: &str) -> Vec<Fill> {
    let at = |id: &str| {
        id.strip_prefix(run)?
            .strip_prefix('-')?
            .split('-')
            .next()?
            .parse()
            .ok()
    };
    books
        .iter()
        .flatten()
        .filter(|told| told.status == Status::Filled)
        .filter_map(|told| {
            Some(Fill {
                at: at(&told.client_id)?,
                execution: told.clone(),
            })
        })
        .collect()
}
