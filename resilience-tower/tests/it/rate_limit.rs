//! What is left of a rate, told in every response.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderName, Request, Response, StatusCode};
use proptest::prelude::*;
use resilience_core::{
    Ask, Bulkhead, BulkheadConfig, Env, Keyed, KeyedConfig, ManualClock, Outcome, RateLimiter,
    RateLimiterConfig, RateLimiterKind, Time,
};
use resilience_tower::http::key::Header;
use resilience_tower::{ByKey, GateLayer, Keyless, QueueLayer};
use tokio_test::task::spawn;
use tokio_test::{assert_pending, assert_ready_ok};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::common::SECOND;

type Asked = Request<()>;
type Answered = Response<String>;

async fn fine(_: Asked) -> Result<Answered, Infallible> {
    Ok(Response::default())
}

fn limiter(config: RateLimiterConfig) -> (RateLimiter, Arc<ManualClock>) {
    let (env, clock) = Env::manual();
    (RateLimiter::new("venue", config, &env).unwrap(), clock)
}

fn whole(response: &Answered, name: &str) -> Option<u64> {
    let value = response.headers().get(name)?.to_str().unwrap();
    Some(value.parse().unwrap())
}

/// Limit, remaining, reset.
fn told(response: &Answered) -> Option<(u64, u64, u64)> {
    let [limit, remaining, reset] =
        ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"].map(|it| whole(response, it));
    Some((limit?, remaining?, reset?))
}

fn policies(response: &Answered) -> Vec<&str> {
    let lines = response.headers().get_all("ratelimit-policy").iter();
    lines.map(|it| it.to_str().unwrap()).collect()
}

/// Calls what answers at once.
fn call<S>(service: &mut S, request: Asked) -> Answered
where
    S: Service<Asked, Response = Answered, Error = Infallible>,
{
    assert_ready_ok!(spawn(service.ready()).poll());
    assert_ready_ok!(spawn(service.call(request)).poll())
}

fn get() -> Asked {
    Request::new(())
}

