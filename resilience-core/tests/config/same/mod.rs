//! To be given the config that is in force changes no decision of any policy.

mod worlds;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use resilience_core::testing::Recorder;
use resilience_core::{
    Ask, CircuitBreaker, CircuitBreakerConfig, Env, Gate, Keyed, KeyedConfig, Outcome,
};

use self::worlds::*;

/// One step of a history.
#[derive(Clone, Copy, Debug)]
enum Op {
    Advance(u64),
    /// A verb of the policy, and which of several things it is about.
    Do(u8, usize),
}

fn history() -> impl Strategy<Value = (Vec<Op>, BTreeSet<usize>)> {
    let op = prop_oneof![
        1 => (0..400_u64).prop_map(Op::Advance),
        4 => (0..LOOK, 0..16_usize).prop_map(|(verb, which)| Op::Do(verb, which)),
    ];
    (vec(op, 1..120), btree_set(0..120_usize, 1..12))
}

/// What is done to the policies at some steps of a history.
#[derive(Clone, Copy, Debug)]
enum Touch {
    Nothing,
    /// They are read.
    Look,
    /// The registry is given the config in force.
    ByRegistry,
    /// The policy is given the config in force.
    ByPolicy,
}

impl Touch {
    fn touch(self, env: &Env, world: &mut World) {
        for policy in env.registry().list() {
            let (kind, name, config) = (policy.kind(), policy.name(), policy.config());
            match self {
                Self::Nothing => {}
                Self::Look => {
                    policy.describe();
                    if kind.starts_with("keyed_") {
                        world(LOOK, 0);
                    }
                }
                Self::ByRegistry => {
                    let changed = env.registry().reconfigure(kind, name.as_str(), &config);
                    assert_eq!(changed, Ok(false));
                }
                Self::ByPolicy => policy.reconfigure(&config).unwrap(),
            }
        }
    }
}

/// Returns all decisions and events of a history, with the policies touched at some steps of it.
fn decisions(
    build: fn(&Env) -> World,
    (ops, steps): &(Vec<Op>, BTreeSet<usize>),
    touch: Touch,
) -> Vec<String> {
    let (env, clock) = Env::manual();
    let heard = Arc::new(Recorder::default());
    let env = env.with_observer(heard.clone());
    let mut world = build(&env);
    let mut told = Vec::new();
    for (at, op) in ops.iter().enumerate() {
        if steps.contains(&at) {
            touch.touch(&env, &mut world);
        }
        match *op {
            Op::Advance(millis) => clock.advance(Duration::from_millis(millis)),
            Op::Do(verb, which) => told.push(world(verb, which)),
        }
    }
    told.push(format!("{:?}", env.registry().describe()));
    told.push(format!("{:?}", heard.take()));
    told
}

/// Where the registry, or a file, brings the config in force, it is as if nothing had been done.
/// Where a handle brings it, it is as if somebody had looked: then a probe that is overdue is found
/// and an idle key goes.
fn takes_no_notice(build: fn(&Env) -> World, history: &(Vec<Op>, BTreeSet<usize>)) {
    for (with, without) in [
        (Touch::ByRegistry, Touch::Nothing),
        (Touch::ByPolicy, Touch::Look),
    ] {
        let left = decisions(build, history, with);
        let right = decisions(build, history, without);
        let differs = left.iter().zip(&right).find(|(left, right)| left != right);
        assert_eq!(differs, None, "{with:?} {without:?}");
    }
}

macro_rules! same {
    ($($name:ident: $build:ident;)+) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(128))]

            $(
                #[test]
                fn $name(history in history()) {
                    takes_no_notice($build, &history);
                }
            )+
        }
    };
}

same! {
    a_circuit_by_consecutive_failures_takes_no_notice_of_its_own_config: consecutive;
    a_circuit_by_count_takes_no_notice_of_its_own_config: by_count;
    a_circuit_by_time_takes_no_notice_of_its_own_config: by_time;
    a_gcra_limiter_takes_no_notice_of_its_own_config: gcra;
    a_fixed_window_takes_no_notice_of_its_own_config: fixed_window;
    a_sliding_log_takes_no_notice_of_its_own_config: sliding_log;
    a_sliding_counter_takes_no_notice_of_its_own_config: sliding_counter;
    a_bulkhead_takes_no_notice_of_its_own_config: bulkhead;
    a_keyed_circuit_breaker_takes_no_notice_of_its_own_config: keyed_circuit_breaker;
    a_keyed_rate_limiter_takes_no_notice_of_its_own_config: keyed_rate_limiter;
    a_keyed_bulkhead_takes_no_notice_of_its_own_config: keyed_bulkhead;
    a_retry_takes_no_notice_of_its_own_config: retry;
    a_retry_budget_takes_no_notice_of_its_own_config: retry_budget;
    a_timeout_takes_no_notice_of_its_own_config: timeout;
    a_failover_takes_no_notice_of_its_own_config: failover;
    a_fallback_takes_no_notice_of_its_own_config: fallback;
}

#[test]
fn an_overdue_probe_is_found_by_the_next_call_and_not_by_the_config_in_force() {
    let (env, clock) = Env::manual();
    let config = CircuitBreakerConfig {
        consecutive: Some(1),
        open_for: Some(Duration::from_secs(10)),
        probe_timeout: Duration::from_secs(1),
        probes: 1,
        ..Default::default()
    };
    let breaker = CircuitBreaker::new("test", config.clone(), &env).unwrap();
    breaker
        .permit(&Ask::default())
        .unwrap()
        .record(Outcome::Failure);
    clock.advance(Duration::from_secs(10));
    let _probe = breaker.try_acquire(&Ask::default()).unwrap();
    clock.advance(Duration::from_secs(1));
    let again = env
        .registry()
        .reconfigure("circuit_breaker", "test", &config.into());
    assert_eq!(again, Ok(false));
    clock.advance(Duration::from_secs(1));
    let refused = breaker.check(&Ask::default()).unwrap_err();
    assert_eq!(refused.retry_after(), Some(Duration::from_secs(10)));
}

#[test]
fn an_idle_key_goes_at_the_next_use_and_not_by_the_config_in_force() {
    let (env, clock) = Env::manual();
    let config = KeyedConfig {
        gate: CircuitBreakerConfig {
            consecutive: Some(1),
            ..Default::default()
        },
        max_keys: 2,
        idle: Some(Duration::from_secs(1)),
    };
    let keyed = Keyed::new("test", config.clone(), &env).unwrap();
    let late = keyed.permit("a", &Ask::default()).unwrap();
    clock.advance(Duration::from_secs(1));
    let again = env
        .registry()
        .reconfigure("keyed_circuit_breaker", "test", &config.into());
    assert_eq!(again, Ok(false));
    // What comes back opens the circuit, and an open one stays.
    late.record(Outcome::Failure);
    assert_eq!(keyed.keys(), ["a"]);
}
