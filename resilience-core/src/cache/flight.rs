//! The one call that many wait for.

use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::flights::{Given, Place};
use super::shared::Inner;
use super::state::Lifetime;
use crate::Rejected;

/// The right, and the duty, to make the call that all who ask for the same key wait for.
///
/// End it by [`land`](Self::land), [`fail`](Self::fail) or [`release`](Self::release).
///
/// # Cancel safety
///
/// Dropped, in a panic too, it goes to the first who waits, who makes the call himself.
#[must_use = "who drops it hands it to the next who waits"]
pub struct Lead<K: Hash + Eq, V> {
    cache: Arc<Inner<K, V>>,
    key: Arc<K>,
    place: Place,
    /// Whether there is an answer that this is to renew.
    refreshes: bool,
}

/// The wait for the call of another.
///
/// # Cancel safety
///
/// Dropping it leaves the line; a lead that it was handed and has not fetched goes to the next.
#[must_use = "it waits for nobody unless it is polled"]
pub struct Follow<K: Hash + Eq, V> {
    cache: Arc<Inner<K, V>>,
    key: Arc<K>,
    /// `None` once it is over.
    place: Option<Place>,
}

/// What the wait for the call of another came to.
#[derive(Debug)]
pub enum Followed<K: Hash + Eq, V> {
    /// The answer of that call.
    Landed(V),
    /// Whoever made the call is gone: make it.
    Lead(Lead<K, V>),
    /// The call failed. If a policy refused it, this is why.
    Failed(Option<Rejected>),
    /// The answer is not for sharing: make the call, of which nobody else will hear.
    Alone,
}

impl<K: Hash + Eq, V> Lead<K, V> {
    pub(super) const fn new(
        cache: Arc<Inner<K, V>>,
        key: Arc<K>,
        place: Place,
        refreshes: bool,
    ) -> Self {
        Self {
            cache,
            key,
            place,
            refreshes,
        }
    }

    /// Returns what is asked for.
    #[must_use]
    pub fn key(&self) -> &K {
        &self.key
    }

    /// Says whether to make the call now. Not so where this was to [refresh](super::Begun::Refresh)
    /// an answer and has waited so long that another had to call instead.
    #[must_use]
    pub fn start(&self) -> bool {
        !self.refreshes || self.cache.begin_flight(self.place)
    }

    /// Keeps the answer as the config says, and gives it to all who wait.
    pub fn land(self, value: &V)
    where
        V: Clone,
    {
        self.land_for(value, Lifetime::default());
    }

    /// Keeps the answer as long as `lifetime` says, and gives it to all who wait.
    pub fn land_for(self, value: &V, lifetime: Lifetime)
    where
        V: Clone,
    {
        self.cache
            .land(&self.key, self.place, value.clone(), lifetime);
        if self.refreshes {
            self.cache.counts.refreshes_ok.add_one();
        }
    }

    /// Tells all who wait that the call failed, and how, where a policy refused it. A refusal that
    /// is about this caller alone hands the lead to the next instead.
    pub fn fail(self, refused: Option<&Rejected>) {
        if self.refreshes {
            self.cache.counts.refreshes_failed.add_one();
        }
        match refused {
            Some(Rejected::DeadlinePassed(_) | Rejected::NeverFits(_)) => {}
            _ => {
                let given = Given::Failed(refused.cloned());
                self.cache.end(&self.key, self.place, &given);
            }
        }
    }

    /// Tells all who wait that the answer is not for them: they all make calls of their own.
    pub fn release(self) {
        self.cache.end(&self.key, self.place, &Given::Alone);
    }
}

impl<K: Hash + Eq, V> Drop for Lead<K, V> {
    fn drop(&mut self) {
        // Of a flight that has ended it does nothing.
        self.cache.resign(&self.key, self.place);
    }
}

impl<K: Hash + Eq, V> Follow<K, V> {
    pub(super) fn new(cache: Arc<Inner<K, V>>, key: Arc<K>, place: Place) -> Self {
        let place = Some(place);
        Self { cache, key, place }
    }

    /// Returns what is asked for.
    #[must_use]
    pub fn key(&self) -> &K {
        &self.key
    }
}

impl<K: Hash + Eq, V: Clone> Future for Follow<K, V> {
    type Output = Followed<K, V>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let place = self.place.expect("polled after completion");
        let given = self.cache.poll(&self.key, place, cx.waker().clone());
        let Some(given) = given else {
            return Poll::Pending;
        };
        self.place = None;
        Poll::Ready(match given {
            Given::Landed(entry) => {
                self.cache.counts.coalesced.add_one();
                Followed::Landed(entry.value.clone())
            }
            Given::Lead(place) => {
                let (cache, key) = (self.cache.clone(), self.key.clone());
                Followed::Lead(Lead::new(cache, key, place, false))
            }
            Given::Failed(refused) => Followed::Failed(refused),
            Given::Alone => Followed::Alone,
        })
    }
}

impl<K: Hash + Eq, V> Drop for Follow<K, V> {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.cache.leave(&self.key, place);
        }
    }
}

// Not derived, which would ask the same of keys and answers, and show what may be secret.
impl<K: Hash + Eq, V> fmt::Debug for Lead<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lead")
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}

impl<K: Hash + Eq, V> fmt::Debug for Follow<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follow")
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}
