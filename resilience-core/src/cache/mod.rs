#![doc = include_str!("../../docs/cache.md")]

mod config;
mod fetch;
mod flight;
mod flights;
mod shared;
mod state;
mod store;
#[cfg(test)]
mod tests;

pub use self::config::CacheConfig;
pub use self::flight::{Follow, Followed, Lead};
pub use self::state::Lifetime;

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use self::shared::Inner;
use crate::error::FlightFailed;
use crate::fallback::Rescued;
use crate::{ConfigError, Env, Name, Rejected};

/// Keeps answers by key, within bounds of number and of bytes, and lets calls for the same key share
/// one.
///
/// Cloning is cheap; clones share one policy. Answers are copied out, so a large one is better an
/// `Arc`. A hit takes one lock, which readers share; of the caller's code only a key's `Hash` and `Eq`
/// run under a lock.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience_core::{Cache, CacheConfig, Env};
///
/// let (env, clock) = Env::manual();
/// let ttl = Duration::from_secs(5);
/// let config = CacheConfig { ttl, stale_if_error: ttl, ..Default::default() };
/// let quotes = Cache::new("quotes", config, &env)?;
///
/// quotes.insert("AAPL", 187);
/// assert_eq!(quotes.get(&"AAPL"), Some(187));
/// clock.advance(ttl);
/// assert_eq!(quotes.get(&"AAPL"), None, "it is not fresh any more");
/// let rescued = quotes.rescue(&"AAPL").expect("it may stand in for an error");
/// assert_eq!((rescued.value, rescued.age()), (187, Some(ttl)));
/// clock.advance(ttl);
/// assert_eq!(quotes.rescue(&"AAPL"), None);
/// # Ok::<(), resilience_core::ConfigError>(())
/// ```
pub struct Cache<K, V>(Arc<Inner<K, V>>);

/// What there is for one who asks for a key.
#[derive(Debug)]
pub enum Begun<K: Hash + Eq, V> {
    /// A fresh answer.
    Fresh(V),
    /// An answer that is stale; the next is being fetched.
    Stale(Rescued<V>),
    /// An answer that is stale. Serve it, and fetch the next now or in the background: call
    /// [`start`](Lead::start) before.
    Refresh(Rescued<V>, Lead<K, V>),
    /// Nothing: make the call.
    Lead(Lead<K, V>),
    /// Nothing, but another is calling: wait for it.
    Follow(Follow<K, V>),
}

/// What a cache knows at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CacheSnapshot {
    /// Number of entries that are kept, those that are too old too.
    pub entries: usize,
    /// Number of bytes that are kept, as the cache's size counts them.
    pub bytes: u64,
    /// The most entries that are kept.
    pub max_entries: usize,
    /// The most bytes that are kept.
    pub max_bytes: u64,
    /// Number of requests so far that were answered fresh.
    pub hits: u64,
    /// Number of requests so far for which there was nothing to be served at once.
    pub misses: u64,
    /// Number of requests so far that were answered stale while the next was fetched.
    pub stale_while_revalidate: u64,
    /// Number of requests so far that were answered from here because a call failed.
    pub stale_if_error: u64,
    /// Number of requests so far that were answered by the call of another.
    pub coalesced: u64,
    /// Number of calls so far that renewed an answer while it was served.
    pub refreshes_ok: u64,
    /// Number of such calls so far that failed.
    pub refreshes_failed: u64,
    /// Number of entries so far that had no room.
    pub evicted: u64,
    /// Number of entries so far that were too old when they were asked for.
    pub expired: u64,
}

impl<K, V> Cache<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Creates a cache that is empty.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, or that `name` is taken.
    pub fn new(name: impl Into<Name>, config: CacheConfig, env: &Env) -> Result<Self, ConfigError> {
        let inner = Inner::new(name.into(), config, env)?;
        env.registry().add(inner).map(Self)
    }

    /// Returns the living cache of this name as it is, or creates one.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, or that the living one has other types.
    pub fn get_or_new(
        name: impl Into<Name>,
        config: CacheConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let inner = Arc::new(Inner::new(name.into(), config, env)?);
        env.registry().get_or_add(&inner).map(Self)
    }

    /// Sets what says how many bytes an entry takes, for all clones and for what is kept from now on.
    /// Default: the `size_of` both types, which knows nothing of what they point to.
    #[must_use]
    pub fn with_size(self, size: impl Fn(&K, &V) -> usize + Send + Sync + 'static) -> Self {
        let size: store::Size<K, V> = Arc::new(size);
        let old = std::mem::replace(&mut self.0.store.write().size, size);
        // The old one is the caller's code, and goes when the lock is free.
        drop(old);
        self
    }

    /// Returns what the cache is called.
    #[must_use]
    pub fn name(&self) -> &Name {
        self.0.name()
    }

    /// Returns the answer of `key` while it is fresh.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<V> {
        self.0.get(key)
    }

    /// Keeps an answer as the config says. A call for `key` that is under way is not kept over it.
    pub fn insert(&self, key: K, value: V) {
        self.0.insert(key, value, Lifetime::default());
    }

    /// Keeps an answer for a lifetime of its own.
    pub fn insert_for(&self, key: K, value: V, lifetime: Lifetime) {
        self.0.insert(key, value, lifetime);
    }

    /// Forgets the answer of `key`; returns whether there was one. A call that is under way answers
    /// those who wait for it already, and is neither kept nor joined any more.
    pub fn invalidate(&self, key: &K) -> bool {
        self.0.invalidate(key)
    }

    /// Forgets all answers, as [`invalidate`](Self::invalidate) does.
    pub fn clear(&self) {
        self.0.clear();
    }

    /// Returns what there is for one who asks for `key`, of which many may at once. What layers and
    /// [`get_or_fetch`](Self::get_or_fetch) are made of.
    #[must_use]
    pub fn begin(&self, key: &K) -> Begun<K, V> {
        self.0.begin(key)
    }

    /// Returns an answer in place of a call that failed; `None` where the caller gets the error.
    #[must_use]
    pub fn rescue(&self, key: &K) -> Option<Rescued<V>> {
        self.0.rescue(key)
    }

    /// Returns why one is refused who [waited](Followed::Failed) for a call that failed.
    #[must_use]
    pub fn refusal(&self, refused: Option<Rejected>) -> Rejected {
        refused.unwrap_or_else(|| FlightFailed::new(self.name().clone()).into())
    }

    /// Returns what the cache knows now.
    #[must_use]
    pub fn snapshot(&self) -> CacheSnapshot {
        self.0.observe()
    }

    /// Returns the settings in force.
    #[must_use]
    pub fn config(&self) -> CacheConfig {
        self.0.config()
    }

    /// Goes by another `config`, also for what is kept, of which stays what it has room for.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks.
    pub fn reconfigure(&self, config: CacheConfig) -> Result<(), ConfigError> {
        self.0.reconfigure(config)
    }
}

crate::handle::handle!(
    Cache<K, V>,
    of: Inner<K, V>,
    by: CacheConfig,
    kind: "cache",
    over: [K: Hash + Eq + Clone + Send + Sync + 'static, V: Clone + Send + Sync + 'static]
);

// Neither is derived, which would ask the same of the answers.
impl<K, V> Clone for Cache<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
