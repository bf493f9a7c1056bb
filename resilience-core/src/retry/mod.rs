//! Try again, but not forever, not all at once, and within a budget.
//!
#![doc = include_str!("../../docs/retry.md")]

mod attempts;
mod budget;
mod call;
mod config;
mod held;
mod state;
#[cfg(all(test, not(loom)))]
mod tests;
mod told;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

pub use self::attempts::{Attempted, Attempts, Verdict};
pub use self::budget::{RetryBudget, RetryBudgetSnapshot};
pub use self::call::Exhausted;
pub use self::config::{HintPolicy, RetryBudgetConfig, RetryConfig};
use self::held::Held;
pub use self::state::Cause;
use self::state::{Run, Settings};
pub use self::told::{GivenUp, listen};
use crate::clock::nanos;
use crate::counter::{Counter, Tally};
use crate::shared::Shared;
use crate::{
    Ask, ConfigError, Deadline, DeadlinePassed, Env, Event, Name, PolicyConfig, Rejected, Time,
};

/// Decides whether and when to try again.
///
/// Cloning is cheap; clones share one policy. A run that does not fail takes no lock, unless it is the
/// first of a tenth of its budget's window, and, without a budget, a time limit and a deadline, reads
/// no clock.
///
/// ```
/// use std::time::Duration;
/// use resilience_core::{Ask, BackoffConfig, Env, Hint, Outcome, Retry, RetryConfig, Time};
///
/// let (env, clock) = Env::manual();
/// let second = Duration::from_secs(1);
/// let config = RetryConfig {
///     backoff: BackoffConfig::fixed(second),
///     max_total: Some(10 * second),
///     ..Default::default()
/// };
/// let retry = Retry::new("quotes", config, &env)?;
///
/// let mut attempts = retry.start(&Ask::default())?;
/// let wait = attempts.next(Outcome::Failure, false, Hint::None);
/// assert_eq!(wait, Some(second));
/// clock.advance(second);
/// // The callee asks for more, and the second attempt took long: a third would begin too late.
/// clock.advance(3 * second);
/// assert_eq!(attempts.next(Outcome::Failure, false, Hint::After(6 * second)), None);
/// assert_eq!(attempts.sent(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Retry(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shared: Shared<Locked>,
    /// Nanoseconds that a run may take; 0 stands for no limit.
    max_total: AtomicU64,
    retry_rejected: AtomicBool,
    budget: Held,
    runs: Counter,
    rejected: Tally,
}

#[derive(Debug)]
struct Locked {
    settings: Arc<Settings>,
    retries: u64,
    gave_up: GaveUp,
}

/// What a retry policy knows at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RetrySnapshot {
    /// Number of runs that began.
    pub runs: u64,
    /// Number of attempts that began, except for those refused by a policy of ours further in. A
    /// repetition begins when it is granted.
    pub sent: u64,
    /// Number of repetitions granted, except for those that came too late to begin.
    pub retries: u64,
    /// Number of runs that ended with a failure because something was used up, or because they were
    /// told to.
    pub gave_up: GaveUp,
    /// Name of the budget in force.
    pub budget: Option<Name>,
}

/// How many runs gave up, by the cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct GaveUp {
    /// The attempts.
    pub attempts: u64,
    /// The time of the run, or up to its deadline.
    pub time: u64,
    /// The budget.
    pub budget: u64,
    /// The callee asked for no repetition, or a retry further in had given up.
    pub do_not_retry: u64,
}

impl Retry {
    /// Creates a retry policy.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, or that `name` is taken, be it for a budget that
    /// the policy is to have of its own.
    pub fn new(name: impl Into<Name>, config: RetryConfig, env: &Env) -> Result<Self, ConfigError> {
        let name = name.into();
        let new = Inner::new(name.clone(), &config, env)?;
        let own = || RetryBudget::new(name, config.budget.clone().unwrap_or_default(), env);
        new.budget.begin(&config, env, own)?;
        env.registry().add(new).map(Self)
    }

