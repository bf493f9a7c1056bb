//! Retry as tower middleware.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use resilience_core::{
    Ask, BackoffConfig, BoxError, CallError, Classify, Gate, Hint, Outcome, Rejected, Retry,
    RetryBudget, RetryBudgetConfig, RetryConfig,
};
use resilience_tower::testing::{Probe, Step};
use resilience_tower::{GateLayer, RetryLayer};
use tokio::time::{Instant, advance};
use tokio_test::task::spawn;
use tokio_test::{assert_pending, assert_ready};
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::common::{Dying, OPEN_FOR, SECOND, env, fragile, in_a_row, retry};

const DOWN: Step = Step::Fail("down");

#[tokio::test(start_paused = true)]
async fn a_failure_is_tried_again_after_the_back_off() {
    let probe = Probe::new([DOWN, DOWN]);
    let mut orders = ServiceBuilder::new()
        .layer(RetryLayer::new(retry(&env())))
        .layer(GateLayer::new(in_a_row(9, &env())))
        .service(probe.clone());
    let started = Instant::now();
    assert_eq!(orders.ready().await.unwrap().call(7).await.unwrap(), 7);
    assert_eq!(started.elapsed(), 2 * SECOND);
    assert_eq!(probe.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_last_error_is_passed_on_as_it_was() {
    let probe = Probe::new(["one", "two", "three", "four"].map(Step::Fail));
    let retry = retry(&env());
    let mut orders = ServiceBuilder::new()
        .layer(RetryLayer::new(retry.clone()))
        .service(probe.clone());
    let error = orders.ready().await.unwrap().call(7).await.unwrap_err();
    assert_eq!(error.to_string(), "three");
    assert_eq!(retry.snapshot().gave_up.attempts, 1);
}

#[tokio::test(start_paused = true)]
async fn once_an_attempt_was_sent_a_refusal_is_not_the_answer() {
    let probe = Probe::new([DOWN]);
    let breaker = fragile(&env());
    let mut orders = ServiceBuilder::new()
        .layer(RetryLayer::new(retry(&env())))
        .layer(GateLayer::new(breaker.clone()))
        .service(probe.clone());
    let error = orders.ready().await.unwrap().call(7).await.unwrap_err();
    assert_eq!(error.to_string(), "down");
    assert_eq!(probe.calls(), 1);
    assert_eq!(breaker.snapshot().total.refused, 1);
}

#[tokio::test(start_paused = true)]
async fn our_own_refusal_is_not_tried_again_unless_asked() {
    let probe = Probe::default();
    let breaker = fragile(&env());
    breaker
        .permit(&Ask::default())
        .unwrap()
        .record(Outcome::Failure);
    let mut orders = ServiceBuilder::new()
        .layer(RetryLayer::new(retry(&env())))
        .layer(GateLayer::new(breaker.clone()))
        .service(probe.clone());
    let started = Instant::now();
    let error = orders.ready().await.unwrap().call(7).await.unwrap_err();
    assert!(error.is::<Rejected>());
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert_eq!((breaker.snapshot().total.refused, probe.calls()), (1, 0));

    // Asked, it waits as long as the refusal says.
    let config = RetryConfig {
        retry_rejected: true,
        ..Default::default()
    };
    let asked = Retry::new("orders", config, &env()).unwrap();
    let mut orders = ServiceBuilder::new()
        .layer(RetryLayer::new(asked))
        .layer(GateLayer::new(breaker))
        .service(probe);
    orders.ready().await.unwrap().call(7).await.unwrap();
    assert_eq!(started.elapsed(), OPEN_FOR);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_cannot_be_repeated_is_made_once_and_takes_no_budget() {
    let probe = Probe::new([DOWN; 3]);
    let config = RetryConfig {
        budget: Some(RetryBudgetConfig::default()),
        ..Default::default()
    };
    let retry = Retry::new("orders", config, &env()).unwrap();
    let mut orders = ServiceBuilder::new()
        .layer(RetryLayer::repeatable(retry.clone(), |_: &u64| None))
        .service(probe.clone());
    orders.ready().await.unwrap().call(7).await.unwrap_err();
    assert_eq!(probe.calls(), 1);
    let seen = retry.snapshot();
    assert_eq!((seen.runs, seen.sent, seen.retries), (1, 1, 0));
}

/// Two retries in ten seconds, and no more.
fn small_budget(env: &resilience_core::Env) -> RetryBudget {
    let config = RetryBudgetConfig {
        ratio: 0.0,
        floor_per_second: 0.2,
        ..Default::default()
    };
    RetryBudget::new("shared", config, env).unwrap()
}

#[tokio::test(start_paused = true)]
async fn trap_19_a_retry_dropped_while_it_waits_is_not_given_back_to_the_budget() {
    let env = env();
    let budget = small_budget(&env);
    let retry = retry(&env).with_budget(&budget).unwrap();
    let probe = Probe::new([DOWN; 9]);
    let mut orders = ServiceBuilder::new()
        .layer(RetryLayer::new(retry.clone()))
        .service(probe.clone());
    for left in [1, 0] {
        let mut call = spawn(orders.ready().await.unwrap().call(7));
        assert_pending!(call.poll());
        advance(SECOND / 2).await;
        drop(call);
        assert_eq!(budget.snapshot().balance, left);
    }
    assert_eq!((probe.calls(), probe.in_flight()), (2, 0));

    // With nothing left the first error is the answer, at once.
    let started = Instant::now();
    let error = orders.ready().await.unwrap().call(7).await.unwrap_err();
    assert_eq!(error.to_string(), "down");
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert_eq!(retry.snapshot().gave_up.budget, 1);
}

#[tokio::test(start_paused = true)]
async fn trap_19_a_call_dropped_during_its_first_attempt_takes_no_retry() {
    let env = env();
    let budget = small_budget(&env);
    let retry = retry(&env).with_budget(&budget).unwrap();
    let probe = Probe::new([Step::Wait]);
    let mut orders = ServiceBuilder::new()
        .layer(RetryLayer::new(retry))
        .service(probe.clone());
    let mut call = spawn(orders.ready().await.unwrap().call(7));
    assert_pending!(call.poll());
    drop(call);
    assert_eq!(budget.snapshot().balance, 2);
    assert_eq!(probe.in_flight(), 0);
}

/// A rule that asks for a wait of a year.
#[derive(Clone, Copy, Debug)]
struct InAYear;

impl<T> Classify<u64, Result<T, BoxError>> for InAYear {
    fn outcome(&self, result: &Result<T, BoxError>) -> Outcome {
        match result {
            Ok(_) => Outcome::Success,
            Err(_) => Outcome::Failure,
        }
    }

    fn hint(&self, _: &Result<T, BoxError>) -> Hint {
        Hint::After(365 * 24 * 3_600 * SECOND)
    }
}

#[tokio::test(start_paused = true)]
async fn trap_16_a_wait_of_a_year_is_capped() {
    let mut orders = ServiceBuilder::new()
        .layer(RetryLayer::new(retry(&env())).classify(InAYear))
        .service(Probe::new([DOWN]));
    let started = Instant::now();
    orders.ready().await.unwrap().call(7).await.unwrap();
    assert_eq!(started.elapsed(), 60 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn trap_18_the_time_limit_counts_the_attempts_too() {
    let config = RetryConfig {
        max_attempts: 99,
        backoff: BackoffConfig::fixed(SECOND),
        max_total: Some(10 * SECOND),
        ..Default::default()
    };
    let retry = Retry::new("orders", config, &env()).unwrap();
    let calls = Arc::new(AtomicU32::new(0));
    let counted = calls.clone();
    let mut orders = ServiceBuilder::new()
        .layer(RetryLayer::new(retry))
        .service_fn(move |_: u64| {
            counted.fetch_add(1, Ordering::Relaxed);
            async {
                tokio::time::sleep(3 * SECOND).await;
                Err::<(), BoxError>("slow and down".into())
            }
        });
    let started = Instant::now();
    orders.ready().await.unwrap().call(7).await.unwrap_err();
    // Attempts begin at 0, 4 and 8 s; the next would begin at 12 s.
    assert_eq!(calls.load(Ordering::Relaxed), 3);
    assert_eq!(started.elapsed(), 11 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_has_passed_sends_nothing() {
    let env = env();
    let probe = Probe::default();
    let deadline = env.now();
    let ask = move |_: &u64| Ask::default().deadline(deadline);
    let outcome = |_: &Result<u64, BoxError>| Outcome::Success;
    let mut orders = ServiceBuilder::new()
        .layer(RetryLayer::new(retry(&env)).classify((ask, outcome)))
        .service(probe.clone());
    let error = orders.ready().await.unwrap().call(7).await.unwrap_err();
    assert!(matches!(
        error.rejected(),
        Some(Rejected::DeadlinePassed(_))
    ));
    assert_eq!(probe.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_stands_where_the_service_never_gets_ready_again() {
    let mut orders = ServiceBuilder::new()
        .layer(RetryLayer::new(retry(&env())))
        .service(Dying::after(1));
    let error = orders.ready().await.unwrap().call(7).await.unwrap_err();
    assert_eq!(error.to_string(), "down");
}

#[tokio::test(start_paused = true)]
async fn no_attempt_begins_after_the_total_time_though_the_service_got_ready_late() {
    let config = RetryConfig {
        backoff: BackoffConfig::fixed(SECOND),
        max_total: Some(10 * SECOND),
        ..Default::default()
    };
    let retry = Retry::new("orders", config, &env()).unwrap();
    let probe = Probe::new([Step::Fail("down")]);
    let mut orders = ServiceBuilder::new()
        .layer(RetryLayer::new(retry.clone()))
        .service(probe.clone());
    let mut call = spawn(orders.ready().await.unwrap().call(7));
    probe.set_pending(true);
    assert_pending!(call.poll());
    advance(2 * SECOND).await;
    assert_pending!(call.poll());
    advance(3600 * SECOND).await;
    probe.set_pending(false);
    let error = assert_ready!(call.poll()).unwrap_err();
    assert_eq!((error.to_string().as_str(), probe.calls()), ("down", 1));
    let seen = retry.snapshot();
    assert_eq!((seen.sent, seen.retries, seen.gave_up.time), (1, 0, 1));
}
