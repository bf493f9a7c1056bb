//! What an operator does who knows kind, name and key as text, and no type.

use super::*;
use crate::{Handle, Policy};
use Outcome::{Failure, Success};

fn env_with<C: GateConfig>(gate: C) -> (Env, Keyed<C::Gate>) {
    let (env, _) = Env::manual();
    let config = KeyedConfig {
        gate,
        max_keys: 9,
        idle: None,
    };
    let keyed = Keyed::new("venue", config, &env).unwrap();
    (env, keyed)
}

fn found(env: &Env, kind: &str) -> Arc<dyn Policy> {
    env.registry().find(kind, "venue").expect("it is alive")
}

#[test]
fn a_key_is_forced_by_kind_name_and_key() {
    let (env, keyed) = env_with(circuits(1));
    keyed.call("XNYS", Failure);
    keyed.call("XLON", Success);
    let policy = found(&env, "keyed_circuit_breaker");
    assert_eq!(policy.keys(), ["XNYS", "XLON"]);

    let operate = |key, verb: fn(&CircuitBreaker)| {
        for one in policy.of_key(key) {
            verb(&CircuitBreaker::from_policy(one).expect("the kind says so"));
        }
    };
    operate("XNYS", CircuitBreaker::reset);
    operate("XLON", CircuitBreaker::isolate);
    operate("nobody", CircuitBreaker::isolate);
    assert!(keyed.call("XNYS", Success));
    assert!(!keyed.call("XLON", Success));
}

#[test]
fn keys_are_listed_with_what_each_gate_knows() {
    let (env, keyed) = env_with(permits(2));
    assert_eq!((keyed.calls("a", 3), keyed.calls("b", 1)), (2, 1));
    let policy = found(&env, "keyed_rate_limiter");
    let seen: Vec<_> = policy
        .keys()
        .into_iter()
        .flat_map(|key| policy.of_key(&key))
        .map(|one| match one.snapshot() {
            Snapshot::RateLimiter(seen) => (one.name().to_string(), seen.remaining, seen.refused),
            other => panic!("{other:?}"),
        })
        .collect();
    let name = |key| format!("venue[{key}]");
    assert_eq!(seen, [(name("a"), 0, 1), (name("b"), 1, 0)]);
}

#[test]
fn a_tuple_shows_all_of_its_policies() {
    let (env, keyed) = env_with((circuits(1), slots(1), permits(1)));
    keyed.call("a", Success);
    let shown = found(&env, "keyed_gates").of_key("a");
    let kinds: Vec<_> = shown.iter().map(|it| it.kind()).collect();
    assert_eq!(kinds, ["circuit_breaker", "bulkhead", "rate_limiter"]);
}

#[test]
fn looking_is_no_use_of_a_key_and_makes_none() {
    let (env, keyed) = env_with(slots(1));
    (0..9).for_each(|n| drop(keyed.gate(&format!("key-{n}"))));
    let policy = found(&env, "keyed_bulkhead");
    assert_eq!(policy.of_key("key-0").len(), 1);
    assert!(policy.of_key("nobody").is_empty());
    keyed.call("new", Success);
    assert!(!policy.keys().contains(&"key-0".into()));
}

#[test]
fn the_typed_handle_is_had_of_the_registry_and_of_no_other_type() {
    let (env, keyed) = env_with(circuits(1));
    let policy = || found(&env, "keyed_circuit_breaker");
    let again = Keyed::<CircuitBreaker>::from_policy(policy()).unwrap();
    again.gate("not used yet").isolate();
    assert!(!keyed.call("not used yet", Success));
    assert!(Keyed::<RateLimiter>::from_policy(policy()).is_none());
    assert!(CircuitBreaker::from_policy(policy()).is_none());
    let bulkhead = Bulkhead::new("one", slots(1), &env).unwrap();
    let one = || env.registry().find("bulkhead", "one").unwrap();
    let same = Bulkhead::from_policy(one()).unwrap();
    let permit = bulkhead.permit(&Ask::default()).unwrap();
    assert_eq!(same.snapshot().in_flight, 1);
    assert!(RateLimiter::from_policy(one()).is_none());
    assert!(one().keys().is_empty() && one().of_key("a").is_empty());
    drop(permit);
}
