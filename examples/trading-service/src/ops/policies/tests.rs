use std::time::Duration;

use admf_alerts::{Samples, Selector};
use admf_metrics::Catalogue;
use resilience_core::{
    Ask, Bulkhead, BulkheadConfig, Cache, CacheConfig, CircuitBreaker, CircuitBreakerConfig,
    ComponentConfig, Deadlines, DeadlinesConfig, Failover, FailoverConfig, Fallback,
    FallbackConfig, Gate, Health, HealthConfig, Keyed, KeyedConfig, Outcome, RateLimiter,
    RateLimiterConfig, Retry, RetryBudgetConfig, RetryConfig, Timeout, TimeoutConfig,
};

use super::*;

fn exporter(env: &Env) -> Exporter {
    let exporter = Exporter::local(Catalogue::new(METRICS).unwrap());
    export(&exporter, env);
    exporter
}

fn scrape(exporter: &Exporter) -> Samples {
    Samples::parse(&exporter.render()).unwrap()
}

fn breaker(name: &'static str, env: &Env) -> CircuitBreaker {
    let config = CircuitBreakerConfig {
        open_for: Some(Duration::from_secs(1)),
        probes: 1,
        ..Default::default()
    };
    CircuitBreaker::new(name, config, env).unwrap()
}

fn call(breaker: &CircuitBreaker, outcome: Outcome) {
    breaker.permit(&Ask::default()).unwrap().record(outcome);
}

fn state(samples: &Samples, name: &str) -> Vec<String> {
    let states = Selector::parse(&format!("circuit_breaker_state{{name=\"{name}\"}}")).unwrap();
    let held = samples.select(&states).filter(|state| state.value != 0.0);
    held.map(|state| {
        assert_eq!(state.value, 1.0);
        state.labels.get("state").unwrap().to_owned()
    })
    .collect()
}

#[test]
fn trap_8_each_circuit_is_in_exactly_one_state_whatever_happens_to_it() {
    let (env, clock) = Env::manual();
    let exporter = exporter(&env);
    let [breaker, _other] = ["primary", "backup"].map(|name| breaker(name, &env));
    let shown = || {
        let samples = scrape(&exporter);
        assert_eq!(state(&samples, "backup"), ["closed"]);
        state(&samples, "primary")
    };
    assert_eq!(shown(), ["closed"]);
    (0..5).for_each(|_| call(&breaker, Outcome::Failure));
    assert_eq!(shown(), ["open"]);
    clock.advance(Duration::from_secs(1));
    let probe = breaker.permit(&Ask::default()).unwrap();
    assert_eq!(shown(), ["half_open"]);
    probe.record(Outcome::Success);
    assert_eq!(shown(), ["closed"]);
    breaker.isolate();
    assert_eq!(shown(), ["isolated"]);
}

#[test]
fn calls_are_counted_by_outcome_and_refusals_apart() {
    let (env, _clock) = Env::manual();
    let exporter = exporter(&env);
    let breaker = breaker("venue", &env);
    call(&breaker, Outcome::Success);
    call(&breaker, Outcome::Ignored);
    (0..5).for_each(|_| call(&breaker, Outcome::Failure));
    (0..3).for_each(|_| drop(breaker.try_acquire(&Ask::default()).unwrap_err()));
    let samples = scrape(&exporter);
    let calls = |outcome| {
        let labels = [("name", "venue"), ("outcome", outcome)];
        samples.value("circuit_breaker_calls_total", &labels)
    };
    let counted = ["success", "failure", "ignored", "late"].map(calls);
    assert_eq!(counted, [Some(1.0), Some(5.0), Some(1.0), Some(0.0)]);
    let refused = samples.value("circuit_breaker_refused_total", &[("name", "venue")]);
    assert_eq!(refused, Some(3.0));
    let wait = samples.value("circuit_breaker_retry_after_seconds", &[("name", "venue")]);
    assert_eq!(wait, Some(1.0));
}

#[test]
fn totals_go_on_when_a_policy_is_built_anew_and_levels_end_with_it() {
    let (env, _clock) = Env::manual();
    let exporter = exporter(&env);
    let failures = |samples: &Samples| {
        let labels = [("name", "venue"), ("outcome", "failure")];
        samples.value("circuit_breaker_calls_total", &labels)
    };
    let old = breaker("venue", &env);
    (0..5).for_each(|_| call(&old, Outcome::Failure));
    assert_eq!(failures(&scrape(&exporter)), Some(5.0));
    drop(old);
    let samples = scrape(&exporter);
    assert_eq!(failures(&samples), Some(5.0), "what was counted stays");
    assert!(
        state(&samples, "venue").is_empty(),
        "it has no state any more"
    );

    // More than the one before had, so that a mere comparison of totals would not see it.
    let new = breaker("venue", &env);
    (0..4).for_each(|_| call(&new, Outcome::Failure));
    call(&new, Outcome::Success);
    (0..4).for_each(|_| call(&new, Outcome::Failure));
    let samples = scrape(&exporter);
    assert_eq!(failures(&samples), Some(13.0));
    assert_eq!(state(&samples, "venue"), ["closed"]);
    assert_eq!(
        failures(&scrape(&exporter)),
        Some(13.0),
        "each is counted once"
    );
}

