//! What a call costs while its policies are exported and observed.

use std::sync::Arc;
use std::time::Duration;

use admf_metrics::policies::{METRICS, PolicyMetrics};
use admf_metrics::{Catalogue, Exporter};
use resilience_core::{
    Ask, Bulkhead, BulkheadConfig, CircuitBreaker, CircuitBreakerConfig, Env, Gate, Outcome,
    RateLimiter, RateLimiterConfig,
};

/// Returns the allocations of 1000 rounds through three gates, a failure in each.
fn allocations(env: &Env) -> u64 {
    let config = CircuitBreakerConfig {
        consecutive: Some(1_000_000),
        ..Default::default()
    };
    let breaker = CircuitBreaker::new("venue", config, env).unwrap();
    let bulkhead = Bulkhead::new("venue", BulkheadConfig::default(), env).unwrap();
    let rate = RateLimiterConfig::new(1_000_000, Duration::from_secs(1));
    let gates = (
        breaker,
        bulkhead,
        RateLimiter::new("venue", rate, env).unwrap(),
    );
    let round = || {
        for outcome in [Outcome::Success, Outcome::Failure] {
            gates.permit(&Ask::default()).unwrap().record(outcome);
        }
    };
    // The first takes what a thread needs of its own.
    round();
    let counted = allocation_counter::measure(|| (0..1000).for_each(|_| round()));
    counted.count_total
}

#[test]
fn calls_allocate_nothing_while_their_policies_are_exported() {
    let (bare, _) = Env::manual();
    let exporter = Exporter::local(Catalogue::new(METRICS).unwrap());
    let policies = PolicyMetrics::new(exporter.meter()).unwrap();
    let (env, _) = Env::manual();
    let env = env.with_observer(Arc::new(policies.observer()));
    policies.export(&env).unwrap();
    drop(exporter.render());
    let control = allocation_counter::measure(|| drop(std::hint::black_box(vec![0u8; 64])));
    assert_eq!(control.count_total, 1, "it counts");
    assert_eq!(allocations(&env), 0);
    assert_eq!(allocations(&bare), 0);
}
