use super::*;
use Outcome::{Failure, Ignored, Success};

#[test]
fn a_key_has_a_circuit_of_its_own() {
    let (keyed, _) = keyed(circuits(1), 100, None);
    assert!(keyed.call("a", Failure));
    assert!(!keyed.call("a", Success));
    assert!(keyed.call("b", Success));
    assert!(!keyed.call("a", Success));
    assert_eq!(keyed.keys(), ["b", "a"]);
}

#[test]
fn a_key_has_permits_of_its_own() {
    let (keyed, clock) = keyed(permits(2), 10, None);
    assert_eq!((keyed.calls("a", 3), keyed.calls("b", 3)), (2, 2));
    clock.advance(SECOND / 2);
    assert_eq!(keyed.calls("a", 2), 1);
}

#[test]
fn a_gate_begins_at_the_time_of_the_ask_that_first_uses_it() {
    let (keyed, clock) = keyed(permits(1), 10, None);
    let ask = Ask::default();
    ask.now(keyed.0.env());
    // Had the limiter begun now, its only permit would be from the future for this call.
    clock.advance(SECOND);
    assert!(keyed.permit("a", &ask).is_ok());
}

#[test]
fn at_the_cap_the_least_recently_used_key_goes_with_what_it_had_learned() {
    let (keyed, _) = keyed(circuits(2), 2, None);
    keyed.call("a", Failure);
    keyed.call("b", Failure);
    keyed.call("a", Ignored);
    keyed.call("c", Success);
    assert_eq!(keyed.keys(), ["a", "c"]);
    keyed.call("a", Failure);
    assert_eq!(keyed.gate("a").state(), CircuitState::Open);
    keyed.call("b", Failure);
    assert_eq!(keyed.gate("b").state(), CircuitState::Closed);
    assert_eq!(keyed.snapshot().pushed_out, 2);
}

#[test]
fn looking_a_key_up_and_listing_are_no_use_of_it() {
    let (keyed, _) = keyed(circuits(2), 2, None);
    keyed.call("a", Success);
    keyed.call("b", Success);
    assert!(keyed.get("a").is_some());
    let listed: Vec<_> = keyed.list().into_iter().map(|(key, _)| key).collect();
    assert_eq!(listed, ["a", "b"]);
    keyed.call("c", Success);
    assert_eq!(keyed.keys(), ["b", "c"]);
    assert!(keyed.get("a").is_none());
}

#[test]
fn a_refused_call_is_a_use() {
    let (keyed, clock) = keyed(permits(1), 2, Some(SECOND));
    assert_eq!((keyed.calls("a", 1), keyed.calls("b", 1)), (1, 1));
    clock.advance(SECOND / 2);
    assert_eq!(keyed.calls("a", 1), 0);
    clock.advance(SECOND / 2);
    assert_eq!(keyed.keys(), ["a"]);
}

#[test]
fn a_key_idle_for_exactly_the_limit_is_gone_and_a_nanosecond_earlier_is_there() {
    let (keyed, clock) = keyed(circuits(1), 100, Some(SECOND));
    keyed.call("a", Success);
    clock.set(Time::from_nanos(999_999_999));
    assert_eq!(keyed.snapshot().keys, 1);
    keyed.call("a", Success);
    clock.set(Time::from_nanos(1_999_999_998));
    assert_eq!(keyed.snapshot().keys, 1);
    clock.set(Time::from_nanos(1_999_999_999));
    assert!(keyed.get("a").is_none());
    assert_eq!(keyed.snapshot().keys, 0);
    assert_eq!(keyed.snapshot().went_idle, 1);
}

#[test]
fn a_key_that_comes_back_after_its_idle_time_has_learned_nothing() {
    let (keyed, clock) = keyed(circuits(2), 100, Some(SECOND));
    keyed.call("a", Failure);
    clock.advance(SECOND);
    keyed.call("a", Failure);
    assert_eq!(keyed.get("a").unwrap().state(), CircuitState::Closed);
    clock.advance(SECOND - Duration::from_nanos(1));
    keyed.call("a", Failure);
    assert_eq!(keyed.get("a").unwrap().state(), CircuitState::Open);
}

#[test]
fn a_circuit_that_is_not_closed_is_never_idle() {
    let (keyed, clock) = keyed(circuits(1), 100, Some(SECOND));
    keyed.call("open", Failure);
    keyed.gate("isolated").isolate();
    keyed.gate("disabled").disable();
    keyed.gate("shadow").shadow();
    keyed.call("closed", Success);
    // The open time has long been over, and nobody has called.
    clock.advance(Duration::from_secs(31_536_000));
    assert_eq!(keyed.keys(), ["open", "isolated", "disabled", "shadow"]);
    assert!(!keyed.call("isolated", Success));
}

