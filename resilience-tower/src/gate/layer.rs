use std::sync::Arc;

use tower_layer::Layer;

use super::Gated;
use crate::Failures;

/// Applies a gate, or a tuple of gates, to every request.
///
/// A gate that refuses answers for the inner service at once, with the caller's own error or, over a
/// service that cannot fail, with a response. All services it makes share the gate.
///
/// ```
/// use resilience_core::{BoxError, CallError, CircuitBreaker, CircuitBreakerConfig, Env};
/// use resilience_tower::GateLayer;
/// use tower::{Service, ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// let breaker = CircuitBreaker::new("venue", CircuitBreakerConfig::default(), &Env::default())?;
/// let mut venue = ServiceBuilder::new()
///     .layer(GateLayer::new(breaker))
///     .service_fn(|_order: u64| async { Err::<(), BoxError>("venue is down".into()) });
///
/// for _ in 0..5 {
///     let error = venue.ready().await?.call(7).await.unwrap_err();
///     assert_eq!(error.to_string(), "venue is down");
/// }
/// let error = venue.ready().await?.call(7).await.unwrap_err();
/// assert_eq!(error.rejected().map(|it| it.policy().as_str()), Some("venue"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// A call that the gate refuses ends with the reason, a [`Rejected`](resilience_core::Rejected):
/// nothing was sent.
///
/// # Cancel safety
///
/// Dropping the future gives back what the gate gave. What the gate learns of a call that was given
/// up is for its config to say; a call that panicked is a failure.
#[derive(Debug)]
pub struct GateLayer<G, R = Failures> {
    gate: Arc<G>,
    rule: R,
}

/// Stops calling a service that keeps failing.
pub type CircuitBreakerLayer<R = Failures> = GateLayer<resilience_core::CircuitBreaker, R>;

/// Keeps the requests to a rate, and refuses what is above it.
///
/// [`RateLimiterQueueLayer`](crate::RateLimiterQueueLayer) makes it wait instead. A rule may say how
/// many permits a request takes:
///
/// ```
/// use std::time::Duration;
/// use resilience_core::{Ask, BoxError, CallError, Env, Outcome, RateLimiter, RateLimiterConfig};
/// use resilience_tower::RateLimiterLayer;
/// use tower::{Service, ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// let config = RateLimiterConfig::new(120, Duration::from_secs(60));
/// let limiter = RateLimiter::new("fred", config, &Env::default())?;
/// let cost = |series: &u32| Ask::default().cost(*series);
/// let outcome = |_: &Result<u32, BoxError>| Outcome::Success;
/// let mut fred = ServiceBuilder::new()
///     .layer(RateLimiterLayer::new(limiter).classify((cost, outcome)))
///     .service_fn(|series: u32| async move { Ok::<_, BoxError>(series) });
///
/// assert_eq!(fred.ready().await?.call(100).await?, 100);
/// let error = fred.ready().await?.call(100).await.unwrap_err();
/// assert!(error.rejected().and_then(|it| it.retry_after()).is_some());
/// # Ok(())
/// # }
/// ```
pub type RateLimiterLayer<R = Failures> = GateLayer<resilience_core::RateLimiter, R>;

/// Bounds the requests in flight, and refuses what is above it. Its slot is free again with the
/// response; `http::BulkheadLayer` keeps it to the end of the body.
///
/// [`BulkheadQueueLayer`](crate::BulkheadQueueLayer) makes it wait instead.
pub type BulkheadLayer<R = Failures> = GateLayer<resilience_core::Bulkhead, R>;

impl<G> GateLayer<G> {
    /// Creates a layer with the default rule.
    pub fn new(gate: G) -> Self {
        Self {
            gate: Arc::new(gate),
            rule: Failures,
        }
    }
}

impl<G, R> GateLayer<G, R> {
    /// Replaces the rule that says what requests ask for and what results tell.
    #[must_use]
    pub fn classify<R2>(self, rule: R2) -> GateLayer<G, R2> {
        let gate = self.gate;
        GateLayer { gate, rule }
    }

    /// Keeps permits to the end of the response's body, instead of to the response.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn until_body_end(self) -> crate::http::UntilBodyEnd<Self> {
        crate::http::UntilBodyEnd(self)
    }

    /// Tells in every response what is left of the rate.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn rate_limit_headers(self) -> crate::http::RateLimitHeaders<Self> {
        crate::http::RateLimitHeaders(self)
    }
}

impl<G, R: Clone> Clone for GateLayer<G, R> {
    fn clone(&self) -> Self {
        Self {
            gate: self.gate.clone(),
            rule: self.rule.clone(),
        }
    }
}

impl<S, G, R: Clone> Layer<S> for GateLayer<G, R> {
    type Service = Gated<S, G, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Gated::new(inner, self.gate.clone(), self.rule.clone())
    }
}
