//! What the handles of a cache share.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use parking_lot::RwLock;

use super::config::CacheConfig;
use super::flight::{Follow, Lead};
use super::flights::{Flights, Given, Joined, Place};
use super::state::{Freshness, Lifetime};
use super::store::{Entry, Store};
use super::{Begun, CacheSnapshot};
use crate::counter::{Counter, Tally};
use crate::fallback::{Rescued, Source};
use crate::line::{WakeLock, Wakes};
use crate::{Config, ConfigError, Env, Name, Time};

/// A cache's two locks: the entries, which a hit reads, and the flights. Where both are taken the
/// flights are first.
///
/// Of the caller's code only a key's `Hash` and `Eq` run under them.
pub(super) struct Inner<K, V> {
    name: Name,
    env: Env,
    pub(super) store: RwLock<Store<K, V>>,
    flights: WakeLock<Flights<K, Arc<Entry<V>>>>,
    pub(super) counts: Counts,
}

/// What happened so far.
#[derive(Debug, Default)]
pub(super) struct Counts {
    hits: Counter,
    misses: Tally,
    stale_while_revalidate: Tally,
    stale_if_error: Tally,
    pub(super) coalesced: Tally,
    pub(super) refreshes_ok: Tally,
    pub(super) refreshes_failed: Tally,
}

/// An entry that was found, and what it is good for.
struct Found<V> {
    entry: Arc<Entry<V>>,
    age: Duration,
    freshness: Freshness,
}

impl<V: Clone> Found<V> {
    /// Copies the answer, with no lock held.
    fn stale(self) -> Rescued<V> {
        Rescued {
            value: self.entry.value.clone(),
            source: Source::LastGood { age: self.age },
        }
    }
}

impl<K: Hash + Eq, V> Inner<K, V> {
    pub(super) fn new(name: Name, config: CacheConfig, env: &Env) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self {
            name,
            env: env.clone(),
            store: RwLock::new(Store::new(config)),
            flights: WakeLock::new(Flights::default()),
            counts: Counts::default(),
        })
    }

    pub(super) fn name(&self) -> &Name {
        &self.name
    }

    /// Works on the flights; wakers are woken, and keys dropped, when the lock is free.
    fn fly<R>(&self, work: impl FnOnce(&mut Flights<K, Arc<Entry<V>>>, &mut Wakes) -> R) -> R {
        let work = |flights: &mut Flights<_, _>, wakes: &mut _| {
            let out = work(flights, wakes);
            (out, flights.take_gone())
        };
        let (out, gone) = self.flights.locked(work);
        drop(gone);
        out
    }

    fn find(&self, key: &K, now: Time) -> Option<Found<V>> {
        let store = self.store.read();
        let (entry, age, freshness) = store.find(key, now)?;
        let entry = entry.clone();
        Some(Found {
            entry,
            age,
            freshness,
        })
    }

    /// Makes an entry of an answer that there is now.
    fn entry(&self, key: &K, value: V, own: Lifetime) -> Arc<Entry<V>> {
        let (size, jitter) = {
            let store = self.store.read();
            (store.size.clone(), store.config().jitter)
        };
        let luck = match jitter > 0.0 {
            true => self.env.chance().unit(),
            false => 0.0,
        };
        Arc::new(Entry {
            bytes: u64::try_from(size(key, &value)).unwrap_or(u64::MAX),
            value,
            at: self.env.now(),
            luck,
            own,
        })
    }

    /// Keeps an answer that no flight brought; one that is under way is no news any more.
    pub(super) fn insert(&self, key: K, value: V, own: Lifetime) {
        let entry = self.entry(&key, value, own);
        let key = Arc::new(key);
        let gone = self.fly(|flights, _| {
            flights.detach(&key);
            self.store.write().keep(key, entry)
        });
        drop(gone);
    }

    pub(super) fn invalidate(&self, key: &K) -> bool {
        let gone = self.fly(|flights, _| {
            flights.detach(key);
            self.store.write().remove(key)
        });
        gone.is_some()
    }

    pub(super) fn clear(&self) {
        let gone = self.fly(|flights, _| {
            flights.detach_all();
            self.store.write().clear()
        });
        drop(gone);
    }

    /// Begins a flight that was prepared, unless it was overtaken.
    pub(super) fn begin_flight(&self, lead: Place) -> bool {
        self.fly(|flights, _| flights.begin(lead))
    }

    /// Ends a flight with an answer, which is kept unless something newer came meanwhile.
    pub(super) fn land(&self, key: &Arc<K>, lead: Place, value: V, own: Lifetime) {
        let entry = self.entry(key, value, own);
        let gone = self.fly(|flights, wakes| {
            let newest = flights.is_joined(key, lead);
            let gone = newest.then(|| self.store.write().keep(key.clone(), entry.clone()));
            let given = Given::Landed(entry.clone());
            flights.end(key, lead, &given, wakes);
            gone
        });
        drop(gone);
    }

    /// Ends a flight with something that is not kept.
    pub(super) fn end(&self, key: &K, lead: Place, given: &Given<Arc<Entry<V>>>) {
        self.fly(|flights, wakes| flights.end(key, lead, given, wakes));
    }

    pub(super) fn resign(&self, key: &K, lead: Place) {
        self.fly(|flights, wakes| flights.resign(key, lead, wakes));
    }

    pub(super) fn poll(&self, key: &K, at: Place, waker: Waker) -> Option<Given<Arc<Entry<V>>>> {
        self.fly(|flights, wakes| flights.poll(key, at, waker, wakes))
    }

    pub(super) fn leave(&self, key: &K, at: Place) {
        let left = self.fly(|flights, wakes| flights.leave(key, at, wakes));
        drop(left);
    }

    pub(super) fn observe(&self) -> CacheSnapshot {
        let counts = &self.counts;
        let store = self.store.read();
        CacheSnapshot {
            entries: store.len(),
            bytes: store.bytes(),
            max_entries: store.config().max_entries,
            max_bytes: store.config().max_bytes,
            hits: counts.hits.sum(),
            misses: counts.misses.count(),
            stale_while_revalidate: counts.stale_while_revalidate.count(),
            stale_if_error: counts.stale_if_error.count(),
            coalesced: counts.coalesced.count(),
            refreshes_ok: counts.refreshes_ok.count(),
            refreshes_failed: counts.refreshes_failed.count(),
            evicted: store.evicted,
            expired: store.expired,
        }
    }

    #[cfg(test)]
    pub(super) fn flights(&self) -> usize {
        self.fly(|flights, _| flights.len())
    }
}

