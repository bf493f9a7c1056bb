//! Policies around plain async functions.

use std::cell::Cell;
use std::future::pending;
use std::io;
use std::time::Duration;

use resilience_core::retry::Cause;
use resilience_core::{
    Ask, BackoffConfig, BoxError, Bulkhead, BulkheadConfig, CallError, Component, Env, Exhausted,
    Fallback, Gate, OperationsConfig, PolicyStack, Retry, RetryBudgetConfig, RetryConfig,
    RetryLimits, Timeout, Verdict,
};
use resilience_tower::{CallExt, ComponentExt, RetryExt, TimeoutExt};
use tokio::time::{Instant, advance, sleep};
use tokio_test::task::spawn;
use tokio_test::{assert_pending, assert_ready};

use crate::common::{SECOND, env, in_a_row};

fn retry(env: &Env) -> Retry {
    let config = RetryConfig {
        backoff: BackoffConfig::fixed(SECOND),
        budget: Some(RetryBudgetConfig::default()),
        ..Default::default()
    };
    Retry::new("quotes", config, env).unwrap()
}

fn timeout(env: &Env) -> Timeout {
    let config = resilience_core::TimeoutConfig {
        timeout: 5 * SECOND,
    };
    Timeout::new("quote", config, env).unwrap()
}

async fn down() -> Result<u32, BoxError> {
    Err("down".into())
}

#[tokio::test(start_paused = true)]
async fn a_function_is_tried_again_on_the_timer() {
    let (started, calls) = (Instant::now(), Cell::new(0));
    let mut quote = || {
        calls.set(calls.get() + 1);
        let answer = (calls.get() == 3).then_some(187);
        async move { answer.ok_or(io::Error::other("down")) }
    };
    let policy = retry(&env());
    assert_eq!((&mut quote).retry(&policy).await.unwrap(), 187);
    assert_eq!(started.elapsed(), 2 * SECOND);
    let Exhausted {
        attempts, cause, ..
    } = quote.retry(&policy).await.unwrap_err();
    assert_eq!((attempts, cause), (3, Some(Cause::Attempts)));
}

#[tokio::test(start_paused = true)]
async fn a_call_may_bring_a_rule_limits_and_a_deadline() {
    let policy = retry(&env());
    let once = Ask::default().retries(RetryLimits::NONE);
    let ended = down
        .retry_by(&policy, once, Verdict::of_call)
        .await
        .unwrap_err();
    assert_eq!((ended.attempts, ended.cause), (1, Some(Cause::Attempts)));
    let late = Ask::default().deadline(resilience_core::Time::ZERO);
    let ended = down
        .retry_by(&policy, late, Verdict::of_call)
        .await
        .unwrap_err();
    assert_eq!((ended.attempts, ended.cause), (0, None));
    assert!(ended.last.rejected().is_some());
    let ended = policy.call(down).await.unwrap_err();
    assert_eq!(
        (ended.attempts, ended.last.to_string().as_str()),
        (3, "down")
    );
}

