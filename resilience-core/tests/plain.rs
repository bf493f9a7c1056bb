//! Policies around plain functions.

use std::cell::Cell;
use std::future::{Future, pending, poll_fn, ready};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilience_core::{
    Ask, BackoffConfig, BoxError, Bulkhead, BulkheadConfig, CallError, CircuitBreaker,
    CircuitBreakerConfig, Env, Failed, Fallback, FallbackConfig, Gate, Hint, ManualClock, Outcome,
    PolicyStack, RateLimiter, RateLimiterConfig, Rejected, Retry, RetryConfig, Timeout,
    TimeoutConfig, Verdict,
};

const SECOND: Duration = Duration::from_secs(1);

fn poll_once<T>(call: impl Future<Output = T>) -> Poll<T> {
    pin!(call).poll(&mut Context::from_waker(Waker::noop()))
}

fn now<T>(call: impl Future<Output = T>) -> T {
    match poll_once(call) {
        Poll::Ready(out) => out,
        Poll::Pending => panic!("it waits for nothing"),
    }
}

fn breaker(env: &Env) -> CircuitBreaker {
    let config = CircuitBreakerConfig {
        consecutive: Some(2),
        ..Default::default()
    };
    CircuitBreaker::new("venue", config, env).unwrap()
}

fn bulkhead(env: &Env) -> Bulkhead {
    let config = BulkheadConfig {
        max_in_flight: 1,
        ..Default::default()
    };
    Bulkhead::new("slots", config, env).unwrap()
}

async fn down() -> Result<u32, BoxError> {
    Err("down".into())
}

#[test]
fn a_gate_learns_of_functions_that_fail_and_refuses_them_once_it_has_enough() {
    let (env, _) = Env::manual();
    let breaker = breaker(&env);
    assert!(now(breaker.call(down)).is_err());
    let blocking = breaker.call_blocking(|| Err::<(), BoxError>("down".into()));
    assert_eq!(blocking.unwrap_err().to_string(), "down");
    let not_called = || -> Result<(), BoxError> { unreachable!("the circuit is open") };
    let refused = breaker.call_blocking(not_called).unwrap_err();
    assert!(matches!(refused.rejected(), Some(Rejected::CircuitOpen(_))));
    let refused = now(breaker.call(async || not_called()));
    assert!(refused.unwrap_err().rejected().is_some());
    assert_eq!(breaker.snapshot().total.refused, 2);
}

#[test]
fn a_refusal_further_in_says_nothing_about_the_dependency() {
    let (env, _) = Env::manual();
    let (breaker, slots) = (breaker(&env), bulkhead(&env));
    let _taken = slots.try_acquire(&Ask::default()).unwrap();
    for _ in 0..9 {
        let full = breaker.call_blocking(|| slots.call_blocking(|| Ok::<_, BoxError>(7)));
        assert_eq!(
            full.unwrap_err().rejected().unwrap().policy().as_str(),
            "slots"
        );
    }
    assert!(breaker.call_blocking(|| Ok::<_, BoxError>(7)).is_ok());
}

#[test]
fn a_tuple_of_gates_calls_as_one_gate_does_and_an_absent_gate_lets_all_through() {
    let (env, _) = Env::manual();
    let limits = RateLimiterConfig {
        permits: 1,
        per: SECOND,
        ..Default::default()
    };
    let limiter = RateLimiter::new("rate", limits, &env).unwrap();
    let gates = (
        breaker(&env),
        Some(bulkhead(&env)),
        limiter,
        None::<Bulkhead>,
    );
    assert_eq!(now(gates.call(async || Ok::<_, BoxError>(7))).unwrap(), 7);
    let refused = gates.call_blocking(|| Ok::<_, BoxError>(7)).unwrap_err();
    assert_eq!(refused.rejected().unwrap().policy().as_str(), "rate");
    let slots = gates.1.as_ref().unwrap().snapshot();
    assert_eq!(slots.in_flight, 0);
    assert_eq!(().call_blocking(|| Ok::<_, BoxError>(7)).unwrap(), 7);
}

