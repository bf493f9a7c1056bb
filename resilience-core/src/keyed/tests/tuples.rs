use super::*;
use crate::Metered;
use Outcome::{Failure, Success};

type Venue = (CircuitBreaker, Bulkhead, RateLimiter);

fn venues(max_keys: usize, idle: Option<Duration>) -> (Keyed<Venue>, Arc<ManualClock>) {
    keyed((circuits(1), slots(1), permits(3)), max_keys, idle)
}

#[test]
fn a_key_has_a_breaker_a_bulkhead_and_a_limiter_of_its_own() {
    let (keyed, _) = venues(10, None);
    let held = keyed.permit("a", &Ask::default()).unwrap();
    let full = keyed.permit("a", &Ask::default()).unwrap_err();
    assert!(matches!(full, Rejected::BulkheadFull(_)));
    assert_eq!(full.policy().as_str(), "test[a]");
    held.record(Success);
    assert_eq!(keyed.calls("a", 9), 2);
    assert!(keyed.call("b", Failure));
    let open = keyed.permit("b", &Ask::default()).unwrap_err();
    assert!(matches!(open, Rejected::CircuitOpen(_)));
    assert!(keyed.call("c", Success));
}

#[test]
fn it_stays_while_any_of_them_may_not_go() {
    let (keyed, clock) = venues(2, Some(SECOND));
    keyed.call("open", Failure);
    let held = keyed.permit("in use", &Ask::default()).unwrap();
    clock.advance(60 * SECOND);
    keyed.call("new", Success);
    assert_eq!(keyed.keys(), ["open", "in use"]);
    held.record(Success);
    assert_eq!(keyed.keys(), ["open"]);
}

#[test]
fn without_room_bounds_are_shared_and_circuits_are_not() {
    let (keyed, _) = venues(1, None);
    keyed.call("open", Failure);
    // Three of the limiter that they share, and no circuit that one of them opens for the others.
    let admitted = (0..9).filter(|n| keyed.call(&format!("new-{n}"), Failure));
    assert_eq!(admitted.count(), 3);
    assert_eq!(keyed.keys(), ["open"]);
}

#[test]
fn all_of_them_take_a_new_config_and_a_bad_one_changes_none() {
    let (keyed, _) = venues(9, None);
    keyed.call("a", Success);
    let config = |gate| KeyedConfig {
        gate,
        max_keys: 9,
        idle: None,
    };
    let window = RateLimiterConfig {
        kind: RateLimiterKind::FixedWindow,
        ..permits(5)
    };
    for (gate, field) in [
        ((circuits(0), slots(2), permits(5)), "consecutive"),
        ((circuits(2), slots(0), permits(5)), "max_in_flight"),
        ((circuits(2), slots(2), permits(0)), "permits"),
        ((circuits(2), slots(2), window), "kind"),
    ] {
        assert_eq!(keyed.reconfigure(config(gate)).unwrap_err().field(), field);
    }
    let (_, bulkhead, limiter) = keyed.get("a").unwrap();
    assert_eq!(bulkhead.snapshot().max_in_flight, 1);
    keyed
        .reconfigure(config((circuits(2), slots(2), permits(5))))
        .unwrap();
    assert_eq!(bulkhead.snapshot().max_in_flight, 2);
    assert_eq!(limiter.quota().limit, 5);
}

#[test]
fn the_last_of_them_meters_the_key() {
    let (keyed, _) = venues(9, None);
    keyed.call("a", Success);
    assert_eq!(keyed.get("a").unwrap().quota().remaining, 2);
}
