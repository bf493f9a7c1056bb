//! Quotes from a cache: one call for many who ask, and stale quotes while the feed is down.
//!
//! A hundred ask at once and the feed is called once. A quote is fresh for 300 ms; then the feed falls
//! over, the circuit opens, and for a minute the last quote stands in, saying how old it is.
//!
//! `cargo run -p examples --example cached_quotes`

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use resilience_core::fallback::Rescued;
use resilience_core::{BoxError, Cache, CacheConfig, CircuitBreaker, CircuitBreakerConfig, Env};
use resilience_tower::{CacheLayer, CircuitBreakerLayer};
use tokio::task::JoinSet;
use tower::{ServiceBuilder, ServiceExt};

static UP: AtomicBool = AtomicBool::new(true);
static CALLS: AtomicUsize = AtomicUsize::new(0);

/// A price, and whether it is stale.
type Quote = (f64, bool);

/// The feed: slow, and then down.
async fn feed(_symbol: &'static str) -> Result<Quote, BoxError> {
    CALLS.fetch_add(1, SeqCst);
    tokio::time::sleep(Duration::from_millis(10)).await;
    let price = UP.load(SeqCst).then_some((187.15, false));
    price.ok_or_else(|| "feed is down".into())
}

fn stale(rescued: Rescued<Quote>) -> Quote {
    (rescued.value.0, rescued.is_stale())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let env = Env::default();
    let config = CacheConfig {
        ttl: Duration::from_millis(300),
        stale_if_error: Duration::from_secs(60),
        ..Default::default()
    };
    let cache = Cache::new("quotes", config, &env)?;
    let circuit = CircuitBreakerConfig {
        consecutive: Some(2),
        ..Default::default()
    };
    let circuit = CircuitBreaker::new("feed", circuit, &env)?;
    let quotes = ServiceBuilder::new()
        .layer(CacheLayer::new(cache.clone(), |symbol: &&'static str| Some(*symbol)).mark(stale))
        .layer(CircuitBreakerLayer::new(circuit))
        .service_fn(feed);

    let mut together: JoinSet<_> = (0..100).map(|_| quotes.clone().oneshot("AAPL")).collect();
    while let Some(quote) = together.join_next().await {
        assert_eq!(quote??, (187.15, false));
    }
    println!("100 asked, calls of the feed: {}", CALLS.load(SeqCst));

    UP.store(false, SeqCst);
    tokio::time::sleep(Duration::from_millis(350)).await;
    for _ in 0..5 {
        let (price, stale) = quotes.clone().oneshot("AAPL").await?;
        println!("the feed is down: {price}, stale: {stale}");
    }
    let (stale, calls) = (cache.snapshot().stale_if_error, CALLS.load(SeqCst));
    println!("stale {stale} times, calls of the feed: {calls}");
    Ok(())
}