#[test]
fn trap_29_every_answer_says_what_is_left_in_seconds_rounded_up() {
    let config = RateLimiterConfig::new(2, Duration::from_millis(2_500));
    let (limiter, clock) = limiter(config);
    let layer = GateLayer::new(limiter).rate_limit_headers();
    let mut service = layer.layer(service_fn(fine));
    let first = call(&mut service, get());
    assert_eq!(told(&first), Some((2, 1, 2)));
    assert_eq!(policies(&first), ["2;w=3"]);
    assert_eq!(whole(&first, "retry-after"), None);
    let second = call(&mut service, get());
    assert_eq!(told(&second), Some((2, 0, 3)));
    let third = call(&mut service, get());
    assert_eq!(third.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(told(&third), Some((2, 0, 3)));
    assert_eq!(whole(&third, "retry-after"), Some(2));
    clock.advance(Duration::from_millis(1_250));
    assert_eq!(told(&call(&mut service, get())), Some((2, 0, 3)));
}

#[test]
fn each_kind_tells_its_window() {
    for (kind, reset) in [
        (RateLimiterKind::Gcra, 12),
        (RateLimiterKind::FixedWindow, 30),
        (RateLimiterKind::SlidingLog, 60),
        (RateLimiterKind::SlidingCounter, 90),
    ] {
        let config = RateLimiterConfig {
            kind,
            ..RateLimiterConfig::new(5, 60 * SECOND)
        };
        let (limiter, clock) = limiter(config);
        clock.advance(30 * SECOND);
        let layer = GateLayer::new(limiter).rate_limit_headers();
        let answer = call(&mut layer.layer(service_fn(fine)), get());
        assert_eq!(told(&answer), Some((5, 4, reset)), "{kind:?}");
        assert_eq!(policies(&answer), ["5;w=60"]);
    }
}

#[test]
fn the_window_of_three_permits_a_second_is_one_second() {
    let (limiter, _) = limiter(RateLimiterConfig::new(3, SECOND));
    let layer = GateLayer::new(limiter).rate_limit_headers();
    let answer = call(&mut layer.layer(service_fn(fine)), get());
    assert_eq!(policies(&answer), ["3;w=1"]);
}

#[test]
fn a_cost_that_never_fits_is_told_the_limit_too() {
    let (limiter, _) = limiter(RateLimiterConfig::new(2, SECOND));
    let layer = GateLayer::new(limiter).classify((
        |_: &Asked| Ask::default().cost(3),
        |_: &Result<Answered, Infallible>| Outcome::Success,
    ));
    let mut service = layer.rate_limit_headers().layer(service_fn(fine));
    let answer = call(&mut service, get());
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(told(&answer), Some((2, 2, 0)));
    assert_eq!(whole(&answer, "retry-after"), None);
}

fn tenants(config: RateLimiterConfig) -> Keyed<RateLimiter> {
    let (env, _) = Env::manual();
    let config = KeyedConfig {
        gate: config,
        max_keys: 9,
        idle: None,
    };
    Keyed::new("tenants", config, &env).unwrap()
}

fn by_tenant(keyed: Keyed<RateLimiter>) -> ByKey<RateLimiter, Header> {
    ByKey::new(keyed, Header::new(HeaderName::from_static("x-tenant")))
}

fn of(tenant: &str) -> Asked {
    Request::get("/")
        .header("x-tenant", tenant)
        .body(())
        .unwrap()
}

#[test]
fn each_key_is_told_what_is_left_for_it() {
    let layer = GateLayer::new(by_tenant(tenants(RateLimiterConfig::new(2, 2 * SECOND))));
    let mut service = layer.rate_limit_headers().layer(service_fn(fine));
    let answers = ["a", "a", "b", "a"].map(|tenant| call(&mut service, of(tenant)));
    let told = answers.each_ref().map(told);
    assert_eq!(
        told,
        [(1, 1), (0, 2), (1, 1), (0, 2)].map(|(n, s)| Some((2, n, s)))
    );
    assert_eq!(answers[3].status(), StatusCode::TOO_MANY_REQUESTS);
}

#[test]
fn a_request_without_a_key_is_answered_as_was_said_and_told_nothing_where_nothing_limits_it() {
    let config = RateLimiterConfig::new(2, 2 * SECOND);
    for (keyless, status, shown) in [
        (Keyless::Share, StatusCode::OK, Some((2, 1, 1))),
        (Keyless::Pass, StatusCode::OK, None),
        (Keyless::Refuse, StatusCode::BAD_REQUEST, None),
    ] {
        let layer = GateLayer::new(by_tenant(tenants(config.clone())).keyless(keyless));
        let mut service = layer.rate_limit_headers().layer(service_fn(fine));
        let answer = call(&mut service, get());
        assert_eq!((answer.status(), told(&answer)), (status, shown));
    }
}

#[test]
fn calls_made_at_once_are_told_what_all_of_them_left_whichever_is_answered_first() {
    let (limiter, _) = limiter(RateLimiterConfig::new(3, 3 * SECOND));
    let (first, answer) = tokio::sync::oneshot::channel::<()>();
    let mut held = Some(answer);
    let slow_first = service_fn(move |_: Asked| {
        let held = held.take();
        async move {
            if let Some(held) = held {
                let _ = held.await;
            }
            Ok::<_, Infallible>(Answered::default())
        }
    });
    let mut service = GateLayer::new(limiter)
        .rate_limit_headers()
        .layer(slow_first);
    assert_ready_ok!(spawn(service.ready()).poll());
    let mut slow = spawn(service.call(get()));
    assert_pending!(slow.poll());
    assert_eq!(told(&call(&mut service, get())), Some((3, 1, 2)));
    drop(first);
    assert_eq!(told(&assert_ready_ok!(slow.poll())), Some((3, 1, 2)));
}

#[test]
fn of_two_limiters_the_one_that_has_less_left_is_told_and_both_policies() {
    for swapped in [false, true] {
        let (mut one, _) = limiter(RateLimiterConfig::new(9, 90 * SECOND));
        let (mut other, _) = limiter(RateLimiterConfig::new(2, 2 * SECOND));
        if swapped {
            std::mem::swap(&mut one, &mut other);
        }
        let inner = GateLayer::new(one)
            .rate_limit_headers()
            .layer(service_fn(fine));
        let mut service = GateLayer::new(other).rate_limit_headers().layer(inner);
        let answer = call(&mut service, get());
        assert_eq!(told(&answer), Some((2, 1, 1)));
        let mut both = policies(&answer);
        both.sort_unstable();
        assert_eq!(both, ["2;w=2", "9;w=90"]);
    }
}

#[test]
fn what_a_service_says_that_is_no_number_is_replaced() {
    let (limiter, _) = limiter(RateLimiterConfig::new(2, 2 * SECOND));
    let odd = service_fn(|_: Asked| async {
        let response = Response::builder().header("ratelimit-remaining", "few");
        Ok::<_, Infallible>(response.body(String::new()).unwrap())
    });
    let mut service = GateLayer::new(limiter).rate_limit_headers().layer(odd);
    assert_eq!(told(&call(&mut service, get())), Some((2, 1, 1)));
}

#[tokio::test(start_paused = true)]
async fn one_who_waited_his_turn_is_told_too_and_an_error_of_the_service_stays_as_it_was() {
    let config = RateLimiterConfig {
        max_wait: Some(9 * SECOND),
        ..RateLimiterConfig::new(1, SECOND)
    };
    let limiter = RateLimiter::new("venue", config, &crate::common::env()).unwrap();
    let layer = QueueLayer::new(limiter).rate_limit_headers();
    let mut service = layer.layer(service_fn(fine));
    assert_eq!(
        told(&service.ready().await.unwrap().call(get()).await.unwrap()),
        Some((1, 0, 1))
    );
    let second = service.ready().await.unwrap().call(get()).await.unwrap();
    assert_eq!(
        (second.status(), told(&second)),
        (StatusCode::OK, Some((1, 0, 1)))
    );

    let failing =
        service_fn(|_: Asked| async { Err::<Answered, resilience_core::BoxError>("down".into()) });
    let error = layer.layer(failing).oneshot(get()).await.unwrap_err();
    assert_eq!(error.to_string(), "down");
}

#[test]
fn a_tuple_that_ends_in_a_limiter_tells_what_it_has_left() {
    let (limiter, _) = limiter(RateLimiterConfig::new(2, 2 * SECOND));
    let (env, _) = Env::manual();
    let bulkhead = Bulkhead::new("venue", BulkheadConfig::default(), &env).unwrap();
    let layer = GateLayer::new((bulkhead, limiter)).rate_limit_headers();
    let answer = call(&mut layer.layer(service_fn(fine)), get());
    assert_eq!(told(&answer), Some((2, 1, 1)));
}

fn configs() -> impl Strategy<Value = RateLimiterConfig> {
    let kind = prop_oneof![
        Just(RateLimiterKind::Gcra),
        Just(RateLimiterKind::FixedWindow),
        Just(RateLimiterKind::SlidingLog),
        Just(RateLimiterKind::SlidingCounter),
    ];
    let per = (1..20_000_000_000_u64).prop_map(Duration::from_nanos);
    (kind, 1..9_u32, per).prop_map(|(kind, permits, per)| RateLimiterConfig {
        kind,
        ..RateLimiterConfig::new(permits, per)
    })
}

proptest! {
    #[test]
    fn trap_29_a_client_that_obeys_the_headers_exactly_is_never_refused(
        config in configs(),
        second in prop::option::of(configs()),
        pauses in prop::collection::vec(0..3_000_000_000_u64, 1..60),
        created in 0..5_000_000_000_u64,
    ) {
        let (env, clock) = Env::manual();
        clock.set(Time::from_nanos(created));
        let gate = |name, config| RateLimiter::new(name, config, &env).unwrap();
        let inner = GateLayer::new(gate("inner", config.clone())).rate_limit_headers();
        let outer = GateLayer::new(gate("outer", second.unwrap_or(config))).rate_limit_headers();
        let mut service = (outer, inner).layer(service_fn(fine));
        for pause in pauses {
            clock.advance(Duration::from_nanos(pause % 400_000_000));
            let answer = call(&mut service, get());
            prop_assert_eq!(answer.status(), StatusCode::OK);
            let (limit, remaining, reset) = told(&answer).unwrap();
            prop_assert!(remaining < limit);
            if remaining == 0 {
                clock.advance(Duration::from_secs(reset));
            }
        }
    }

    #[test]
    fn trap_29_a_client_that_obeys_retry_after_is_not_refused_again(
        config in configs(), pauses in prop::collection::vec(0..3_000_000_000_u64, 1..60),
    ) {
        let (limiter, clock) = limiter(config);
        let layer = GateLayer::new(limiter).rate_limit_headers();
        let mut service = layer.layer(service_fn(fine));
        for pause in pauses {
            clock.advance(Duration::from_nanos(pause));
            let answer = call(&mut service, get());
            if let Some(wait) = whole(&answer, "retry-after") {
                prop_assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
                clock.advance(Duration::from_secs(wait));
                prop_assert_eq!(call(&mut service, get()).status(), StatusCode::OK);
            }
        }
    }
}
