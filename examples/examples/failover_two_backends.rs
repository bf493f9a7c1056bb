//! Failover between two HTTP back ends, and back.
//!
//! The primary stops answering. After two failures in a row calls go to the backup, and the retry
//! outside sees to it that no caller notices. Three good health checks in a row bring them back.
//!
//! `cargo run -p examples --example failover_two_backends`

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use axum::{Router, routing::get};
use http_body_util::BodyExt;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use resilience_core::{BackoffConfig, BoxError, Env, Failover, FailoverConfig};
use resilience_core::{Retry, RetryConfig, Timeout, TimeoutConfig};
use resilience_tower::{FailoverLayer, RetryLayer, TimeoutLayer};
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};

static UP: AtomicBool = AtomicBool::new(true);

/// Serves its name on a free port; the primary only while it is up.
#[expect(clippy::disallowed_methods, reason = "the example is its own server")]
async fn serve(name: &'static str) -> Result<SocketAddr, BoxError> {
    let answer = async move || match name == "backup" || UP.load(SeqCst) {
        true => name,
        false => std::future::pending().await,
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let at = listener.local_addr()?;
    let app = Router::new().route("/", get(answer));
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(at)
}

/// Fetches what is there. A program keeps one client for all its calls.
async fn fetch(at: SocketAddr) -> Result<String, BoxError> {
    let client = Client::builder(TokioExecutor::new()).build_http::<String>();
    let response = client.get(format!("http://{at}").parse()?).await?;
    let body = response.into_body().collect().await?;
    Ok(String::from_utf8(body.to_bytes().into())?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let (env, ms) = (Env::default(), Duration::from_millis);
    let limit = TimeoutConfig::new(ms(250));
    let attempt = TimeoutLayer::new(Timeout::new("attempt", limit, &env)?);
    let targets = [serve("primary").await?, serve("backup").await?]
        .map(|at| attempt.layer(service_fn(move |()| fetch(at))));
    let check = targets[0].clone();
    let config = FailoverConfig {
        targets: vec!["primary".into(), "backup".into()],
        switch_after: 2,
        fail_back_after: 3,
    };
    let failover = Failover::new("venue", config, &env)?;
    let retry = RetryConfig {
        backoff: BackoffConfig::fixed(ms(10)),
        ..Default::default()
    };
    let venue = ServiceBuilder::new()
        .layer(RetryLayer::new(Retry::new("quotes", retry, &env)?))
        .layer(FailoverLayer::new(failover.clone()))
        .service(targets);

    for (up, who) in [(true, "primary"), (false, "backup"), (true, "primary")] {
        UP.store(up, SeqCst);
        // A program spawns this, once every few seconds.
        for _ in 0..3 {
            failover.check("primary", check.clone().oneshot(()).await.is_ok());
        }
        assert_eq!(venue.clone().oneshot(()).await?, who);
        println!("primary up: {up}, answered by the {who}");
    }
    let history = failover.history();
    println!("{}\n{}", history[0], history[1]);
    Ok(())
}
