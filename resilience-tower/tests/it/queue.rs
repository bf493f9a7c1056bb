//! Gates whose requests wait their turn.

use resilience_core::{
    Ask, BoxError, Bulkhead, BulkheadConfig, CallError, End, Gate, Outcome, RateLimiter,
    RateLimiterConfig, Rejected,
};
use resilience_tower::testing::{Probe, Step};
use resilience_tower::{BulkheadQueueLayer, QueueLayer, RateLimiterQueueLayer};
use tokio::time::{Instant, advance, sleep, timeout};
use tokio_test::task::{Spawn, spawn};
use tokio_test::{assert_pending, assert_ready};
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::common::{Dying, SECOND, Slots, env};

#[tokio::test(start_paused = true)]
async fn trap_27_requests_are_served_in_order_and_one_that_leaves_is_passed_over() {
    let slots = Slots::new(1, 5 * SECOND, &env());
    let (inner, mut handle) = tower_test::mock::pair::<u32, u32>();
    let mut venue = ServiceBuilder::new()
        .layer(QueueLayer::new(slots.clone()))
        .service(inner);
    handle.allow(9);
    let mut calls: Vec<_> = [0, 1, 2, 3].map(|it| spawn(venue.call(it))).into();
    for call in &mut calls {
        assert_pending!(call.poll());
    }
    assert_eq!(slots.waiting(), 3);

    drop(calls.remove(1));
    for number in [0, 2, 3] {
        assert_pending!(calls[0].poll());
        let (request, respond) = handle.next_request().await.unwrap();
        assert_eq!(request, number);
        respond.send_response(number);
        assert_eq!(assert_ready!(calls.remove(0).poll()).unwrap(), number);
        assert!(calls.first().is_none_or(Spawn::is_woken));
    }
    assert!(slots.is_idle());
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_told() {
    let slots = Slots::new(1, 5 * SECOND, &env());
    let mut venue = ServiceBuilder::new()
        .layer(QueueLayer::new(slots.clone()))
        .service_fn(|()| async {
            sleep(60 * SECOND).await;
            Ok::<_, BoxError>(())
        });
    let mut first = spawn(venue.ready().await.unwrap().call(()));
    assert_pending!(first.poll());
    let started = Instant::now();
    let error = venue.clone().oneshot(()).await.unwrap_err();
    assert!(matches!(error.rejected(), Some(Rejected::WaitTooLong(_))));
    assert_eq!(started.elapsed(), 5 * SECOND);
    first.await.unwrap();
    assert!(slots.is_idle());
}

#[tokio::test(start_paused = true)]
async fn trap_37_one_timer_wakes_a_waiter_and_nothing_else_does() {
    let slots = Slots::new(1, 5 * SECOND, &env());
    let (inner, mut handle) = tower_test::mock::pair::<u32, u32>();
    let mut venue = ServiceBuilder::new()
        .layer(QueueLayer::new(slots.clone()))
        .service(inner);
    handle.allow(1);
    let _first = venue.ready().await.unwrap().call(0);
    let mut second = spawn(venue.ready().await.unwrap().call(1));
    assert_pending!(second.poll());
    advance(5 * SECOND - SECOND / 100).await;
    assert!(!second.is_woken());
    advance(SECOND / 100).await;
    tokio::task::yield_now().await;
    assert!(second.is_woken());
    let error = assert_ready!(second.poll()).unwrap_err();
    assert!(error.is::<Rejected>());
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_dropped_before_the_call_was_made_goes_back_unused() {
    let slots = Slots::new(1, 5 * SECOND, &env());
    let probe = Probe::default();
    let mut venue = ServiceBuilder::new()
        .layer(QueueLayer::new(slots.clone()))
        .service(probe.clone());
    probe.set_pending(true);
    let mut call = spawn(venue.ready().await.unwrap().call(7));
    assert_pending!(call.poll());
    assert!(
        !slots.is_idle(),
        "it has its turn, and waits for the inner service"
    );
    drop(call);
    assert_eq!(slots.ends(), [End::Unused]);
    assert_eq!(probe.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_let_wait_is_not_counted_as_refused() {
    let slots = Slots::new(1, 5 * SECOND, &env());
    let mut venue = ServiceBuilder::new()
        .layer(QueueLayer::new(slots.clone()))
        .service_fn(|()| async {
            sleep(SECOND).await;
            Ok::<_, BoxError>(())
        });
    let mut first = spawn(venue.ready().await.unwrap().call(()));
    assert_pending!(first.poll());
    let mut second = spawn(venue.ready().await.unwrap().call(()));
    assert_pending!(second.poll());
    (&mut first).await.unwrap();
    second.await.unwrap();
    assert_eq!(slots.refused(), 0);
}

#[tokio::test(start_paused = true)]
async fn trap_38_all_who_wait_for_a_slot_are_woken_in_turn() {
    let config = BulkheadConfig {
        max_in_flight: 1,
        max_waiting: 9,
        ..Default::default()
    };
    let bulkhead = Bulkhead::new("venue", config, &env()).unwrap();
    let mut venue = ServiceBuilder::new()
        .layer(BulkheadQueueLayer::new(bulkhead.clone()))
        .service_fn(|number: u64| async move {
            sleep(SECOND).await;
            Ok::<_, BoxError>(number)
        });
    let started = Instant::now();
    let mut calls = Vec::new();
    for number in 0..10 {
        let mut call = spawn(venue.ready().await.unwrap().call(number));
        assert_pending!(call.poll());
        calls.push(call);
    }
    let refused = venue.ready().await.unwrap().call(10).await.unwrap_err();
    assert!(matches!(
        refused.rejected(),
        Some(Rejected::BulkheadFull(_))
    ));
    for (number, call) in (0..).zip(calls) {
        assert_eq!(call.await.unwrap(), number);
        let seconds = u32::try_from(number).unwrap() + 1;
        assert_eq!(started.elapsed(), seconds * SECOND);
    }
    let seen = bulkhead.snapshot();
    assert_eq!((seen.in_flight, seen.waiting, seen.refused), (0, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn trap_28_a_request_that_leaves_moves_those_behind_it_forward() {
    let config = RateLimiterConfig {
        permits: 1,
        per: SECOND,
        max_wait: Some(10 * SECOND),
        ..Default::default()
    };
    let limiter = RateLimiter::new("venue", config, &env()).unwrap();
    let mut venue = ServiceBuilder::new()
        .layer(RateLimiterQueueLayer::new(limiter))
        .service_fn(|number: u64| async move { Ok::<_, BoxError>(number) });
    let started = Instant::now();
    venue.ready().await.unwrap().call(0).await.unwrap();
    let mut calls = Vec::new();
    for number in 1..4 {
        let mut call = spawn(venue.ready().await.unwrap().call(number));
        assert_pending!(call.poll());
        calls.push(call);
    }
    drop(calls.remove(0));
    for (waited, call) in (1..).zip(calls) {
        call.await.unwrap();
        assert_eq!(started.elapsed(), waited * SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn a_turn_whose_service_cannot_get_ready_ends_as_a_failure() {
    let slots = Slots::new(1, 5 * SECOND, &env());
    // Called unready, as a service that is always ready may be: the turn comes first.
    let mut venue = ServiceBuilder::new()
        .layer(QueueLayer::new(slots.clone()))
        .service(Dying::after(0));
    let error = venue.call(7).await.unwrap_err();
    assert_eq!(error.to_string(), "closed");
    let failed = End::Done {
        outcome: Outcome::Failure,
        held: None,
        hint: None,
    };
    assert_eq!(slots.ends(), [failed]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_its_turn_leaves_no_place_of_the_inner_service_taken() {
    let slots = Slots::new(1, 60 * SECOND, &env());
    let mut venue = ServiceBuilder::new()
        .layer(QueueLayer::new(slots.clone()))
        .layer(GlobalConcurrencyLimitLayer::new(1))
        .service(Probe::default());
    let taken = slots.permit(&Ask::default()).unwrap();
    let call = venue.ready().await.unwrap().call(7);
    let mut call = spawn(call);
    assert_pending!(call.poll());
    drop(taken);
    assert!(call.is_woken());
    timeout(SECOND, call).await.expect("it hangs").unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_request_is_not_behind_its_own_service_in_line_for_the_inner_one() {
    let slots = Slots::new(9, 60 * SECOND, &env());
    let limit = GlobalConcurrencyLimitLayer::new(1);
    let mut busy = ServiceBuilder::new()
        .layer(limit.clone())
        .service(Probe::new([Step::Wait]));
    let first = busy.ready().await.unwrap().call(1);
    let mut venue = ServiceBuilder::new()
        .layer(QueueLayer::new(slots.clone()))
        .layer(limit)
        .service(Probe::default());
    let mut call = spawn(venue.ready().await.unwrap().call(7));
    assert_pending!(call.poll());
    drop(first);
    timeout(SECOND, call).await.expect("it hangs").unwrap();
}