    /// Returns the living retry policy of this name as it is, or creates one.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks.
    pub fn get_or_new(
        name: impl Into<Name>,
        config: RetryConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let name = name.into();
        let new = Inner::new(name.clone(), &config, env)?;
        let own = || RetryBudget::get_or_new(name, config.budget.clone().unwrap_or_default(), env);
        new.budget.begin(&config, env, own)?;
        env.registry().get_or_add(&Arc::new(new)).map(Self)
    }

    /// Shares `budget`, which several policies may share, with this one and its clones.
    ///
    /// # Errors
    ///
    /// Returns an error if the policy has, or had, another budget.
    pub fn with_budget(self, budget: &RetryBudget) -> Result<Self, ConfigError> {
        self.0.budget.give(budget)?;
        Ok(self)
    }

    /// Returns what the policy is called.
    #[must_use]
    pub fn name(&self) -> &Name {
        self.0.shared.name()
    }

    /// Begins the attempts of one call, and counts it as a request of the budget.
    ///
    /// # Errors
    ///
    /// Returns [`Rejected::DeadlinePassed`] where the deadline has passed: nothing must be sent, and
    /// nothing was counted.
    #[inline]
    pub fn start(&self, ask: &Ask) -> Result<Attempts, Rejected> {
        if ask.deadline.is_some() {
            self.check_deadline(ask)?;
        }
        Ok(self.begin(ask))
    }

    /// Returns what the policy knows now.
    #[must_use]
    pub fn snapshot(&self) -> RetrySnapshot {
        self.0.read()
    }

    /// Returns the settings in force, without a budget given by [`with_budget`](Self::with_budget).
    #[must_use]
    pub fn config(&self) -> RetryConfig {
        self.0.config()
    }

    /// Replaces the settings. What the budget holds stays; runs that have failed once go on by the
    /// numbers they have.
    ///
    /// Without a budget in `config` one of the policy's own, or one that was named, is out of force
    /// until it is set again, and one that was [given](Self::with_budget) stays in force.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, and keeps the old settings. A policy that shares
    /// a budget cannot have one of its own.
    pub fn reconfigure(&self, config: RetryConfig) -> Result<(), ConfigError> {
        self.0.reconfigure(&config)
    }

    /// Refuses what is late; apart, so that others do not pay for it.
    #[inline(never)]
    fn check_deadline(&self, ask: &Ask) -> Result<(), Rejected> {
        if ask.is_late(self.0.env()) {
            let policy = self.name().clone();
            return Err(DeadlinePassed { policy }.into());
        }
        Ok(())
    }

    /// Begins the attempts of one call, as [`start`](Self::start) does, though its deadline may have
    /// passed: for whoever cannot refuse, and makes the first attempt in any case.
    #[must_use]
    #[inline]
    pub fn begin(&self, ask: &Ask) -> Attempts {
        let inner = &*self.0;
        inner.runs.add_one();
        let budget = inner.budget.in_force();
        if let Some(budget) = budget {
            budget.deposit_at(ask.now(budget.env()));
        }
        let run = Run::new(ask.retries.max_attempts, inner.until(ask));
        Attempts::new(self.clone(), run, budget.is_some())
    }
}

crate::handle::handle!(Retry, of: Inner, by: RetryConfig, kind: "retry");

impl Inner {
    fn new(name: Name, config: &RetryConfig, env: &Env) -> Result<Self, ConfigError> {
        let locked = Locked {
            settings: Arc::new(config.settings()?),
            retries: 0,
            gave_up: GaveUp::default(),
        };
        let new = Self {
            shared: Shared::new(name, env, locked),
            max_total: AtomicU64::new(0),
            retry_rejected: AtomicBool::new(false),
            budget: Held::default(),
            runs: Counter::default(),
            rejected: Tally::default(),
        };
        new.set_limits(config.max_total, config.retry_rejected);
        Ok(new)
    }

    #[inline]
    fn env(&self) -> &Env {
        self.shared.env()
    }

