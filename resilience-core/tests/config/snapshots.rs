//! What an admin endpoint shows.

use std::time::Duration;

use resilience_core::{Env, Failover, FailoverConfig, Gate, Outcome, Policies};
use serde_json::{Value, json};

fn described(env: &Env) -> Vec<Value> {
    let all = serde_json::to_value(env.registry().describe()).unwrap();
    all.as_array().unwrap().clone()
}

#[test]
fn every_policy_is_json_of_kind_name_config_and_snapshot() {
    let (env, _) = Env::manual();
    let text = include_str!("../../docs/policies.toml");
    let policies = Policies::from_toml(text, &env).unwrap();
    let _quotes = policies.fallback::<u32>("quotes").unwrap();
    let all = described(&env);
    assert_eq!(
        all.len(),
        policies.list().len() + 1,
        "a retry's own budget too"
    );
    for policy in all {
        let kind = policy["kind"].as_str().unwrap();
        assert!(
            policy["name"].is_string() && policy["config"].is_object(),
            "{policy}"
        );
        let tag = match kind.starts_with("keyed_") {
            true => "keyed",
            false => kind,
        };
        assert_eq!(policy["snapshot"]["kind"], tag);
        // What is shown is what the file says: it can be written back.
        let config = json!({ "kind": kind, "config": policy["config"] });
        let config: resilience_core::PolicyConfig = serde_json::from_value(config).unwrap();
        let living = env.registry().find(kind, policy["name"].as_str().unwrap());
        assert_eq!(living.unwrap().config(), config);
    }
}

#[test]
fn lengths_and_times_are_text() {
    let (env, clock) = Env::manual();
    let text = "[circuit_breaker.venue]\nconsecutive = 1\nopen_for = '90s'";
    let policies = Policies::from_toml(text, &env).unwrap();
    let venue = policies.circuit_breaker("venue").unwrap();
    venue
        .permit(&Default::default())
        .unwrap()
        .record(Outcome::Failure);
    let targets = vec!["a".into(), "b".into()];
    let config = FailoverConfig {
        targets,
        switch_after: 1,
        ..Default::default()
    };
    let failover = Failover::new("venue", config, &env).unwrap();
    clock.advance(Duration::from_millis(1_500));
    failover.record(failover.begin(), Outcome::Failure);

    let all = described(&env);
    assert_eq!(all[0]["snapshot"]["state"], "open");
    assert_eq!(all[0]["snapshot"]["retry_after"], "1m 28s 500ms");
    assert_eq!(all[0]["config"]["retry_after_max"], "5m");
    let switch = &all[1]["snapshot"]["last_switch"];
    assert_eq!(
        *switch,
        json!({
            "number": 1,
            "at": "1s 500ms",
            "from": "a",
            "to": "b",
            "direction": "over",
            "reason": { "failures": { "in_a_row": 1 } },
            "result": "success",
        })
    );
}

#[test]
fn a_limiters_way_to_count_does_not_hide_the_kind() {
    let (env, _) = Env::manual();
    let text = "[rate_limiter.venue]\nkind = 'sliding_log'\npermits = 2\nper = '1s'";
    let _policies = Policies::from_toml(text, &env).unwrap();
    let limiter = &described(&env)[0];
    assert_eq!(limiter["snapshot"]["kind"], "rate_limiter");
    assert_eq!(limiter["snapshot"]["algorithm"], "sliding_log");
    assert_eq!(limiter["config"]["kind"], "sliding_log");
}
