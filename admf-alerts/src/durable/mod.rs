//! A notifier that outlives its process.
//!
#![doc = include_str!("../../docs/durable_state.md")]

mod store;
#[cfg(test)]
mod tests;

use std::mem;
use std::path::PathBuf;
use std::time::Duration;

pub use store::StoreError;
use store::{Kept, Store};

use crate::engine::Snapshot;
use crate::notify::{Config, Delivery, Notifier, Outcome, Posted, Totals};

/// How long after the disk has failed it is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Decides who is told, and keeps all that it knows on disk.
///
/// Every change is on disk when its method returns, in one transaction, unless [`failing`](Self::failing) says that it
/// is not. So what was posted may be acknowledged, and what is [due](Self::due) may be sent.
#[derive(Debug)]
pub struct Durable {
    notifier: Notifier,
    store: Store,
    engine: Snapshot,
    /// What of it the disk holds beside the tables of the notifier.
    written: Option<(Totals, Snapshot)>,
    failing: Option<String>,
    failures: u64,
    retry: Duration,
}

impl Durable {
    /// Opens the file, or makes it, and goes on from what it holds. `draw` returns numbers from 0 to 1, by chance.
    ///
    /// # Errors
    ///
    /// A file that another process has open, that is damaged, or that a newer version wrote, with its path; it stays as
    /// it is. A configuration that is refused.
    pub fn open(
        path: impl Into<PathBuf>,
        config: Config,
        draw: impl FnMut() -> f64 + Send + 'static,
        now: Duration,
    ) -> Result<Self, StoreError> {
        let (store, kept) = Store::open(path.into())?;
        Self::new(store, kept, config, draw, now)
    }

    fn new(
        store: Store,
        kept: Kept,
        config: Config,
        draw: impl FnMut() -> f64 + Send + 'static,
        now: Duration,
    ) -> Result<Self, StoreError> {
        let notifier = Notifier::new(config, draw);
        let mut notifier = notifier.map_err(|problem| store.problem(problem))?;
        notifier.restore(kept.notifier, now);
        let mut durable = Self {
            notifier,
            store,
            engine: kept.engine,
            written: None,
            failing: None,
            failures: 0,
            retry: Duration::ZERO,
        };
        durable.save(now);
        Ok(durable)
    }

    /// Changes the notifier: silences, acknowledgements, another configuration.
    pub fn change<T>(&mut self, now: Duration, change: impl FnOnce(&mut Notifier) -> T) -> T {
        let done = change(&mut self.notifier);
        self.save(now);
        done
    }

    /// Takes alerts that somebody posts; says of each what is wrong with it, if anything.
    pub fn post(
        &mut self,
        now: Duration,
        alerts: impl IntoIterator<Item = Posted>,
    ) -> Vec<Result<(), String>> {
        self.change(now, |notifier| {
            let posts = alerts.into_iter().map(|it| notifier.post(now, it));
            posts.collect()
        })
    }

    /// Returns when [`due`](Self::due) is to be asked next.
    #[must_use]
    pub fn next_due(&self) -> Option<Duration> {
        self.notifier.next_due()
    }

    /// Returns the deliveries that are due at `now`. That they are about to be made is on disk.
    pub fn due(&mut self, now: Duration) -> Vec<Delivery> {
        self.change(now, |notifier| notifier.due(now))
    }

    /// Takes what came of deliveries: to be called after they were made, never before.
    pub fn finished(&mut self, now: Duration, done: impl IntoIterator<Item = (u64, Outcome)>) {
        self.change(now, |notifier| {
            for (id, outcome) in done {
                notifier.finished(now, id, outcome);
            }
        });
    }

    /// Keeps since when alerts of the engine have been pending or firing.
    pub fn keep_engine(&mut self, now: Duration, engine: Snapshot) {
        self.engine = engine;
        self.save(now);
    }

    /// Takes what an evaluation says: alerts to post, and since when alerts have been pending or firing, in one
    /// transaction. Says of each alert what is wrong with it, if anything.
    pub fn evaluated(
        &mut self,
        now: Duration,
        engine: Snapshot,
        alerts: impl IntoIterator<Item = Posted>,
    ) -> Vec<Result<(), String>> {
        self.engine = engine;
        self.post(now, alerts)
    }

    /// Returns what is kept of the engine, for [`Engine::restore`](crate::Engine::restore).
    #[must_use]
    pub fn engine(&self) -> &Snapshot {
        &self.engine
    }

    /// Returns the notifier, to look at.
    #[must_use]
    pub fn notifier(&self) -> &Notifier {
        &self.notifier
    }

    /// Returns why the disk does not hold all; `None`: it does.
    #[must_use]
    pub fn failing(&self) -> Option<&str> {
        self.failing.as_deref()
    }

    /// Returns how often writing has failed.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures
    }

    /// Writes what changed. Where that fails, all is written as soon as it can be, so that nothing piles up meanwhile.
    fn save(&mut self, now: Duration) {
        if self.failing.is_some() && now < self.retry {
            return;
        }
        let changes = self.notifier.take_changes();
        let rest = (changes.totals, self.engine.clone());
        if changes.is_empty() && self.written.as_ref() == Some(&rest) {
            return;
        }
        let engine = self.written.as_ref().is_none_or(|it| it.1 != rest.1);
        let engine = (engine || changes.whole).then_some(&self.engine);
        match self.store.write(&changes, engine) {
            Ok(()) => {
                self.written = Some(rest);
                self.failing = None;
            }
            Err(problem) => {
                self.notifier.forget_changes();
                self.failing = Some(problem.to_string());
                self.failures += 1;
                self.retry = now.saturating_add(RETRY);
                mem::take(&mut self.written);
            }
        }
    }
}
