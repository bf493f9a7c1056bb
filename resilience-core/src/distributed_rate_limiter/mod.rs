//! Keep the calls of many processes to one rate.
#![doc = include_str!("../../docs/distributed_rate_limit.md")]

mod config;
mod demand;
mod known;
mod shared;
mod state;
#[cfg(all(test, not(loom)))]
mod tests;

use std::sync::Arc;
use std::time::Duration;

pub use self::config::{DistributedRateLimiterConfig, OnOutage};
pub use self::demand::{Demand, StoreAnswer, StoreFailed, StoreRequest};

use self::shared::{Shared, Taken};
use crate::{Ask, ConfigError, End, Env, Gate, Name, Rejected};

/// Keeps the calls of many processes to one rate that a store far away counts, such as a Redis.
///
/// It holds a few permits that the store leased to it, and decides by them at once, with no I/O. When
/// they run low it wants more: its driver, [`demand`](Self::demand) and
/// [`granted`](Self::granted), gets them, and is no part of it (`resilience-tower` has one for Redis).
/// Without leases, [`exact_request`](Self::exact_request) and [`exact_answer`](Self::exact_answer)
/// ask the store for each call.
///
/// While the store is silent, calls are decided by [`on_outage`](DistributedRateLimiterConfig::on_outage)
/// once the leased permits are used up. Cloning is cheap; clones share their leases. A call costs at
/// most `batch`; a cost of 0 is always admitted.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience_core::distributed_rate_limiter::StoreAnswer;
/// use resilience_core::{Ask, DistributedRateLimiter, DistributedRateLimiterConfig, Env, Gate};
///
/// let (env, clock) = Env::manual();
/// let config = DistributedRateLimiterConfig {
///     batch: Some(2),
///     ..DistributedRateLimiterConfig::new(100, Duration::from_secs(1))
/// };
/// let limiter = DistributedRateLimiter::new("venue", config, &env)?;
/// // What a driver does; here the store grants what is wanted.
/// let request = limiter.next_request().expect("the first permits are asked for at once");
/// clock.advance(Duration::from_millis(3));
/// let answer = StoreAnswer { granted: request.want(), retry_after: Duration::ZERO };
/// limiter.granted(&request, answer);
///
/// assert!(limiter.try_acquire(&Ask::default()).is_ok());
/// assert_eq!(limiter.snapshot().left, 1);
/// // The other one is not used within a second of the asking, and is nobody's any more.
/// clock.advance(Duration::from_millis(997));
/// let refused = limiter.try_acquire(&Ask::default()).unwrap_err();
/// assert_eq!(refused.retry_after(), Some(Duration::from_millis(3)), "as long as the last answer took");
/// # Ok::<(), resilience_core::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct DistributedRateLimiter(Arc<Shared>);

/// The right to make one call, from a [`DistributedRateLimiter`].
#[derive(Debug)]
pub struct Ticket(Taken);

/// What a distributed rate limiter knows at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct DistributedRateLimiterSnapshot {
    /// Number of permits for each `per`, all clients together.
    pub permits: u32,
    /// Length of time that `permits` are for.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub per: Duration,
    /// Number of permits that are there after a quiet time, for all clients together.
    pub burst: u32,
    /// Most permits that this client holds.
    pub batch: u32,
    /// Number of permits that this client holds now.
    pub left: u32,
    /// Time until the first of them are void.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub void_in: Duration,
    /// What happens while the store is silent.
    pub on_outage: OnOutage,
    /// Whether the store is silent.
    pub store_silent: bool,
    /// Number of times the store fell silent so far.
    pub outages: u64,
    /// Number of requests so far that the store did not answer.
    pub store_errors: u64,
    /// Number of permits that the store leased to this client so far.
    pub leased: u64,
    /// Number of those that were used.
    pub used: u64,
    /// Number of those that were void before they were used, or above the batch.
    pub expired: u64,
    /// Number of calls admitted so far without a permit, while the store was silent.
    pub admitted_in_outage: u64,
    /// Number of calls refused so far.
    pub refused: u64,
}

