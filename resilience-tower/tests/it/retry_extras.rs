//! What retry layers tell each other, and what requests ask of them.

use resilience_core::retry::{Cause, GivenUp};
use resilience_core::{Ask, BoxError, Classify, Outcome, Retry, RetryBudgetConfig, RetryConfig};
use resilience_core::{BackoffConfig, RetryLimits};
use resilience_tower::retry::report;
use resilience_tower::testing::{Probe, Step};
use resilience_tower::{GateLayer, Repeat, RetryExt, RetryLayer};
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::common::{SECOND, env, in_a_row, retry};

const DOWN: Step = Step::Fail("down");

fn named(name: &'static str, config: RetryConfig) -> Retry {
    Retry::new(name, config, &env()).unwrap()
}

fn fixed() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig::fixed(SECOND),
        ..Default::default()
    }
}

#[tokio::test(start_paused = true)]
async fn of_three_retry_layers_one_repeats() {
    let probe = Probe::new([DOWN; 99]);
    let [outer, middle, inner] = ["outer", "middle", "inner"].map(|it| named(it, fixed()));
    let mut orders = ServiceBuilder::new()
        .layer(RetryLayer::new(outer.clone()))
        // What lies between them changes neither the error nor what is told.
        .map_err(|error: BoxError| BoxError::from(error.to_string()))
        .layer(RetryLayer::new(middle.clone()))
        .layer(RetryLayer::new(inner.clone()))
        .service(probe.clone());
    let call = orders.ready().await.unwrap().call(7);
    let (result, given_up) = report(call).await;
    assert_eq!(result.unwrap_err().to_string(), "down");
    assert_eq!(probe.calls(), 3, "not 27");
    let told = GivenUp {
        attempts: 3,
        cause: Cause::Attempts,
    };
    assert_eq!(given_up, Some(told));
    let gave_up = [outer, middle, inner].map(|it| it.snapshot().gave_up);
    assert_eq!(gave_up.map(|it| it.do_not_retry), [1, 1, 0]);
    assert_eq!(gave_up.map(|it| it.attempts), [0, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_made_regardless_repeats_what_a_layer_further_in_gave_up() {
    let probe = Probe::new([DOWN; 99]);
    let [outer, inner] = ["outer", "inner"].map(|it| named(it, fixed()));
    let mut orders = ServiceBuilder::new()
        .layer(
            RetryLayer::new(outer.clone())
                .regardless()
                .classify(resilience_tower::Failures),
        )
        .layer(RetryLayer::new(inner.clone()))
        .service(probe.clone());
    let call = orders.ready().await.unwrap().call(7);
    let (_, given_up) = report(call).await;
    assert_eq!(probe.calls(), 9);
    assert_eq!(given_up.unwrap().cause, Cause::Attempts);
    let gave_up = [outer, inner].map(|it| it.snapshot().gave_up.attempts);
    assert_eq!(gave_up, [1, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_gives_up_before_there_is_a_future_is_heard_in_the_first_attempt_too() {
    let [outer, inner] = ["outer", "inner"].map(|it| named(it, fixed()));
    let mut orders = ServiceBuilder::new()
        .layer(RetryLayer::new(outer.clone()))
        .service_fn(move |_: u64| {
            let down = || Err::<u64, _>(std::io::Error::other("down"));
            let ended = inner.call_blocking(|_| (), down).map_err(BoxError::from);
            async { ended }
        });
    assert!(orders.ready().await.unwrap().call(7).await.is_err());
    assert_eq!(outer.snapshot().sent, 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_reports_a_call_keeps_the_word_from_those_further_out() {
    let [orders, prices] = ["orders", "prices"].map(|it| named(it, fixed()));
    let down = async || Err::<u64, _>(std::io::Error::other("down"));
    let price = async || report(down.retry(&prices)).await.0.map_err(|it| it.last);
    let ended = price.retry(&orders).await.unwrap_err();
    assert_eq!((ended.attempts, ended.cause), (3, Some(Cause::Attempts)));
    assert_eq!(prices.snapshot().gave_up.attempts, 3);
}

#[tokio::test(start_paused = true)]
async fn an_error_of_another_call_beside_it_is_repeated_still() {
    // The inner retry gave up in the first call, not in the second.
    let probe = Probe::new([DOWN; 4]);
    let [outer, inner] = ["outer", "inner"].map(|it| named(it, fixed()));
    let mut inner = RetryLayer::<u64>::new(inner).layer_of(probe.clone());
    assert!(inner.ready().await.unwrap().call(7).await.is_err());
    let mut plain = RetryLayer::<u64>::new(outer).layer_of(probe.clone());
    assert_eq!(plain.ready().await.unwrap().call(7).await.unwrap(), 7);
    assert_eq!(probe.calls(), 5);
}

/// Spares a turbofish per layer.
trait LayerOf {
    fn layer_of(self, probe: Probe) -> resilience_tower::Retried<Probe, u64>;
}

impl LayerOf for RetryLayer<u64> {
    fn layer_of(self, probe: Probe) -> resilience_tower::Retried<Probe, u64> {
        tower_layer::Layer::layer(&self, probe)
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_tells_its_attempts_and_why_there_are_no_more_while_it_is_held() {
    let retry = retry(&env());
    let mut orders = RetryLayer::<u64>::new(retry).layer_of(Probe::new([DOWN; 9]));
    let mut call = std::pin::pin!(orders.ready().await.unwrap().call(7));
    assert!(call.as_mut().await.is_err());
    assert_eq!((call.sent(), call.gave_up()), (3, Some(Cause::Attempts)));

    let mut orders = RetryLayer::<u64>::new(named("once", fixed())).layer_of(Probe::new([DOWN]));
    let mut call = std::pin::pin!(orders.ready().await.unwrap().call(7));
    assert!(call.as_mut().await.is_ok());
    assert_eq!((call.sent(), call.gave_up()), (2, None));
}

/// A request that knows how often it may be made.
#[derive(Clone, Copy, Debug)]
struct Limited(u32);

impl Repeat for Limited {
    fn repeat(&self) -> Option<Self> {
        Some(*self)
    }

    fn limits(&self) -> RetryLimits {
        RetryLimits {
            max_attempts: self.0,
            ..Default::default()
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_brings_its_own_number_of_attempts() {
    for (own, most) in [(1, 1), (2, 2), (9, 3)] {
        let probe = Probe::new([DOWN; 99]);
        let mut orders = ServiceBuilder::new()
            .layer(RetryLayer::new(retry(&env())))
            .map_request(|_: Limited| 7)
            .service(probe.clone());
        let call = orders.ready().await.unwrap().call(Limited(own));
        let (_, told) = report(call).await;
        assert_eq!(probe.calls(), most);
        assert_eq!(told.unwrap().attempts, u32::try_from(most).unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_may_give_limits_too_and_the_smaller_hold() {
    let rule = (
        |_: &Limited| {
            Ask::default().retries(RetryLimits {
                max_total: SECOND,
                ..Default::default()
            })
        },
        |result: &Result<u64, BoxError>| match result {
            Ok(_) => Outcome::Success,
            Err(_) => Outcome::Failure,
        },
    );
    let probe = Probe::new([DOWN; 99]);
    let mut orders = ServiceBuilder::new()
        .layer(RetryLayer::new(named("orders", fixed())).classify(rule))
        .map_request(|_: Limited| 7)
        .service(probe.clone());
    let call = orders.ready().await.unwrap().call(Limited(3));
    let (_, told) = report(call).await;
    assert_eq!((probe.calls(), told.unwrap().cause), (1, Cause::Time));
}

/// Timeouts cost three retries, and all else one.
#[derive(Clone, Copy, Debug)]
struct ByKind;

impl<T> Classify<u64, Result<T, BoxError>> for ByKind {
    fn outcome(&self, result: &Result<T, BoxError>) -> Outcome {
        match result {
            Ok(_) => Outcome::Success,
            Err(_) => Outcome::Failure,
        }
    }

    fn cost(&self, result: &Result<T, BoxError>) -> u32 {
        match result {
            Err(error) if error.to_string() == "timed out" => 3,
            _ => 1,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_says_what_a_retry_takes_from_the_budget() {
    for (error, granted) in [("timed out", 2), ("throttled", 6)] {
        let budget = RetryBudgetConfig {
            ratio: 0.0,
            floor_per_second: 0.6,
            window: 10 * SECOND,
        };
        let config = RetryConfig {
            max_attempts: 99,
            backoff: BackoffConfig::fixed(SECOND / 100),
            budget: Some(budget),
            ..Default::default()
        };
        let probe = Probe::new([Step::Fail(error); 99]);
        let mut orders = ServiceBuilder::new()
            .layer(RetryLayer::new(named("orders", config)).classify(ByKind))
            .service(probe.clone());
        let call = orders.ready().await.unwrap().call(7);
        let (_, told) = report(call).await;
        assert_eq!(probe.calls(), 1 + granted, "{error}");
        assert_eq!(told.unwrap().cause, Cause::Budget);
    }
}

/// Counts every error of a read as a failure, and of a write only those before it was sent.
#[derive(Clone, Copy, Debug, Default)]
struct ByRequest {
    write: bool,
}

const WRITE: u64 = 1;

impl<T> Classify<u64, Result<T, BoxError>> for ByRequest {
    fn of_request(&self, request: &u64) -> Self {
        let write = *request == WRITE;
        Self { write }
    }

    fn outcome(&self, result: &Result<T, BoxError>) -> Outcome {
        match result {
            Ok(_) => Outcome::Success,
            Err(error) if self.write && error.to_string() != "not sent" => Outcome::Ignored,
            Err(_) => Outcome::Failure,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_may_judge_results_by_their_requests_in_retries_and_gates() {
    for (request, error, attempts) in [(WRITE, "reset", 1), (WRITE, "not sent", 3), (2, "reset", 3)]
    {
        let probe = Probe::new([Step::Fail(error); 99]);
        let breaker = in_a_row(99, &env());
        let mut venue = ServiceBuilder::new()
            .layer(RetryLayer::new(named("venue", fixed())).classify(ByRequest::default()))
            .layer(GateLayer::new(breaker.clone()).classify(ByRequest::default()))
            .service(probe.clone());
        assert!(venue.ready().await.unwrap().call(request).await.is_err());
        assert_eq!(probe.calls(), attempts, "{request} {error}");
        let failures = if attempts == 1 { 0 } else { 3 };
        assert_eq!(breaker.snapshot().total.failures, failures);
    }
}