#[tokio::test(start_paused = true)]
async fn trap_19_a_call_dropped_while_it_waits_keeps_what_it_took() {
    let policy = retry(&env());
    let mut call = spawn(policy.call(down));
    assert_pending!(call.poll());
    advance(SECOND / 2).await;
    drop(call);
    let seen = policy.snapshot();
    assert_eq!((seen.sent, seen.retries), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn trap_37_a_wait_is_polled_at_most_twice() {
    let policies = PolicyStack {
        timeout: Some(timeout(&env())),
        retry: Some(retry(&env())),
        gates: in_a_row(9, &env()),
        attempt_timeout: Some(timeout(&env())),
    };
    let mut call = spawn(policies.call(down));
    for _ in 0..2 {
        assert_pending!(call.poll());
        advance(SECOND - Duration::from_millis(1)).await;
        assert!(!call.is_woken());
        advance(Duration::from_millis(1)).await;
        assert!(call.is_woken());
    }
    assert_eq!(assert_ready!(call.poll()).unwrap_err().to_string(), "down");
}

#[tokio::test(start_paused = true)]
async fn what_hangs_is_cut_short_and_dropped_and_gives_its_place_back() {
    let env = env();
    let config = BulkheadConfig {
        max_in_flight: 1,
        ..Default::default()
    };
    let slots = Bulkhead::new("slots", config, &env).unwrap();
    let policy = timeout(&env);
    let started = Instant::now();
    let hangs = slots.call(pending::<Result<(), BoxError>>);
    let error = hangs.timeout(&policy).await.unwrap_err();
    assert_eq!(error.elapsed().unwrap().limit, 5 * SECOND);
    assert_eq!(
        (started.elapsed(), slots.snapshot().in_flight),
        (5 * SECOND, 0)
    );
    let error = policy
        .call(pending::<Result<(), BoxError>>)
        .await
        .unwrap_err();
    assert!(error.elapsed().is_some());
    assert_eq!(policy.snapshot().elapsed, 2);
}

#[tokio::test(start_paused = true)]
async fn policies_bound_each_attempt_and_all_of_them() {
    let env = env();
    let config = resilience_core::TimeoutConfig {
        timeout: 2 * SECOND,
    };
    let policies = PolicyStack {
        timeout: Some(timeout(&env)),
        retry: Some(retry(&env)),
        gates: in_a_row(9, &env),
        attempt_timeout: Some(Timeout::new("attempt", config, &env).unwrap()),
    };
    let (started, calls) = (Instant::now(), Cell::new(0));
    let hangs = || {
        calls.set(calls.get() + 1);
        pending::<Result<(), BoxError>>()
    };
    let error = policies.call(hangs).await.unwrap_err();
    // Attempts begin at 0 and 3 s and take two each; the third would have a wait up to 6 s.
    assert_eq!((calls.get(), started.elapsed()), (2, 5 * SECOND));
    assert!(error.elapsed().is_some());
}

#[tokio::test(start_paused = true)]
async fn an_operation_by_name_goes_by_its_lists() {
    let config = OperationsConfig {
        critical_methods: vec!["order".into()],
        retry_methods: vec!["quote".into()],
        failure_threshold: 1,
        retry: RetryConfig {
            backoff: BackoffConfig::fixed(SECOND),
            ..Default::default()
        },
        ..Default::default()
    };
    let venue = Component::new("venue", config, &env()).unwrap();
    let started = Instant::now();
    for operation in ["quote", "order", "order", "log"] {
        assert!(venue.call(operation, down).await.is_err());
    }
    assert_eq!(started.elapsed(), 2 * SECOND);
    let seen = venue.snapshot().operations;
    assert_eq!((seen["order"].errors, seen["order"].refused), (1, 1));
    assert_eq!(seen["quote"].total, 2 * SECOND);

    let mut call = spawn(venue.call("log", pending::<Result<(), BoxError>>));
    assert_pending!(call.poll());
    drop(call);
    assert_eq!(venue.snapshot().operations["log"].dropped, 1);
}

#[test]
fn the_calls_can_be_sent_to_other_threads() {
    fn send(_: impl Send) {}
    let env = env();
    let policies = PolicyStack {
        timeout: Some(timeout(&env)),
        retry: Some(retry(&env)),
        gates: in_a_row(9, &env),
        attempt_timeout: None,
    };
    send(policies.call(down));
    send(policies.retry.as_ref().unwrap().call(down));
    send(down().timeout(policies.timeout.as_ref().unwrap()));
    let venue = Component::new("venue", OperationsConfig::default(), &env).unwrap();
    send(venue.call("quote", down));
}

/// A client whose futures borrow it and what it is asked.
struct Client;

impl Client {
    async fn quote(&self, symbol: &str) -> Result<usize, BoxError> {
        tokio::task::yield_now().await;
        Ok(symbol.len())
    }
}

/// What a spawn asks of a future.
fn spawnable<F: Future + Send + 'static>(calls: F) -> F {
    calls
}

#[tokio::test(start_paused = true)]
async fn a_spawned_task_may_call_by_each_policy_what_borrows_from_it() {
    let env = env();
    let (gates, retry, timeout) = ((in_a_row(9, &env), ()), retry(&env), timeout(&env));
    let policies = PolicyStack {
        timeout: Some(timeout.clone()),
        retry: Some(retry.clone()),
        gates: gates.clone(),
        attempt_timeout: Some(timeout.clone()),
    };
    let venue = Component::new("venue", OperationsConfig::default(), &env).unwrap();
    let fallback = Fallback::new("quotes", Default::default(), &env).unwrap();
    let calls = async move {
        let symbol = String::from("AAPL");
        let quote = || Client.quote(&symbol);
        let (of_call, ask) = (Verdict::of_call, Ask::default());
        let mut sum = gates.call(quote).await?;
        sum += gates.call(|| gates.0.call(quote)).await?;
        sum += gates.call_by(ask.clone(), of_call, quote).await?;
        sum += timeout.call_with(&ask, sleep, quote).await?;
        sum += timeout.call(quote).await?;
        sum += quote().timeout(&timeout).await?;
        sum += policies.call_with(sleep, quote).await?;
        sum += policies.call(quote).await?;
        sum += venue.call("quote", quote).await?;
        sum += fallback.call("AAPL", || policies.call(quote)).await?;
        for run in [
            retry.call(quote).await,
            quote.retry_by(&retry, ask.clone(), of_call).await,
            retry.start(&ask)?.run(of_call, sleep, quote).await,
        ] {
            sum += run.map_err(|it| it.last)?;
        }
        Ok::<_, BoxError>(sum)
    };
    assert_eq!(spawnable(calls).await.unwrap(), 13 * 4);
}
