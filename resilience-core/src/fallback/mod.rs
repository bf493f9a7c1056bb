//! Answer something else when a call fails.
//!
#![doc = include_str!("../../docs/fallback.md")]

mod call;
mod config;
mod last_resort;
mod lru;
mod state;
#[cfg(test)]
mod tests;

pub use self::config::FallbackConfig;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::last_resort::{Function, LastResort};
use self::state::State;
use crate::counter::Counter;
use crate::shared::Shared;
use crate::sync::{AtomicU64, Ordering};
use crate::{Config, ConfigError, Env, Name};

/// Answers in place of a call that failed: the last good answer of the same key, else what a function
/// says, else a fixed value.
///
/// It never answers with what belongs to another key. Cloning is cheap; clones share one policy. A
/// success takes a lock to be kept, unless [`last_good`](FallbackConfig::last_good) is off.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience_core::{Env, Fallback, FallbackConfig};
/// use resilience_core::fallback::Source;
///
/// let (env, clock) = Env::manual();
/// let max_age = Some(Duration::from_secs(60));
/// let config = FallbackConfig { max_age, ..Default::default() };
/// let quotes = Fallback::new("quotes", config, &env)?.with_value(0);
///
/// quotes.succeed("AAPL", &187);
/// clock.advance(Duration::from_secs(59));
/// let rescued = quotes.rescue("AAPL").expect("it was kept");
/// assert_eq!((rescued.value, rescued.is_stale()), (187, true));
/// assert_eq!(rescued.age(), Some(Duration::from_secs(59)));
///
/// clock.advance(Duration::from_secs(1));
/// let rescued = quotes.rescue("AAPL").expect("there is a value");
/// assert_eq!((rescued.value, rescued.source), (0, Source::Value));
/// # Ok::<(), resilience_core::ConfigError>(())
/// ```
pub struct Fallback<V>(Arc<Inner<V>>);

/// An answer in place of a call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rescued<V> {
    /// The answer.
    pub value: V,
    /// Where it comes from.
    pub source: Source,
}

/// Where an answer in place of a call comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// It was the answer to an earlier call of this key.
    LastGood {
        /// How long ago that was.
        age: Duration,
    },
    /// A function gave it.
    Function,
    /// It is always the same.
    Value,
}

impl<V> Rescued<V> {
    /// Says whether it was the answer to an earlier call.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.age().is_some()
    }

    /// Returns how old the answer is, where it was one to an earlier call.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        match self.source {
            Source::LastGood { age } => Some(age),
            Source::Function | Source::Value => None,
        }
    }
}

/// What a fallback knows at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct FallbackSnapshot {
    /// Number of keys whose last good answer is kept, those that are too old too.
    pub keys: usize,
    /// Number of keys whose answers may be kept.
    pub max_keys: usize,
    /// Number of calls so far that were answered with the last good answer.
    pub last_good: u64,
    /// Number of calls so far that were answered by the function.
    pub function: u64,
    /// Number of calls so far that were answered with the value.
    pub value: u64,
    /// Number of calls so far for which there was no answer.
    pub passed_on: u64,
}

