use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::{
    Bulkhead, BulkheadConfig, CircuitBreaker, CircuitBreakerConfig, CircuitState, Gate,
    ManualClock, Outcome, Queue, RateLimiter, RateLimiterConfig, RateLimiterKind, Snapshot, Time,
};

mod concurrent;
mod flood;
mod model;
mod operator;
mod own_gate;
mod reconfigure;
mod rules;
mod table;
mod tuples;

const SECOND: Duration = Duration::from_secs(1);

fn circuits(consecutive: u32) -> CircuitBreakerConfig {
    CircuitBreakerConfig {
        consecutive: Some(consecutive),
        open_for: Some(60 * SECOND),
        ..Default::default()
    }
}

fn permits(permits: u32) -> RateLimiterConfig {
    RateLimiterConfig {
        permits,
        per: SECOND,
        ..Default::default()
    }
}

fn slots(max_in_flight: u32) -> BulkheadConfig {
    BulkheadConfig {
        max_in_flight,
        ..Default::default()
    }
}

fn keyed<C>(gate: C, max_keys: usize, idle: Option<Duration>) -> (Keyed<C::Gate>, Arc<ManualClock>)
where
    C: GateConfig,
{
    let (env, clock) = Env::manual();
    let config = KeyedConfig {
        gate,
        max_keys,
        idle,
    };
    let keyed = Keyed::new("test", config, &env).expect("the config is valid");
    (keyed, clock)
}

impl<G: KeyGate> Keyed<G> {
    /// Makes a call; says whether it was admitted.
    fn call(&self, key: &str, outcome: Outcome) -> bool {
        let permit = self.permit(key, &Ask::default());
        permit.map(|permit| permit.record(outcome)).is_ok()
    }

    /// Makes `times` successful calls; says how many were admitted.
    fn calls(&self, key: &str, times: usize) -> usize {
        let calls = (0..times).filter(|_| self.call(key, Outcome::Success));
        calls.count()
    }
}
