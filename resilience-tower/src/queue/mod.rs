//! Middleware that makes requests wait their turn.

pub mod future;
mod service;

use std::sync::Arc;

use tower_layer::Layer;

pub use self::service::Queued;
use crate::Failures;

/// Makes every request wait its turn at a gate, first come, first served.
///
/// The gate bounds the queue and the wait. All services it makes share the gate.
///
/// ```
/// use resilience_core::{BoxError, Bulkhead, BulkheadConfig, Env};
/// use resilience_tower::QueueLayer;
/// use tower::{Service, ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// let bulkhead = Bulkhead::new("venue", BulkheadConfig::default(), &Env::default())?;
/// let mut venue = ServiceBuilder::new()
///     .layer(QueueLayer::new(bulkhead))
///     .service_fn(|order: u64| async move { Ok::<_, BoxError>(order) });
/// assert_eq!(venue.ready().await?.call(7).await?, 7);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// A call that may not wait, or that waited in vain, ends with the reason, a
/// [`Rejected`](resilience_core::Rejected): nothing was sent.
///
/// # Cancel safety
///
/// Dropping the future leaves the queue, or gives back what the gate gave: unused where the call
/// was not made yet.
#[derive(Debug)]
pub struct QueueLayer<Q, R = Failures> {
    gate: Arc<Q>,
    rule: R,
}

/// Keeps the requests to a rate, and makes wait what is above it.
pub type RateLimiterQueueLayer<R = Failures> = QueueLayer<resilience_core::RateLimiter, R>;

/// Bounds the requests in flight, and makes wait what is above it. Its slot is free again with the
/// response; `http::BulkheadQueueLayer` keeps it to the end of the body.
pub type BulkheadQueueLayer<R = Failures> = QueueLayer<resilience_core::Bulkhead, R>;

impl<Q> QueueLayer<Q> {
    /// Creates a layer with the default rule.
    pub fn new(gate: Q) -> Self {
        Self {
            gate: Arc::new(gate),
            rule: Failures,
        }
    }
}

impl<Q, R> QueueLayer<Q, R> {
    /// Replaces the rule that says what requests ask for and what results tell.
    #[must_use]
    pub fn classify<R2>(self, rule: R2) -> QueueLayer<Q, R2> {
        let gate = self.gate;
        QueueLayer { gate, rule }
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

impl<Q, R: Clone> Clone for QueueLayer<Q, R> {
    fn clone(&self) -> Self {
        Self {
            gate: self.gate.clone(),
            rule: self.rule.clone(),
        }
    }
}

impl<S, Q, R: Clone> Layer<S> for QueueLayer<Q, R> {
    type Service = Queued<S, Q, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Queued::new(inner, self.gate.clone(), self.rule.clone())
    }
}