    fn settings(&self) -> Arc<Settings> {
        self.shared.locked(|locked, _| locked.settings.clone())
    }

    fn set_limits(&self, max_total: Option<Duration>, retry_rejected: bool) {
        let limit = max_total.map_or(0, nanos);
        self.max_total.store(limit, Ordering::Relaxed);
        self.retry_rejected.store(retry_rejected, Ordering::Relaxed);
    }

    /// Returns the time from which on a run must not begin another attempt.
    #[inline]
    fn until(&self, ask: &Ask) -> Option<Time> {
        let own = self.max_total.load(Ordering::Relaxed);
        if own == 0 && ask.retries.max_total == Duration::MAX && ask.deadline.is_none() {
            return None;
        }
        self.first_end(own, ask)
    }

    /// Returns the earliest of what ends a run; apart, so that one without an end does not pay for it.
    #[inline(never)]
    fn first_end(&self, own: u64, ask: &Ask) -> Option<Time> {
        let own = match own {
            0 => Duration::MAX,
            limit => Duration::from_nanos(limit),
        };
        let limit = match own.min(ask.retries.max_total) {
            Duration::MAX => None,
            limit => Some(ask.now(self.env()).after(limit)),
        };
        let deadline = ask.deadline.map(Deadline::time);
        limit.into_iter().chain(deadline).min()
    }

    fn config(&self) -> RetryConfig {
        let mut config = self.settings().config.clone();
        self.budget.describe(&mut config);
        config
    }

    fn check(&self, config: &RetryConfig) -> Result<(), ConfigError> {
        config.check()?;
        self.budget.check(config, self.shared.name(), self.env())
    }

    fn reconfigure(&self, config: &RetryConfig) -> Result<(), ConfigError> {
        let settings = Arc::new(config.settings()?);
        let name = self.shared.name();
        self.budget.reconfigure(config, name, self.env())?;
        self.set_limits(config.max_total, config.retry_rejected);
        self.shared.locked(|locked, _| locked.settings = settings);
        Ok(())
    }

    /// Counts a refusal by a policy further in, and says whether it is tried again.
    fn refused(&self) -> bool {
        self.rejected.add_one();
        self.retry_rejected.load(Ordering::Relaxed)
    }

    /// Counts what followed an attempt that was to be repeated.
    fn count(&self, gave_up: Option<Cause>, attempts: u32) {
        self.shared.locked(|locked, events| {
            let count = match gave_up {
                None => &mut locked.retries,
                Some(Cause::Attempts) => &mut locked.gave_up.attempts,
                Some(Cause::Time) => &mut locked.gave_up.time,
                Some(Cause::Budget) => &mut locked.gave_up.budget,
                Some(Cause::DoNotRetry) => &mut locked.gave_up.do_not_retry,
            };
            *count += 1;
            if let Some(cause) = gave_up {
                events.push(Event::GaveUp { attempts, cause });
            }
        });
    }

    /// Counts that a repetition which was granted came too late to begin.
    fn withdraw(&self, attempts: u32) {
        self.shared.locked(|locked, events| {
            locked.retries = locked.retries.saturating_sub(1);
            locked.gave_up.time += 1;
            let cause = Cause::Time;
            events.push(Event::GaveUp { attempts, cause });
        });
    }

    fn read(&self) -> RetrySnapshot {
        let budget = self.budget.in_force().map(|it| it.name().clone());
        self.shared.locked(|locked, _| {
            let runs = self.runs.sum();
            RetrySnapshot {
                runs,
                sent: (runs + locked.retries).saturating_sub(self.rejected.count()),
                retries: locked.retries,
                gave_up: locked.gave_up,
                budget,
            }
        })
    }
}

crate::handle::policy! {
    Inner,
    of: Retry,
    name: |it| it.shared.name(),
    snapshot: |it| Retry(it.read()),
    reconfigure: |it, config| it.reconfigure(config),
    also: {
        fn check_config(&self, config: &PolicyConfig) -> Result<(), ConfigError> {
            self.check(config.get()?)
        }
    }
}
