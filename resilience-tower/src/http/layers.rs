//! Layers over clients that answer with a status.

use http::Response;
use resilience_core::{Failover, Fallback, Retry};

use super::Failures;
use crate::{FailoverLayer, FallbackLayer, GateLayer, QueueLayer, Repeat, RetryLayer};

impl<G> GateLayer<G, Failures> {
    /// Creates a layer over an http client: a 5xx or 429 response is a failure too.
    #[must_use]
    pub fn http(gate: G) -> Self {
        GateLayer::new(gate).classify(Failures)
    }
}

impl<Q> QueueLayer<Q, Failures> {
    /// Creates a layer over an http client: a 5xx or 429 response is a failure too.
    #[must_use]
    pub fn http(gate: Q) -> Self {
        QueueLayer::new(gate).classify(Failures)
    }
}

impl<Req: Repeat> RetryLayer<Req, Failures> {
    /// Creates a layer over an http client: a 5xx or 429 response is a failure too, and the wait that
    /// it asks for is obeyed as the policy says.
    ///
    /// ```
    /// use resilience_core::{BoxError, Env, Retry, RetryLimits};
    /// use resilience_tower::RetryLayer;
    /// use resilience_tower::http::{IdempotencyKeyLayer, PassOnLayer, ReplayBodyLayer};
    /// use http::{Request, Response};
    /// use http_body_util::{BodyExt, Full};
    /// use tower::{Service, ServiceBuilder, ServiceExt};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), BoxError> {
    /// let retry = Retry::new("orders", Default::default(), &Env::default())?;
    /// let mut orders = ServiceBuilder::new()
    ///     .layer(PassOnLayer)
    ///     .layer(IdempotencyKeyLayer::new())
    ///     .layer(ReplayBodyLayer::default())
    ///     .layer(RetryLayer::http(retry.clone()))
    ///     .service_fn(|order: Request<_>| async move {
    ///         let (head, body): (_, resilience_tower::http::ReplayBody<Full<&[u8]>>) = order.into_parts();
    ///         assert!(head.headers.contains_key("idempotency-key"));
    ///         assert_eq!(body.collect().await?.to_bytes(), "buy");
    ///         Ok::<_, BoxError>(Response::builder().status(503).body(())?)
    ///     });
    /// let order = Request::post("/orders").body(Full::new(&b"buy"[..]))?;
    /// let response = orders.ready().await?.call(order).await?;
    /// assert_eq!(retry.snapshot().sent, 3);
    /// assert_eq!(response.headers()["x-do-not-retry"], "1");
    ///
    /// let mut once = Request::post("/orders").body(Full::new(&b"buy"[..]))?;
    /// once.extensions_mut().insert(RetryLimits::NONE);
    /// orders.ready().await?.call(once).await?;
    /// assert_eq!(retry.snapshot().sent, 4);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn http(retry: Retry) -> Self {
        RetryLayer::new(retry).classify(Failures)
    }
}

impl FailoverLayer<Failures> {
    /// Creates a layer over http clients: a 5xx or 429 response is a failure too.
    #[must_use]
    pub fn http(failover: Failover) -> Self {
        FailoverLayer::new(failover).classify(Failures)
    }
}

impl<B, K> FallbackLayer<Response<B>, K, Failures> {
    /// Creates a layer over an http client: a 5xx or 429 response is answered otherwise too, and only
    /// a 2xx is kept as a good one.
    #[must_use]
    pub fn http(fallback: Fallback<Response<B>>, key: K) -> Self {
        FallbackLayer::new(fallback, key)
            .classify(Failures)
            .keep(|response| response.status().is_success())
    }
}
