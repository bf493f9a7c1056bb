#![doc = include_str!("../../docs/recovery.md")]

mod config;
mod kind;
mod record;
mod run;
mod state;
mod supervisor;
#[cfg(test)]
mod tests;

pub use self::config::{RecoveryAction, RecoveryConfig, RecoveryStrategy};
pub use self::kind::{Classifier, ErrorKind, HasErrorKind};
pub use self::record::{
    ErrorCount, Incident, NotStarted, RecoveryCounts, RecoveryRecord, RecoveryResult,
    RecoverySnapshot,
};
pub use self::run::RecoveryRun;
pub use self::state::{Act, Step};
pub use self::supervisor::SupervisorConfig;

use std::collections::BTreeSet;
use std::sync::Arc;

use self::state::State;
use crate::recent::{Recent, shortened};
use crate::shared::{Events, Shared};
use crate::{Config, ConfigError, Env, Event, Name};

/// Number of pairs of an incident's context that are kept.
const CONTEXT: usize = 16;

/// Says what is done to recover from errors, attempt by attempt, and remembers what came of it.
///
/// It does nothing by itself: a [`RecoveryRun`] says what to wait for and what to do, and is told how
/// that went. Of each component one recovery runs at a time. Cloning is cheap; clones share one
/// policy.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience_core::recovery::{Act, ErrorKind, Incident, RecoveryResult};
/// use resilience_core::{Env, Recovery, RecoveryConfig};
///
/// let (env, clock) = Env::manual();
/// let recovery = Recovery::new("app", RecoveryConfig::default(), &env)?;
/// let mut run = recovery.start(Incident::new("orders", ErrorKind::DatabaseError, "locked"))?;
///
/// let mut waits = Vec::new();
/// while let Some(step) = run.next_step() {
///     clock.advance(step.wait);
///     waits.push(step.wait.as_secs());
///     let well = step.act == Act::Attempt { number: 3 };
///     run.told(if well { Ok(()) } else { Err("still locked".into()) });
/// }
/// assert_eq!(waits, [1, 2, 4]);
/// assert_eq!(run.result(), Some(RecoveryResult::Recovered));
/// let record = &recovery.history()[0];
/// assert_eq!((record.attempts, record.took), (3, Duration::from_secs(7)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Recovery(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shared: Shared<Known>,
}

#[derive(Debug)]
struct Known {
    config: RecoveryConfig,
    under_way: BTreeSet<Name>,
    degraded: BTreeSet<Name>,
    counts: Vec<RecoveryCounts>,
    /// By the place of their category.
    errors: [u64; kind::CATEGORIES.len()],
    joined: u64,
    unhandled: u64,
    history: Recent<RecoveryRecord>,
}

impl Recovery {
    /// Creates a policy that has recovered nothing yet.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, or that `name` is taken.
    pub fn new(
        name: impl Into<Name>,
        config: RecoveryConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let inner = Inner::new(name.into(), config, env)?;
        env.registry().add(inner).map(Self)
    }

    /// Returns the living policy of this name as it is, or creates one.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks.
    pub fn get_or_new(
        name: impl Into<Name>,
        config: RecoveryConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let inner = Arc::new(Inner::new(name.into(), config, env)?);
        env.registry().get_or_add(&inner).map(Self)
    }

    /// Returns what the policy is called.
    #[must_use]
    pub fn name(&self) -> &Name {
        self.0.shared.name()
    }

    /// Returns the settings.
    #[must_use]
    pub fn config(&self) -> RecoveryConfig {
        self.0.config()
    }

    /// Begins to recover from `incident` by the action that is set for its sort.
    ///
    /// # Errors
    ///
    /// Returns that none is set, or that a recovery of this component runs: that one covers this error
    /// too, which is counted as joined.
    pub fn start(&self, incident: Incident) -> Result<RecoveryRun, NotStarted> {
        let action = |known: &mut Known, _: &mut Events| {
            known.count(&incident.kind);
            let action = known.config.action(&incident.kind).cloned();
            known.unhandled = known.unhandled.saturating_add(action.is_none().into());
            action
        };
        match self.0.shared.locked(action) {
            Some(action) => self.begin(incident, &action, true),
            None => Err(NotStarted::NoAction {
                kind: incident.kind,
            }),
        }
    }

    /// Begins to recover from `incident` by an action of the caller's own.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `action` breaks, or that a recovery of this component runs.
    pub fn start_with(
        &self,
        incident: Incident,
        action: &RecoveryAction,
    ) -> Result<RecoveryRun, NotStarted> {
        let count = |known: &mut Known, _: &mut Events| known.count(&incident.kind);
        self.0.shared.locked(count);
        self.begin(incident, action, true)
    }

    /// Begins as [`start_with`](Self::start_with) does, for an error that was counted as joined already:
    /// it is counted no more, whatever the answer.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `action` breaks, or that a recovery of this component runs.
    pub fn start_joined(
        &self,
        incident: Incident,
        action: &RecoveryAction,
    ) -> Result<RecoveryRun, NotStarted> {
        self.begin(incident, action, false)
    }

    fn begin(
        &self,
        incident: Incident,
        action: &RecoveryAction,
        joins: bool,
    ) -> Result<RecoveryRun, NotStarted> {
        let incident = kept(incident);
        let env = self.0.shared.env();
        let at = env.now();
        let check_every = self.0.shared.locked(|known, _| known.config.check_every);
        let state = State::new(action, check_every, env.chance()).map_err(NotStarted::BadAction)?;
        let strategy = action.strategy;
        let begin = |known: &mut Known, events: &mut Events| {
            let component = incident.component.clone();
            let new = known.under_way.insert(component.clone());
            known.joined = known.joined.saturating_add(u64::from(joins && !new));
            if new {
                let kind = incident.kind.clone();
                events.push(Event::RecoveryBegan {
                    component,
                    kind,
                    strategy,
                });
            }
            new.then_some(known.config.attempt_timeout)
        };
        match self.0.shared.locked(begin) {
            Some(limit) => Ok(RecoveryRun::new(
                self.clone(),
                incident,
                strategy,
                state,
                at,
                limit,
            )),
            None => Err(NotStarted::UnderWay {
                component: incident.component,
            }),
        }
    }

