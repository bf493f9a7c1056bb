//! A gate for each key, in the layers that know one gate.

use std::borrow::Cow;

use resilience_core::keyed::{GateConfig, KeyGate};
use resilience_core::{
    BoxError, Bulkhead, BulkheadConfig, CallError, CircuitBreaker, CircuitBreakerConfig, Env,
    Keyed, KeyedConfig, NoKey, RateLimiter, RateLimiterConfig, Rejected,
};
use resilience_tower::testing::{Probe, Step};
use resilience_tower::{ByKey, GateLayer, Keyless, QueueLayer};
use tokio_test::task::spawn;
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok};
use tower::{Layer, Service, ServiceExt};

use crate::common::{SECOND, env};

/// A request's key is its last digit; 9 is none.
fn digit(request: &u64) -> Option<Cow<'_, str>> {
    let digit = request % 10;
    (digit != 9).then(|| digit.to_string().into())
}

type Digit = for<'r> fn(&'r u64) -> Option<Cow<'r, str>>;

fn keyed<C: GateConfig>(gate: C, env: &Env) -> Keyed<C::Gate> {
    let config = KeyedConfig {
        gate,
        max_keys: 3,
        idle: None,
    };
    Keyed::new("venue", config, env).unwrap()
}

fn by_digit<G: KeyGate>(keyed: &Keyed<G>) -> ByKey<G, Digit> {
    ByKey::new(keyed.clone(), digit as Digit)
}

fn circuits() -> CircuitBreakerConfig {
    CircuitBreakerConfig {
        consecutive: Some(1),
        ..Default::default()
    }
}

fn one_slot(max_waiting: u32) -> BulkheadConfig {
    BulkheadConfig {
        max_in_flight: 1,
        max_waiting,
        ..Default::default()
    }
}

fn one_permit() -> RateLimiterConfig {
    RateLimiterConfig {
        max_wait: Some(10 * SECOND),
        ..RateLimiterConfig::new(1, SECOND)
    }
}

fn refused_by(result: Result<u64, BoxError>) -> String {
    let error = result.unwrap_err();
    error
        .rejected()
        .expect("it is refused")
        .policy()
        .to_string()
}

#[tokio::test(start_paused = true)]
async fn a_key_that_fails_is_refused_and_another_one_is_not() {
    let keyed = keyed(circuits(), &env());
    let probe = Probe::new([Step::Fail("down")]);
    let mut venue = GateLayer::new(by_digit(&keyed)).layer(probe.clone());
    assert!(venue.ready().await.unwrap().call(11).await.is_err());
    let refused = venue.ready().await.unwrap().call(21).await;
    assert_eq!(refused_by(refused), "venue[1]");
    assert_eq!(venue.ready().await.unwrap().call(12).await.unwrap(), 12);
    assert_eq!(probe.calls(), 2);
    assert_eq!(keyed.keys(), ["1", "2"]);
}

#[tokio::test(start_paused = true)]
async fn clones_and_services_of_one_layer_share_the_keys() {
    let keyed = keyed(circuits(), &env());
    let layer = GateLayer::new(by_digit(&keyed));
    let failing = layer.layer(Probe::new([Step::Fail("down")]));
    let other = layer.layer(Probe::default());
    assert!(failing.clone().oneshot(1).await.is_err());
    assert_eq!(refused_by(failing.oneshot(1).await), "venue[1]");
    assert_eq!(refused_by(other.oneshot(1).await), "venue[1]");
}

