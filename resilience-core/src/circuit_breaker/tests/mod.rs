use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::{ManualClock, WindowConfig};

mod concurrent;
#[cfg(not(loom))]
mod half_open;
#[cfg(not(loom))]
mod hints;
mod interleaved;
#[cfg(not(loom))]
mod model;
#[cfg(not(loom))]
mod traps;

const OPEN_FOR: Duration = Duration::from_secs(10);
const FAILED: End = done(Outcome::Failure);
const PASSED: End = done(Outcome::Success);

const fn done(outcome: Outcome) -> End {
    End::Done {
        outcome,
        held: None,
        hint: None,
    }
}

fn consecutive(failures: u32) -> CircuitBreakerConfig {
    CircuitBreakerConfig {
        consecutive: Some(failures),
        open_for: Some(OPEN_FOR),
        ..Default::default()
    }
}

fn rate(window: u32, minimum_calls: u32, failures: f64) -> CircuitBreakerConfig {
    CircuitBreakerConfig {
        failure_rate: Some(failures),
        window: Some(WindowConfig::count(window)),
        minimum_calls: Some(minimum_calls),
        open_for: Some(OPEN_FOR),
        ..Default::default()
    }
}

fn breaker(config: CircuitBreakerConfig) -> (CircuitBreaker, Arc<ManualClock>) {
    let (env, clock) = Env::manual();
    let breaker = CircuitBreaker::new("test", config, &env).expect("the config is valid");
    (breaker, clock)
}

impl CircuitBreaker {
    fn ticket(&self) -> Ticket {
        self.try_acquire(&Ask::default()).expect("not open")
    }

    fn end(&self, end: End) {
        self.settle(self.ticket(), end);
    }
}
