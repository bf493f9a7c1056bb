//! Deadlines and correlation ids that travel with a call, over one and two hops.

mod client;
mod correlation;
mod script;
mod server;

use std::convert::Infallible;
use std::fmt;
use std::future::{pending, ready};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::http::{HeaderMap, Request, Response, StatusCode};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use resilience_core::{
    BackoffConfig, BoxError, Bulkhead, BulkheadConfig, CallError, Deadline, Deadlines,
    DeadlinesConfig, Elapsed, Env, Rejected, Retry, RetryConfig, Timeout, TimeoutConfig,
};
use resilience_tower::context;
use resilience_tower::http::{ClientContextLayer, ServerContextLayer};
use resilience_tower::{BulkheadQueueLayer, CallContext, CorrelationId, RetryLayer, TimeoutLayer};
use tokio::time::{Instant, advance, sleep};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

use crate::common::{SECOND, env};

const MILLI: Duration = Duration::from_millis(1);

fn deadlines(config: DeadlinesConfig) -> Deadlines {
    Deadlines::new("orders", config, &env()).unwrap()
}

fn server(config: DeadlinesConfig) -> (Deadlines, ServerContextLayer) {
    let deadlines = deadlines(config);
    (deadlines.clone(), ServerContextLayer::new(deadlines))
}

fn client() -> ClientContextLayer {
    ClientContextLayer::new(deadlines(DeadlinesConfig::default()))
}

fn with(headers: &[(&'static str, &str)]) -> Request<Body> {
    let mut request = Request::get("/").body(Body::empty()).unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    request
}

async fn send(app: &Router, headers: &[(&'static str, &str)]) -> Response<Body> {
    app.clone().oneshot(with(headers)).await.unwrap()
}

/// What is left of the deadline of the call that the running task works for.
fn left() -> Option<Duration> {
    let now = env().now();
    context::current().deadline.map(|it| it.left(now))
}

/// Remembers the headers of what it is sent, and answers.
#[derive(Clone, Debug, Default)]
struct Callee(Arc<Mutex<Vec<HeaderMap>>>);

impl Callee {
    fn sent(&self) -> Vec<HeaderMap> {
        self.0.lock().unwrap().clone()
    }

    fn service(
        &self,
    ) -> impl Service<Request<Body>, Response = Response<Body>, Error = BoxError, Future: Send>
    + Clone
    + Send
    + Sync
    + 'static {
        let callee = self.clone();
        tower::service_fn(move |request: Request<Body>| {
            callee.0.lock().unwrap().push(request.headers().clone());
            ready(Ok(Response::new(Body::empty())))
        })
    }
}

/// What a server is to those who call it over a wire.
fn can_fail(
    server: Router,
) -> impl Service<Request<Body>, Response = Response<Body>, Error = BoxError, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static {
    let unnamed = |never: Infallible| -> BoxError { match never {} };
    ServiceExt::<Request<Body>>::map_err(server, unnamed)
}

/// A handler that works for `work` and then calls on.
fn calling_on<S>(work: Duration, next: S) -> Router
where
    S: Service<Request<Body>, Response = Response<Body>, Future: Send> + Clone,
    S: Send + Sync + 'static,
    S::Error: fmt::Debug,
{
    let handler = move || {
        let next = next.clone();
        async move {
            sleep(work).await;
            let response = next.oneshot(with(&[])).await.unwrap();
            response.status()
        }
    };
    Router::new().route("/", get(handler))
}

/// Three attempts, two seconds apart, of what always fails.
fn failing(
    env: &Env,
) -> impl Service<Request<Body>, Response = Response<Body>, Error = BoxError, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static {
    let config = RetryConfig {
        backoff: BackoffConfig::fixed(2 * SECOND),
        ..Default::default()
    };
    let retry = Retry::new("venue", config, env).unwrap();
    let copy = |request: &Request<Body>| {
        let mut copy = with(&[]);
        *copy.extensions_mut() = request.extensions().clone();
        Some(copy)
    };
    ServiceBuilder::new()
        .layer(RetryLayer::repeatable(retry, copy).classify(resilience_tower::http::Failures))
        .service_fn(|_: Request<Body>| async {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            Ok::<_, BoxError>(response)
        })
}