#[test]
fn a_rule_of_the_callers_own_and_a_cost_go_by_the_ask() {
    let (env, clock) = Env::manual();
    let breaker = breaker(&env);
    // An answer may be a failure, and say how long to leave the venue alone.
    let rule = |result: &Result<u32, Failed<io::Error>>| match result {
        Ok(503) => Verdict {
            hint: Hint::After(200 * SECOND),
            ..Outcome::Failure.into()
        },
        _ => Outcome::Success.into(),
    };
    for _ in 0..2 {
        let answer = breaker.call_by(Ask::default(), rule, || ready(Ok(503)));
        assert_eq!(now(answer).unwrap(), 503);
    }
    clock.advance(199 * SECOND);
    let refused = breaker.call_blocking_by(&Ask::default(), rule, || Ok(200));
    assert!(matches!(refused, Err(Failed::Rejected(_))));
    clock.advance(SECOND);
    assert!(
        breaker
            .call_blocking_by(&Ask::default(), rule, || Ok(200))
            .is_ok()
    );

    let limits = RateLimiterConfig {
        permits: 5,
        per: SECOND,
        ..Default::default()
    };
    let limiter = RateLimiter::new("rate", limits, &env).unwrap();
    let ask = Ask::default().cost(5);
    let all = |ask: &Ask| limiter.call_blocking_by(ask, Verdict::of_call, || Ok::<_, BoxError>(7));
    assert!(all(&ask).is_ok());
    assert!(all(&Ask::default()).is_err());
}

#[test]
fn a_call_that_is_dropped_or_panics_gives_its_place_back() {
    let (env, _) = Env::manual();
    let slots = bulkhead(&env);
    {
        let mut call = pin!(slots.call(pending::<Result<(), BoxError>>));
        let mut context = Context::from_waker(Waker::noop());
        assert!(call.as_mut().poll(&mut context).is_pending());
        assert_eq!(slots.snapshot().in_flight, 1);
    }
    assert_eq!(slots.snapshot().in_flight, 0);
    let breaker = breaker(&env);
    for _ in 0..2 {
        let panics = || slots.call_blocking(|| -> Result<(), BoxError> { panic!("bug") });
        let caught = std::panic::AssertUnwindSafe(|| breaker.call_blocking(panics));
        assert!(std::panic::catch_unwind(caught).is_err());
    }
    assert_eq!(slots.snapshot().in_flight, 0);
    assert!(
        breaker.call_blocking(|| Ok::<_, BoxError>(7)).is_err(),
        "panics are failures"
    );
}

#[test]
fn a_function_that_blocks_long_is_a_slow_call() {
    let (env, clock) = Env::manual();
    let config = CircuitBreakerConfig {
        slow_rate: Some(1.0),
        slow_call: Some(SECOND),
        minimum_calls: Some(1),
        ..Default::default()
    };
    let breaker = CircuitBreaker::new("venue", config, &env).unwrap();
    let slow = || {
        clock.advance(2 * SECOND);
        Ok::<_, BoxError>(7)
    };
    assert!(breaker.call_blocking(slow).is_ok());
    assert!(breaker.call_blocking(slow).is_err());
}

#[test]
fn the_future_of_a_call_can_be_sent_to_another_thread() {
    fn send(_: impl Send) {}
    let (env, _) = Env::manual();
    let policies = stack(&env);
    send(policies.gates.0.call(down));
    send(
        policies
            .gates
            .call_by(Ask::default(), Verdict::of_call, down),
    );
    send(policies.call_with(|_| ready(()), down));
}

type Stack = PolicyStack<(CircuitBreaker, Bulkhead)>;

fn stack(env: &Env) -> Stack {
    let timeout =
        |name: &'static str, timeout| Timeout::new(name, TimeoutConfig { timeout }, env).unwrap();
    let config = RetryConfig {
        backoff: BackoffConfig::fixed(SECOND),
        max_attempts: 9,
        ..Default::default()
    };
    PolicyStack {
        timeout: Some(timeout("all", 10 * SECOND)),
        retry: Some(Retry::new("orders", config, env).unwrap()),
        gates: (breaker(env), bulkhead(env)),
        attempt_timeout: Some(timeout("attempt", 3 * SECOND)),
    }
}