#[test]
fn a_policy_that_takes_a_place_between_two_scrapes_is_not_the_one_before() {
    let (env, _clock) = Env::manual();
    let exporter = exporter(&env);
    for round in 1..=20 {
        let breaker = breaker("venue", &env);
        call(&breaker, Outcome::Success);
        let labels = [("name", "venue"), ("outcome", "success")];
        let samples = scrape(&exporter);
        let shown = samples.value("circuit_breaker_calls_total", &labels);
        assert_eq!(shown, Some(f64::from(round)));
    }
}

#[test]
fn every_metric_of_the_catalogue_is_fed_by_some_policy() {
    let (env, _clock) = Env::manual();
    let exporter = exporter(&env);
    let second = Duration::from_secs(1);
    let rate = RateLimiterConfig {
        permits: 10,
        per: second,
        ..Default::default()
    };
    let retry = RetryConfig {
        budget: Some(RetryBudgetConfig::default()),
        ..Default::default()
    };
    let targets = FailoverConfig {
        targets: vec!["primary".into(), "backup".into()],
        ..Default::default()
    };
    let bulkhead = Bulkhead::new("a", BulkheadConfig::default(), &env).unwrap();
    let limiter = RateLimiter::new("a", rate.clone(), &env).unwrap();
    let keys = KeyedConfig {
        gate: rate,
        max_keys: 2,
        idle: None,
    };
    let parts = HealthConfig {
        components: [("part".into(), ComponentConfig::default())].into(),
        ..Default::default()
    };
    let _policies = (
        breaker("a", &env),
        Health::new("a", parts, &env).unwrap(),
        Keyed::new("a", keys, &env).unwrap(),
        Cache::<u8, u8>::new("a", CacheConfig::default(), &env).unwrap(),
        Deadlines::new("a", DeadlinesConfig::default(), &env).unwrap(),
        Retry::new("a", retry, &env).unwrap(),
        Failover::new("a", targets, &env).unwrap(),
        Fallback::<u8>::new("a", FallbackConfig::default(), &env).unwrap(),
        Timeout::new("a", TimeoutConfig { timeout: second }, &env).unwrap(),
    );
    let _held = bulkhead.permit(&Ask::default()).unwrap();
    limiter
        .permit(&Ask::default())
        .unwrap()
        .record(Outcome::Success);

    let samples = scrape(&exporter);
    for metric in METRICS {
        let shown = samples.iter().any(|sample| sample.name == metric.name);
        assert!(shown, "{} is not fed", metric.name);
    }
    let level = |metric| samples.value(metric, &[("name", "a")]);
    assert_eq!(level("bulkhead_in_flight"), Some(1.0));
    assert_eq!(level("rate_limiter_remaining"), Some(9.0));
    assert_eq!(level("retry_budget_balance"), Some(100.0));
    let target = |target| samples.value("failover_active", &[("name", "a"), ("target", target)]);
    assert_eq!(
        [target("primary"), target("backup")],
        [Some(1.0), Some(0.0)]
    );
}

#[test]
fn gates_by_key_are_shown_one_by_one_where_they_are_few_and_as_a_whole_where_they_are_many() {
    let (env, _clock) = Env::manual();
    let exporter = exporter(&env);
    let keyed = |name: &'static str, max_keys| {
        let rate = RateLimiterConfig::new(10, Duration::from_secs(1));
        let config = KeyedConfig {
            gate: rate,
            max_keys,
            idle: None,
        };
        Keyed::<RateLimiter>::new(name, config, &env).unwrap()
    };
    let (venues, clients) = (keyed("venue", SHOWN_KEYS), keyed("client", SHOWN_KEYS + 1));
    for key in ["primary", "backup"] {
        drop(venues.permit(key, &Ask::default()).unwrap());
        drop(clients.permit(key, &Ask::default()).unwrap());
    }
    venues
        .permit("primary", &Ask::default())
        .unwrap()
        .record(Outcome::Success);
    let samples = scrape(&exporter);
    let left = |name| samples.value("rate_limiter_remaining", &[("name", name)]);
    assert_eq!(left("venue[primary]"), Some(9.0));
    assert_eq!(left("venue[backup]"), Some(10.0));
    assert_eq!(left("client[primary]"), None);
    for name in ["venue", "client"] {
        let keys = samples.value("keyed_keys", &[("name", name)]);
        assert_eq!(keys, Some(2.0));
    }
}
