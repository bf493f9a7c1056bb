//! The policies that are alive.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Weak};

use crate::bulkhead::BulkheadSnapshot;
#[cfg(all(feature = "cache", not(loom)))]
use crate::cache::CacheSnapshot;
use crate::circuit_breaker::CircuitSnapshot;
use crate::component::ComponentSnapshot;
use crate::deadline::DeadlinesSnapshot;
use crate::distributed_rate_limiter::DistributedRateLimiterSnapshot;
use crate::failover::FailoverSnapshot;
use crate::fallback::FallbackSnapshot;
use crate::health::HealthSnapshot;
use crate::keyed::KeyedSnapshot;
use crate::rate_limiter::RateLimiterSnapshot;
use crate::recovery::RecoverySnapshot;
use crate::retry::{RetryBudgetSnapshot, RetrySnapshot};
use crate::sync::Mutex;
use crate::timeout::TimeoutSnapshot;
use crate::{Config, ConfigError, Handle, Name, PolicyConfig};

/// A policy as its metrics, health page and admin endpoint see it.
pub trait Policy: fmt::Debug + Send + Sync {
    /// Returns what sort of policy it is, in snake case.
    fn kind(&self) -> &'static str;
    /// Returns what it is called.
    fn name(&self) -> &Name;
    /// Returns what it knows now.
    fn snapshot(&self) -> Snapshot;
    /// Returns the keys for which it keeps policies, the least recently used first. This is no use
    /// of them. Default: none.
    fn keys(&self) -> Vec<String> {
        Vec::new()
    }
    /// Returns the policies that it keeps for `key`: none where it keeps none, more than one where
    /// it keeps tuples. This is no use of the key.
    ///
    /// [`Handle::from_policy`](crate::Handle::from_policy) makes handles of them, to operate them by.
    fn of_key(&self, _key: &str) -> Vec<Arc<dyn Policy>> {
        Vec::new()
    }
    /// Returns the settings in force.
    fn config(&self) -> PolicyConfig;
    /// Says whether it would go by `config`: asks all of its rules, and what cannot change.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks.
    fn check_config(&self, config: &PolicyConfig) -> Result<(), ConfigError> {
        config.check_after(&self.config())
    }
    /// Goes by another `config`, and keeps what was learned.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks; nothing has changed then.
    fn reconfigure(&self, config: &PolicyConfig) -> Result<(), ConfigError>;
    /// Returns itself, to be downcast.
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
    /// Returns what there is to say of it.
    fn describe(&self) -> Description {
        Description {
            kind: self.kind(),
            name: self.name().clone(),
            config: self.config(),
            snapshot: self.snapshot(),
        }
    }
}

/// What there is to say of a policy: what it is, what it goes by and what it knows.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Description {
    /// What sort of policy it is, in snake case.
    pub kind: &'static str,
    /// What it is called.
    pub name: Name,
    /// The settings in force.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "PolicyConfig::serialize_bare")
    )]
    pub config: PolicyConfig,
    /// What it knows.
    pub snapshot: Snapshot,
}

/// What a policy knows at one moment.
///
/// With the feature `serde` it is a `kind`, such as `circuit_breaker`, and beside it what is known;
/// all keyed policies are of the kind `keyed` there. Lengths of time are text, as in a config, and a
/// [`Time`](crate::Time) is the length since the clock's origin.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(tag = "kind", rename_all = "snake_case")
)]
pub enum Snapshot {
    /// Of a [`Bulkhead`](crate::Bulkhead).
    Bulkhead(BulkheadSnapshot),
    /// Of a [`Cache`](crate::Cache).
    #[cfg(all(feature = "cache", not(loom)))]
    Cache(CacheSnapshot),
    /// Of a [`CircuitBreaker`](crate::CircuitBreaker).
    CircuitBreaker(CircuitSnapshot),
    /// Of [`Deadlines`](crate::Deadlines).
    Deadlines(DeadlinesSnapshot),
    /// Of a [`Component`](crate::Component).
    Component(ComponentSnapshot),
    /// Of a [`DistributedRateLimiter`](crate::DistributedRateLimiter).
    DistributedRateLimiter(DistributedRateLimiterSnapshot),
    /// Of a [`Failover`](crate::Failover).
    Failover(FailoverSnapshot),
    /// Of a [`Fallback`](crate::Fallback).
    Fallback(FallbackSnapshot),
    /// Of a [`Health`](crate::Health).
    Health(HealthSnapshot),
    /// Of a [`RateLimiter`](crate::RateLimiter).
    RateLimiter(RateLimiterSnapshot),
    /// Of a [`Keyed`](crate::Keyed) policy.
    Keyed(KeyedSnapshot),
    /// Of a [`Recovery`](crate::Recovery).
    Recovery(RecoverySnapshot),
    /// Of a [`Retry`](crate::Retry).
    Retry(RetrySnapshot),
    /// Of a [`RetryBudget`](crate::RetryBudget).
    RetryBudget(RetryBudgetSnapshot),
    /// Of a [`Timeout`](crate::Timeout).
    Timeout(TimeoutSnapshot),
}

