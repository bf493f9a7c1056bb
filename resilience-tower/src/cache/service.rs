use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::task::{Context, Poll};

use resilience_core::cache::Begun;
use resilience_core::{Answer, Cache, Classify, Rejected};
use tower_service::Service;

use super::future::{Flight, ResponseFuture, Role};
use super::queue::Sender;
use super::{CacheLayer, Plan, Refresher};
use crate::{Oneshot, Tower};

/// A service that answers from a cache.
///
/// It is always ready: a request that needs the inner service makes a clone of it ready in its own
/// future, so that one that does not need it asks it for nothing. Bound that wait by a
/// [`Timed`](crate::Timed) outside.
pub struct Cached<S, L, T> {
    inner: S,
    layer: L,
    /// To the refreshers of this service and its clones.
    refreshes: Arc<Sender<T>>,
}

impl<S, L, T> Cached<S, L, T> {
    pub(super) const fn new(inner: S, layer: L, refreshes: Arc<Sender<T>>) -> Self {
        Self {
            inner,
            layer,
            refreshes,
        }
    }
}

impl<S, Req, K, V, F, R>
    Cached<S, CacheLayer<Req, Cache<K, V>, Plan<V, F, R>>, (Req, Flight<K, V, R>)>
where
    S: Service<Req, Response = V> + Clone,
    K: Hash + Eq,
{
    /// Returns what refreshes stale answers in the background, for this service and its clones.
    ///
    /// Spawn it once; each one that is spawned makes one call at a time. It ends with the last of
    /// these services.
    pub fn refresher(&self) -> Refresher<S, Req, Flight<K, V, R>> {
        Refresher::new(self.inner.clone(), self.refreshes.queue())
    }
}

impl<S, Req, K, V, F, R> Service<Req>
    for Cached<S, CacheLayer<Req, Cache<K, V>, Plan<V, F, R>>, (Req, Flight<K, V, R>)>
where
    S: Service<Req, Response = V> + Clone,
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    F: Fn(&Req) -> Option<K>,
    R: Classify<Req, Result<V, S::Error>> + Clone,
    Result<V, S::Error>: Answer<Rejected, Tower>,
{
    type Response = V;
    type Error = S::Error;
    type Future = ResponseFuture<S, Req, Flight<K, V, R>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: Req) -> Self::Future {
        let CacheLayer { cache, plan, .. } = &self.layer;
        let key = (plan.key)(&req);
        let begun = key.as_ref().map(|key| cache.begin(key));
        let role = match begun {
            None => Role::Alone,
            Some(Begun::Fresh(value)) => return ResponseFuture::answered(value),
            Some(Begun::Stale(stale)) => return ResponseFuture::answered((plan.mark)(stale)),
            Some(Begun::Refresh(stale, lead)) => {
                let flight = Flight::new(cache, None, Role::Leads(lead), plan);
                let Err((req, flight)) = self.refreshes.push((req, flight)) else {
                    return ResponseFuture::answered((plan.mark)(stale));
                };
                // Nobody else does it.
                return match flight.start() {
                    true => self.wait(req, flight.rescuing(key)),
                    false => ResponseFuture::answered((plan.mark)(stale)),
                };
            }
            Some(Begun::Lead(lead)) => Role::Leads(lead),
            Some(Begun::Follow(follow)) => Role::Follows(follow),
        };
        self.wait(req, Flight::new(cache, key, role, plan))
    }
}

impl<S: Clone, L, T> Cached<S, L, T> {
    /// Makes the call when it is its turn, and the service is ready.
    fn wait<Req, F>(&self, req: Req, flight: F) -> ResponseFuture<S, Req, F>
    where
        S: Service<Req>,
    {
        ResponseFuture::waiting(Oneshot::waiting(self.inner.clone(), req), flight)
    }
}

// Neither is derived, which would ask the same of requests and answers.
impl<S: Clone, L: Clone, T> Clone for Cached<S, L, T> {
    fn clone(&self) -> Self {
        let refreshes = self.refreshes.clone();
        Self::new(self.inner.clone(), self.layer.clone(), refreshes)
    }
}

impl<S: fmt::Debug, L: fmt::Debug, T> fmt::Debug for Cached<S, L, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached")
            .field("inner", &self.inner)
            .field("layer", &self.layer)
            .finish_non_exhaustive()
    }
}
