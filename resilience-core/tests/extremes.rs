//! No number that a caller, a config or a clock can hold makes a policy panic.
#![cfg(not(loom))]

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use resilience_core::bulkhead::BulkheadTurn;
use resilience_core::rate_limiter::{RateLimiterKind, RateLimiterTurn};
use resilience_core::retry::HintPolicy;
use resilience_core::{
    Ask, Bulkhead, BulkheadConfig, Env, Gate, Hint, Outcome, Permit, Queue, RateLimiter,
    RateLimiterConfig, Retry, RetryBudget, RetryBudgetConfig, RetryConfig, Time, Timeout,
    TimeoutConfig, Turn,
};

fn number() -> impl Strategy<Value = u32> {
    prop_oneof![
        select(vec![0, 1, 2, 3, 1 << 31, u32::MAX - 1, u32::MAX]),
        any::<u32>()
    ]
}

fn time() -> impl Strategy<Value = Time> {
    let edges = vec![
        0,
        1,
        (1 << 62) - 2,
        (1 << 62) - 1,
        1 << 62,
        u64::MAX / 2,
        u64::MAX - 1,
        u64::MAX,
    ];
    prop_oneof![select(edges), any::<u64>(), 0..10_000_u64].prop_map(Time::from_nanos)
}

fn length() -> impl Strategy<Value = Duration> {
    let edges = vec![
        Duration::ZERO,
        Duration::from_nanos(1),
        Duration::from_nanos(3),
        Duration::from_nanos(u64::MAX),
        Duration::MAX,
    ];
    prop_oneof![
        select(edges),
        any::<u64>().prop_map(Duration::from_nanos),
        (0..10_000_u64).prop_map(Duration::from_nanos)
    ]
}

#[derive(Clone, Debug)]
enum Op {
    Acquire,
    Check,
    Enqueue(Option<Time>),
    Poll(usize),
    Drop(usize),
    Unused(usize),
    Read,
    Reconfigure(u32, u32, Duration, Option<Duration>),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        Just(Op::Acquire),
        Just(Op::Check),
        proptest::option::of(time()).prop_map(Op::Enqueue),
        proptest::option::of(time()).prop_map(Op::Enqueue),
        any::<usize>().prop_map(Op::Poll),
        any::<usize>().prop_map(Op::Drop),
        any::<usize>().prop_map(Op::Unused),
        Just(Op::Read),
        (number(), number(), length(), proptest::option::of(length()))
            .prop_map(|(a, b, c, d)| Op::Reconfigure(a, b, c, d)),
    ]
}

type Ops = Vec<(Time, u32, Op)>;

fn ops() -> impl Strategy<Value = Ops> {
    proptest::collection::vec((time(), number(), op()), 0..40)
}

fn by(ask: Ask, deadline: Option<Time>) -> Ask {
    match deadline {
        Some(deadline) => ask.deadline(deadline),
        None => ask,
    }
}

fn poll<T: Turn + Unpin>(turn: &mut T) -> Poll<T::Output> {
    let _ = turn.due_in();
    Pin::new(turn).poll(&mut Context::from_waker(Waker::noop()))
}

