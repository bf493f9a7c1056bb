//! A rate limit for each tenant of an axum service: a request a second, two at once, else 429.
//!
//! Tenants do not see each other's use, and there are at most 1000 at a time, so that nobody can
//! fill the memory with made-up names; who names no tenant shares one limit with all who do not.
//! Every answer says what is left, and `Retry-After` when to come back, and both are true.
//!
//! `cargo run -p examples --example keyed_limiter_axum`

use std::time::Duration;

use axum::body::Body;
use axum::{Router, http::StatusCode, routing::get};
use http::{HeaderName, Request};
use resilience_core::{BoxError, Env, Keyed, KeyedConfig, RateLimiterConfig};
use resilience_tower::http::key::Header;
use resilience_tower::{ByKey, GateLayer};
use tower::ServiceExt;

/// Asks as `tenant`; returns the status, the calls that are left and the seconds to wait.
async fn ask(app: &Router, tenant: &str) -> Result<(StatusCode, u64, u64), BoxError> {
    let request = Request::get("/quote").header("x-tenant", tenant);
    let response = app.clone().oneshot(request.body(Body::empty())?).await?;
    let whole = |name| match response.headers().get(name) {
        Some(value) => Ok::<_, BoxError>(value.to_str()?.parse()?),
        None => Ok(0),
    };
    let (left, wait) = (whole("ratelimit-remaining")?, whole("retry-after")?);
    println!(
        "{tenant}: {}, {left} left, wait {wait} s",
        response.status()
    );
    Ok((response.status(), left, wait))
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
    let tenant = Header::new(HeaderName::from_static("x-tenant"));
    let app = Router::new()
        .route("/quote", get(|| async { "AAPL 187.15" }))
        .layer(GateLayer::new(ByKey::new(tenants.clone(), tenant)).rate_limit_headers());

    for left in [1, 0] {
        assert_eq!(ask(&app, "acme").await?, (StatusCode::OK, left, 0));
    }
    let (status, left, wait) = ask(&app, "acme").await?;
    assert_eq!((status, left, wait), (StatusCode::TOO_MANY_REQUESTS, 0, 1));
    assert_eq!(ask(&app, "umbrella").await?.0, StatusCode::OK);

    tokio::time::sleep(Duration::from_secs(wait)).await;
    assert_eq!(ask(&app, "acme").await?.0, StatusCode::OK);
    assert_eq!(tenants.keys(), ["umbrella", "acme"]);
    Ok(())
}