impl<K: Hash + Eq, V: Clone> Inner<K, V> {
    /// Returns the answer of `key` while it is fresh.
    pub(super) fn get(&self, key: &K) -> Option<V> {
        let found = self.find(key, self.env.now());
        let Some(found) = found.filter(|it| it.freshness == Freshness::Fresh) else {
            self.counts.misses.add_one();
            return None;
        };
        self.counts.hits.add_one();
        Some(found.entry.value.clone())
    }

    /// Returns an answer in place of a call that failed.
    pub(super) fn rescue(&self, key: &K) -> Option<Rescued<V>> {
        let found = self.find(key, self.env.now());
        let found = found.filter(|it| it.freshness != Freshness::Gone)?;
        self.counts.stale_if_error.add_one();
        Some(found.stale())
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Inner<K, V> {
    pub(super) fn begin(self: &Arc<Self>, key: &K) -> Begun<K, V> {
        let now = self.env.now();
        let found = self.find(key, now);
        if let Some(found) = &found {
            if found.freshness == Freshness::Fresh {
                self.counts.hits.add_one();
                return Begun::Fresh(found.entry.value.clone());
            }
            if found.freshness == Freshness::Gone {
                let gone = self.store.write().expire(key, now);
                drop(gone);
            }
        }
        drop(found);
        let key = Arc::new(key.clone());
        // Looked for again where nobody can land: a flight that has just ended left its answer.
        let (found, joined) = self.fly(|flights, _| {
            let found = self.find(&key, now);
            match found.as_ref().map(|it| it.freshness) {
                Some(Freshness::Fresh) => (found, None),
                Some(Freshness::WhileRevalidate) => {
                    (found, flights.prepare(&key).map(Joined::Leads))
                }
                _ => (None, Some(flights.join(&key))),
            }
        });
        let cache = self.clone();
        match (found, joined) {
            (Some(found), None) if found.freshness == Freshness::Fresh => {
                self.counts.hits.add_one();
                Begun::Fresh(found.entry.value.clone())
            }
            (Some(found), joined) => {
                // Before the answer is copied, which may panic.
                let lead = joined.map(|it| Lead::new(cache, key, it.place(), true));
                self.counts.stale_while_revalidate.add_one();
                match lead {
                    Some(lead) => Begun::Refresh(found.stale(), lead),
                    None => Begun::Stale(found.stale()),
                }
            }
            (None, Some(Joined::Follows(at))) => {
                self.counts.misses.add_one();
                Begun::Follow(Follow::new(cache, key, at))
            }
            (None, Some(Joined::Leads(lead))) => {
                self.counts.misses.add_one();
                Begun::Lead(Lead::new(cache, key, lead, false))
            }
            (None, None) => unreachable!("what was not found is joined"),
        }
    }
}

impl<K, V> Inner<K, V>
where
    K: Hash + Eq,
{
    pub(super) fn config(&self) -> CacheConfig {
        self.store.read().config().clone()
    }

    pub(super) fn reconfigure(&self, config: CacheConfig) -> Result<(), ConfigError> {
        config.check()?;
        let gone = self.store.write().reconfigure(config);
        drop(gone);
        Ok(())
    }
}

crate::handle::policy! {
    Inner<K, V>,
    of: crate::Cache<K, V>,
    name: |it| &it.name,
    snapshot: |it| Cache(it.observe()),
    reconfigure: |it, config| it.reconfigure(config.clone()),
    over: [K: Hash + Eq + Clone + Send + Sync + 'static, V: Clone + Send + Sync + 'static]
}

// Not derived, which would show what may be secret.
impl<K, V> fmt::Debug for Inner<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
