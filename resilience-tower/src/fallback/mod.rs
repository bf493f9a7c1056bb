//! Middleware that answers something else when a call fails.

pub mod future;

use std::fmt;
use std::task::{Context, Poll};

use resilience_core::fallback::Rescued;
use resilience_core::{Answer, Classify, Fallback, Rejected};
use tower_layer::Layer;
use tower_service::Service;

use self::future::{Answering, ResponseFuture};
use crate::rule::tells;
use crate::{Failures, Tower};

/// Answers in place of calls that failed, were cut short or were refused.
///
/// A call that succeeds is kept for its key, and no other; what the rule ignores, but for refusals, is
/// passed on as it is. Responses are of the fallback's type `V`, of which one that is kept is a clone. The key
/// function says which calls have the same answer. Put it outermost, never inside a retry.
///
/// ```
/// use resilience_core::{BoxError, Env, Fallback, FallbackConfig};
/// use resilience_tower::FallbackLayer;
/// use tower::{Service, ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// let fallback = Fallback::new("quotes", FallbackConfig::default(), &Env::default())?;
/// let mut price = Some(187);
/// let mut quotes = ServiceBuilder::new()
///     .layer(FallbackLayer::new(fallback, |symbol: &&'static str| *symbol))
///     .service_fn(move |_symbol: &'static str| {
///         std::future::ready(price.take().ok_or_else(|| BoxError::from("feed is down")))
///     });
///
/// assert_eq!(quotes.ready().await?.call("AAPL").await?, 187);
/// assert_eq!(quotes.ready().await?.call("AAPL").await?, 187, "the last good answer");
/// assert!(quotes.ready().await?.call("MSFT").await.is_err(), "is of this key only");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Where the fallback has no answer the caller gets the error, as it was.
///
/// # Cancel safety
///
/// Dropping the future drops the call; nothing is answered and nothing kept.
pub struct FallbackLayer<V, K, R = Failures> {
    fallback: Fallback<V>,
    key: K,
    mark: fn(Rescued<V>) -> V,
    keep: fn(&V) -> bool,
    rule: R,
}

impl<V, K> FallbackLayer<V, K> {
    /// Creates a layer with the default rule; `key` says which requests have the same answer.
    pub fn new(fallback: Fallback<V>, key: K) -> Self {
        Self {
            fallback,
            key,
            mark: |rescued| rescued.value,
            keep: |_| true,
            rule: Failures,
        }
    }
}

impl<V, K, R> FallbackLayer<V, K, R> {
    /// Replaces the rule that says which results are good, and which are answered for.
    #[must_use]
    pub fn classify<R2>(self, rule: R2) -> FallbackLayer<V, K, R2> {
        FallbackLayer {
            fallback: self.fallback,
            key: self.key,
            mark: self.mark,
            keep: self.keep,
            rule,
        }
    }

    /// Sets which successes are kept as good answers; the others are passed on all the same.
    /// Default: all.
    ///
    /// An answer that is one caller's fault, such as a 401, is no failure, and no answer for others
    /// either. Over http clients `http` keeps 2xx; over routes say so here.
    #[must_use]
    pub fn keep(self, keep: fn(&V) -> bool) -> Self {
        Self { keep, ..self }
    }

    /// Sets how an answer says that it is a fallback, and how old; for http see
    /// `http::mark_stale`. Default: not at all.
    #[must_use]
    pub fn mark(self, mark: fn(Rescued<V>) -> V) -> Self {
        Self { mark, ..self }
    }
}

impl<V, K: Clone, R: Clone> Clone for FallbackLayer<V, K, R> {
    fn clone(&self) -> Self {
        Self {
            fallback: self.fallback.clone(),
            key: self.key.clone(),
            mark: self.mark,
            keep: self.keep,
            rule: self.rule.clone(),
        }
    }
}

impl<V, K, R: fmt::Debug> fmt::Debug for FallbackLayer<V, K, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FallbackLayer")
            .field("fallback", &self.fallback)
            .field("rule", &self.rule)
            .finish_non_exhaustive()
    }
}

impl<S, V, K: Clone, R: Clone> Layer<S> for FallbackLayer<V, K, R> {
    type Service = FallenBack<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        let layer = self.clone();
        FallenBack { inner, layer }
    }
}

/// A service that answers something else when a call fails.
#[derive(Clone, Debug)]
pub struct FallenBack<S, L> {
    inner: S,
    layer: L,
}

impl<S, V, K, R, Req, Key> Service<Req> for FallenBack<S, FallbackLayer<V, K, R>>
where
    S: Service<Req, Response = V>,
    V: Clone + Send + Sync + 'static,
    K: Fn(&Req) -> Key,
    Key: AsRef<str>,
    R: Classify<Req, Result<V, S::Error>> + Clone,
    Result<V, S::Error>: Answer<Rejected, Tower>,
{
    type Response = V;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, Key, Answering<V, S::Error, R>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, req: Req) -> Self::Future {
        let layer = &self.layer;
        let key = (layer.key)(&req);
        let policy = Answering {
            fallback: layer.fallback.clone(),
            mark: layer.mark,
            keep: layer.keep,
            rule: layer.rule.of_request(&req),
            tells: tells::<Req, _, R>,
        };
        ResponseFuture::new(self.inner.call(req), key, policy)
    }
}