#[test]
fn a_half_open_circuit_is_not_idle_and_once_closed_it_is() {
    let gate = CircuitBreakerConfig {
        probes: 2,
        open_for: Some(SECOND / 2),
        ..circuits(1)
    };
    let (keyed, clock) = keyed(gate, 100, Some(SECOND));
    keyed.call("a", Failure);
    clock.advance(SECOND / 2);
    keyed.call("a", Success);
    clock.advance(5 * SECOND);
    assert_eq!(keyed.snapshot().keys, 1);
    keyed.call("a", Success);
    clock.advance(SECOND - Duration::from_nanos(1));
    assert_eq!(keyed.snapshot().keys, 1);
    clock.advance(Duration::from_nanos(1));
    assert_eq!(keyed.snapshot().keys, 0);
}

#[test]
fn a_circuit_that_closes_by_a_late_answer_goes_at_the_next_look() {
    let (keyed, clock) = keyed(
        CircuitBreakerConfig {
            probes: 1,
            open_for: Some(SECOND),
            ..circuits(1)
        },
        2,
        Some(SECOND),
    );
    keyed.call("a", Failure);
    clock.advance(SECOND);
    let probe = keyed.permit("a", &Ask::default()).unwrap();
    clock.advance(SECOND);
    assert_eq!(keyed.snapshot().keys, 1);
    probe.record(Success);
    assert_eq!(keyed.snapshot().keys, 0);
}

#[test]
fn where_no_key_may_go_a_circuit_is_made_for_the_call_and_not_kept() {
    let (keyed, _) = keyed(circuits(1), 2, None);
    keyed.call("a", Failure);
    keyed.call("b", Failure);
    for _ in 0..3 {
        assert!(keyed.call("c", Failure));
        assert_eq!(keyed.keys(), ["a", "b"]);
    }
    assert!(!keyed.call("a", Success));
    assert!(!keyed.call("b", Success));
    assert_eq!(keyed.snapshot().overflowed, 3);
    keyed.gate("b").reset();
    assert!(keyed.call("c", Success));
    assert_eq!(keyed.keys(), ["a", "c"]);
}

#[test]
fn the_least_recently_used_key_that_may_go_is_found_behind_many_that_may_not() {
    let (keyed, _) = keyed(circuits(1), 500, None);
    let names: Vec<_> = (0..500).map(|n| format!("key-{n}")).collect();
    for name in &names {
        keyed.call(name, Success);
    }
    for name in &names[..498] {
        keyed.call(name, Failure);
    }
    keyed.call("new", Success);
    assert!(keyed.get("key-498").is_none());
    assert!(keyed.get("key-499").is_some());
    keyed.call("newer", Success);
    assert!(keyed.get("key-499").is_none());
    keyed.call("newest", Success);
    assert!(keyed.get("new").is_none());
}

#[test]
fn a_bulkhead_in_use_stays_and_new_keys_share_one() {
    let (keyed, clock) = keyed(slots(1), 1, Some(SECOND));
    let permit = keyed.permit("a", &Ask::default()).unwrap();
    clock.advance(60 * SECOND);
    let shared = keyed.permit("b", &Ask::default()).unwrap();
    let refused = keyed.permit("c", &Ask::default()).unwrap_err();
    assert_eq!(refused.policy().as_str(), "test");
    assert_eq!(keyed.keys(), ["a"]);
    drop(shared);
    assert!(keyed.permit("c", &Ask::default()).is_ok());
    permit.record(Success);
    assert!(keyed.permit("b", &Ask::default()).is_ok());
    assert_eq!(keyed.keys(), ["b"]);
}

#[test]
fn of_very_many_bulkheads_in_use_the_one_that_becomes_free_is_found_in_its_turn() {
    let (keyed, _) = keyed(slots(1), 200, None);
    let permit = |key: usize| keyed.permit(&format!("key-{key}"), &Ask::default());
    let mut permits: Vec<_> = (0..200).map(|key| permit(key).unwrap()).collect();
    assert_eq!(keyed.calls("new", 1), 1);
    permits.remove(150).record(Success);
    let uses = (0..9).take_while(|_| {
        keyed.calls("new", 1);
        keyed.get("new").is_none()
    });
    assert!(uses.count() < 4);
    assert!(keyed.get("key-150").is_none());
    assert_eq!(keyed.snapshot().keys, 200);
}

#[test]
fn a_limiter_with_waiters_stays_and_new_keys_share_one() {
    let gate = RateLimiterConfig {
        max_wait: Some(SECOND),
        ..permits(1)
    };
    let (keyed, _) = keyed(gate, 1, None);
    assert_eq!(keyed.calls("a", 1), 1);
    let turn = keyed.gate("a").enqueue(&Ask::default()).unwrap();
    // A flood of keys has one key's permits in all.
    let admitted = (0..100).filter(|n| keyed.call(&format!("new-{n}"), Success));
    assert_eq!(admitted.count(), 1);
    assert_eq!(keyed.keys(), ["a"]);
    drop(turn);
    assert!(keyed.call("b", Success));
    assert_eq!(keyed.keys(), ["b"]);
}

#[test]
fn a_window_limiter_may_go() {
    let gate = RateLimiterConfig {
        kind: RateLimiterKind::SlidingLog,
        ..permits(1)
    };
    let (keyed, _) = keyed(gate, 1, None);
    assert_eq!((keyed.calls("a", 2), keyed.calls("b", 2)), (1, 1));
    assert_eq!(keyed.keys(), ["b"]);
}

