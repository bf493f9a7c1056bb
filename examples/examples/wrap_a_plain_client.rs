//! A plain async client wrapped without tower: its operations by name from one config, and a single
//! function by its own policies.
//!
//! Quotes are tried again; orders are not, but stop after three failures in a row; the rest runs bare.
//!
//! `cargo run -p examples --example wrap_a_plain_client`

use std::cell::Cell;
use std::io;
use std::time::Duration;

use resilience_core::{BackoffConfig, BoxError, CallError, Component, Env, OperationsConfig};
use resilience_core::{Retry, RetryConfig, Timeout, TimeoutConfig};
use resilience_tower::{ComponentExt, RetryExt, TimeoutExt};

/// Any client: it knows nothing of policies.
#[derive(Default)]
struct Client {
    failures_left: Cell<u32>,
}

impl Client {
    async fn ask(&self) -> io::Result<f64> {
        match self.failures_left.get() {
            0 => Ok(187.15),
            left => {
                self.failures_left.set(left - 1);
                Err(io::ErrorKind::ConnectionReset.into())
            }
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let env = Env::default();
    let client = Client::default();
    let retry = RetryConfig {
        backoff: BackoffConfig::fixed(Duration::from_millis(10)),
        ..Default::default()
    };
    let config = OperationsConfig {
        critical_methods: vec!["place_order".into()],
        retry_methods: vec!["quote".into()],
        failure_threshold: 3,
        retry: retry.clone(),
        ..Default::default()
    };
    let venue = Component::new("venue", config, &env)?;
    let ask = async || Ok::<_, BoxError>(client.ask().await?);

    client.failures_left.set(2);
    println!("quote: {}", venue.call("quote", ask).await?);

    client.failures_left.set(3);
    for _ in 0..3 {
        let error = venue.call("place_order", ask).await.expect_err("down");
        println!("place_order: {error}");
    }
    let error = venue.call("place_order", ask).await.expect_err("open");
    let refused = error.rejected().expect("it was the breaker");
    println!("place_order: call rejected by {}", refused.policy());
    venue.call("log_in", ask).await?;
    for (name, seen) in venue.snapshot().operations {
        let (good, bad) = (seen.successes, seen.errors);
        println!("{name}: {good} good, {bad} bad, {} refused", seen.refused);
    }

    // One function by itself: each attempt has a second, and three are made.
    let second = Duration::from_secs(1);
    let attempt = Timeout::new("attempt", TimeoutConfig { timeout: second }, &env)?;
    let policy = Retry::new("depth", retry, &env)?;
    client.failures_left.set(1);
    let depth = async || client.ask().await.map_err(resilience_core::Failed::Inner);
    let depth = (|| depth().timeout(&attempt)).retry(&policy).await?;
    println!("depth: {depth} after {} attempts", policy.snapshot().sent);
    Ok(())
}
