//! Fallbacks as tower middleware.

use resilience_core::{Ask, BoxError, CallError, Fallback, FallbackConfig, Outcome};
use resilience_tower::testing::{Probe, Step};
use resilience_tower::{FallbackLayer, GateLayer};
use tokio::time::advance;
use tokio_test::assert_pending;
use tokio_test::task::spawn;
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::common::{SECOND, Slots, env, timeout};

const DOWN: Step = Step::Fail("down");

fn fallback(config: FallbackConfig) -> Fallback<u64> {
    Fallback::new("quotes", config, &env()).unwrap()
}

/// Odd and even requests have the same answers each.
fn key(request: &u64) -> &'static str {
    ["even", "odd"][usize::from(request % 2 == 1)]
}

#[tokio::test(start_paused = true)]
async fn failures_refusals_and_time_limits_get_the_last_good_answer_of_their_key() {
    let slots = Slots::new(1, SECOND, &env());
    let probe = Probe::new([Step::Answer, DOWN, Step::Wait]);
    let mut quotes = ServiceBuilder::new()
        .layer(FallbackLayer::new(fallback(FallbackConfig::default()), key))
        .layer(timeout(SECOND))
        .layer(GateLayer::new(slots.clone()))
        .service(probe.clone());
    assert_eq!(quotes.ready().await.unwrap().call(1).await.unwrap(), 1);
    assert_eq!(quotes.ready().await.unwrap().call(3).await.unwrap(), 1);
    assert_eq!(quotes.ready().await.unwrap().call(5).await.unwrap(), 1);
    slots.shut(true);
    assert_eq!(quotes.ready().await.unwrap().call(7).await.unwrap(), 1);
    let error = quotes.ready().await.unwrap().call(2).await.unwrap_err();
    assert!(error.rejected().is_some(), "never that of another key");
    assert_eq!(probe.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_too_old_is_not_given_and_a_fallback_is_not_kept() {
    let config = FallbackConfig {
        max_age: Some(10 * SECOND),
        ..Default::default()
    };
    let mut quotes = ServiceBuilder::new()
        .layer(FallbackLayer::new(fallback(config), key))
        .service(Probe::new([Step::Answer, DOWN, DOWN]));
    quotes.ready().await.unwrap().call(1).await.unwrap();
    advance(9 * SECOND).await;
    assert_eq!(quotes.ready().await.unwrap().call(3).await.unwrap(), 1);
    advance(SECOND).await;
    let error = quotes.ready().await.unwrap().call(5).await.unwrap_err();
    assert_eq!(error.to_string(), "down");
}

#[tokio::test(start_paused = true)]
async fn an_answer_can_say_that_it_is_a_fallback() {
    let mut quotes = ServiceBuilder::new()
        .layer(
            FallbackLayer::new(fallback(FallbackConfig::default()), key)
                .mark(|rescued| rescued.value + 1_000 * rescued.age().unwrap().as_secs()),
        )
        .service(Probe::new([Step::Answer, DOWN]));
    quotes.ready().await.unwrap().call(1).await.unwrap();
    advance(3 * SECOND).await;
    assert_eq!(quotes.ready().await.unwrap().call(3).await.unwrap(), 3_001);
}

#[tokio::test(start_paused = true)]
async fn what_the_rule_ignores_is_passed_on_and_not_kept() {
    let policy = fallback(FallbackConfig::default()).with_value(0);
    let outcome = |result: &Result<u64, BoxError>| match result {
        Err(error) if error.to_string() == "not found" => Outcome::Ignored,
        Err(_) => Outcome::Failure,
        Ok(1) => Outcome::Ignored,
        Ok(_) => Outcome::Success,
    };
    let rule = (|_: &u64| Ask::default(), outcome);
    let mut quotes = ServiceBuilder::new()
        .layer(FallbackLayer::new(policy.clone(), key).classify(rule))
        .service(Probe::new([Step::Fail("not found"), Step::Answer, DOWN]));
    let error = quotes.ready().await.unwrap().call(1).await.unwrap_err();
    assert_eq!(error.to_string(), "not found");
    assert_eq!(quotes.ready().await.unwrap().call(1).await.unwrap(), 1);
    assert_eq!(quotes.ready().await.unwrap().call(1).await.unwrap(), 0);
    assert_eq!(policy.snapshot().value, 1);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_goes_away_gets_and_leaves_nothing() {
    let policy = fallback(FallbackConfig::default()).with_value(0);
    let probe = Probe::new([Step::Wait]);
    let mut quotes = ServiceBuilder::new()
        .layer(FallbackLayer::new(policy.clone(), key))
        .service(probe.clone());
    let mut call = spawn(quotes.ready().await.unwrap().call(1));
    assert_pending!(call.poll());
    drop(call);
    let seen = policy.snapshot();
    assert_eq!((seen.keys, seen.value, seen.passed_on), (0, 0, 0));
    assert_eq!(probe.in_flight(), 0);
}
