use super::*;
use Outcome::{Failure, Success};

#[test]
fn every_kept_gate_and_the_shared_one_take_the_new_config() {
    let (keyed, _) = keyed(slots(1), 2, None);
    let ask = Ask::default();
    let a = keyed.permit("a", &ask).unwrap();
    let b = keyed.permit("b", &ask).unwrap();
    let shared = keyed.permit("c", &ask).unwrap();
    assert!(keyed.permit("c", &ask).is_err());
    keyed
        .reconfigure(KeyedConfig {
            gate: slots(2),
            max_keys: 2,
            idle: None,
        })
        .unwrap();
    let more = ["a", "b", "c"].map(|key| keyed.permit(key, &ask).unwrap());
    assert!(
        ["a", "b", "c"]
            .iter()
            .all(|key| keyed.permit(key, &ask).is_err())
    );
    drop((a, b, shared, more));
    let _ = keyed.gate("d");
    let slots = |key| keyed.get(key).unwrap().snapshot().max_in_flight;
    assert_eq!(slots("d"), 2);
}

#[test]
fn what_the_gates_have_learned_stays() {
    let (keyed, _) = keyed(circuits(2), 9, None);
    keyed.call("a", Failure);
    keyed.gate("b").isolate();
    let config = KeyedConfig {
        gate: circuits(2),
        max_keys: 9,
        idle: None,
    };
    keyed.reconfigure(config).unwrap();
    keyed.call("a", Failure);
    assert_eq!(keyed.get("a").unwrap().state(), CircuitState::Open);
    assert_eq!(keyed.get("b").unwrap().state(), CircuitState::Isolated);
}

#[test]
fn a_smaller_cap_pushes_out_the_least_recently_used_that_may_go() {
    let (keyed, _) = keyed(circuits(1), 300, None);
    for n in 0..300 {
        let outcome = if n % 2 == 0 { Failure } else { Success };
        keyed.call(&format!("key-{n}"), outcome);
    }
    let config = |max_keys| KeyedConfig {
        gate: circuits(1),
        max_keys,
        idle: None,
    };
    keyed.reconfigure(config(152)).unwrap();
    assert_eq!(keyed.snapshot().keys, 152);
    assert!(keyed.get("key-297").is_some() && keyed.get("key-299").is_some());
    // The other 150 may not go. They do as soon as they may.
    keyed.reconfigure(config(10)).unwrap();
    assert_eq!(keyed.snapshot().keys, 150);
    keyed.list().iter().for_each(|(_, gate)| gate.reset());
    keyed.reconfigure(config(10)).unwrap();
    assert_eq!(keyed.snapshot().keys, 10);
    assert!(keyed.get("key-298").is_some());
}

#[test]
fn an_idle_time_that_was_none_before_begins_now() {
    let (keyed, clock) = keyed(circuits(1), 9, None);
    keyed.call("a", Success);
    clock.advance(60 * SECOND);
    let config = KeyedConfig {
        gate: circuits(1),
        max_keys: 9,
        idle: Some(SECOND),
    };
    keyed.reconfigure(config).unwrap();
    assert_eq!(keyed.snapshot().keys, 1);
    clock.advance(SECOND);
    assert_eq!(keyed.snapshot().keys, 0);
}

#[test]
fn a_config_that_is_refused_changes_nothing() {
    let (keyed, _) = keyed(permits(1), 9, None);
    keyed.call("a", Success);
    let bad = [
        (permits(0), 9, "permits"),
        (permits(5), 0, "max_keys"),
        (
            RateLimiterConfig {
                kind: RateLimiterKind::FixedWindow,
                ..permits(5)
            },
            9,
            "kind",
        ),
    ];
    for (gate, max_keys, field) in bad {
        let idle = None;
        let config = KeyedConfig {
            gate,
            max_keys,
            idle,
        };
        assert_eq!(keyed.reconfigure(config).unwrap_err().field(), field);
    }
    assert_eq!(keyed.get("a").unwrap().snapshot().permits, 1);
    assert_eq!(keyed.snapshot().max_keys, 9);
    assert_eq!(keyed.gate("b").snapshot().permits, 1);
}
