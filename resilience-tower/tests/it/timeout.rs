//! Time limits as tower middleware.

use std::future::pending;
use std::sync::Arc;

use resilience_core::{
    Ask, CallError, Elapsed, Env, Outcome, Rejected, Time, Timeout, TimeoutConfig,
};
use resilience_tower::testing::{Probe, Step};
use resilience_tower::{TimeoutLayer, TokioClock};
use tokio::time::{Instant, advance, sleep};
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::common::{SECOND, VenueError, timeout};

#[tokio::test(start_paused = true)]
async fn the_limit_counts_from_the_first_wait() {
    let mut venue = ServiceBuilder::new()
        .layer(timeout(SECOND))
        .service_fn(|wait| async move {
            sleep(wait).await;
            Ok::<_, VenueError>(())
        });
    let late = venue.ready().await.unwrap().call(SECOND / 2);
    advance(10 * SECOND).await;
    late.await.unwrap();
    let started = Instant::now();
    let error = venue.ready().await.unwrap().call(2 * SECOND).await;
    assert!(matches!(error, Err(VenueError::Unknown(_))));
    assert_eq!(started.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_is_what_it_is_and_one_that_has_passed_sends_nothing() {
    let clock = Arc::new(TokioClock::default());
    let env = Env::default().with_clock(clock);
    let config = TimeoutConfig {
        timeout: 60 * SECOND,
    };
    let policy = Timeout::new("venue", config, &env).unwrap();
    let deadline = env.now().after(5 * SECOND);
    let ask = |deadline: &Time| Ask::default().deadline(*deadline);
    let outcome = |_: &Result<(), VenueError>| Outcome::Success;
    let mut venue = ServiceBuilder::new()
        .layer(TimeoutLayer::new(policy.clone()).classify((ask, outcome)))
        .service_fn(|_: Time| pending::<Result<(), VenueError>>());

    let started = Instant::now();
    let call = venue.ready().await.unwrap().call(deadline);
    advance(SECOND).await;
    let error = call.await.unwrap_err();
    assert_eq!(error.elapsed(), Some(&Elapsed::new(5 * SECOND)));
    assert_eq!(started.elapsed(), 5 * SECOND, "though it was polled late");

    let error = venue
        .ready()
        .await
        .unwrap()
        .call(deadline)
        .await
        .unwrap_err();
    assert!(matches!(
        error.rejected(),
        Some(Rejected::DeadlinePassed(_))
    ));
    let seen = policy.snapshot();
    assert_eq!((seen.elapsed, seen.late), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_cut_short_is_dropped_at_that_moment() {
    let probe = Probe::new([Step::Wait]);
    let mut venue = ServiceBuilder::new()
        .layer(timeout(SECOND))
        .service(probe.clone());
    let mut call = Box::pin(venue.ready().await.unwrap().call(7));
    let error = call.as_mut().await.unwrap_err();
    assert!(error.elapsed().is_some());
    assert_eq!(
        probe.in_flight(),
        0,
        "while the future of the limit is still there"
    );
    drop(call);
}

#[tokio::test]
async fn an_answer_that_is_ready_at_once_needs_no_timer() {
    // Outside of a runtime with time, where a timer would panic.
    let layer = timeout(SECOND);
    let mut venue = tower_layer::Layer::layer(
        &layer,
        tower::service_fn(|()| async { Ok::<_, VenueError>(()) }),
    );
    let answer = std::thread::spawn(move || tokio_test::task::spawn(venue.call(())).poll());
    assert!(answer.join().unwrap().is_ready());
}