impl DistributedRateLimiter {
    /// Creates a limiter that holds no permits, and wants some at once.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, or that `name` is taken.
    pub fn new(
        name: impl Into<Name>,
        config: DistributedRateLimiterConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let shared = Shared::new(name.into(), config, env)?;
        env.registry().add(shared).map(Self)
    }

    /// Returns the living limiter of that name, whatever its settings, or creates one.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks.
    pub fn get_or_new(
        name: impl Into<Name>,
        config: DistributedRateLimiterConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let shared = Shared::new(name.into(), config, env)?;
        env.registry().get_or_add(&Arc::new(shared)).map(Self)
    }

    /// Returns what it is called, and its share in the store by that.
    #[must_use]
    pub fn name(&self) -> &Name {
        self.0.name()
    }

    /// Waits until the store is to be asked for permits.
    ///
    /// One driver at a time: of several, only the last is woken.
    pub fn demand(&self) -> Demand {
        Demand::new(self.0.clone())
    }

    /// Returns the request that is to be sent now, if one is. Who gets it owes it an answer:
    /// [`granted`](Self::granted) or [`failed`](Self::failed).
    #[must_use]
    pub fn next_request(&self) -> Option<StoreRequest> {
        self.0.next_request()
    }

    /// Learns what the store answered. An answer to an older request than the last is too late, and
    /// its permits are nobody's.
    pub fn granted(&self, request: &StoreRequest, answer: StoreAnswer) {
        self.0.granted(request, answer);
    }

    /// Learns that the store did not answer: it is silent until it answers again.
    pub fn failed(&self, request: &StoreRequest, failed: StoreFailed) {
        self.0.failed(request, failed);
    }

    /// Returns the request that asks the store for one call's permits, no more and no fewer.
    ///
    /// # Errors
    ///
    /// Returns that the cost is above the burst.
    pub fn exact_request(&self, ask: &Ask) -> Result<StoreRequest, Rejected> {
        self.0.exact_request(ask)
    }

    /// Decides a call by the store's answer to its [`exact_request`](Self::exact_request), or where
    /// there is none by `on_outage`; leases are left alone.
    ///
    /// # Errors
    ///
    /// Returns the store's refusal, or that of `on_outage`.
    pub fn exact_answer(
        &self,
        ask: &Ask,
        answer: Result<StoreAnswer, StoreFailed>,
    ) -> Result<Ticket, Rejected> {
        self.0.exact_answer(ask, answer).map(Ticket)
    }

    /// Returns the settings in force.
    #[must_use]
    pub fn config(&self) -> DistributedRateLimiterConfig {
        self.0.config()
    }

    /// Changes the settings and keeps the permits that are leased, as far as the new batch goes.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks; nothing has changed then.
    pub fn reconfigure(&self, config: DistributedRateLimiterConfig) -> Result<(), ConfigError> {
        self.0.reconfigure(config)
    }

    /// Returns what the limiter knows now.
    #[must_use]
    pub fn snapshot(&self) -> DistributedRateLimiterSnapshot {
        self.0.observe()
    }
}

crate::handle::handle!(
    DistributedRateLimiter,
    of: Shared,
    by: DistributedRateLimiterConfig,
    kind: "distributed_rate_limiter"
);

impl Gate for DistributedRateLimiter {
    type Ticket = Ticket;

    fn check(&self, ask: &Ask) -> Result<(), Rejected> {
        self.0.check(ask)
    }

    fn try_acquire(&self, ask: &Ask) -> Result<Ticket, Rejected> {
        self.0.try_acquire(ask).map(Ticket)
    }

    fn settle(&self, ticket: Ticket, end: End) {
        self.0.settle(ticket.0, end);
    }
}
