//! Retries around a plain async function, within a budget.
//!
//! The budget allows one retry for ten requests: enough to get over a lost answer, too little to
//! triple the load on a service that is down.
//!
//! `cargo run -p examples --example retry_with_budget`

use std::cell::Cell;
use std::io;
use std::time::Duration;

use resilience_core::{BackoffConfig, BoxError, Env, Exhausted};
use resilience_core::{Retry, RetryBudgetConfig, RetryConfig};
use tokio::time::sleep;

/// What is called: it fails as often as it is told to.
#[derive(Default)]
struct Venue {
    failures: Cell<u32>,
    asked: Cell<u32>,
}

impl Venue {
    async fn quote(&self, symbol: &str) -> io::Result<String> {
        self.asked.set(self.asked.get() + 1);
        sleep(Duration::from_millis(1)).await;
        match self.failures.get() {
            0 => Ok(format!("{symbol} 187.15")),
            left => {
                self.failures.set(left - 1);
                Err(io::ErrorKind::ConnectionReset.into())
            }
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let config = RetryConfig {
        max_attempts: 3,
        backoff: BackoffConfig {
            base: Duration::from_millis(10),
            ..Default::default()
        },
        budget: Some(RetryBudgetConfig {
            ratio: 0.1,
            floor_per_second: 0.0,
            ..Default::default()
        }),
        ..Default::default()
    };
    let retry = Retry::new("quotes", config, &Env::default())?;
    let venue = Venue::default();
    let quote = async || retry.call_with(sleep, || venue.quote("AAPL")).await;

    for _ in 0..20 {
        quote().await?;
    }
    venue.failures.set(2);
    let price = quote().await?;
    let repeated = retry.snapshot().retries;
    println!("two answers lost: {price} after {repeated} retries");
    assert_eq!(repeated, 2);

    venue.failures.set(u32::MAX);
    venue.asked.set(0);
    for _ in 0..10 {
        let Exhausted { attempts, last, .. } = quote().await.expect_err("the venue is down");
        println!("venue down: {last} after {attempts} attempt(s)");
    }
    println!("ten calls, {} attempts", venue.asked.get());
    assert_eq!(venue.asked.get(), 11, "31 requests are worth 3 retries");

    venue.failures.set(0);
    println!("venue back: {}", quote().await?);
    Ok(())
}