fn limiter_config(
    kind: RateLimiterKind,
    (permits, burst, per, max_wait): (u32, u32, Duration, Option<Duration>),
) -> RateLimiterConfig {
    let gcra = kind == RateLimiterKind::Gcra;
    RateLimiterConfig {
        kind,
        permits,
        per,
        burst: gcra.then_some(burst),
        max_wait: max_wait.filter(|_| gcra),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_rate_limiter_bears_any_number(
        kind in select(vec![
            RateLimiterKind::Gcra,
            RateLimiterKind::Gcra,
            RateLimiterKind::FixedWindow,
            RateLimiterKind::SlidingLog,
            RateLimiterKind::SlidingCounter,
        ]),
        config in (1..=u32::MAX, 1..=u32::MAX, length(), proptest::option::of(length())),
        created in time(),
        ops in ops(),
    ) {
        let (env, clock) = Env::manual();
        clock.set(created);
        let Ok(limiter) = RateLimiter::new("test", limiter_config(kind, config), &env) else {
            return Ok(());
        };
        let mut turns: Vec<RateLimiterTurn> = Vec::new();
        let mut permits = Vec::new();
        for (at, cost, op) in ops {
            clock.set(at);
            let ask = Ask::default().cost(cost);
            match op {
                Op::Acquire => permits.extend(Permit::acquire(limiter.clone(), &ask)),
                Op::Check => drop(limiter.check(&ask)),
                Op::Enqueue(deadline) => {
                    turns.extend(limiter.enqueue(&by(ask, deadline)));
                }
                Op::Poll(index) if !turns.is_empty() => {
                    let index = index % turns.len();
                    if let Poll::Ready(ticket) = poll(&mut turns[index]) {
                        drop(turns.remove(index));
                        permits.push(Permit::from_ticket(limiter.clone(), ticket.unwrap()));
                    }
                }
                Op::Drop(index) if !turns.is_empty() => drop(turns.remove(index % turns.len())),
                Op::Unused(index) if !permits.is_empty() => {
                    drop(permits.remove(index % permits.len()));
                }
                Op::Reconfigure(permits, burst, per, max_wait) => {
                    let _ = limiter.reconfigure(limiter_config(kind, (permits, burst, per, max_wait)));
                }
                _ => drop(limiter.snapshot()),
            }
            let seen = limiter.snapshot();
            prop_assert!(seen.remaining <= seen.burst.max(seen.permits));
        }
    }

    #[test]
    fn a_bulkhead_bears_any_number(
        config in (1..=u32::MAX, number(), proptest::option::of(length())),
        created in time(),
        ops in ops(),
    ) {
        let (env, clock) = Env::manual();
        clock.set(created);
        let (max_in_flight, max_waiting, max_wait) = config;
        let config = BulkheadConfig { max_in_flight: max_in_flight % 3 + 1, max_waiting, max_wait };
        let bulkhead = Bulkhead::new("test", config, &env).unwrap();
        let mut turns: Vec<BulkheadTurn> = Vec::new();
        let mut permits = Vec::new();
        for (at, _, op) in ops {
            clock.set(at);
            let ask = Ask::default();
            match op {
                Op::Acquire => permits.extend(Permit::acquire(bulkhead.clone(), &ask)),
                Op::Check => drop(bulkhead.check(&ask)),
                Op::Enqueue(deadline) => {
                    turns.extend(bulkhead.enqueue(&by(ask, deadline)));
                }
                Op::Poll(index) if !turns.is_empty() => {
                    let index = index % turns.len();
                    if let Poll::Ready(ticket) = poll(&mut turns[index]) {
                        drop(turns.remove(index));
                        permits.extend(ticket.map(|it| Permit::from_ticket(bulkhead.clone(), it)));
                    }
                }
                Op::Drop(index) if !turns.is_empty() => drop(turns.remove(index % turns.len())),
                Op::Unused(index) if !permits.is_empty() => {
                    drop(permits.remove(index % permits.len()));
                }
                Op::Reconfigure(max_in_flight, max_waiting, _, max_wait) => {
                    let max_in_flight = max_in_flight % 4;
                    let config = BulkheadConfig { max_in_flight, max_waiting, max_wait };
                    let _ = bulkhead.reconfigure(config);
                }
                _ => drop(bulkhead.snapshot()),
            }
            let seen = bulkhead.snapshot();
            prop_assert!(seen.waiting == 0 || seen.in_flight >= seen.max_in_flight);
            prop_assert!(seen.in_flight as usize <= permits.len() + turns.len());
        }
        drop((turns, permits));
        let seen = bulkhead.snapshot();
        prop_assert_eq!((seen.in_flight, seen.waiting), (0, 0));
    }

    #[test]
    fn a_retry_a_budget_and_a_timeout_bear_any_number(
        hints in select(vec![
            HintPolicy::Exact, HintPolicy::AtLeast, HintPolicy::Clamped, HintPolicy::Ignored,
        ]),
        (max_attempts, ratio, floor_per_second) in
            (1..=u32::MAX, 0.0..=1.0_f64, select(vec![0.0, 1e-9, 10.0, 4e9, 1e30, f64::MAX])),
        (window, max_total, hint, timeout) in (length(), length(), length(), length()),
        steps in proptest::collection::vec((time(), number(), proptest::option::of(time())), 0..40),
    ) {
        let (env, clock) = Env::manual();
        let budget = RetryBudgetConfig { ratio, floor_per_second, window };
        let config = RetryConfig {
            max_attempts,
            max_total: Some(max_total),
            hints,
            hint_max: Duration::MAX,
            retry_rejected: true,
            budget: Some(budget.clone()),
            ..Default::default()
        };
        let retry = Retry::new("test", config, &env);
        let budget = RetryBudget::new("budget", budget, &env);
        let timeout = Timeout::new("test", TimeoutConfig { timeout }, &env);
        for (at, kind, deadline) in steps {
            clock.set(at);
            let ask = by(Ask::default(), deadline);
            if let Ok(retry) = &retry {
                if let Ok(mut run) = retry.start(&ask) {
                    for _ in 0..kind % 4 {
                        let _ = run.next(Outcome::Failure, kind % 2 == 0, Hint::After(hint));
                    }
                }
                let _ = retry.snapshot();
            }
            if let Ok(budget) = &budget {
                budget.deposit();
                let _ = budget.try_withdraw();
                let _ = budget.snapshot();
                if kind % 7 == 0 {
                    let floor_per_second = f64::from(kind);
                    let window = hint;
                    let _ = budget.reconfigure(RetryBudgetConfig { ratio, floor_per_second, window });
                }
            }
            if let Ok(timeout) = &timeout {
                let _ = timeout.limit(&ask);
            }
        }
    }
}
