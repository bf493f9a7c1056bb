//! No number that is accepted makes a circuit breaker panic or leaves it stuck.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use resilience_core::backoff::{BackoffConfig, BackoffKind, Jitter};
use resilience_core::circuit_breaker::Abandoned;
use resilience_core::{
    Ask, Chance, CircuitBreaker, CircuitBreakerConfig, CircuitState, Env, Gate, Outcome, Permit,
    Time, WindowConfig,
};

fn length() -> impl Strategy<Value = Duration> {
    let nanos = Duration::from_nanos;
    let most = vec![
        nanos(1),
        nanos(2),
        nanos(999),
        nanos((1 << 53) + 1),
        nanos(u64::MAX / 2),
        nanos(u64::MAX - 1),
        nanos(u64::MAX),
        Duration::from_secs(u64::MAX / 1_000),
        Duration::MAX,
    ];
    prop_oneof![
        select(most),
        any::<u64>().prop_map(move |it| nanos(it.max(1)))
    ]
}

fn instant() -> impl Strategy<Value = u64> {
    prop_oneof![
        select(vec![0, 1, 2, u64::MAX / 2, u64::MAX - 1, u64::MAX]),
        any::<u64>()
    ]
}

fn whole(most: u32) -> impl Strategy<Value = u32> {
    prop_oneof![select(vec![1, 2, most - 1, most]), 1..=most]
}

fn config() -> impl Strategy<Value = CircuitBreakerConfig> {
    let window = prop_oneof![
        whole(2_000).prop_map(WindowConfig::count),
        (length(), whole(1_000)).prop_map(|(time, buckets)| WindowConfig {
            time: Some(time),
            buckets,
            ..Default::default()
        }),
    ];
    let rate = || {
        prop::option::of(select(vec![
            f64::MIN_POSITIVE,
            1e-300,
            1e-9,
            0.5,
            1.0 - 1e-16,
            1.0,
        ]))
    };
    let backoff = (
        select(vec![
            BackoffKind::Fixed,
            BackoffKind::Linear,
            BackoffKind::Exponential,
        ]),
        select(vec![
            Jitter::None,
            Jitter::Full,
            Jitter::Equal,
            Jitter::Decorrelated,
        ]),
        select(vec![
            1.0,
            1.0 + f64::EPSILON,
            2.0,
            1e300,
            f64::MAX,
            f64::INFINITY,
        ]),
        length(),
        length(),
    );
    let trip = (
        rate(),
        rate(),
        whole(1_000_000),
        prop::option::of(whole(u32::MAX)),
        length(),
    );
    let rest = (
        length(),
        whole(u32::MAX),
        length(),
        prop::option::of(length()),
    );
    (trip, prop::option::of(window), backoff, rest).prop_map(|(trip, window, backoff, rest)| {
        let rated = trip.0.is_some() || trip.1.is_some();
        let most = window
            .as_ref()
            .map_or(if rated { 100 } else { u32::MAX }, |it| {
                it.count.unwrap_or(u32::MAX)
            });
        CircuitBreakerConfig {
            consecutive: (!rated).then_some(trip.2),
            failure_rate: trip.0,
            slow_rate: trip.1,
            slow_call: Some(trip.4),
            minimum_calls: trip.3.map(|it| it.min(most)),
            window,
            open_for: None,
            open_backoff: Some(BackoffConfig {
                kind: backoff.0,
                jitter: backoff.1,
                factor: backoff.2,
                base: backoff.3.min(backoff.4),
                max: backoff.3.max(backoff.4),
            }),
            retry_after_max: rest.0,
            probes: rest.1,
            probe_timeout: rest.2,
            abandoned: rest.3.map(Abandoned::FailureAfter),
        }
    })
}

#[derive(Clone, Debug)]
enum Op {
    Acquire(bool),
    Record(usize, u8, Option<Duration>),
    Drop(usize),
    Read,
    Operate(u8),
    Reconfigure(Box<CircuitBreakerConfig>),
    Clock(u64),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => any::<bool>().prop_map(Op::Acquire),
        8 => (any::<usize>(), any::<u8>(), prop::option::of(length())).prop_map(|(a, b, c)| Op::Record(a, b, c)),
        1 => any::<usize>().prop_map(Op::Drop),
        2 => Just(Op::Read),
        1 => any::<u8>().prop_map(Op::Operate),
        1 => config().prop_map(|it| Op::Reconfigure(Box::new(it))),
        3 => instant().prop_map(Op::Clock),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_number_panics_or_leaves_a_circuit_stuck(
        config in config(),
        created in instant(),
        seed in any::<u64>(),
        ops in prop::collection::vec(op(), 0..100),
    ) {
        let (env, clock) = Env::manual();
        let env = env.with_chance(Chance::seeded(seed));
        clock.set(Time::from_nanos(created));
        let breaker = CircuitBreaker::new("test", config, &env).unwrap();
        let mut out = Vec::new();
        for op in ops {
            match op {
                Op::Acquire(waits) => {
                    if let Ok(mut permit) = Permit::acquire(breaker.clone(), &Ask::default()) {
                        if waits { permit.waiting(); }
                        out.push(permit);
                    }
                }
                Op::Record(at, outcome, hint) => {
                    if !out.is_empty() {
                        let outcome = [Outcome::Success, Outcome::Failure, Outcome::Failure, Outcome::Ignored][outcome as usize % 4];
                        out.swap_remove(at % out.len()).record_hinted(outcome, hint);
                    }
                }
                Op::Drop(at) => {
                    if !out.is_empty() {
                        drop(out.swap_remove(at % out.len()));
                    }
                }
                Op::Read => {
                    let seen = breaker.snapshot();
                    prop_assert_eq!(seen.retry_after.is_some(), seen.state == CircuitState::Open);
                    prop_assert!(seen.failures <= seen.calls && seen.slow <= seen.calls);
                }
                Op::Operate(0..8) => breaker.isolate(),
                Op::Operate(8..16) => breaker.disable(),
                Op::Operate(16..128) => breaker.shadow(),
                Op::Operate(_) => breaker.reset(),
                Op::Reconfigure(config) => breaker.reconfigure(*config).unwrap(),
                Op::Clock(now) => clock.set(Time::from_nanos(now)),
            }
        }
        breaker.reset();
        prop_assert!(breaker.permit(&Ask::default()).is_ok());
    }
}
