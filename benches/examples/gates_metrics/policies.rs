//! Calls by policies that nobody watches, and by the same ones while monitoring shows them.

use std::hint::black_box;
use std::time::Duration;

use admf_metrics::{Monitoring, MonitoringConfig};
use resilience_core::{
    Ask, Bulkhead, BulkheadConfig, CircuitBreaker, CircuitBreakerConfig, Env, Gate, Outcome,
    RateLimiter, RateLimiterConfig, WindowConfig,
};
use tokio::runtime::{Builder, Runtime};

use crate::repeat;

const VALID: &str = "the config is valid";

/// Makes the calls of a case `call_CALLS_WATCHER`: `CALLS` are `success`, `failure` or `refusal`,
/// `WATCHER` is `bare` or `watched`. Returns whether there is one.
pub(crate) fn called(case: &str, times: u32) -> bool {
    let words = case
        .strip_prefix("call_")
        .and_then(|it| it.rsplit_once('_'));
    match words {
        Some((calls, "bare")) => {
            let gates = gates(&Env::default(), calls == "refusal");
            made(calls, &gates, times)
        }
        Some((calls, "watched")) => watched(calls, times),
        _ => false,
    }
}

fn gates(env: &Env, isolated: bool) -> (CircuitBreaker, Bulkhead, RateLimiter) {
    let config = CircuitBreakerConfig {
        failure_rate: Some(0.5),
        window: Some(WindowConfig::count(100)),
        ..Default::default()
    };
    let breaker = CircuitBreaker::new("venue", config, env).expect(VALID);
    let bulkhead = Bulkhead::new("venue", BulkheadConfig::default(), env).expect(VALID);
    let rate = RateLimiterConfig {
        burst: Some(u32::MAX),
        ..RateLimiterConfig::new(1_000_000_000, Duration::from_secs(1))
    };
    let limiter = RateLimiter::new("venue", rate, env).expect(VALID);
    if isolated {
        breaker.isolate();
    }
    (breaker, bulkhead, limiter)
}

/// None of them moves the circuit: that is what an observer is told of.
fn made(calls: &str, gates: &impl Gate, times: u32) -> bool {
    match calls {
        "success" | "refusal" => repeat(times, |_| call(gates, Outcome::Success)),
        // The window is never free of failures, and never full of them.
        "failure" => repeat(times, |time| match time % 10 {
            0 => call(gates, Outcome::Failure),
            _ => call(gates, Outcome::Success),
        }),
        _ => return false,
    }
    true
}

#[inline(never)]
fn call(gates: &impl Gate, outcome: Outcome) {
    if let Ok(permit) = black_box(gates).permit(&Ask::default()) {
        permit.record(black_box(outcome));
    }
}

/// With all that monitoring starts: the observer, the listener, the health. It was scraped before, and is
/// not while the calls are made.
fn watched(calls: &str, times: u32) -> bool {
    let mut builder = Monitoring::builder(MonitoringConfig {
        port: 0,
        ..MonitoringConfig::default()
    });
    let env = builder.policies(Env::default(), None);
    let env = env.expect("it declares their metrics");
    let gates = gates(&env, calls == "refusal");
    let runtime = runtime();
    let monitoring = runtime.block_on(builder.start());
    let monitoring = monitoring.expect("there is a port");
    let text = monitoring.exporter().render();
    for series in [
        "admf_circuit_breaker_rejected_total{name=\"venue\"} 0\n",
        "admf_bulkhead_in_flight{name=\"venue\"} 0\n",
        "admf_rate_limiter_allowed_total{name=\"venue\"} 0\n",
    ] {
        assert!(text.contains(series), "{series} is not shown: {text}");
    }
    made(calls, &gates, times)
}

fn runtime() -> Runtime {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("the system has what a runtime needs")
}
