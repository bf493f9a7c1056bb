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
use crate::{ConfigError, Name};

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
    /// [`CircuitBreaker::from_policy`](crate::CircuitBreaker::from_policy) and its like make handles
    /// of them, to operate them by.
    fn of_key(&self, _key: &str) -> Vec<Arc<dyn Policy>> {
        Vec::new()
    }
    /// Returns itself, to be downcast.
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

/// What a policy knows at one moment.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
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
