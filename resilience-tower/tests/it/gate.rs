//! Gates as tower middleware.

use std::future::pending;

use resilience_core::{
    Ask, BoxError, CallError, CircuitState, End, Failed, Gate, Outcome, RateLimiter,
    RateLimiterConfig, Rejected,
};
use resilience_tower::GateLayer;
use tokio::time::advance;
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::common::{OPEN_FOR, SECOND, Slots, VenueError, env, fragile, in_a_row, timeout};

/// One call a second.
fn limiter() -> RateLimiter {
    let config = RateLimiterConfig {
        permits: 1,
        per: SECOND,
        ..Default::default()
    };
    RateLimiter::new("venue", config, &env()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_error_type_is_the_same_through_the_stack() {
    let breaker = in_a_row(2, &env());
    let mut venue = ServiceBuilder::new()
        .layer(GateLayer::new(breaker))
        .layer(timeout(SECOND))
        .service_fn(|_order: u64| pending::<Result<(), VenueError>>());
    for _ in 0..2 {
        let error = venue.ready().await.unwrap().call(1).await.unwrap_err();
        assert!(matches!(error, VenueError::Unknown(_)), "{error}");
    }
    let error = venue.ready().await.unwrap().call(1).await.unwrap_err();
    assert_eq!(error.rejected().unwrap().retry_after(), Some(OPEN_FOR));
}

#[tokio::test(start_paused = true)]
async fn boxed_errors_and_ours_do_as_well() {
    let mut boxed = ServiceBuilder::new()
        .layer(GateLayer::new(fragile(&env())))
        .service_fn(|()| async { Err::<(), BoxError>("down".into()) });
    boxed.ready().await.unwrap().call(()).await.unwrap_err();
    let error = boxed.ready().await.unwrap().call(()).await.unwrap_err();
    assert!(error.is::<Rejected>());

    let mut ours = ServiceBuilder::new()
        .layer(GateLayer::new(fragile(&env())))
        .map_err(Failed::Inner)
        .service_fn(|()| async { Err::<(), _>("down") });
    let error = ours.ready().await.unwrap().call(()).await.unwrap_err();
    assert_eq!(error, Failed::Inner("down"));
    let error = ours.ready().await.unwrap().call(()).await.unwrap_err();
    assert!(matches!(error, Failed::Rejected(_)));
}

#[tokio::test(start_paused = true)]
async fn what_counts_as_failure_is_the_callers_to_say() {
    let breaker = fragile(&env());
    let cost = |cost: &u32| Ask::default().cost(*cost);
    let outcome = |result: &Result<(), VenueError>| match result {
        Ok(()) => Outcome::Success,
        Err(VenueError::Refused) => Outcome::Ignored,
        Err(_) => Outcome::Failure,
    };
    let mut venue = ServiceBuilder::new()
        .layer(GateLayer::new((breaker.clone(), limiter())).classify((cost, outcome)))
        .service_fn(|_: u32| async { Err::<(), _>(VenueError::Refused) });
    let error = venue.ready().await.unwrap().call(1).await.unwrap_err();
    assert!(matches!(error, VenueError::Refused));
    let error = venue.ready().await.unwrap().call(2).await.unwrap_err();
    assert!(matches!(error.rejected(), Some(Rejected::NeverFits(_))));
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn trap_31_a_clone_that_is_ready_and_idle_holds_no_probe() {
    let breaker = fragile(&env());
    let mut venue = ServiceBuilder::new()
        .layer(GateLayer::new(breaker.clone()))
        .service_fn(|ok: bool| async move { ok.then_some(()).ok_or(VenueError::Refused) });
    venue.ready().await.unwrap().call(false).await.unwrap_err();
    advance(OPEN_FOR).await;
    let mut idle = venue.clone();
    idle.ready().await.unwrap();
    venue.ready().await.unwrap().call(true).await.unwrap();
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn trap_36_services_of_one_layer_share_its_policy() {
    let layer = GateLayer::new(fragile(&env()));
    let mut down = ServiceBuilder::new()
        .layer(layer.clone())
        .service_fn(|()| async { Err::<(), BoxError>("down".into()) });
    let mut up = ServiceBuilder::new()
        .layer(layer)
        .service_fn(|()| async { Ok::<(), BoxError>(()) });
    down.ready().await.unwrap().call(()).await.unwrap_err();
    let error = up.ready().await.unwrap().call(()).await.unwrap_err();
    assert!(error.is::<Rejected>());
}

#[tokio::test(start_paused = true)]
async fn a_refusal_while_the_inner_service_is_pending_is_counted_and_says_the_wait_that_is_left() {
    let (inner, mut handle) = tower_test::mock::pair::<(), ()>();
    let breaker = fragile(&env());
    let limiter = limiter();
    let mut venue = ServiceBuilder::new()
        .layer(GateLayer::new((breaker.clone(), limiter.clone())))
        .service(inner);

    handle.allow(1);
    let call = venue.ready().await.unwrap().call(());
    handle.next_request().await.unwrap().1.send_error("down");
    call.await.unwrap_err();
    handle.allow(0);
    advance(SECOND).await;

    venue.ready().await.unwrap();
    advance(SECOND).await;
    let error = venue.call(()).await.unwrap_err();
    let left = error.rejected().and_then(Rejected::retry_after);
    assert_eq!(left, Some(OPEN_FOR - 2 * SECOND));
    assert_eq!(breaker.snapshot().total.refused, 1);

    // Refused in `poll_ready` stays refused: nothing is taken for a call that cannot be made.
    venue.ready().await.unwrap();
    advance(OPEN_FOR).await;
    let error = venue.call(()).await.unwrap_err();
    assert!(error.is::<Rejected>());
    assert!(limiter.check(&Ask::default()).is_ok());
    handle.allow(1);
    let probe = venue.ready().await.unwrap().call(());
    handle.next_request().await.unwrap().1.send_response(());
    probe.await.unwrap();
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_by_one_gate_is_no_failure_to_another() {
    let breaker = fragile(&env());
    let mut venue = ServiceBuilder::new()
        .layer(GateLayer::new(breaker.clone()))
        .layer(GateLayer::new(limiter()))
        .service_fn(|()| async { Ok::<_, VenueError>(()) });
    venue.ready().await.unwrap().call(()).await.unwrap();
    for _ in 0..10 {
        let error = venue.ready().await.unwrap().call(()).await.unwrap_err();
        assert!(matches!(error.rejected(), Some(Rejected::RateLimited(_))));
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_hung_dependency_opens_the_circuit_even_under_an_outer_timeout() {
    for (limit, state) in [(4, CircuitState::Closed), (5, CircuitState::Open)] {
        let breaker = fragile(&env());
        let mut venue = ServiceBuilder::new()
            .layer(timeout(limit * SECOND))
            .layer(GateLayer::new(breaker.clone()))
            .service_fn(|()| pending::<Result<(), VenueError>>());
        venue.ready().await.unwrap().call(()).await.unwrap_err();
        assert_eq!(breaker.state(), state);
    }
}

#[tokio::test(start_paused = true)]
async fn trap_07_a_future_that_panics_is_a_failure() {
    let slots = Slots::new(1, SECOND, &env());
    let mut venue = ServiceBuilder::new()
        .layer(GateLayer::new(slots.clone()))
        .service_fn(|ok: bool| async move {
            assert!(ok, "the client's bug");
            Ok::<_, VenueError>(())
        });
    let call = venue.ready().await.unwrap().call(false);
    #[expect(clippy::disallowed_methods, reason = "it catches the panic")]
    let task = tokio::spawn(call);
    assert!(task.await.unwrap_err().is_panic());
    let failed = End::Done {
        outcome: Outcome::Failure,
        held: None,
        hint: None,
    };
    assert_eq!(slots.ends(), [failed]);
}

#[tokio::test(start_paused = true)]
async fn the_age_of_a_call_counts_from_its_first_wait() {
    let slots = Slots::new(2, SECOND, &env());
    let mut venue = ServiceBuilder::new()
        .layer(GateLayer::new(slots.clone()))
        .service_fn(|wait| async move {
            tokio::time::sleep(wait).await;
            Ok::<_, VenueError>(())
        });
    let late = venue.ready().await.unwrap().call(3 * SECOND);
    advance(10 * SECOND).await;
    late.await.unwrap();
    let dropped = venue.ready().await.unwrap().call(3 * SECOND);
    tokio::time::timeout(SECOND, dropped).await.unwrap_err();
    drop(venue.ready().await.unwrap().call(3 * SECOND));
    let done = End::Done {
        outcome: Outcome::Success,
        held: Some(3 * SECOND),
        hint: None,
    };
    let abandoned = |held| End::Abandoned { held };
    assert_eq!(
        slots.ends(),
        [done, abandoned(Some(SECOND)), abandoned(None)]
    );
}
