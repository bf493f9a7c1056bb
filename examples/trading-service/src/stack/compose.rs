//! The stack as it is composed: the part to copy.

use std::net::SocketAddr;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::uri::{Authority, Scheme};
use http::{Request, Response, Uri};
use http_body_util::Full;
use resilience_core::cache::Lifetime;
use resilience_core::{
    BoxError, Bulkhead, Cache, CircuitBreaker, Deadlines, Failover, RateLimiter, Retry, Timeout,
};
use resilience_tower::cache::{Plan, future::Flight};
use resilience_tower::http::{ClientContext, ClientContextLayer};
use resilience_tower::{
    CacheLayer, Cached, FailedOver, FailoverLayer, GateLayer, Gated, Retried, RetryLayer, Timed,
    TimeoutLayer,
};
use tower::{Layer, Service, ServiceBuilder};

use super::rules::{Health, Unanswered};

/// What goes to a venue.
pub(super) type Call = Request<Full<Bytes>>;

/// Sends a [`Call`] as it is: the connections, or a stand-in for them.
pub(crate) trait Wire:
    Service<Call, Response = Response<Bytes>, Error = BoxError, Future: Send>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<T> Wire for T where
    T: Service<Call, Response = Response<Bytes>, Error = BoxError, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// One venue behind what guards it: breaker, bulkhead and limiter, then the limit of one attempt. The
/// venue is told until when an answer is of use, and the correlation id.
pub(super) type Guarded<W> = Gated<Timed<ClientContext<W>>, Gates, Health>;

/// What a call must pass, all or none of it.
pub(super) type Gates = (CircuitBreaker, Bulkhead, RateLimiter);

/// One venue, with attempts repeated as the rule `R` allows.
pub(super) type Repeated<W, R> = Retried<Guarded<W>, Call, R>;

/// Both venues as one source of quotes: cache, total limit, retry, failover, guarded venues.
pub(super) type Quotes<W> = Cached<Source<W>, Caching, (Call, Flight<String, Quoted, Unanswered>)>;

/// What the cache asks.
type Source<W> = Timed<Retried<FailedOver<[Guarded<Directed<W>>; 2], Health>, Call, Unanswered>>;

/// A venue's answer to the question for a quote.
pub(super) type Quoted = Response<Bytes>;

type Caching =
    CacheLayer<Call, Cache<String, Quoted>, Plan<Quoted, fn(&Call) -> Option<String>, Unanswered>>;

/// Guards a venue; all that is guarded by the same gates shares what they learn.
pub(super) fn guarded<W: Wire>(
    wire: W,
    gates: &Gates,
    attempt: &Timeout,
    told: &Deadlines,
) -> Guarded<W> {
    ServiceBuilder::new()
        .layer(GateLayer::new(gates.clone()).classify(Health))
        .layer(TimeoutLayer::new(attempt.clone()))
        .layer(ClientContextLayer::new(told.clone()))
        .service(wire)
}

/// Repeats what may be repeated.
pub(super) fn repeated<W: Wire, R: Clone>(
    venue: &Guarded<W>,
    retry: &Retry,
    rule: R,
) -> Repeated<W, R> {
    RetryLayer::new(retry.clone())
        .classify(rule)
        .layer(venue.clone())
}

/// Composes the source of quotes. All who ask for one symbol at once share one question, and where it
/// has no answer the last good one stands in.
pub(super) fn quotes<W: Wire>(
    cache: &Cache<String, Quoted>,
    total: &Timeout,
    retry: &Retry,
    failover: &Failover,
    venues: [Guarded<Directed<W>>; 2],
) -> Quotes<W> {
    let key: fn(&Call) -> Option<String> = |call| Some(call.uri().path().to_owned());
    ServiceBuilder::new()
        .layer(
            CacheLayer::new(cache.clone(), key)
                .classify(Unanswered)
                .keep(|quoted| quoted.status().is_success().then(Lifetime::default)),
        )
        .layer(TimeoutLayer::new(total.clone()))
        .layer(RetryLayer::new(retry.clone()).classify(Unanswered))
        .layer(FailoverLayer::new(failover.clone()).classify(Health))
        .service(venues)
}

/// A wire to one venue, whichever venue a call was made out to: a failover moves calls.
#[derive(Clone, Debug)]
pub(super) struct Directed<W> {
    wire: W,
    authority: Authority,
}

impl<W> Directed<W> {
    pub(super) fn new(wire: W, address: SocketAddr) -> Self {
        let authority = address.to_string();
        let authority = authority
            .parse()
            .expect("a socket address is an authority as it is written");
        Self { wire, authority }
    }
}

impl<W: Wire> Service<Call> for Directed<W> {
    type Response = W::Response;
    type Error = W::Error;
    type Future = W::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), W::Error>> {
        self.wire.poll_ready(cx)
    }

    fn call(&mut self, mut call: Call) -> W::Future {
        let mut parts = std::mem::take(call.uri_mut()).into_parts();
        parts.scheme.get_or_insert(Scheme::HTTP);
        parts.authority = Some(self.authority.clone());
        parts
            .path_and_query
            .get_or_insert_with(|| http::uri::PathAndQuery::from_static("/"));
        let uri = Uri::from_parts(parts);
        *call.uri_mut() = uri.expect("scheme, authority and path make a URI");
        self.wire.call(call)
    }
}