impl<V: Clone + Send + Sync + 'static> Fallback<V> {
    /// Creates a fallback that has no answer yet.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, or that `name` is taken.
    pub fn new(
        name: impl Into<Name>,
        config: FallbackConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let inner = Inner::new(name.into(), config, env)?;
        env.registry().add(inner).map(Self)
    }

    /// Returns the living fallback of this name as it is, or creates one.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, or that the living one answers with another type.
    pub fn get_or_new(
        name: impl Into<Name>,
        config: FallbackConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let inner = Arc::new(Inner::new(name.into(), config, env)?);
        env.registry().get_or_add(&inner).map(Self)
    }

    /// Sets what answers when nothing else does, for all clones.
    #[must_use]
    pub fn with_value(self, value: V) -> Self {
        let value = Some(Arc::new(value));
        self.set(|last_resort| LastResort {
            value,
            ..last_resort.clone()
        })
    }

    /// Sets what is asked, with the key, when there is no last good answer, for all clones. It may
    /// have no answer either; what it panics with is the caller's.
    #[must_use]
    pub fn with_function(
        self,
        function: impl Fn(&str) -> Option<V> + Send + Sync + 'static,
    ) -> Self {
        let function: Function<V> = Arc::new(function);
        self.set(|last_resort| LastResort {
            function: Some(function),
            ..last_resort.clone()
        })
    }

    fn set(self, change: impl FnOnce(&LastResort<V>) -> LastResort<V>) -> Self {
        let old = self.0.shared.locked(|known, _| {
            let new = change(&known.last_resort);
            std::mem::replace(&mut known.last_resort, new)
        });
        // The old one is the caller's code, and goes when the lock is free.
        drop(old);
        self
    }

    /// Keeps the answer of a call that succeeded, for its key and no other.
    pub fn succeed(&self, key: &str, value: &V) {
        let inner = &*self.0;
        if inner.keeps.load(Ordering::Acquire) == 0 {
            return;
        }
        let (now, value) = (inner.shared.env().now(), Arc::new(value.clone()));
        let gone = inner
            .shared
            .locked(|known, _| known.state.keep(key, value, now));
        drop(gone);
    }

    /// Returns an answer in place of a call that failed, was cut short or was refused; `None` where
    /// the caller gets the error.
    #[must_use]
    pub fn rescue(&self, key: &str) -> Option<Rescued<V>> {
        let inner = &*self.0;
        let now = inner.shared.env().now();
        let found = inner.shared.locked(|known, _| {
            let kept = known.state.find(key, now);
            kept.ok_or_else(|| known.last_resort.clone())
        });
        // The lock is free: what comes now is the caller's code.
        let rescued = match found {
            Ok((value, age)) => Some(Rescued {
                value: V::clone(&value),
                source: Source::LastGood { age },
            }),
            Err(last_resort) => last_resort.answer(key),
        };
        inner.answers.of(&rescued).add_one();
        rescued
    }

    /// Returns what the fallback knows now.
    #[must_use]
    pub fn snapshot(&self) -> FallbackSnapshot {
        self.0.observe()
    }

    /// Returns the settings in force.
    #[must_use]
    pub fn config(&self) -> FallbackConfig {
        self.0.config()
    }

    /// Goes by another `config`, keeping the answers that it has room for.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks.
    pub fn reconfigure(&self, config: FallbackConfig) -> Result<(), ConfigError> {
        self.0.reconfigure(config)
    }
}

crate::handle::handle!(
    Fallback<V>,
    of: Inner<V>,
    by: FallbackConfig,
    kind: "fallback",
    over: [V: Clone + Send + Sync + 'static]
);

struct Inner<V> {
    /// Whether good answers are kept; written under the lock.
    keeps: AtomicU64,
    answers: Answers,
    shared: Shared<Known<V>>,
}

struct Known<V> {
    state: State<V>,
    last_resort: LastResort<V>,
}

/// How often each source had the answer.
#[derive(Default)]
struct Answers {
    last_good: Counter,
    function: Counter,
    value: Counter,
    none: Counter,
}

impl Answers {
    fn of<V>(&self, rescued: &Option<Rescued<V>>) -> &Counter {
        match rescued.as_ref().map(|it| it.source) {
            Some(Source::LastGood { .. }) => &self.last_good,
            Some(Source::Function) => &self.function,
            Some(Source::Value) => &self.value,
            None => &self.none,
        }
    }
}

impl<V> Inner<V> {
    fn new(name: Name, config: FallbackConfig, env: &Env) -> Result<Self, ConfigError> {
        config.check()?;
        let keeps = AtomicU64::new(u64::from(config.last_good));
        let known = Known {
            state: State::new(config),
            last_resort: LastResort::default(),
        };
        Ok(Self {
            keeps,
            answers: Answers::default(),
            shared: Shared::new(name, env, known),
        })
    }

    fn config(&self) -> FallbackConfig {
        self.shared.locked(|known, _| known.state.config().clone())
    }

    fn reconfigure(&self, config: FallbackConfig) -> Result<(), ConfigError> {
        config.check()?;
        let gone = self.shared.locked(|known, _| {
            let keeps = u64::from(config.last_good);
            self.keeps.store(keeps, Ordering::Release);
            known.state.reconfigure(config)
        });
        // Answers are the caller's code, and go when the lock is free.
        drop(gone);
        Ok(())
    }

    fn observe(&self) -> FallbackSnapshot {
        let (keys, max_keys) = self
            .shared
            .locked(|Known { state, .. }, _| (state.kept(), state.config().max_keys));
        let answers = &self.answers;
        FallbackSnapshot {
            keys,
            max_keys,
            last_good: answers.last_good.sum(),
            function: answers.function.sum(),
            value: answers.value.sum(),
            passed_on: answers.none.sum(),
        }
    }
}

crate::handle::policy! {
    Inner<V>,
    of: Fallback<V>,
    name: |it| it.shared.name(),
    snapshot: |it| Fallback(it.observe()),
    reconfigure: |it, config| it.reconfigure(config.clone()),
    over: [V: Clone + Send + Sync + 'static]
}

// Not derived, which would ask the same of the answers, and show what may be secret.
impl<V> Clone for Fallback<V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<V> fmt::Debug for Fallback<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<V> fmt::Debug for Inner<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fallback")
            .field("name", self.shared.name())
            .field("known", &self.observe())
            .finish()
    }
}
