//! Move to a backup when the primary fails, and back when it is well again.
//!
#![doc = include_str!("../../docs/failover.md")]

mod config;
mod history;
mod hooks;
mod state;
#[cfg(test)]
mod tests;

pub use self::config::FailoverConfig;
pub use self::history::{Direction, Switch, SwitchReason, SwitchResult};
pub use self::hooks::Hooks;

use std::sync::Arc;

use self::history::History;
use self::state::{Head, Move, State};
use crate::shared::{Events, Shared};
use crate::sync::{AtomicU64, Ordering};
use crate::{Config, ConfigError, Env, Event, Name, Outcome, Time};

/// Says which of several targets to call: the first that has not failed.
///
/// It refuses nothing and calls nothing: it names a target, and each target has gates of its own. A
/// run of failures moves it to the next target, and health checks, made by the caller in the rhythm
/// he likes, move it back. Cloning is cheap; clones share one policy. While all is well, a call is
/// one read of one word.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience_core::{Env, Failover, FailoverConfig, Outcome};
///
/// let (env, clock) = Env::manual();
/// let config = FailoverConfig {
///     targets: vec!["primary".into(), "backup".into()],
///     switch_after: 2,
///     fail_back_after: 1,
/// };
/// let venue = Failover::new("venue", config, &env)?;
/// for _ in 0..2 {
///     let ticket = venue.begin();
///     assert_eq!(venue.targets()[ticket.target()].as_str(), "primary");
///     venue.record(ticket, Outcome::Failure);
/// }
/// assert_eq!(venue.active().as_str(), "backup");
///
/// clock.advance(Duration::from_secs(30));
/// assert!(!venue.fail_back(), "the primary is not well yet");
/// venue.check("primary", true);
/// assert_eq!(venue.active().as_str(), "primary");
/// let back = &venue.history()[1];
/// assert_eq!(back.at.as_nanos(), 30_000_000_000);
/// assert_eq!(back.to_string(), "switched back from backup to primary, healthy checks in a row: 1");
/// # Ok::<(), resilience_core::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Failover(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    targets: Vec<Name>,
    /// See [`Head`]; written under the lock.
    head: AtomicU64,
    shared: Shared<Known>,
}

#[derive(Debug)]
struct Known {
    state: State,
    history: History,
    hooks: Option<Arc<dyn Hooks>>,
}

/// A call to the target that was active when it began.
///
/// One that is dropped has taught nothing.
#[derive(Debug)]
#[must_use = "it says which target to call, and `record` takes it back"]
pub struct Ticket {
    target: usize,
    period: u64,
}

impl Ticket {
    /// Returns the target to call, as its place in the list of targets.
    #[must_use]
    #[inline]
    pub const fn target(&self) -> usize {
        self.target
    }
}

/// What a failover knows at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct FailoverSnapshot {
    /// The target that is called.
    pub active: Name,
    /// The targets, in the order of the list.
    pub targets: Vec<TargetSnapshot>,
    /// Failures of the active target in a row.
    pub failures_in_a_row: u32,
    /// Number of switches so far to a target further down the list.
    pub switches_over: u64,
    /// Number of switches so far to a target further up the list.
    pub switches_back: u64,
    /// The last switch.
    pub last_switch: Option<Switch>,
}

/// What a failover knows of one target.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct TargetSnapshot {
    /// The target.
    pub name: Name,
    /// Whether it has failed and was not well again since.
    pub failed: bool,
    /// Of one that has failed, its healthy checks in a row since then.
    pub healthy_checks: u32,
}

impl Failover {
    /// Creates a failover with the first target active.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, or that `name` is taken.
    pub fn new(
        name: impl Into<Name>,
        config: FailoverConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let inner = Inner::new(name.into(), config, env)?;
        env.registry().add(inner).map(Self)
    }

    /// Returns the living failover of this name as it is, or creates one.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks.
    pub fn get_or_new(
        name: impl Into<Name>,
        config: FailoverConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let inner = Arc::new(Inner::new(name.into(), config, env)?);
        env.registry().get_or_add(&inner).map(Self)
    }

    /// Sets what is done at a switch, for all clones.
    #[must_use]
    pub fn with_hooks(self, hooks: Arc<dyn Hooks>) -> Self {
        let set = |known: &mut Known, _: &mut Events| known.hooks.replace(hooks);
        // The old ones are the caller's code, and go when the lock is free.
        drop(self.0.shared.locked(set));
        self
    }

    /// Begins a call to the active target.
    #[inline]
    pub fn begin(&self) -> Ticket {
        let Head { active, period, .. } = self.0.head();
        Ticket {
            target: active,
            period,
        }
    }

    /// Learns how a call ended. Where the active target has changed since it began, it counts nowhere.
    #[inline]
    pub fn record(&self, ticket: Ticket, outcome: Outcome) {
        let Head { period, quiet, .. } = self.0.head();
        let nothing_new = match outcome {
            Outcome::Success => quiet,
            Outcome::Failure => false,
            Outcome::Ignored => true,
        };
        if !nothing_new && period == ticket.period {
            self.0.change(|state| state.record(period, outcome));
        }
    }

    /// Learns the result of a health check of `target`; of one that is not in the list, nothing.
    ///
    /// Only targets that have failed are watched by it: no check makes a target fail.
    pub fn check(&self, target: &str, healthy: bool) {
        let mut targets = self.0.targets.iter();
        if let Some(target) = targets.position(|it| it.as_str() == target) {
            self.0.change(|state| state.check(target, healthy));
        }
    }

