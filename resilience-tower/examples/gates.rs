//! Makes one sort of call many times, to be counted by `scripts/gates.py`: `gates CASE TIMES`.

use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilience_core::{
    Ask, BoxError, Bulkhead, BulkheadConfig, CircuitBreaker, CircuitBreakerConfig, Env, Gate,
    Outcome, RateLimiter, RateLimiterConfig, Retry, RetryBudgetConfig, RetryConfig, Timeout,
    TimeoutConfig, WindowConfig,
};
use resilience_tower::{GateLayer, RetryLayer, TimeoutLayer};
use tower::{Service, ServiceBuilder, service_fn};

const SECOND: Duration = Duration::from_secs(1);

fn breaker(window: Option<WindowConfig>, env: &Env) -> CircuitBreaker {
    let config = CircuitBreakerConfig {
        failure_rate: window.is_some().then_some(0.5),
        window,
        ..Default::default()
    };
    CircuitBreaker::new("breaker", config, env).expect("the config is valid")
}

fn limiter(permits: u32, env: &Env) -> RateLimiter {
    let config = RateLimiterConfig {
        permits,
        per: SECOND,
        burst: (permits > 1).then_some(u32::MAX),
        ..Default::default()
    };
    RateLimiter::new("limiter", config, env).expect("the config is valid")
}

fn bulkhead(env: &Env) -> Bulkhead {
    Bulkhead::new("bulkhead", BulkheadConfig::default(), env).expect("the config is valid")
}

#[inline(never)]
fn call(gate: &impl Gate, outcome: Outcome) {
    if let Ok(permit) = black_box(gate).permit(&Ask::default()) {
        permit.record(black_box(outcome));
    }
}

fn repeat(times: u32, gate: impl Gate, outcome: impl Fn(u32) -> Outcome) {
    for time in 0..1_000 + times {
        call(&gate, outcome(time));
    }
}

fn answer(request: u64) -> Ready<Result<u64, BoxError>> {
    ready(Ok(request))
}

fn now<T>(future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[inline(never)]
fn call_service(service: &mut impl Service<u64>) {
    let ready = service.poll_ready(&mut Context::from_waker(Waker::noop()));
    assert!(ready.is_ready());
    assert!(now(service.call(black_box(7))).is_ready());
}

fn repeat_service(times: u32, mut service: impl Service<u64>) {
    (0..1_000 + times).for_each(|_| call_service(&mut service));
}

fn direct(case: &str, times: u32, env: &Env) -> bool {
    let good = |_| Outcome::Success;
    // The window is never free of failures.
    let one_in_ten = |time| match time % 10 {
        0 => Outcome::Failure,
        _ => Outcome::Success,
    };
    let bad = |_| Outcome::Failure;
    let last_100 = || Some(WindowConfig::count(100));
    let last_hour = || Some(WindowConfig::time(3_600 * SECOND));
    match case {
        "breaker_consecutive" => repeat(times, breaker(None, env), good),
        "breaker_count_window" => repeat(times, breaker(last_100(), env), good),
        "breaker_one_in_ten" => repeat(times, breaker(last_100(), env), one_in_ten),
        "breaker_time_window" => repeat(times, breaker(last_hour(), env), good),
        "breaker_refusal" => repeat(times, breaker(last_100(), env), bad),
        "limiter_allow" => repeat(times, limiter(1_000_000_000, env), good),
        "limiter_deny" => repeat(times, limiter(1, env), good),
        "bulkhead" => repeat(times, bulkhead(env), good),
        "three_gates" => {
            let gates = (
                breaker(last_100(), env),
                bulkhead(env),
                limiter(1_000_000_000, env),
            );
            repeat(times, gates, good);
        }
        _ => return false,
    }
    true
}

fn layered(case: &str, times: u32, env: &Env) -> bool {
    let timeout = || Timeout::new("timeout", TimeoutConfig { timeout: SECOND }, env);
    let retry = |budget: bool| {
        let config = RetryConfig {
            budget: budget.then(RetryBudgetConfig::default),
            ..Default::default()
        };
        Retry::new("retry", config, env).expect("the config is valid")
    };
    let timeout = TimeoutLayer::new(timeout().expect("the config is valid"));
    let last_100 = Some(WindowConfig::count(100));
    let stack = ServiceBuilder::new();
    match case {
        "layer_breaker" => {
            let breaker = GateLayer::new(breaker(last_100, env));
            repeat_service(times, stack.layer(breaker).service(service_fn(answer)));
        }
        "layer_timeout" => repeat_service(times, stack.layer(timeout).service(service_fn(answer))),
        "layer_retry" => {
            let retry = RetryLayer::new(retry(false));
            repeat_service(times, stack.layer(retry).service(service_fn(answer)));
        }
        "stack_of_five" => {
            let gates = (
                breaker(last_100, env),
                bulkhead(env),
                limiter(1_000_000_000, env),
            );
            let stack = stack
                .layer(RetryLayer::new(retry(true)))
                .layer(GateLayer::new(gates))
                .layer(timeout);
            repeat_service(times, stack.service(service_fn(answer)));
        }
        _ => return false,
    }
    true
}

fn main() {
    let mut args = std::env::args().skip(1);
    let case = args.next().expect("a case");
    let times = args.next().expect("times").parse().expect("a number");
    let env = Env::default();
    assert!(
        direct(&case, times, &env) || layered(&case, times, &env),
        "no such case"
    );
}
