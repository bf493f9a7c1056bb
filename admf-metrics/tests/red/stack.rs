//! Where a layer stands says what it sees.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use admf_metrics::red::{self, CallResult, Classify, MeasureLayer, Operation};
use admf_metrics::{Catalogue, Clock, Exporter};
use resilience_core::{
    BoxError, CallError, CircuitBreaker, CircuitBreakerConfig, Env, Retry, RetryConfig, Timeout,
    TimeoutConfig,
};
use resilience_tower::{GateLayer, RetryLayer, TimeoutLayer, TokioClock};
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::value;

const SECOND: Duration = Duration::from_secs(1);

/// A refusal of a policy is a call that was turned away, a time limit is an error of that class.
#[derive(Clone)]
struct Rule;

impl Classify<Result<u32, BoxError>> for Rule {
    fn classify(&self, result: &Result<u32, BoxError>) -> CallResult {
        match result {
            Ok(_) => CallResult::Success,
            Err(error) if error.rejected().is_some() => CallResult::Rejected,
            Err(error) if error.elapsed().is_some() => CallResult::Error("timeout"),
            Err(_) => CallResult::ERROR,
        }
    }
}

fn layer(exporter: &Exporter, name: &str) -> MeasureLayer<Rule> {
    let clock = Clock::tokio();
    let operation = Operation::with_classes(exporter.meter(), name, &["timeout"]);
    MeasureLayer::new(operation.unwrap().with_clock(clock)).classify(Rule)
}

fn exporter() -> Exporter {
    Exporter::local(Catalogue::new(red::METRICS).unwrap())
}

fn of(exporter: &Exporter, part: &str, name: &str, result: &str) -> f64 {
    let labels = format!("{{operation=\"{name}\",result=\"{result}\"}}");
    let series = format!("admf_call_duration_seconds_{part}{labels}");
    value(exporter, &series).unwrap()
}

#[tokio::test(start_paused = true)]
async fn outside_a_retry_it_sees_what_the_caller_sees_and_inside_each_attempt() {
    let exporter = exporter();
    let env = Env::default().with_clock(Arc::new(TokioClock::default()));
    let retry = Retry::new("venue", RetryConfig::default(), &env).unwrap();
    let tried = Arc::new(AtomicU32::new(0));
    let mut venue = ServiceBuilder::new()
        .layer(layer(&exporter, "seen"))
        .layer(RetryLayer::new(retry))
        .layer(layer(&exporter, "attempt"))
        .service_fn(move |order: u32| {
            let tried = Arc::clone(&tried);
            async move {
                tokio::time::sleep(SECOND).await;
                match tried.fetch_add(1, Ordering::Relaxed) {
                    0 | 1 => Err(BoxError::from("down")),
                    _ => Ok(order),
                }
            }
        });
    assert_eq!(venue.ready().await.unwrap().call(7).await.unwrap(), 7);

    assert_eq!(of(&exporter, "count", "seen", "success"), 1.0);
    assert_eq!(of(&exporter, "count", "seen", "error"), 0.0);
    assert_eq!(of(&exporter, "count", "attempt", "error"), 2.0);
    assert_eq!(of(&exporter, "count", "attempt", "success"), 1.0);
    assert_eq!(of(&exporter, "sum", "attempt", "error"), 2.0);
    // Three attempts and the waits between them.
    assert!(of(&exporter, "sum", "seen", "success") > 3.0);
}

#[tokio::test(start_paused = true)]
async fn outside_a_gate_a_refusal_is_rejected_and_inside_it_is_no_call() {
    let exporter = exporter();
    let env = Env::default();
    let breaker = CircuitBreaker::new("venue", CircuitBreakerConfig::default(), &env).unwrap();
    breaker.isolate();
    let venue = ServiceBuilder::new()
        .layer(layer(&exporter, "seen"))
        .layer(GateLayer::new(breaker))
        .layer(layer(&exporter, "sent"))
        .service_fn(|order: u32| async move { Ok::<_, BoxError>(order) });
    venue.oneshot(7).await.unwrap_err();
    assert_eq!(of(&exporter, "count", "seen", "rejected"), 1.0);
    assert_eq!(of(&exporter, "count", "seen", "error"), 0.0);
    for result in ["success", "error", "rejected", "panic", "dropped"] {
        assert_eq!(of(&exporter, "count", "sent", result), 0.0, "{result}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_time_limit_cuts_short_is_dropped_inside_and_a_timeout_outside_after_the_same_time()
{
    let exporter = exporter();
    let env = Env::default().with_clock(Arc::new(TokioClock::default()));
    let limit = Timeout::new(
        "venue",
        TimeoutConfig {
            timeout: 2 * SECOND,
        },
        &env,
    )
    .unwrap();
    let venue = ServiceBuilder::new()
        .layer(layer(&exporter, "seen"))
        .layer(TimeoutLayer::new(limit))
        .layer(layer(&exporter, "sent"))
        .service_fn(|_: u32| std::future::pending::<Result<u32, BoxError>>());
    venue.oneshot(7).await.unwrap_err();
    assert_eq!(of(&exporter, "sum", "seen", "error"), 2.0);
    assert_eq!(of(&exporter, "sum", "sent", "dropped"), 2.0);
    let class = "admf_call_errors_total{operation=\"seen\",class=\"timeout\"}";
    assert_eq!(value(&exporter, class), Some(1.0));
}