    /// Goes back, on the operator's word, to the first target before the active one that has not
    /// failed. Returns whether there was one.
    pub fn fail_back(&self) -> bool {
        self.0.change(State::fail_back)
    }

    /// Goes over, on the operator's word, to the first target after the active one that has not
    /// failed. Returns whether there was one.
    ///
    /// The target that is left has not failed by that: it is not called until
    /// [`fail_back`](Self::fail_back), or until the others fail.
    pub fn fail_over(&self) -> bool {
        self.0.change(State::fail_over)
    }

    /// Returns the target that is called.
    #[must_use]
    pub fn active(&self) -> &Name {
        &self.0.targets[self.0.head().active]
    }

    /// Returns the targets, the most wanted first.
    #[must_use]
    pub fn targets(&self) -> &[Name] {
        &self.0.targets
    }

    /// Returns the last 256 switches, oldest first. The [snapshot](Self::snapshot) counts all.
    #[must_use]
    pub fn history(&self) -> Vec<Switch> {
        self.0.shared.locked(|known, _| known.history.to_vec())
    }

    /// Returns what the failover knows now.
    #[must_use]
    pub fn snapshot(&self) -> FailoverSnapshot {
        self.0.observe()
    }

    /// Returns the settings in force.
    #[must_use]
    pub fn config(&self) -> FailoverConfig {
        self.0.config()
    }

    /// Goes by another `config` from the next result and the next check on, keeping what was learned.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks. The list of targets cannot change: who calls them
    /// by their place in it would call the wrong one.
    pub fn reconfigure(&self, config: FailoverConfig) -> Result<(), ConfigError> {
        self.0.reconfigure(&config)
    }
}

crate::handle::handle!(Failover, of: Inner, by: FailoverConfig, kind: "failover");

impl Inner {
    fn new(name: Name, config: FailoverConfig, env: &Env) -> Result<Self, ConfigError> {
        config.check()?;
        let state = State::new(&config);
        let head = AtomicU64::new(state.head().word());
        let known = Known {
            state,
            history: History::default(),
            hooks: None,
        };
        Ok(Self {
            targets: config.targets,
            head,
            shared: Shared::new(name, env, known),
        })
    }

    fn config(&self) -> FailoverConfig {
        let get = |known: &mut Known, _: &mut Events| known.state.limits();
        let (switch_after, fail_back_after) = self.shared.locked(get);
        FailoverConfig {
            targets: self.targets.clone(),
            switch_after,
            fail_back_after,
        }
    }

    fn reconfigure(&self, config: &FailoverConfig) -> Result<(), ConfigError> {
        config.check_after(&self.config())?;
        let set = |known: &mut Known, _: &mut Events| known.state.reconfigure(config);
        self.shared.locked(set);
        Ok(())
    }

    #[inline]
    fn head(&self) -> Head {
        Head::from_word(self.head.load(Ordering::Acquire))
    }

    /// Works on the state, and does what a switch asks for. Returns whether it switched.
    #[inline(never)]
    fn change(&self, work: impl FnOnce(&mut State) -> Option<Move>) -> bool {
        let now = self.shared.env().now();
        let work = |known: &mut Known, events: &mut Events| {
            let moved = work(&mut known.state);
            self.head
                .store(known.state.head().word(), Ordering::Release);
            let Some(moved) = moved else { return false };
            let result = match known.hooks {
                Some(_) => SwitchResult::Pending,
                None => SwitchResult::Success,
            };
            let switch = known.history.push(self.switch(moved, now, result));
            events.push(Event::Switched(switch));
            true
        };
        self.shared.locked_then(work, |event| self.run_hooks(event))
    }

    fn switch(&self, moved: Move, at: Time, result: SwitchResult) -> Switch {
        Switch {
            number: 0,
            at,
            from: self.targets[moved.from].clone(),
            to: self.targets[moved.to].clone(),
            direction: moved.direction,
            reason: moved.reason,
            result,
        }
    }

    /// Does what the operator wants done at a switch, before the observer hears of it.
    fn run_hooks(&self, event: Event) -> Event {
        let Event::Switched(mut switch) = event else {
            return event;
        };
        if switch.result == SwitchResult::Pending {
            let hooks = self.shared.locked(|known, _| known.hooks.clone());
            switch.result = hooks.map_or(SwitchResult::Success, |hooks| {
                hooks::run(&*hooks, &switch.from, &switch.to)
            });
            let (number, result) = (switch.number, &switch.result);
            let settle = |known: &mut Known, _: &mut Events| known.history.settle(number, result);
            self.shared.locked(settle);
        }
        Event::Switched(switch)
    }

    fn observe(&self) -> FailoverSnapshot {
        self.shared.locked(|Known { state, history, .. }, _| {
            let targets = self.targets.iter().zip(state.marks());
            let targets = targets.map(|(name, mark)| TargetSnapshot {
                name: name.clone(),
                failed: mark.is_some(),
                healthy_checks: mark.unwrap_or(0),
            });
            FailoverSnapshot {
                active: self.targets[state.head().active].clone(),
                targets: targets.collect(),
                failures_in_a_row: state.run(),
                switches_over: history.over(),
                switches_back: history.back(),
                last_switch: history.last().cloned(),
            }
        })
    }
}

crate::handle::policy! {
    Inner,
    of: Failover,
    name: |it| it.shared.name(),
    snapshot: |it| Failover(it.observe()),
    reconfigure: |it, config| it.reconfigure(config)
}
