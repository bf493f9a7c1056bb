//! A rate limit for each tenant of an axum service: a request a second, two at once, else 429.
//!
//! Tenants do not see each other's use, and there are at most 1000 at a time, so that nobody can
//! fill the memory with made-up names. `Retry-After` says when to come back, and is true.
//!
//! `cargo run -p examples --example keyed_limiter_axum`

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::{Router, http::StatusCode, response::Response, routing::get};
use resilience_core::{BoxError, Env, Keyed, KeyedConfig, RateLimiter, RateLimiterConfig};
use resilience_tower::GateLayer;
use tower::{Layer, ServiceExt};

/// Lets the request through, or answers in its place.
async fn limit(
    State(tenants): State<Keyed<RateLimiter>>,
    request: Request,
    next: Next,
) -> Response {
    let tenant = request.headers().get("x-tenant");
    let tenant = tenant.and_then(|it| it.to_str().ok()).unwrap_or("");
    // The layer of the tenant's own gate, around the rest of the service.
    let gated = GateLayer::new(tenants.gate(tenant)).layer(next);
    let Ok(response) = gated.oneshot(request).await;
    response
}

/// Asks as `tenant`; returns the status and the seconds to wait.
async fn ask(app: &Router, tenant: &str) -> Result<(StatusCode, u64), BoxError> {
    let request = Request::get("/quote").header("x-tenant", tenant);
    let response = app.clone().oneshot(request.body(Body::empty())?).await?;
    let wait = response.headers().get("retry-after");
    let wait = wait.map_or(Ok(0), |it| Ok::<_, BoxError>(it.to_str()?.parse()?))?;
    println!("{tenant}: {}, wait {wait} s", response.status());
    Ok((response.status(), wait))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let config = KeyedConfig {
        gate: RateLimiterConfig {
            permits: 60,
            per: Duration::from_secs(60),
            burst: Some(2),
            ..Default::default()
        },
        ..Default::default()
    };
    let tenants = Keyed::new("tenants", config, &Env::default())?;
    let app = Router::new()
        .route("/quote", get(|| async { "AAPL 187.15" }))
        .layer(from_fn_with_state(tenants.clone(), limit));

    for _ in 0..2 {
        assert_eq!(ask(&app, "acme").await?.0, StatusCode::OK);
    }
    let (status, wait) = ask(&app, "acme").await?;
    assert_eq!((status, wait), (StatusCode::TOO_MANY_REQUESTS, 1));
    assert_eq!(ask(&app, "umbrella").await?.0, StatusCode::OK);

    tokio::time::sleep(Duration::from_secs(wait)).await;
    assert_eq!(ask(&app, "acme").await?.0, StatusCode::OK);
    assert_eq!(tenants.keys(), ["umbrella", "acme"]);
    Ok(())
}
