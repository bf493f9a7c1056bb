//! Middleware that answers from a cache, and makes calls for the same answer share one.

pub mod future;
mod queue;
mod refresh;
mod service;

use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;

use resilience_core::Cache;
use resilience_core::cache::Lifetime;
use resilience_core::fallback::Rescued;
use tower_layer::Layer;

use self::future::Flight;
use self::queue::{Queue, Sender};
pub use self::refresh::Refresher;
pub use self::service::Cached;
use crate::Failures;

/// Answers from a cache, and makes calls for the same answer share one.
///
/// The key function says which requests have the same answer; what it gives no key goes through. An
/// answer that the rule counts as a success is kept; responses are of the cache's type `V`, of which
/// one that is kept, or shared, is a clone. Put it outside everything that a hit need not pass: a hit
/// asks the inner service for nothing, not even whether it is ready.
///
/// # Examples
///
/// ```
/// # use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
/// use resilience_core::{BoxError, Cache, CacheConfig, Env};
/// use resilience_tower::CacheLayer;
/// use tower::{Service, ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// let cache = Cache::new("quotes", CacheConfig::default(), &Env::default())?;
/// static PRICE: AtomicU64 = AtomicU64::new(187);
/// let mut quotes = ServiceBuilder::new()
///     .layer(CacheLayer::new(cache, |symbol: &&'static str| Some(*symbol)))
///     .service_fn(|_symbol: &'static str| async {
///         Ok::<_, BoxError>(PRICE.fetch_add(1, Relaxed))
///     });
///
/// assert_eq!(quotes.ready().await?.call("AAPL").await?, 187);
/// assert_eq!(quotes.ready().await?.call("AAPL").await?, 187, "kept");
/// assert_eq!(quotes.ready().await?.call("MSFT").await?, 188, "of another key");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Where no kept answer may stand in, who called gets the error as it was, and those who waited for
/// that call a [`Rejected`](resilience_core::Rejected): nothing of theirs was sent.
///
/// # Cancel safety
///
/// Dropping the future drops the call, and hands it to the next who waits for it, who makes it by his
/// own request.
pub struct CacheLayer<Req, C, P> {
    cache: C,
    plan: P,
    max_queued: usize,
    request: PhantomData<fn(Req)>,
}

/// What a [`CacheLayer`] knows of requests and responses.
pub struct Plan<V, F, R> {
    key: F,
    mark: fn(Rescued<V>) -> V,
    keep: fn(&V) -> Option<Lifetime>,
    rule: R,
}

impl<Req, K, V, F: Fn(&Req) -> Option<K>> CacheLayer<Req, Cache<K, V>, Plan<V, F, Failures>> {
    /// Creates a layer with the default rule; `key` says which requests have the same answer.
    pub fn new(cache: Cache<K, V>, key: F) -> Self {
        Self {
            cache,
            plan: Plan {
                key,
                mark: |rescued| rescued.value,
                keep: |_| Some(Lifetime::default()),
                rule: Failures,
            },
            max_queued: 64,
            request: PhantomData,
        }
    }
}

impl<Req, C, V, F, R> CacheLayer<Req, C, Plan<V, F, R>> {
    /// Replaces the rule that says which results are good, and which are answered for.
    #[must_use]
    pub fn classify<R2>(self, rule: R2) -> CacheLayer<Req, C, Plan<V, F, R2>> {
        let Plan {
            key, mark, keep, ..
        } = self.plan;
        CacheLayer {
            cache: self.cache,
            plan: Plan {
                key,
                mark,
                keep,
                rule,
            },
            max_queued: self.max_queued,
            request: self.request,
        }
    }

    /// Sets which successes are kept, and how long. `None` is for the caller alone: it is neither kept
    /// nor shared, and those who waited for it make calls of their own, all at once. Default: all, as
    /// the cache's config says.
    #[must_use]
    pub fn keep(mut self, keep: fn(&V) -> Option<Lifetime>) -> Self {
        self.plan.keep = keep;
        self
    }

    /// Sets how an answer says that it is stale, and how old; for http see `http::mark_stale`.
    /// Default: not at all.
    #[must_use]
    pub fn mark(mut self, mark: fn(Rescued<V>) -> V) -> Self {
        self.plan.mark = mark;
        self
    }

    /// Sets how many answers may wait for a [`Refresher`] at once. One more is refreshed by the
    /// request that asks for it, as all are where there is no refresher. Default: 64.
    #[must_use]
    pub fn max_queued(self, max_queued: usize) -> Self {
        Self { max_queued, ..self }
    }
}

impl<S, Req, K, V, F, R> Layer<S> for CacheLayer<Req, Cache<K, V>, Plan<V, F, R>>
where
    K: Hash + Eq,
    F: Clone,
    R: Clone,
{
    type Service = Cached<S, Self, (Req, Flight<K, V, R>)>;

    fn layer(&self, inner: S) -> Self::Service {
        let queue = Queue::new(self.max_queued);
        Cached::new(inner, self.clone(), Arc::new(Sender::new(queue)))
    }
}

impl<Req, C: Clone, P: Clone> Clone for CacheLayer<Req, C, P> {
    fn clone(&self) -> Self {
        Self {
            cache: self.cache.clone(),
            plan: self.plan.clone(),
            max_queued: self.max_queued,
            request: PhantomData,
        }
    }
}

impl<V, F: Clone, R: Clone> Clone for Plan<V, F, R> {
    fn clone(&self) -> Self {
        Self {
            key: self.key.clone(),
            mark: self.mark,
            keep: self.keep,
            rule: self.rule.clone(),
        }
    }
}

impl<Req, C: fmt::Debug, P: fmt::Debug> fmt::Debug for CacheLayer<Req, C, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheLayer")
            .field("cache", &self.cache)
            .field("plan", &self.plan)
            .field("max_queued", &self.max_queued)
            .finish()
    }
}

impl<V, F, R: fmt::Debug> fmt::Debug for Plan<V, F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("rule", &self.rule)
            .finish_non_exhaustive()
    }
}
