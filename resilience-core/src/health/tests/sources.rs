//! Components that are read.

use super::*;
use crate::{
    Ask, CircuitBreaker, CircuitBreakerConfig, Failover, FailoverConfig, Gate, Keyed, KeyedConfig,
    Outcome,
};
use HealthStatus::{Degraded, Healthy, Unhealthy, Unknown};

fn fed(source: &dyn HealthSource) -> HealthStatus {
    let (health, _) = health(&[("it", component(true, 1, 1))]);
    health.feed("it", source).expect("it is watched");
    health.status("it").expect("it is watched")
}

#[test]
fn a_circuit_is_as_its_state() {
    let (env, clock) = Env::manual();
    let config = CircuitBreakerConfig {
        consecutive: Some(1),
        ..Default::default()
    };
    let breaker = CircuitBreaker::new("venue", config, &env).unwrap();
    assert_eq!(fed(&breaker), Healthy);
    let call = |outcome| breaker.permit(&Ask::default()).unwrap().record(outcome);
    call(Outcome::Failure);
    assert_eq!(fed(&breaker), Unhealthy);
    clock.advance(600 * SECOND);
    call(Outcome::Success);
    assert_eq!(breaker.state().as_str(), "half_open");
    assert_eq!(fed(&breaker), Degraded);
    breaker.isolate();
    assert_eq!(fed(&breaker), Unhealthy);
    for silent in [CircuitBreaker::disable, CircuitBreaker::shadow] {
        silent(&breaker);
        assert_eq!(fed(&breaker), Unknown);
    }
}

#[test]
fn circuits_by_key_are_degraded_while_some_are_not_closed_and_unhealthy_when_all_refuse() {
    let (env, clock) = Env::manual();
    let config = KeyedConfig {
        gate: CircuitBreakerConfig {
            consecutive: Some(1),
            ..Default::default()
        },
        max_keys: 10,
        idle: None,
    };
    let venues = Keyed::new("venue", config, &env).unwrap();
    let call = |key, outcome| venues.permit(key, &Ask::default()).unwrap().record(outcome);
    assert_eq!(fed(&venues), Healthy, "no circuit is no fault");
    call("XNYS", Outcome::Success);
    call("XLON", Outcome::Success);
    assert_eq!(fed(&venues), Healthy);
    call("XNYS", Outcome::Failure);
    assert_eq!(fed(&venues), Degraded);
    let text = "1 of 2 circuits not closed, such as that of XNYS";
    assert_eq!(venues.finding(), Some(Finding::Degraded(text.into())));
    call("XLON", Outcome::Failure);
    assert_eq!(fed(&venues), Unhealthy);
    assert_eq!(venues.keys(), ["XNYS", "XLON"], "a look is no use");
    clock.advance(60 * SECOND);
    assert_eq!(fed(&venues), Degraded, "all are half-open");
    venues.gate("XNYS").disable();
    venues.gate("XLON").isolate();
    assert_eq!(fed(&venues), Unhealthy, "one that is disabled says nothing");
    venues.gate("XLON").shadow();
    assert_eq!(venues.finding(), None);
    venues.gate("XLON").reset();
    assert_eq!(fed(&venues), Healthy);
}

#[test]
fn a_failover_is_degraded_on_a_backup_and_unhealthy_when_all_have_failed() {
    let env = Env::manual().0;
    let targets = vec!["a".into(), "b".into()];
    let config = FailoverConfig {
        targets,
        switch_after: 1,
        fail_back_after: 1,
    };
    let failover = Failover::new("venue", config, &env).unwrap();
    assert_eq!(fed(&failover), Healthy);
    failover.record(failover.begin(), Outcome::Failure);
    assert_eq!(fed(&failover), Degraded);
    failover.record(failover.begin(), Outcome::Failure);
    assert_eq!(fed(&failover), Unhealthy);
    failover.check("a", true);
    assert_eq!(fed(&failover), Healthy);
}

#[test]
fn a_closure_feeds_numbers_and_one_that_says_nothing_counts_nowhere() {
    let idle = std::cell::Cell::new(1);
    let pool = || match idle.get() {
        0 => Some(Finding::from(Err::<(), _>("no connection is idle"))),
        1 => Some(Finding::from(true)),
        _ => None,
    };
    let (health, _) = health(&[("pool", component(true, 1, 1))]);
    for (now, status, checks) in [(1, Healthy, 1), (0, Unhealthy, 2), (2, Unhealthy, 2)] {
        idle.set(now);
        health.feed("pool", &pool).unwrap();
        let seen = health.snapshot();
        let pool = seen.component("pool").unwrap();
        assert_eq!((pool.status, pool.checks), (status, checks));
    }
    assert!(health.feed("loop", &pool).is_err());
}

#[test]
fn an_error_is_told_with_all_its_sources() {
    let error = crate::Failed::Inner(std::io::Error::other("connection refused"));
    let finding = Finding::from(Err::<(), _>(error));
    let expected = Finding::Unhealthy("call failed: connection refused".into());
    assert_eq!(finding, expected);
}
