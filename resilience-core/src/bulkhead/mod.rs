//! Keep a dependency from taking everything.
//!
#![doc = include_str!("../../docs/bulkhead.md")]

mod config;
mod shared;
mod state;
#[cfg(test)]
mod tests;
mod turn;

use std::sync::Arc;
use std::time::Duration;

pub use self::config::BulkheadConfig;
pub use self::turn::BulkheadTurn;

use self::shared::Shared;
use crate::counter::Counter;
use crate::{Ask, ConfigError, End, Env, Gate, Name, Queue, Rejected, Time};

/// Lets a fixed number of calls be in flight, and some wait for a slot, first come, first served.
///
/// Cloning is cheap; clones share the slots. Each call takes one slot, whatever its cost. Only a call
/// that waits, and one that ends while others wait, take a lock; the clock is read only where a
/// deadline or a wait asks for it.
///
/// # Examples
///
/// ```
/// use std::pin::pin;
/// use std::task::{Context, Poll, Waker};
/// use std::time::Duration;
/// use resilience_core::{Ask, Bulkhead, BulkheadConfig, Env, Gate, Outcome, Queue, Turn};
///
/// let (env, clock) = Env::manual();
/// let config = BulkheadConfig {
///     max_in_flight: 1,
///     max_waiting: 2,
///     max_wait: Some(Duration::from_millis(250)),
/// };
/// let bulkhead = Bulkhead::new("venue", config, &env)?;
/// let permit = bulkhead.permit(&Ask::default()).expect("a slot is free");
///
/// let mut context = Context::from_waker(Waker::noop());
/// let mut first = pin!(bulkhead.enqueue(&Ask::default()).expect("there is a place"));
/// assert!(first.as_mut().poll(&mut context).is_pending());
/// clock.advance(Duration::from_millis(100));
/// let mut second = pin!(bulkhead.enqueue(&Ask::default()).expect("there is a place"));
/// permit.record(Outcome::Success);
/// assert!(matches!(first.poll(&mut context), Poll::Ready(Ok(_))));
///
/// clock.advance(second.due_in().expect("the wait is bounded"));
/// let Poll::Ready(Err(in_vain)) = second.poll(&mut context) else {
///     panic!("the wait has ended");
/// };
/// assert_eq!(in_vain.to_string(), "call rejected by venue");
/// # use std::future::Future;
/// # Ok::<(), resilience_core::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bulkhead(Arc<Shared>);

/// A slot of a [`Bulkhead`].
#[derive(Debug)]
pub struct Slot(());

/// What a bulkhead knows at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct BulkheadSnapshot {
    /// Number of calls that may be in flight at once.
    pub max_in_flight: u32,
    /// Number of calls that may wait.
    pub max_waiting: u32,
    /// How long a call may wait.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub max_wait: Option<Duration>,
    /// Number of calls in flight; above the limit where that was made smaller.
    pub in_flight: u32,
    /// Number of calls that wait.
    pub waiting: u32,
    /// Number of calls refused so far.
    pub refused: u64,
    /// Number of calls that waited in vain so far.
    pub timed_out: u64,
}

impl Bulkhead {
    /// Creates a bulkhead with all slots free.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, or that `name` is taken.
    pub fn new(
        name: impl Into<Name>,
        config: BulkheadConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let shared = Shared::new(name.into(), &config, env, Counter::striped)?;
        env.registry().add(shared).map(Self)
    }

    /// Returns the living bulkhead of that name, whatever its settings, or creates one.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks.
    pub fn get_or_new(
        name: impl Into<Name>,
        config: BulkheadConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let shared = Shared::new(name.into(), &config, env, Counter::striped)?;
        env.registry().get_or_add(&Arc::new(shared)).map(Self)
    }

    /// Creates a bulkhead that no registry lists; its time begins with its first call.
    pub(crate) fn unlisted(
        name: Name,
        config: &BulkheadConfig,
        env: &Env,
        _created: Time,
    ) -> Result<Self, ConfigError> {
        let shared = Shared::new(name, config, env, Counter::small)?;
        Ok(Self(Arc::new(shared)))
    }

    /// Says whether no call is in flight or waits.
    pub(crate) fn may_go(&self) -> bool {
        self.0.is_empty()
    }

    /// Changes the settings. More slots let those who wait in at once; fewer interrupt nobody, and
    /// calls are let in again when enough have ended. Who waits goes on waiting, by the bound he
    /// came with.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks; nothing has changed then.
    pub fn reconfigure(&self, config: BulkheadConfig) -> Result<(), ConfigError> {
        self.0.reconfigure(&config)
    }

    /// Returns the settings in force.
    #[must_use]
    pub fn config(&self) -> BulkheadConfig {
        self.0.config()
    }

    /// Returns what the bulkhead knows now.
    #[must_use]
    pub fn snapshot(&self) -> BulkheadSnapshot {
        self.0.observe()
    }
}

crate::handle::handle!(Bulkhead, of: Shared, by: BulkheadConfig, kind: "bulkhead");

impl Gate for Bulkhead {
    type Ticket = Slot;

    #[inline]
    fn check(&self, ask: &Ask) -> Result<(), Rejected> {
        self.0.check(ask)
    }

    #[inline]
    fn try_acquire(&self, ask: &Ask) -> Result<Slot, Rejected> {
        self.0.try_acquire(ask).map(|()| Slot(()))
    }

    #[inline]
    fn settle(&self, _: Slot, _: End) {
        self.0.release();
    }
}

impl Queue for Bulkhead {
    type Turn = BulkheadTurn;

    /// Takes a slot, or a place in the queue.
    ///
    /// # Errors
    ///
    /// Returns that there is neither, or that the ask's deadline has passed.
    fn enqueue(&self, ask: &Ask) -> Result<BulkheadTurn, Rejected> {
        let place = self.0.enqueue(ask)?;
        Ok(BulkheadTurn::new(self.0.clone(), place))
    }
}
