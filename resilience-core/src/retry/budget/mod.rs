//! How many retries a service can bear.

mod state;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use self::state::State;
use super::RetryBudgetConfig;
use crate::shared::Shared;
use crate::sync::{AtomicU64, Ordering};
use crate::{Config, ConfigError, Env, Name, Time};

/// Bounds retries to a share of the requests, so that they cannot bring down what is already slow.
///
/// Over the latest time there may be [`ratio`](RetryBudgetConfig::ratio) retries for each request,
/// and some for each second beside. It is exact: ten requests at 0.1 are one retry.
///
/// Cloning is cheap; clones share one budget. A request reads the clock and takes no lock, unless it is
/// the first of a tenth of the window; a retry locks.
///
/// ```
/// use std::time::Duration;
/// use resilience_core::{Env, RetryBudget, RetryBudgetConfig};
///
/// let (env, clock) = Env::manual();
/// let config = RetryBudgetConfig { ratio: 0.1, floor_per_second: 0.0, ..Default::default() };
/// let budget = RetryBudget::new("venue", config, &env)?;
/// for _ in 0..20 {
///     budget.deposit();
/// }
/// clock.advance(Duration::from_secs(5));
/// assert_eq!([(); 3].map(|()| budget.try_withdraw()), [true, true, false]);
///
/// // The requests leave the window five seconds later, and the retries are a debt until they do.
/// clock.advance(Duration::from_secs(5));
/// for _ in 0..20 {
///     budget.deposit();
/// }
/// assert_eq!(budget.balance(), 0);
/// clock.advance(Duration::from_secs(5));
/// assert_eq!(budget.balance(), 2);
/// # Ok::<(), resilience_core::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RetryBudget(Arc<Budget>);

#[derive(Debug)]
struct Budget {
    shared: Shared<State>,
    /// Number of requests so far. Those since the newest bucket began are in it.
    requests: AtomicU64,
    /// When the newest bucket ends, in nanoseconds. It is written after the requests of the buckets
    /// before were counted: who sees it adds to no earlier bucket. Who sees the one before, and has
    /// a time before that, may be late and so belongs to the newest bucket, whichever it is.
    next_bucket: AtomicU64,
}

/// What a budget of retries knows at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RetryBudgetSnapshot {
    /// Number of retries that would be granted now.
    pub balance: u64,
    /// Number of requests in the window.
    pub requests: u64,
    /// Number of retries in the window, each by its cost.
    pub retries: u64,
    /// Number of retries refused so far.
    pub refused: u64,
}

impl RetryBudget {
    /// Creates a budget without requests.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, or that `name` is taken.
    pub fn new(
        name: impl Into<Name>,
        config: RetryBudgetConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let new = Budget::new(name.into(), &config, env)?;
        env.registry().add(new).map(Self)
    }

    /// Returns the living budget of this name as it is, or creates one.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks.
    pub fn get_or_new(
        name: impl Into<Name>,
        config: RetryBudgetConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let new = Arc::new(Budget::new(name.into(), &config, env)?);
        env.registry().get_or_add(&new).map(Self)
    }

    /// Returns what the budget is called.
    #[must_use]
    pub fn name(&self) -> &Name {
        self.0.shared.name()
    }

    /// Counts a request: a call that begins, not each of its attempts.
    #[inline]
    pub fn deposit(&self) {
        self.0.deposit(self.env().now());
    }

    /// Takes a retry, if there is one; a refusal takes nothing.
    #[must_use]
    pub fn try_withdraw(&self) -> bool {
        self.try_withdraw_cost(1)
    }

    /// Takes a retry that counts as `cost` of them, if there are so many; a refusal takes nothing. A
    /// cost of 0 is granted always.
    #[must_use]
    pub fn try_withdraw_cost(&self, cost: u32) -> bool {
        self.0.look(self.env().now(), |state, requests| {
            state.try_withdraw(requests, cost)
        })
    }

    /// Returns the number of retries that would be granted now.
    #[must_use]
    pub fn balance(&self) -> u64 {
        self.snapshot().balance
    }

    /// Returns what the budget knows now.
    #[must_use]
    pub fn snapshot(&self) -> RetryBudgetSnapshot {
        self.0.read()
    }

    /// Returns the settings in force.
    #[must_use]
    pub fn config(&self) -> RetryBudgetConfig {
        self.0.config()
    }

    /// Replaces the settings. The requests and retries in the window stay; where the window's
    /// length changes, they count as if they had just come.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, and keeps the old settings.
    pub fn reconfigure(&self, config: RetryBudgetConfig) -> Result<(), ConfigError> {
        self.0.reconfigure(&config)
    }

    #[inline]
    pub(super) fn env(&self) -> &Env {
        self.0.shared.env()
    }

    /// Counts a request at `now`, on the budget's own clock.
    #[inline]
    pub(super) fn deposit_at(&self, now: Time) {
        self.0.deposit(now);
    }

    /// Says whether the two are handles of one budget.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

crate::handle::handle!(
    RetryBudget,
    of: Budget,
    by: RetryBudgetConfig,
    kind: "retry_budget"
);

impl Budget {
    fn new(name: Name, config: &RetryBudgetConfig, env: &Env) -> Result<Self, ConfigError> {
        config.check()?;
        let created = env.now();
        let mut state = State::new(config, created);
        let next = state.advance(0, created);
        Ok(Self {
            shared: Shared::new(name, env, state),
            requests: AtomicU64::new(0),
            next_bucket: AtomicU64::new(next.as_nanos()),
        })
    }

    #[inline]
    fn deposit(&self, now: Time) {
        if now.as_nanos() >= self.next_bucket.load(Ordering::Acquire) {
            self.begin_bucket(now);
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    #[cold]
    fn begin_bucket(&self, now: Time) {
        self.look(now, |_, _| ());
    }

    /// Works on the state of `now`, with the number of requests so far.
    fn look<T>(&self, now: Time, work: impl FnOnce(&mut State, u64) -> T) -> T {
        self.shared.locked(|state, _| {
            let requests = self.requests.load(Ordering::Relaxed);
            state.advance(requests, now);
            let out = work(state, requests);
            let next = state.advance(requests, now).as_nanos();
            self.next_bucket.store(next, Ordering::Release);
            out
        })
    }

    fn config(&self) -> RetryBudgetConfig {
        self.shared.locked(|state, _| state.config().clone())
    }

    fn reconfigure(&self, config: &RetryBudgetConfig) -> Result<(), ConfigError> {
        config.check()?;
        let now = self.shared.env().now();
        self.look(now, |state, requests| {
            state.reconfigure(config, requests, now);
        });
        Ok(())
    }

    fn read(&self) -> RetryBudgetSnapshot {
        self.look(self.shared.env().now(), |state, requests| {
            let (balance, totals) = state.read(requests);
            RetryBudgetSnapshot {
                balance,
                requests: totals.calls,
                retries: totals.failures,
                refused: state.refused,
            }
        })
    }
}

crate::handle::policy! {
    Budget,
    of: RetryBudget,
    name: |it| it.shared.name(),
    snapshot: |it| RetryBudget(it.read()),
    reconfigure: |it, config| it.reconfigure(config)
}