    /// Notes that the system goes on without `component`. Returns whether that is new.
    ///
    /// The note goes when `component` [is restored](Self::restore), or recovers by whatever strategy
    /// but graceful degradation.
    pub fn degrade(&self, component: impl Into<Name>) -> bool {
        let component = component.into();
        self.0.shared.locked(|known, events| {
            let new = known.degraded.insert(component.clone());
            if new {
                events.push(Event::Degraded {
                    component,
                    degraded: true,
                });
            }
            new
        })
    }

    /// Notes that `component` is back. Returns whether the system went on without it.
    #[expect(clippy::must_use_candidate, reason = "it is called for what it does")]
    pub fn restore(&self, component: &str) -> bool {
        let restore = |known: &mut Known, events: &mut Events| known.restore(component, events);
        self.0.shared.locked(restore)
    }

    /// Says whether the system goes on without `component`.
    #[must_use]
    pub fn is_degraded(&self, component: &str) -> bool {
        let read = |known: &mut Known, _: &mut Events| known.degraded.contains(component);
        self.0.shared.locked(read)
    }

    /// Returns the last 256 recoveries that ended, oldest first. The [snapshot](Self::snapshot) counts
    /// all.
    #[must_use]
    pub fn history(&self) -> Vec<RecoveryRecord> {
        self.0.shared.locked(|known, _| known.history.to_vec())
    }

    /// Returns what the policy knows now.
    #[must_use]
    pub fn snapshot(&self) -> RecoverySnapshot {
        self.0.observe()
    }

    /// Goes by another `config` for recoveries that begin from now on, keeping what was learned.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks; the old one then stays.
    pub fn reconfigure(&self, config: RecoveryConfig) -> Result<(), ConfigError> {
        self.0.reconfigure(config)
    }

    fn env(&self) -> &Env {
        self.0.shared.env()
    }

    /// Writes down how a recovery ended.
    fn end(&self, record: RecoveryRecord) {
        self.0.shared.locked(|known, events| {
            let RecoveryRecord {
                strategy,
                result,
                took,
                ..
            } = record;
            let component = record.incident.component.as_str();
            known.under_way.remove(component);
            let target = known.config.target;
            known.counts[strategy as usize].count(result, took, target);
            let without = strategy == RecoveryStrategy::GracefulDegradation;
            if result == RecoveryResult::Recovered && !without {
                known.restore(component, events);
            }
            let push = |number| RecoveryRecord { number, ..record };
            let ended = Box::new(known.history.push(push));
            events.push(Event::RecoveryEnded(ended));
        });
    }
}

impl Known {
    fn count(&mut self, kind: &ErrorKind) {
        let errors = &mut self.errors[kind.category()];
        *errors = errors.saturating_add(1);
    }

    fn restore(&mut self, component: &str, events: &mut Events) -> bool {
        let was = self.degraded.take(component);
        was.map(|component| Event::Degraded {
            component,
            degraded: false,
        })
        .map(|event| events.push(event))
        .is_some()
    }
}

/// Cuts what the caller said of an incident to what is kept of it.
fn kept(incident: Incident) -> Incident {
    let context = incident.context.into_iter().take(CONTEXT);
    Incident {
        message: shortened(incident.message),
        context: context
            .map(|(key, value)| (shortened(key), shortened(value)))
            .collect(),
        ..incident
    }
}

crate::handle::handle!(Recovery, of: Inner, by: RecoveryConfig, kind: "recovery");

impl Inner {
    fn new(name: Name, config: RecoveryConfig, env: &Env) -> Result<Self, ConfigError> {
        config.check()?;
        let known = Known {
            config,
            under_way: BTreeSet::new(),
            degraded: BTreeSet::new(),
            counts: RecoveryStrategy::ALL.map(RecoveryCounts::new).into(),
            errors: [0; kind::CATEGORIES.len()],
            joined: 0,
            unhandled: 0,
            history: Recent::default(),
        };
        let shared = Shared::new(name, env, known);
        Ok(Self { shared })
    }

    fn observe(&self) -> RecoverySnapshot {
        self.shared.locked(|known, _| RecoverySnapshot {
            under_way: known.under_way.iter().cloned().collect(),
            degraded: known.degraded.iter().cloned().collect(),
            counts: known.counts.clone(),
            errors: kind::CATEGORIES
                .into_iter()
                .zip(known.errors)
                .map(|(category, errors)| ErrorCount {
                    category: category.into(),
                    errors,
                })
                .collect(),
            joined: known.joined,
            unhandled: known.unhandled,
            last: known.history.last().cloned(),
        })
    }

    fn config(&self) -> RecoveryConfig {
        self.shared.locked(|known, _| known.config.clone())
    }

    fn reconfigure(&self, config: RecoveryConfig) -> Result<(), ConfigError> {
        config.check()?;
        let set = |known: &mut Known, _: &mut Events| known.config = config;
        self.shared.locked(set);
        Ok(())
    }
}

crate::handle::policy! {
    Inner,
    of: Recovery,
    name: |it| it.shared.name(),
    snapshot: |it| Recovery(it.observe()),
    reconfigure: |it, config| it.reconfigure(config.clone())
}