/// Sleeps by moving the clock, at the second poll.
fn sleeper(clock: &Arc<ManualClock>) -> impl Fn(Duration) -> Sleep + '_ {
    move |wait| {
        let clock = clock.clone();
        Box::pin(async move { clock.advance(wait) })
    }
}

type Sleep = std::pin::Pin<Box<dyn Future<Output = ()>>>;

#[test]
fn policies_go_by_their_order() {
    let (env, clock) = Env::manual();
    let policies = stack(&env);
    let calls = Cell::new(0);
    // The first hangs, the second fails: that opens the circuit, and the third is refused.
    let order = || {
        calls.set(calls.get() + 1);
        let hangs = calls.get() == 1;
        poll_fn(move |_| match hangs {
            true => Poll::Pending,
            false => Poll::Ready(Err::<u32, BoxError>("down".into())),
        })
    };
    // A timer for the whole is armed first, and may not be what moves the clock.
    let inner = PolicyStack {
        timeout: None,
        ..policies.clone()
    };
    let error = now(inner.call_with(sleeper(&clock), order)).unwrap_err();
    assert_eq!((error.to_string().as_str(), calls.get()), ("down", 2));
    // The attempt's limit, and two waits: a refusal ends it, and does not stand.
    assert_eq!(env.now().as_nanos(), 5_000_000_000);
    assert_eq!(policies.gates.0.snapshot().total.refused, 1);
    assert_eq!(policies.gates.1.snapshot().in_flight, 0);
    assert_eq!(
        policies
            .attempt_timeout
            .as_ref()
            .unwrap()
            .snapshot()
            .elapsed,
        1
    );

    // The limit for all ends what hangs, wherever it does.
    let (env, clock) = Env::manual();
    let policies = PolicyStack {
        attempt_timeout: None,
        ..stack(&env)
    };
    let hangs = pending::<Result<u32, BoxError>>;
    let error = now(policies.call_with(sleeper(&clock), hangs)).unwrap_err();
    assert_eq!(error.elapsed().unwrap().limit, 10 * SECOND);
    assert_eq!(policies.gates.1.snapshot().in_flight, 0);
}

#[test]
fn of_what_blocks_no_attempt_begins_after_the_limit_for_all() {
    let (env, clock) = Env::manual();
    let PolicyStack { timeout, retry, .. } = stack(&env);
    let policies = PolicyStack::<()> {
        timeout,
        retry,
        ..PolicyStack::default()
    };
    let calls = Cell::new(0);
    let slow = || {
        calls.set(calls.get() + 1);
        clock.advance(4 * SECOND);
        Err::<(), BoxError>("down".into())
    };
    let sleep = |wait| clock.advance(wait);
    policies.call_blocking(sleep, slow).unwrap_err();
    // They begin at 0 and 5 s; the third would at 10 s.
    assert_eq!(calls.get(), 2);
}

#[test]
fn a_fallback_around_it_all_answers_what_failed() {
    let (env, clock) = Env::manual();
    let policies = PolicyStack {
        timeout: None,
        ..stack(&env)
    };
    let quotes = Fallback::new("quotes", FallbackConfig::default(), &env).unwrap();
    let ask = |quote: Result<u32, &'static str>| {
        let quote = move || ready(quote.map_err(BoxError::from));
        now(quotes.call("AAPL", || policies.call_with(sleeper(&clock), quote)))
    };
    assert_eq!(ask(Ok(187)).unwrap(), 187);
    assert_eq!(ask(Err("down")).unwrap(), 187);
    assert_eq!(quotes.snapshot().last_good, 1);
    let other = quotes.call_blocking("MSFT", || Err("down"));
    assert_eq!(other, Err("down"));
}
