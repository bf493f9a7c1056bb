//! Each policy, as something that is told a verb and a number and says what it decides.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilience_core::backoff::Jitter;
use resilience_core::{
    Ask, BackoffConfig, Bulkhead, BulkheadConfig, CircuitBreaker, CircuitBreakerConfig, End, Env,
    Failover, FailoverConfig, Fallback, FallbackConfig, Gate, Hint, Keyed, KeyedConfig, Outcome,
    Queue, RateLimiter, RateLimiterConfig, RateLimiterKind, Retry, RetryBudget, RetryBudgetConfig,
    RetryConfig, Time, Timeout, TimeoutConfig, Turn, WindowConfig,
};

/// The verb of a keyed policy by which the gates of all keys are read.
pub(super) const LOOK: u8 = u8::MAX;

pub(super) type World = Box<dyn FnMut(u8, usize) -> String>;

fn outcome(which: usize) -> Outcome {
    match which % 5 {
        0 | 1 => Outcome::Success,
        2 | 3 => Outcome::Failure,
        _ => Outcome::Ignored,
    }
}

/// Takes tickets, and settles them in some order.
fn gate<G: Gate + 'static>(gate: G) -> World {
    let mut tickets = Vec::new();
    Box::new(move |verb, which| match verb % 8 {
        0..=3 => {
            let ask = Ask::default().cost(1 + which as u32 % 2);
            let taken = gate.try_acquire(&ask);
            let text = format!("{:?}", taken.as_ref().err());
            tickets.extend(taken);
            text
        }
        4 => format!("{:?}", gate.check(&Ask::default())),
        _ if tickets.is_empty() => String::new(),
        verb => {
            let ticket = tickets.swap_remove(which % tickets.len());
            let held = Some(Duration::from_millis(100 * which as u64));
            gate.settle(
                ticket,
                match verb {
                    5 if which % 4 == 0 => End::Unused,
                    5 => End::Abandoned { held },
                    _ => End::Done {
                        outcome: outcome(which),
                        held,
                        hint: (which == 7).then_some(Duration::from_millis(700)),
                    },
                },
            );
            String::new()
        }
    })
}

/// Does what a gate does, and waits in its line too.
fn queue<Q: Queue + Clone + 'static>(line: Q) -> World
where
    Q::Turn: 'static,
{
    let mut turns: Vec<Pin<Box<Q::Turn>>> = Vec::new();
    let mut tickets = Vec::new();
    let mut at_once = gate(line.clone());
    Box::new(move |verb, which| match verb % 12 {
        8 => match line.enqueue(&Ask::default()) {
            Ok(turn) => {
                turns.push(Box::pin(turn));
                String::new()
            }
            Err(refused) => format!("{refused:?}"),
        },
        9 | 10 if !turns.is_empty() => {
            let at = which % turns.len();
            let mut context = Context::from_waker(Waker::noop());
            let due = turns[at].due_in();
            let polled = turns[at].as_mut().poll(&mut context);
            match polled {
                Poll::Pending => format!("{due:?}"),
                Poll::Ready(end) => {
                    drop(turns.remove(at));
                    let text = format!("{due:?} {:?}", end.as_ref().err());
                    tickets.extend(end);
                    text
                }
            }
        }
        11 if which % 2 == 0 && !turns.is_empty() => {
            drop(turns.remove(which % turns.len()));
            String::new()
        }
        11 if !tickets.is_empty() => {
            let ticket = tickets.remove(0);
            line.settle(ticket, End::Unused);
            String::new()
        }
        verb => at_once(verb, which),
    })
}