#[tokio::test(start_paused = true)]
async fn what_has_no_key_shares_a_gate_or_passes_or_is_refused() {
    for (keyless, admitted) in [
        (Keyless::default(), [true, false]),
        (Keyless::Pass, [true, true]),
        (Keyless::Refuse, [false, false]),
    ] {
        let keyed = keyed(RateLimiterConfig::new(1, SECOND), &env());
        let layer = GateLayer::new(by_digit(&keyed).keyless(keyless));
        let probe = Probe::default();
        let mut service = layer.layer(probe.clone());
        for admitted in admitted {
            let result = service.ready().await.unwrap().call(9).await;
            assert_eq!(result.is_ok(), admitted, "{keyless:?}");
        }
        let sent = admitted.iter().filter(|it| **it).count();
        assert_eq!(probe.calls(), sent);
        let kept = usize::from(keyless == Keyless::Share);
        assert_eq!(keyed.snapshot().keys, kept);
        assert!(service.ready().await.unwrap().call(1).await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_no_key_is_treated_alike_where_requests_wait() {
    for (keyless, sent) in [
        (Keyless::Share, 1),
        (Keyless::Pass, 2),
        (Keyless::Refuse, 0),
    ] {
        let keyed = keyed(one_slot(5), &env());
        let probe = Probe::new([Step::Wait, Step::Wait]);
        let layer = QueueLayer::new(by_digit(&keyed).keyless(keyless));
        let mut service = layer.layer(probe.clone());
        let mut calls = Vec::new();
        for _ in 0..2 {
            assert!(service.ready().await.is_ok());
            let mut call = spawn(service.call(9));
            match keyless {
                Keyless::Refuse => {
                    let error = assert_ready_err!(call.poll());
                    assert!(matches!(error.rejected(), Some(Rejected::NoKey(_))));
                }
                _ => assert_pending!(call.poll()),
            }
            calls.push(call);
        }
        assert_eq!(probe.calls(), sent, "{keyless:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_without_a_key_passes_a_queue_though_the_service_is_not_ready() {
    let keyed = keyed(one_slot(5), &env());
    let probe = Probe::default();
    probe.set_pending(true);
    let layer = QueueLayer::new(by_digit(&keyed).keyless(Keyless::Pass));
    let mut service = layer.layer(probe.clone());
    assert!(service.ready().await.is_ok());
    let mut call = spawn(service.call(9));
    assert_pending!(call.poll());
    probe.set_pending(false);
    assert_eq!(assert_ready_ok!(call.poll()), 9);
    assert!(!probe.was_called_unready());
}

#[tokio::test(start_paused = true)]
async fn a_key_waits_its_turn_and_another_one_does_not_wait_for_it() {
    let keyed = keyed(one_permit(), &env());
    let mut service = QueueLayer::new(by_digit(&keyed)).layer(Probe::default());
    assert!(service.ready().await.unwrap().call(1).await.is_ok());
    assert!(service.ready().await.is_ok());
    let mut second = spawn(service.call(1));
    assert_pending!(second.poll());
    assert!(service.ready().await.unwrap().call(2).await.is_ok());
    tokio::time::advance(SECOND).await;
    assert_eq!(second.await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_waits_is_not_pushed_out_and_one_that_gave_up_is() {
    let keyed = keyed(one_permit(), &env());
    let mut service = QueueLayer::new(by_digit(&keyed)).layer(Probe::default());
    assert!(service.ready().await.unwrap().call(1).await.is_ok());
    let mut waits = spawn(service.ready().await.unwrap().call(1));
    assert_pending!(waits.poll());
    for key in 2..9 {
        assert!(service.ready().await.unwrap().call(key).await.is_ok());
    }
    assert!(keyed.get("1").is_some());
    drop(waits);
    for key in 2..9 {
        let _ = service.ready().await.unwrap().call(key).await;
    }
    assert!(keyed.get("1").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_queue_by_key_refuses_at_once_though_the_service_is_not_ready() {
    let keyed = keyed(one_slot(0), &env());
    let probe = Probe::default();
    let held = keyed.permit("1", &resilience_core::Ask::default()).unwrap();
    probe.set_pending(true);
    let mut service = QueueLayer::new(by_digit(&keyed)).layer(probe.clone());
    let mut ready = spawn(service.ready());
    assert!(assert_ready!(ready.poll()).is_ok());
    drop(ready);
    let mut call = spawn(service.call(1));
    let error = assert_ready_err!(call.poll());
    assert!(matches!(error.rejected(), Some(Rejected::BulkheadFull(_))));
    drop(held);
}

#[tokio::test(start_paused = true)]
async fn a_gate_by_key_is_as_ready_as_the_service_and_takes_no_permit_for_that() {
    let keyed = keyed(one_slot(0), &env());
    drop(keyed.gate("1"));
    let probe = Probe::default();
    probe.set_pending(true);
    let mut service = GateLayer::new(by_digit(&keyed)).layer(probe.clone());
    let mut ready = spawn(service.ready());
    assert_pending!(ready.poll());
    probe.set_pending(false);
    assert!(assert_ready!(ready.poll()).is_ok());
    drop(ready);
    assert_eq!(keyed.gate("1").snapshot().in_flight, 0);
    let call = service.call(1);
    assert_eq!(keyed.gate("1").snapshot().in_flight, 1);
    drop(call);
    assert_eq!(keyed.gate("1").snapshot().in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn a_key_can_have_a_tuple_of_gates() {
    type Venue = (CircuitBreaker, Bulkhead, RateLimiter);
    let config = (circuits(), one_slot(0), RateLimiterConfig::new(2, SECOND));
    let keyed: Keyed<Venue> = keyed(config, &env());
    let probe = Probe::new([Step::Wait]);
    let mut service = GateLayer::new(by_digit(&keyed)).layer(probe.clone());
    let mut first = spawn(service.ready().await.unwrap().call(1));
    assert_pending!(first.poll());
    let refused = service.ready().await.unwrap().call(1).await.unwrap_err();
    assert!(matches!(
        refused.rejected(),
        Some(Rejected::BulkheadFull(_))
    ));
    assert!(service.ready().await.unwrap().call(2).await.is_ok());
    probe.release();
    assert!(first.await.is_ok());
    assert!(service.ready().await.unwrap().call(1).await.is_ok());
    let refused = service.ready().await.unwrap().call(1).await.unwrap_err();
    assert!(matches!(refused.rejected(), Some(Rejected::RateLimited(_))));
}

#[tokio::test(start_paused = true)]
async fn the_slot_of_a_key_is_kept_to_the_end_of_the_body() {
    let keyed = keyed(one_slot(0), &env());
    let layer = GateLayer::new(by_digit(&keyed)).until_body_end();
    let body = tower::service_fn(|it: u64| async move {
        Ok::<_, BoxError>(::http::Response::new(it.to_string()))
    });
    let mut service = layer.layer(body);
    let response = service.ready().await.unwrap().call(1).await.unwrap();
    assert!(service.ready().await.unwrap().call(1).await.is_err());
    assert!(service.ready().await.unwrap().call(2).await.is_ok());
    drop(response);
    assert!(service.ready().await.unwrap().call(1).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_closure_may_borrow_the_key_from_the_request() {
    let keyed = keyed(RateLimiterConfig::new(1, SECOND), &env());
    let key = ByKey::with(keyed.clone(), |it: &String| Some(it.as_str().into()));
    let echo = tower::service_fn(|it: String| async move { Ok::<_, BoxError>(it) });
    let mut service = GateLayer::new(key).layer(echo);
    assert!(
        service
            .ready()
            .await
            .unwrap()
            .call("a".into())
            .await
            .is_ok()
    );
    assert!(
        service
            .ready()
            .await
            .unwrap()
            .call("a".into())
            .await
            .is_err()
    );
    assert_eq!(keyed.keys(), ["a"]);
}

#[test]
fn a_missing_key_says_so() {
    let reason = Rejected::from(NoKey::new("tenants"));
    assert_eq!(reason.to_string(), "call rejected by tenants");
    let source = std::error::Error::source(&reason).unwrap();
    assert_eq!(source.to_string(), "the request has no key");
    assert_eq!(reason.retry_after(), None);
}
