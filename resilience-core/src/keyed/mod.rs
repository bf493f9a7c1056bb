//! A gate for each key, such as a venue, a symbol, a tenant or a client's address.
//!
//! | file | holds |
//! |---|---|
//! | `config` | what the operator says, and its check |
//! | `gate` | what a gate must be able to do |
//! | `state` | which keys are kept and which go |
//! | `entries` | keys in the order of their use, and a table to find them |
//! | `shared` | what needs the lock |

mod config;
mod entries;
mod gate;
mod shared;
mod state;
#[cfg(all(test, not(loom)))]
mod tests;

use std::sync::Arc;
use std::time::Duration;

pub use self::config::KeyedConfig;
pub use self::gate::{GateConfig, KeyGate};

use self::shared::Shared;
use crate::{Ask, ConfigError, Env, Name, Permit, Policy, Rejected};

/// Keeps a gate of its own for each key, and a bound on how many.
///
/// Cloning is cheap; clones share the keys. A gate is created at the first use of its key, and is
/// called `name[key]` in refusals and events. What is listed in the registry is the keyed policy.
///
/// Where a new key finds no room, the least recently used one goes; so do keys that were not used for
/// [`idle`](KeyedConfig::idle). What went begins anew when it comes back, and a handle or a permit
/// of it goes on working. What protects somebody never goes: a circuit that is not closed, a bulkhead
/// in use, a limiter with waiters. Where nobody may go, a new key's circuit is made for one use and
/// not kept, and the new keys of limiters and bulkheads share one gate, which has the policy's name.
///
/// A key that is kept is found with one hash, under one lock, and with no allocation. What happens
/// under the lock does not grow with the number of keys, but for what uses have left to do: each use
/// of a key is followed by one look at most.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience_core::{Ask, CircuitBreakerConfig, Env, Gate, Keyed, KeyedConfig, Outcome};
///
/// let (env, clock) = Env::manual();
/// let config = KeyedConfig {
///     gate: CircuitBreakerConfig { consecutive: Some(1), ..Default::default() },
///     max_keys: 100,
///     idle: Some(Duration::from_secs(600)),
/// };
/// let venues = Keyed::new("venue", config, &env)?;
/// venues.permit("XNYS", &Ask::default())?.record(Outcome::Failure);
/// venues.permit("XLON", &Ask::default())?.record(Outcome::Success);
/// let refused = venues.permit("XNYS", &Ask::default()).unwrap_err();
/// assert_eq!(refused.to_string(), "call rejected by venue[XNYS]");
///
/// // An hour later the one that failed is still known, the other one is not needed.
/// clock.advance(Duration::from_secs(3600));
/// assert_eq!(venues.keys(), ["XNYS"]);
/// venues.gate("XNYS").reset();
/// clock.advance(Duration::from_secs(600));
/// assert_eq!(venues.snapshot().keys, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Keyed<G: KeyGate>(Arc<Shared<G>>);

/// What a keyed policy knows at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct KeyedSnapshot {
    /// Number of keys that are kept at most.
    pub max_keys: usize,
    /// Time after which a key that is not used goes.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub idle: Option<Duration>,
    /// Number of keys that are kept. Above `max_keys` where that was made smaller than the number of
    /// those that may not go.
    pub keys: usize,
    /// Number of keys that went for room so far.
    pub pushed_out: u64,
    /// Number of keys that went for not being used so far.
    pub went_idle: u64,
    /// Number of uses so far for which there was no room, and nobody might go.
    pub overflowed: u64,
}

impl<G: KeyGate> Keyed<G> {
    /// Creates the policy, with no keys.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config`, that of the gates included, breaks, or that `name` is
    /// taken.
    pub fn new<C>(
        name: impl Into<Name>,
        config: KeyedConfig<C>,
        env: &Env,
    ) -> Result<Self, ConfigError>
    where
        C: GateConfig<Gate = G>,
        G: KeyGate<Config = C>,
    {
        let shared = Shared::new(name.into(), config, env)?;
        env.registry().add(shared).map(Self)
    }

    /// Returns the living policy of this kind and name as it is, or creates one.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config`, that of the gates included, breaks.
    pub fn get_or_new<C>(
        name: impl Into<Name>,
        config: KeyedConfig<C>,
        env: &Env,
    ) -> Result<Self, ConfigError>
    where
        C: GateConfig<Gate = G>,
        G: KeyGate<Config = C>,
    {
        let shared = Shared::new(name.into(), config, env)?;
        env.registry().get_or_add(&Arc::new(shared)).map(Self)
    }

    /// Returns what the policy is called.
    #[must_use]
    pub fn name(&self) -> &Name {
        self.0.name()
    }

    /// Returns the gate of `key`, to call through it or to make it do what the operator wants. This is
    /// a use of the key.
    ///
    /// A handle that is kept for later goes on working, but does not keep its key: ask again for each
    /// call.
    #[must_use]
    #[inline]
    pub fn gate(&self, key: &str) -> G {
        self.0.use_key(key, || self.0.env().now())
    }

    /// Returns the gate of `key` for a call that wants `ask`: at its time, which is not read again.
    /// This is a use of the key.
    #[must_use]
    #[inline]
    pub fn gate_for(&self, key: &str, ask: &Ask) -> G {
        self.0.use_key(key, || ask.now(self.0.env()))
    }

    /// Asks the gate of `key` to make a call now. This is a use of the key, whatever the answer.
    ///
    /// # Errors
    ///
    /// Returns the reason why the call must not be made.
    #[inline]
    pub fn permit(&self, key: &str, ask: &Ask) -> Result<Permit<G>, Rejected> {
        Permit::acquire(self.gate_for(key, ask), ask)
    }

    /// Returns the gate of `key`, if it is kept. This is no use of the key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<G> {
        self.0.peek(key)
    }

    /// Returns the keys that are kept, the least recently used first. This is no use of them.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.0.keys()
    }

    /// Returns the keys that are kept and their gates, the least recently used first. This is no use
    /// of them.
    #[must_use]
    pub fn list(&self) -> Vec<(String, G)> {
        self.0.list()
    }

    /// Returns what the policy knows now.
    #[must_use]
    pub fn snapshot(&self) -> KeyedSnapshot {
        self.0.observe()
    }

    /// Returns the settings in force.
    #[must_use]
    pub fn config(&self) -> KeyedConfig<G::Config> {
        self.0.config()
    }

    /// Takes another config and hands it on to every gate, which keeps what it has learned. Where
    /// keys are to be fewer the least recently used go at once, as far as they may.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, or that the gates cannot change so; nothing has
    /// changed then.
    pub fn reconfigure(&self, config: KeyedConfig<G::Config>) -> Result<(), ConfigError> {
        self.0.reconfigure(config)
    }
}

crate::handle::handle!(
    Keyed<G>,
    of: Shared<G>,
    by: KeyedConfig<G::Config>,
    kind: G::KIND,
    over: [G: KeyGate]
);

impl<G: KeyGate> Clone for Keyed<G> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