/// Does what a gate does, by key.
fn keyed<C>(env: &Env, gate: C) -> World
where
    C: resilience_core::GateConfig,
{
    let config = KeyedConfig {
        gate,
        max_keys: 2,
        idle: Some(Duration::from_millis(500)),
    };
    let keyed = Keyed::<C::Gate>::new("test", config, env).unwrap();
    let mut held = Vec::new();
    Box::new(move |verb, which| match verb % 4 {
        _ if verb == LOOK => {
            for (_, gate) in keyed.list() {
                let _ = gate.check(&Ask::default());
            }
            String::new()
        }
        0 | 1 => {
            let gate = keyed.gate(["a", "b", "c"][which % 3]);
            let taken = gate.try_acquire(&Ask::default());
            let text = format!("{:?} {:?}", taken.as_ref().err(), keyed.keys());
            held.extend(taken.map(|ticket| (gate, ticket)));
            text
        }
        2 => format!("{:?}", keyed.keys()),
        _ if held.is_empty() => String::new(),
        _ => {
            let (gate, ticket) = held.swap_remove(which % held.len());
            gate.settle(
                ticket,
                End::Done {
                    outcome: outcome(which),
                    held: None,
                    hint: None,
                },
            );
            String::new()
        }
    })
}

fn circuit(env: &Env, config: CircuitBreakerConfig) -> World {
    let config = CircuitBreakerConfig {
        open_for: config
            .open_backoff
            .is_none()
            .then_some(Duration::from_millis(600)),
        probes: 2,
        probe_timeout: Duration::from_millis(800),
        ..config
    };
    let breaker = CircuitBreaker::new("test", config, env).unwrap();
    let mut calls = gate(breaker.clone());
    Box::new(move |verb, which| match (verb, which) {
        (250, _) => {
            breaker.shadow();
            String::new()
        }
        (251, _) => {
            breaker.isolate();
            String::new()
        }
        (252 | 253, _) => {
            breaker.reset();
            String::new()
        }
        (verb, which) => calls(verb, which),
    })
}

pub(super) fn consecutive(env: &Env) -> World {
    let open_backoff = Some(BackoffConfig {
        base: Duration::from_millis(200),
        jitter: Jitter::Decorrelated,
        ..Default::default()
    });
    let consecutive = Some(2);
    circuit(
        env,
        CircuitBreakerConfig {
            consecutive,
            open_backoff,
            ..Default::default()
        },
    )
}

pub(super) fn by_count(env: &Env) -> World {
    circuit(
        env,
        CircuitBreakerConfig {
            failure_rate: Some(0.5),
            window: Some(WindowConfig::count(6)),
            minimum_calls: Some(3),
            ..Default::default()
        },
    )
}

pub(super) fn by_time(env: &Env) -> World {
    circuit(
        env,
        CircuitBreakerConfig {
            failure_rate: Some(0.6),
            slow_rate: Some(0.8),
            slow_call: Some(Duration::from_millis(400)),
            window: Some(WindowConfig::time(Duration::from_secs(1))),
            minimum_calls: Some(3),
            ..Default::default()
        },
    )
}

fn limiter(env: &Env, kind: RateLimiterKind) -> RateLimiter {
    let gcra = kind == RateLimiterKind::Gcra;
    let config = RateLimiterConfig {
        kind,
        permits: 3,
        per: Duration::from_millis(1_000),
        burst: gcra.then_some(2),
        max_wait: gcra.then_some(Duration::from_millis(900)),
    };
    RateLimiter::new("test", config, env).unwrap()
}

pub(super) fn gcra(env: &Env) -> World {
    queue(limiter(env, RateLimiterKind::Gcra))
}

pub(super) fn fixed_window(env: &Env) -> World {
    queue(limiter(env, RateLimiterKind::FixedWindow))
}

pub(super) fn sliding_log(env: &Env) -> World {
    queue(limiter(env, RateLimiterKind::SlidingLog))
}

pub(super) fn sliding_counter(env: &Env) -> World {
    queue(limiter(env, RateLimiterKind::SlidingCounter))
}

pub(super) fn bulkhead(env: &Env) -> World {
    let config = BulkheadConfig {
        max_in_flight: 2,
        max_waiting: 3,
        max_wait: Some(Duration::from_millis(600)),
    };
    queue(Bulkhead::new("test", config, env).unwrap())
}

