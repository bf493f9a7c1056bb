//! Makes one sort of call many times, to be counted by `scripts/gates.py`: `gates CASE TIMES`.

use std::hint::black_box;
use std::time::Duration;

use resilience_core::{
    Ask, CircuitBreaker, CircuitBreakerConfig, Env, Gate, Outcome, WindowConfig,
};

fn breaker(window: Option<WindowConfig>, env: &Env) -> CircuitBreaker {
    let config = CircuitBreakerConfig {
        failure_rate: window.is_some().then_some(0.5),
        window,
        ..Default::default()
    };
    CircuitBreaker::new("breaker", config, env).expect("the config is valid")
}

#[inline(never)]
fn call(gate: &impl Gate, outcome: Outcome) {
    if let Ok(permit) = black_box(gate).permit(&Ask::default()) {
        permit.record(black_box(outcome));
    }
}

fn repeat(times: u32, gate: impl Gate, outcome: impl Fn(u32) -> Outcome) {
    for time in 0..1_000 + times {
        call(&gate, outcome(time));
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let case = args.next().expect("a case");
    let times = args.next().expect("times").parse().expect("a number");
    let env = Env::default();
    let good = |_| Outcome::Success;
    // The window is never free of failures.
    let one_in_ten = |time| match time % 10 {
        0 => Outcome::Failure,
        _ => Outcome::Success,
    };
    let bad = |_| Outcome::Failure;
    let last_100 = || Some(WindowConfig::count(100));
    let last_hour = || Some(WindowConfig::time(Duration::from_secs(3_600)));
    match case.as_str() {
        "breaker_consecutive" => repeat(times, breaker(None, &env), good),
        "breaker_success" => repeat(times, breaker(last_100(), &env), good),
        "breaker_one_in_ten" => repeat(times, breaker(last_100(), &env), one_in_ten),
        "breaker_time_window" => repeat(times, breaker(last_hour(), &env), good),
        "breaker_refusal" => repeat(times, breaker(last_100(), &env), bad),
        _ => panic!("no such case"),
    }
}
