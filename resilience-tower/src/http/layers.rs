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