pub(super) fn keyed_circuit_breaker(env: &Env) -> World {
    let config = CircuitBreakerConfig {
        consecutive: Some(2),
        open_for: Some(Duration::from_millis(700)),
        probes: 1,
        ..Default::default()
    };
    keyed(env, config)
}

pub(super) fn keyed_rate_limiter(env: &Env) -> World {
    keyed(env, RateLimiterConfig::new(2, Duration::from_secs(1)))
}

pub(super) fn keyed_bulkhead(env: &Env) -> World {
    let max_in_flight = 2;
    keyed(
        env,
        BulkheadConfig {
            max_in_flight,
            ..Default::default()
        },
    )
}

pub(super) fn retry(env: &Env) -> World {
    let config = RetryConfig {
        max_attempts: 4,
        max_total: Some(Duration::from_secs(3)),
        budget: Some(RetryBudgetConfig {
            ratio: 0.5,
            floor_per_second: 1.0,
            window: Duration::from_secs(1),
        }),
        ..Default::default()
    };
    let retry = Retry::new("test", config, env).unwrap();
    let mut runs = Vec::new();
    Box::new(move |verb, which| match verb % 3 {
        0 => {
            runs.extend(retry.start(&Ask::default()));
            String::new()
        }
        _ if runs.is_empty() => String::new(),
        _ => {
            let at = which % runs.len();
            let run: &mut resilience_core::Attempts = &mut runs[at];
            let hint = match which {
                3 => Hint::After(Duration::from_millis(250)),
                _ => Hint::None,
            };
            let wait = run.next(outcome(which), which == 4, hint);
            if wait.is_none() {
                runs.remove(at);
            }
            format!("{wait:?}")
        }
    })
}

pub(super) fn retry_budget(env: &Env) -> World {
    let config = RetryBudgetConfig {
        ratio: 0.3,
        floor_per_second: 0.5,
        window: Duration::from_secs(2),
    };
    let budget = RetryBudget::new("test", config, env).unwrap();
    Box::new(move |verb, _| match verb % 2 {
        0 => {
            budget.deposit();
            String::new()
        }
        _ => budget.try_withdraw().to_string(),
    })
}

pub(super) fn timeout(env: &Env) -> World {
    let timeout = Timeout::new("test", TimeoutConfig::new(Duration::from_secs(2)), env).unwrap();
    Box::new(move |verb, which| match verb % 2 {
        0 => {
            timeout.elapsed();
            String::new()
        }
        _ => {
            let deadline = Time::ZERO.after(Duration::from_millis(500 * which as u64));
            format!("{:?}", timeout.limit(&Ask::default().deadline(deadline)))
        }
    })
}

pub(super) fn failover(env: &Env) -> World {
    let config = FailoverConfig {
        targets: vec!["a".into(), "b".into(), "c".into()],
        switch_after: 2,
        fail_back_after: 2,
    };
    let failover = Failover::new("test", config, env).unwrap();
    let mut tickets = Vec::new();
    Box::new(move |verb, which| {
        match verb % 8 {
            0..=2 => tickets.push(failover.begin()),
            3..=5 if !tickets.is_empty() => {
                let ticket = tickets.remove(which % tickets.len());
                failover.record(ticket, outcome(which));
            }
            6 => failover.check(["a", "b", "c"][which % 3], which % 4 != 0),
            _ if which == 0 => return failover.fail_back().to_string(),
            _ if which == 1 => return failover.fail_over().to_string(),
            _ => {}
        }
        failover.active().to_string()
    })
}

pub(super) fn fallback(env: &Env) -> World {
    let config = FallbackConfig {
        max_age: Some(Duration::from_millis(900)),
        max_keys: 2,
        ..Default::default()
    };
    let fallback = Fallback::new("test", config, env).unwrap().with_value(0);
    Box::new(move |verb, which| {
        let key = ["a", "b", "c"][which % 3];
        match verb % 2 {
            0 => fallback.succeed(key, &which),
            _ => return format!("{:?}", fallback.rescue(key)),
        }
        String::new()
    })
}