#[test]
fn a_handle_and_a_permit_of_a_key_that_went_go_on_working() {
    let (keyed, _) = keyed(circuits(1), 1, None);
    let held = keyed.gate("a");
    let permit = keyed.permit("a", &Ask::default()).unwrap();
    keyed.call("b", Success);
    assert!(keyed.get("a").is_none());
    permit.record(Failure);
    let refused = held.permit(&Ask::default()).unwrap_err();
    assert_eq!(refused.policy().as_str(), "test[a]");
    assert!(keyed.call("a", Success));
}

#[test]
fn a_clock_that_goes_back_ends_nothing_early_and_leaves_nobody_behind() {
    let (keyed, clock) = keyed(circuits(1), 9, Some(10 * SECOND));
    let at = |seconds| clock.set(Time::ZERO.after(seconds * SECOND));
    at(10);
    keyed.call("a", Success);
    at(5);
    keyed.call("a", Success);
    keyed.call("b", Success);
    at(15);
    assert_eq!(keyed.keys(), ["a"]);
    at(0);
    assert_eq!(keyed.keys(), ["a"]);
    at(20);
    assert_eq!(keyed.snapshot().keys, 0);
}

#[test]
fn what_was_gone_stays_gone_when_the_clock_goes_back() {
    for by_reading in [true, false] {
        let (keyed, clock) = keyed(circuits(1), 99, Some(10 * SECOND));
        (0..9).for_each(|n| assert!(keyed.call(&format!("key-{n}"), Success)));
        clock.set(Time::ZERO.after(10 * SECOND));
        // One use takes only two of them out.
        match by_reading {
            true => assert!(keyed.get("key-8").is_none()),
            false => assert!(keyed.call("new", Success)),
        }
        clock.set(Time::ZERO.after(5 * SECOND));
        assert!(keyed.get("key-8").is_none());
        assert_eq!(keyed.snapshot().keys, usize::from(!by_reading));
    }
}

#[test]
fn an_idle_key_goes_before_one_that_was_used_earlier_but_at_a_later_time() {
    let (keyed, clock) = keyed(circuits(2), 2, Some(10 * SECOND));
    let at = |seconds| clock.set(Time::ZERO.after(seconds * SECOND));
    at(10);
    keyed.call("late", Failure);
    at(0);
    keyed.call("early", Success);
    at(15);
    keyed.call("new", Success);
    assert_eq!(keyed.keys(), ["late", "new"]);
}

#[test]
fn keys_may_look_like_anything() {
    let (keyed, _) = keyed(circuits(1), 9, None);
    let odd = ["", "]", "a]", "[", "test[a]", "é", "\0", " "];
    for key in odd {
        keyed.call(key, Failure);
    }
    assert_eq!(keyed.keys(), odd);
    assert!(odd.iter().all(|key| !keyed.call(key, Success)));
}

#[test]
fn a_config_is_refused_by_the_field_that_breaks_a_rule() {
    let (env, _) = Env::manual();
    let refused = |gate, max_keys, idle| {
        let config = KeyedConfig {
            gate,
            max_keys,
            idle,
        };
        let err = Keyed::new("test", config, &env).unwrap_err();
        err.field()
    };
    assert_eq!(refused(circuits(1), 0, None), "max_keys");
    assert_eq!(refused(circuits(1), 1, Some(Duration::ZERO)), "idle");
    assert_eq!(refused(circuits(0), 1, None), "consecutive");
    let gate = permits(0);
    let limiters = KeyedConfig {
        gate,
        ..Default::default()
    };
    assert_eq!(
        Keyed::new("test", limiters, &env).unwrap_err().field(),
        "permits"
    );
    let gate = slots(0);
    let bulkheads = KeyedConfig {
        gate,
        ..Default::default()
    };
    assert_eq!(
        Keyed::new("test", bulkheads, &env).unwrap_err().field(),
        "max_in_flight"
    );
    assert!(env.registry().list().is_empty());
}

#[test]
fn the_largest_cap_is_no_danger() {
    let (keyed, clock) = keyed(circuits(1), usize::MAX, Some(Duration::MAX));
    clock.set(Time::MAX);
    keyed.call("a", Success);
    assert_eq!(keyed.snapshot().keys, 1);
}

#[test]
fn the_registry_lists_the_policy_and_not_its_gates() {
    let (env, _) = Env::manual();
    let config = KeyedConfig {
        gate: permits(1),
        ..Default::default()
    };
    let keyed = Keyed::new("client", config.clone(), &env).unwrap();
    keyed.call("a", Success);
    let listed = env.registry().list();
    let [policy] = &listed[..] else {
        panic!("{listed:?}")
    };
    assert_eq!(policy.kind(), "keyed_rate_limiter");
    assert_eq!(policy.snapshot(), Snapshot::Keyed(keyed.snapshot()));
    let again = Keyed::get_or_new("client", config.clone(), &env).unwrap();
    assert_eq!(again.keys(), ["a"]);
    assert_eq!(
        Keyed::new("client", config, &env).unwrap_err().field(),
        "name"
    );
    drop((listed, keyed, again));
    assert!(env.registry().list().is_empty());
}
