//! The full stack over a real HTTP client: `cargo run -p examples --example full_stack_hyper`.
//!
//! Failures now and then nobody notices; while the server is down the last good answer is served.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use axum::{Router, http::StatusCode, routing::get};
use http_body_util::BodyExt;
use hyper::{Request, Response, body::Incoming};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use resilience_core::*;
use resilience_tower::http::mark_stale;
use resilience_tower::{FallbackLayer, GateLayer, RetryLayer, TimeoutLayer};
use tower::{ServiceBuilder, ServiceExt};

static REQUESTS: AtomicU32 = AtomicU32::new(0);

async fn quote() -> Result<&'static str, StatusCode> {
    match REQUESTS.fetch_add(1, SeqCst) {
        3 | 7 | 10..15 => Err(StatusCode::SERVICE_UNAVAILABLE),
        _ => Ok("AAPL 187.15"),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let server = axum::serve(listener, Router::new().route("/", get(quote)));
    #[expect(clippy::disallowed_methods, reason = "the example is its own server")]
    tokio::spawn(server.into_future());
    let (env, ms) = (Env::default(), Duration::from_millis);
    let timeout = |name, timeout| Timeout::new(name, TimeoutConfig::new(timeout), &env);
    let config = CircuitBreakerConfig {
        open_for: Some(ms(1_000)),
        ..Default::default()
    };
    let breaker = CircuitBreaker::new("venue", config, &env)?;
    let bulkhead = Bulkhead::new("venue", BulkheadConfig::default(), &env)?;
    let limiter = RateLimiter::new("venue", RateLimiterConfig::new(100, ms(1_000)), &env)?;
    let config = RetryConfig {
        backoff: BackoffConfig::fixed(ms(10)),
        budget: Some(RetryBudgetConfig::default()),
        ..Default::default()
    };
    let retry = Retry::new("quotes", config, &env)?;
    let fallback = Fallback::new("quotes", FallbackConfig::default(), &env)?;
    let fallback = FallbackLayer::http(fallback, |it: &Request<_>| it.uri().to_string());
    let venue = ServiceBuilder::new()
        .layer(fallback.mark(mark_stale))
        .layer(TimeoutLayer::new(timeout("total", ms(5_000))?))
        .layer(RetryLayer::http(retry))
        .layer(GateLayer::http((breaker.clone(), bulkhead, limiter)))
        .layer(TimeoutLayer::new(timeout("attempt", ms(500))?))
        .and_then(async |response: Response<Incoming>| {
            let (head, body) = response.into_parts();
            Ok::<_, BoxError>(Response::from_parts(head, body.collect().await?.to_bytes()))
        })
        .service(Client::builder(TokioExecutor::new()).build_http::<String>());

    for stale in [false, true, false] {
        for _ in 0..8 {
            let request = Request::get(&url).body(String::new())?;
            let response = venue.clone().oneshot(request).await?;
            assert_eq!(response.headers().contains_key("age"), stale);
        }
        let (state, wait) = (breaker.state(), breaker.snapshot().retry_after);
        println!("8 calls, {REQUESTS:?} requests so far, stale: {stale}, circuit {state:?}");
        assert_eq!(state == CircuitState::Open, stale);
        tokio::time::sleep(wait.unwrap_or_default()).await;
    }
    Ok(())
}
