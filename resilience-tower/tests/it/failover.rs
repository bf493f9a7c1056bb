//! Failover as tower middleware.

use resilience_core::{CallError, Failover, FailoverConfig};
use resilience_tower::testing::{Probe, Step};
use resilience_tower::{FailoverLayer, GateLayer, RetryLayer};
use tokio::time::timeout;
use tokio_test::task::spawn;
use tokio_test::{assert_pending, assert_ready};
use tower::limit::{ConcurrencyLimit, GlobalConcurrencyLimitLayer};
use tower::{Service, ServiceBuilder, ServiceExt};
use tower_layer::Layer;

use crate::common::{Dying, SECOND, Slots, env, in_a_row, retry};

const DOWN: Step = Step::Fail("down");

fn failover(switch_after: u32) -> Failover {
    let config = FailoverConfig {
        targets: vec!["primary".into(), "backup".into()],
        switch_after,
        fail_back_after: 1,
    };
    Failover::new("venue", config, &env()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn calls_go_to_the_backup_after_the_switch_and_back_after_the_checks() {
    let policy = failover(2);
    let (primary, backup) = (Probe::new([DOWN, DOWN]), Probe::default());
    let mut venue = ServiceBuilder::new()
        .layer(FailoverLayer::new(policy.clone()))
        .service([primary.clone(), backup.clone()]);
    for _ in 0..2 {
        venue.ready().await.unwrap().call(7).await.unwrap_err();
    }
    venue.ready().await.unwrap().call(7).await.unwrap();
    assert_eq!((primary.calls(), backup.calls()), (2, 1));
    policy.check("primary", true);
    venue.ready().await.unwrap().call(7).await.unwrap();
    assert_eq!((primary.calls(), backup.calls()), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn an_unready_backup_never_blocks_the_active_target() {
    let backup = Probe::default();
    backup.set_pending(true);
    let mut venue = ServiceBuilder::new()
        .layer(FailoverLayer::new(failover(1)))
        .service(vec![Probe::default(), backup]);
    venue.ready().await.unwrap().call(7).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_call_that_finds_another_target_active_makes_that_one_ready() {
    let policy = failover(1);
    let (primary, backup) = (Probe::default(), Probe::default());
    let mut venue = ServiceBuilder::new()
        .layer(FailoverLayer::new(policy.clone()))
        .service([primary.clone(), backup.clone()]);
    venue.ready().await.unwrap();
    assert!(policy.fail_over());
    backup.set_pending(true);
    let mut call = spawn(venue.call(7));
    assert_pending!(call.poll());
    backup.set_pending(false);
    assert!(call.is_woken());
    assert_eq!(assert_ready!(call.poll()).unwrap(), 7);
    assert_eq!((primary.calls(), backup.calls()), (0, 1));
    assert!(!backup.was_called_unready());
}

#[tokio::test(start_paused = true)]
async fn a_target_whose_own_circuit_is_open_has_failed_but_one_that_is_full_has_not() {
    let policy = failover(1);
    let primary = in_a_row(1, &env());
    let operator = primary.clone();
    let mut venue = ServiceBuilder::new()
        .layer(FailoverLayer::new(policy.clone()))
        .service(
            [primary, in_a_row(1, &env())].map(|it| GateLayer::new(it).layer(Probe::default())),
        );
    operator.isolate();
    let error = venue.ready().await.unwrap().call(7).await.unwrap_err();
    assert!(error.rejected().is_some());
    assert_eq!(policy.active().as_str(), "backup");

    let policy = failover(1);
    let full = Slots::new(0, SECOND, &env());
    let mut venue = ServiceBuilder::new()
        .layer(FailoverLayer::new(policy.clone()))
        .service([0, 1].map(|_| GateLayer::new(full.clone()).layer(Probe::default())));
    venue.ready().await.unwrap().call(7).await.unwrap_err();
    assert_eq!(policy.active().as_str(), "primary");
}

#[tokio::test(start_paused = true)]
async fn a_retry_outside_reaches_the_backup() {
    let policy = failover(1);
    let (primary, backup) = (Probe::new([DOWN]), Probe::default());
    let mut venue = ServiceBuilder::new()
        .layer(RetryLayer::new(retry(&env())))
        .layer(FailoverLayer::new(policy))
        .service([primary.clone(), backup.clone()]);
    assert_eq!(venue.ready().await.unwrap().call(7).await.unwrap(), 7);
    assert_eq!((primary.calls(), backup.calls()), (1, 1));
}

#[test]
#[should_panic(expected = "one service for each target")]
fn a_list_of_another_length_than_the_targets_is_a_mistake() {
    FailoverLayer::new(failover(1)).layer(vec![Probe::default()]);
}

#[tokio::test(start_paused = true)]
async fn a_target_that_cannot_get_ready_has_failed_and_the_service_lives_on() {
    let policy = failover(1);
    let mut venue = ServiceBuilder::new()
        .layer(FailoverLayer::new(policy.clone()))
        .service([Dying::after(0), Dying::after(9)]);
    let error = venue.ready().await.unwrap().call(7).await.unwrap_err();
    assert_eq!(error.to_string(), "closed");
    assert_eq!(policy.active().as_str(), "backup");
    let error = venue.ready().await.unwrap().call(7).await.unwrap_err();
    assert_eq!(error.to_string(), "down");
}

#[tokio::test(start_paused = true)]
async fn a_target_that_was_left_while_it_was_not_ready_keeps_no_place() {
    let policy = failover(1);
    let limit = GlobalConcurrencyLimitLayer::new(1);
    let layer = || ServiceBuilder::new().layer(limit.clone());
    let mut primary: ConcurrencyLimit<Probe> = layer().service(Probe::new([Step::Wait]));
    let first = primary.ready().await.unwrap().call(1);
    let backup = ConcurrencyLimit::new(Probe::default(), 9);
    let mut venue = ServiceBuilder::new()
        .layer(FailoverLayer::new(policy.clone()))
        .service([primary.clone(), backup]);
    let mut ready = spawn(venue.ready());
    assert_pending!(ready.poll());
    drop(ready);
    assert!(policy.fail_over());
    venue.ready().await.unwrap().call(7).await.unwrap();
    drop(first);
    let again = timeout(SECOND, primary.ready()).await;
    again.expect("the place is taken by nobody").unwrap();
}