/// The policies that are alive, found by kind and name. An entry goes with its last handle.
#[derive(Debug, Default)]
pub struct Registry(Mutex<Vec<Weak<dyn Policy>>>);

impl Registry {
    /// Returns the policies that are alive, oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<Arc<dyn Policy>> {
        self.0.lock().iter().filter_map(Weak::upgrade).collect()
    }

    /// Returns the living policy of that kind and name.
    #[must_use]
    pub fn find(&self, kind: &str, name: &str) -> Option<Arc<dyn Policy>> {
        let mut living = self.list().into_iter();
        living.find(|it| it.kind() == kind && it.name().as_str() == name)
    }

    /// Returns a handle of the living policy of that type and name.
    ///
    /// ```
    /// use resilience_core::{Bulkhead, BulkheadConfig, Env};
    ///
    /// let env = Env::default();
    /// let venue = Bulkhead::new("venue", BulkheadConfig::default(), &env)?;
    /// assert!(env.registry().get::<Bulkhead>("venue").is_some());
    /// drop(venue);
    /// assert!(env.registry().get::<Bulkhead>("venue").is_none());
    /// # Ok::<(), resilience_core::ConfigError>(())
    /// ```
    #[must_use]
    pub fn get<H: Handle>(&self, name: &str) -> Option<H> {
        self.find(H::KIND, name).and_then(H::from_policy)
    }

    /// Returns what there is to say of the policies that are alive, oldest first.
    #[must_use]
    pub fn describe(&self) -> Vec<Description> {
        let living = self.list().into_iter();
        living.map(|policy| policy.describe()).collect()
    }

    /// Lets the living policy of that kind and name go by `config`, which keeps what was learned.
    /// Returns whether that is another one: what is in force already is not touched.
    ///
    /// # Errors
    ///
    /// Returns that there is none, or the first rule that `config` breaks; nothing has changed then.
    pub fn reconfigure(
        &self,
        kind: &str,
        name: &str,
        config: &PolicyConfig,
    ) -> Result<bool, ConfigError> {
        let rule = "must be that of a living policy of this kind";
        let policy = self.find(kind, name);
        let policy = policy.ok_or_else(|| ConfigError::new("name", rule, name))?;
        let changes = policy.config() != *config;
        if changes {
            policy.reconfigure(config)?;
        }
        Ok(changes)
    }

    /// Lists `policy`.
    pub(crate) fn add<P: Policy + 'static>(&self, policy: P) -> Result<Arc<P>, ConfigError> {
        let new = Arc::new(policy);
        match self.living_or_listed(&new) {
            None => Ok(new),
            Some(alive) => Err(ConfigError::new(
                "name",
                "must not be that of a living policy of this kind",
                alive.name(),
            )),
        }
    }

    /// Lists `new`, or returns the living policy of its kind and name.
    pub(crate) fn get_or_add<P: Policy + 'static>(
        &self,
        new: &Arc<P>,
    ) -> Result<Arc<P>, ConfigError> {
        let Some(alive) = self.living_or_listed(new) else {
            return Ok(new.clone());
        };
        Arc::downcast(alive.into_any())
            .map_err(|_| ConfigError::new("kind", "must belong to one type of policy", new.kind()))
    }

    /// Returns the living policy of `new`'s kind and name, or lists `new`.
    fn living_or_listed<P: Policy + 'static>(&self, new: &Arc<P>) -> Option<Arc<dyn Policy>> {
        let mut entries = self.0.lock();
        let living: Vec<_> = entries.iter().filter_map(Weak::upgrade).collect();
        let same = |it: &&Arc<dyn Policy>| it.kind() == new.kind() && it.name() == new.name();
        let found = living.iter().find(same).cloned();
        if found.is_none() {
            entries.retain(|it| it.strong_count() > 0);
            entries.push(Arc::downgrade(new) as Weak<dyn Policy>);
        }
        // Before `living`, which may by now hold a policy, and its observer, for the last time.
        drop(entries);
        found
    }
}
