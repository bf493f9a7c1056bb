//! A notifier that outlives its process.
//!
#![doc = include_str!("../../docs/durable_state.md")]

#[cfg(feature = "service")]
mod copied;
mod engine;
mod place;
mod store;
#[cfg(test)]
mod tests;

use std::mem;
use std::path::PathBuf;
use std::time::Duration;

use engine::EngineChanges;
pub use store::StoreError;
use store::{Changes, Kept, Store};

use crate::channel::Redaction;
use crate::engine::Snapshot;
use crate::history::{Event, History, Kind, Limits};
#[cfg(feature = "service")]
use crate::notify;
use crate::notify::{Config, Delivery, Fingerprint, Notifier, Outcome, Posted, Totals};

/// How long after the disk has failed it is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Decides who is told, and keeps all that it knows on disk.
///
/// Every change is on disk when its method returns, in one transaction, unless [`failing`](Self::failing) says that it
/// is not, or it is part of a [batch](Self::batch). So what was posted may be acknowledged, and what is
/// [due](Self::due) may be sent.
#[derive(Debug)]
pub struct Durable {
    notifier: Notifier,
    store: Store,
    history: History,
    redaction: Redaction,
    engine: Snapshot,
    /// What of it the disk does not hold; all of it after the disk has failed.
    engine_changes: EngineChanges,
    /// What is counted, as the disk holds it.
    written: Option<Totals>,
    /// Whether what changes waits for the end of a batch.
    held: bool,
    failing: Option<String>,
    failures: u64,
    retry: Duration,
    /// What changed of the notifier since it was last copied, if it is.
    #[cfg(feature = "service")]
    copied: Option<notify::Changes>,
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
        // What it does at once is noted too.
        notifier.take_happened();
        notifier.restore(kept.notifier, now);
        let mut history = History::default();
        history.restore(kept.history, kept.next_entry, now);
        let mut durable = Self {
            notifier,
            store,
            history,
            redaction: Redaction::default(),
            engine: kept.engine,
            engine_changes: EngineChanges::default(),
            written: None,
            held: false,
            failing: None,
            failures: 0,
            retry: Duration::ZERO,
            #[cfg(feature = "service")]
            copied: None,
        };
        durable.save_all(now);
        Ok(durable)
    }

    /// Changes the notifier: silences, acknowledgements, another configuration.
    pub fn change<T>(&mut self, now: Duration, change: impl FnOnce(&mut Notifier) -> T) -> T {
        let done = change(&mut self.notifier);
        self.save_all(now);
        done
    }

    /// Makes several changes as one: all are on disk when it returns, in one transaction. What is [due](Self::due) in it
    /// may be sent then, and no sooner.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use admf_alerts::Labels;
    /// # use admf_alerts::durable::Durable;
    /// # use admf_alerts::history::{Event, Kind};
    /// # use admf_alerts::notify::{Config, Posted};
    /// # let folder = tempfile::tempdir()?;
    /// # let now = Duration::from_secs(1_700_000_000);
    /// # let mut config = Config::default();
    /// # config.route.receiver = Some("team".to_owned());
    /// # config.receivers.insert("team".to_owned(), Vec::new());
    /// # let mut durable = Durable::open(folder.path().join("alerts.redb"), config, || 0.5, now)?;
    /// let due = durable.batch(now, |durable| {
    ///     durable.note(now, Event::new(Kind::LeaderGained, "this process notifies"));
    ///     durable.due(now)
    /// });
    /// // … send what is due …
    /// # drop(due);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn batch<T>(&mut self, now: Duration, changes: impl FnOnce(&mut Self) -> T) -> T {
        let batch = Batch::begin(self);
        let done = changes(batch.durable);
        drop(batch);
        self.save(now);
        done
    }

    /// Holds back what changes, until [`release`](Self::release): for who cannot put his changes into a
    /// [batch](Self::batch). One that never comes to its end holds back nothing beyond the end of the next.
    #[cfg(feature = "service")]
    pub(crate) fn hold(&mut self) {
        self.held = true;
    }

    /// Writes what was held back.
    #[cfg(feature = "service")]
    pub(crate) fn release(&mut self, now: Duration) {
        self.held = false;
        self.save(now);
    }

    /// Notes what happened, in [`history`](Self::history), without [what must not be told](Self::redact). To do so in one
    /// transaction with what caused it, do both in a [batch](Self::batch).
    ///
    /// Noted without that: what the notifier [says](Notifier::take_happened), and that the disk fails and is well again.
    pub fn note(&mut self, now: Duration, event: Event) {
        self.remember(now, event);
        self.save(now);
    }

    fn remember(&mut self, now: Duration, event: Event) {
        self.history.note(now, event.redacted(&self.redaction));
    }

    /// Says what is taken out of all that is noted from now on. Default: what looks like a secret.
    pub fn redact(&mut self, redaction: Redaction) {
        self.redaction = redaction;
    }

    /// Returns what happened.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Bounds what is kept of what happened.
    pub fn limit_history(&mut self, now: Duration, limits: Limits) {
        self.history.limit(limits, now);
        self.save(now);
    }

    /// Takes what an evaluation came to, in one transaction: the state of the engine after it, and its alerts. Says of
    /// each what is wrong with it, if anything. What ended while nothing ran says to people what it said before, which the
    /// engine does not know any more.
    pub fn evaluated(
        &mut self,
        now: Duration,
        engine: Snapshot,
        alerts: impl IntoIterator<Item = Posted>,
    ) -> Vec<Result<(), String>> {
        self.batch(now, |durable| {
            durable.keep_engine(now, engine);
            let alerts = alerts.into_iter();
            let alerts: Vec<Posted> = alerts.map(|it| durable.worded(it)).collect();
            durable.post(now, alerts)
        })
    }

    fn worded(&self, mut posted: Posted) -> Posted {
        if posted.annotations.is_empty() {
            let known = self.notifier.alert(Fingerprint::of(posted.labels.iter()));
            let words = known.map(|known| known.annotations.clone());
            posted.annotations = words.unwrap_or_default();
        }
        posted
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
        if !self.engine_changes.whole {
            self.engine_changes.add(&self.engine, &engine);
        }
        self.engine = engine;
        self.save(now);
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

    fn save_all(&mut self, now: Duration) {
        for happened in self.notifier.take_happened() {
            self.remember(now, Event::happened(&happened));
        }
        self.save(now);
    }

    /// Writes what changed. Where that fails, all is written as soon as it can be, so that nothing piles up meanwhile.
    fn save(&mut self, now: Duration) {
        if self.held || (self.failing.is_some() && now < self.retry) {
            return;
        }
        let changes = self.take_changes();
        let totals = changes.notifier.totals;
        if changes.is_empty() && self.written == Some(totals) {
            return;
        }
        match self.store.write(&changes) {
            Ok(()) => {
                self.written = Some(totals);
                if self.failing.take().is_some() {
                    self.note(now, Event::new(Kind::StoreWell, "the disk holds all again"));
                }
            }
            Err(problem) => {
                let problem = problem.to_string();
                self.notifier.forget_changes();
                self.history.forget_changes();
                self.engine_changes.whole = true;
                self.remember(now, Event::new(Kind::StoreFailing, &*problem));
                self.failing = Some(problem);
                self.failures += 1;
                self.retry = now.saturating_add(RETRY);
            }
        }
    }

    fn take_changes(&mut self) -> Changes {
        let mut engine = mem::take(&mut self.engine_changes);
        if engine.whole {
            engine.rows.clear();
            engine.add(&Snapshot::default(), &self.engine);
        }
        let notifier = self.notifier.take_changes();
        #[cfg(feature = "service")]
        self.copy(&notifier);
        Changes {
            notifier,
            engine,
            history: self.history.take_changes(),
        }
    }
}

/// Holds back what changes until it is dropped, however that comes.
struct Batch<'d> {
    durable: &'d mut Durable,
    outer: bool,
}

impl<'d> Batch<'d> {
    fn begin(durable: &'d mut Durable) -> Self {
        let outer = mem::replace(&mut durable.held, true);
        Self { durable, outer }
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        self.durable.held = self.outer;
    }
}
