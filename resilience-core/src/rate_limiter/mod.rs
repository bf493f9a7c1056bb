//! Keep calls to a rate.
//!
#![doc = include_str!("../../docs/rate_limiter.md")]

mod config;
mod gcra;
mod quota;
mod shared;
mod state;
mod tail;
#[cfg(test)]
mod tests;
mod turn;
mod waiters;
mod window;

use std::sync::Arc;
use std::time::Duration;

pub use self::config::{RateLimiterConfig, RateLimiterKind};
pub use self::quota::{Metered, Quota};
pub use self::tail::Ticket;
pub use self::turn::RateLimiterTurn;

use self::gcra::Gcra;
use self::shared::Shared;
use crate::counter::Counter;
use crate::{Ask, ConfigError, End, Env, Gate, Name, Queue, Rejected, Time};

/// Keeps calls to a rate: so many permits in so much time.
///
/// Cloning is cheap; clones share one rate. A call takes [`Ask::cost`] permits, one by default; a
/// cost of 0 is always admitted. A call that is not made after all gives back what it took if nobody
/// came after it, and by a window kind nothing: put the limiter last in a tuple of gates. A permit
/// that is dropped without `record`, `step` or `waiting` is such a call: a limiter whose permits are
/// dropped before the call they are for limits nothing.
///
/// By the default kind admitting takes no lock: one clock reading and one compare-and-swap. It can
/// also make callers wait their turn, first come, first served, for up to
/// [`max_wait`](RateLimiterConfig::max_wait); the wait is known at once, and nobody overtakes.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience_core::{Ask, Env, Gate, RateLimiter, RateLimiterConfig, Rejected};
///
/// let (env, clock) = Env::manual();
/// let config = RateLimiterConfig {
///     permits: 120,
///     per: Duration::from_secs(60),
///     burst: Some(1),
///     ..Default::default()
/// };
/// let limiter = RateLimiter::new("fred", config, &env)?;
/// assert!(limiter.try_acquire(&Ask::default()).is_ok());
///
/// let Err(Rejected::RateLimited(limited)) = limiter.try_acquire(&Ask::default()) else {
///     panic!("the burst is used up");
/// };
/// assert_eq!(limited.to_string(), "Wait 0.5s");
/// clock.advance(limited.retry_after);
/// assert!(limiter.try_acquire(&Ask::default()).is_ok());
/// # Ok::<(), resilience_core::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RateLimiter(Arc<Shared>);

/// What a rate limiter knows at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RateLimiterSnapshot {
    /// How calls are counted. With the feature `serde` it is called `algorithm`.
    #[cfg_attr(feature = "serde", serde(rename = "algorithm"))]
    pub kind: RateLimiterKind,
    /// Number of permits for each `per`.
    pub permits: u32,
    /// Length of time that `permits` are for.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub per: Duration,
    /// Number of permits that can be taken at once after a quiet time.
    pub burst: u32,
    /// Number of permits that could be taken now, those who wait having had their turn.
    pub remaining: u32,
    /// Time until all permits are back, if nobody else comes.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub reset_after: Duration,
    /// Number of calls that wait.
    pub waiting: usize,
    /// Number of calls refused so far.
    pub refused: u64,
}

impl RateLimiter {
    /// Creates a limiter with all permits there.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, or that `name` is taken.
    pub fn new(
        name: impl Into<Name>,
        config: RateLimiterConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let shared = Shared::new(name.into(), config, env, env.now(), Counter::striped)?;
        env.registry().add(shared).map(Self)
    }

    /// Returns the living limiter of that name, whatever its settings, or creates one.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks.
    pub fn get_or_new(
        name: impl Into<Name>,
        config: RateLimiterConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let shared = Shared::new(name.into(), config, env, env.now(), Counter::striped)?;
        env.registry().get_or_add(&Arc::new(shared)).map(Self)
    }

    /// Creates a limiter that no registry lists.
    pub(crate) fn unlisted(
        name: Name,
        config: &RateLimiterConfig,
        env: &Env,
        created: Time,
    ) -> Result<Self, ConfigError> {
        let shared = Shared::new(name, config.clone(), env, created, Counter::small)?;
        Ok(Self(Arc::new(shared)))
    }

    /// Says whether nobody waits, as far as anybody has looked.
    pub(crate) fn may_go(&self) -> bool {
        self.0.gcra().is_none_or(Gcra::has_no_queue)
    }

    /// Returns the settings in force.
    #[must_use]
    pub fn config(&self) -> RateLimiterConfig {
        self.0.config()
    }

    /// Changes the settings and keeps what is in use: under GCRA as many permits, by a window kind
    /// the counts, in windows of the new length. Those who wait keep their order and are reckoned
    /// anew, nobody is thrown out; whose turn then comes after his deadline waits up to that.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, or that its kind is another; nothing has changed
    /// then.
    pub fn reconfigure(&self, config: RateLimiterConfig) -> Result<(), ConfigError> {
        self.0.reconfigure(config)
    }

    /// Returns what is left now: one clock reading, and under GCRA no lock but where a turn is due.
    #[must_use]
    pub fn quota(&self) -> Quota {
        self.0.quota()
    }

    /// Returns what the limiter knows now.
    #[must_use]
    pub fn snapshot(&self) -> RateLimiterSnapshot {
        self.0.observe()
    }
}

crate::handle::handle!(
    RateLimiter,
    of: Shared,
    by: RateLimiterConfig,
    kind: "rate_limiter"
);

impl Gate for RateLimiter {
    type Ticket = Ticket;

    #[inline]
    fn check(&self, ask: &Ask) -> Result<(), Rejected> {
        self.0.check(ask)
    }

    #[inline]
    fn try_acquire(&self, ask: &Ask) -> Result<Ticket, Rejected> {
        self.0.try_acquire(ask)
    }

    #[inline]
    fn settle(&self, ticket: Ticket, end: End) {
        self.0.settle(&ticket, end);
    }
}

impl Queue for RateLimiter {
    type Turn = RateLimiterTurn;

    /// Takes permits, or a place in the queue.
    ///
    /// # Errors
    ///
    /// Returns the wait, where it is longer than the longest or does not end before the ask's
    /// deadline, and that the cost never fits.
    fn enqueue(&self, ask: &Ask) -> Result<RateLimiterTurn, Rejected> {
        let place = self.0.enqueue(ask)?;
        Ok(RateLimiterTurn::new(self.0.clone(), place, ask.deadline))
    }
}
