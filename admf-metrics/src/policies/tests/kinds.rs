use std::io::Write;
use std::process::{Command, Stdio};

use resilience_core::recovery::{ErrorKind, Incident, RecoveryAction};
use resilience_core::*;

use super::*;
use crate::catalogue::Metric;
use crate::catalogue::whole::{assert_exposes, everything};

const RATE: fn() -> RateLimiterConfig = || RateLimiterConfig::new(10, SECOND);

fn keyed<C>(gate: C) -> KeyedConfig<C> {
    KeyedConfig {
        gate,
        max_keys: 2,
        idle: None,
    }
}

/// Builds a policy of any kind that core knows, called `a`, and does something with it where it would
/// show nothing otherwise.
fn one_of(kind: &str, env: &Env) -> Arc<dyn Policy> {
    let built = gate(kind, env)
        .or_else(|| caller(kind, env))
        .or_else(|| keeper(kind, env));
    let unknown = || panic!("core has a kind of policy that is not exported: {kind}");
    built.unwrap_or_else(unknown).unwrap()
}

/// What may refuse a call.
fn gate(kind: &str, env: &Env) -> Option<Result<Arc<dyn Policy>, ConfigError>> {
    let a = || Name::from("a");
    Some(match kind {
        "bulkhead" => Bulkhead::new(a(), BulkheadConfig::default(), env).map(Handle::into_policy),
        "circuit_breaker" => {
            let config = CircuitBreakerConfig {
                failure_rate: Some(0.9),
                slow_rate: Some(0.9),
                slow_call: Some(SECOND),
                consecutive: None,
                minimum_calls: Some(1),
                window: Some(WindowConfig::count(10)),
                ..Default::default()
            };
            let breaker = CircuitBreaker::new(a(), config, env);
            breaker.map(|breaker| {
                call(&breaker, Outcome::Failure);
                breaker.reset();
                call(&breaker, Outcome::Success);
                breaker.into_policy()
            })
        }
        "distributed_rate_limiter" => {
            let config = DistributedRateLimiterConfig::new(10, SECOND);
            DistributedRateLimiter::new(a(), config, env).map(Handle::into_policy)
        }
        "keyed_bulkhead" => {
            let gates = Keyed::<Bulkhead>::new(a(), keyed(BulkheadConfig::default()), env);
            gates.map(Handle::into_policy)
        }
        "keyed_circuit_breaker" => {
            let config = CircuitBreakerConfig::default();
            Keyed::<CircuitBreaker>::new(a(), keyed(config), env).map(Handle::into_policy)
        }
        "keyed_rate_limiter" => {
            Keyed::<RateLimiter>::new(a(), keyed(RATE()), env).map(Handle::into_policy)
        }
        "rate_limiter" => RateLimiter::new(a(), RATE(), env).map(Handle::into_policy),
        _ => return None,
    })
}

/// What makes calls, repeats them, cuts them short or answers in their place.
fn caller(kind: &str, env: &Env) -> Option<Result<Arc<dyn Policy>, ConfigError>> {
    let a = || Name::from("a");
    Some(match kind {
        "cache" => {
            let config = CacheConfig::default();
            Cache::<u8, u8>::new(a(), config, env).map(Handle::into_policy)
        }
        "deadlines" => {
            Deadlines::new(a(), DeadlinesConfig::default(), env).map(Handle::into_policy)
        }
        "failover" => {
            let targets = vec!["primary".into(), "backup".into()];
            let config = FailoverConfig {
                targets,
                ..Default::default()
            };
            Failover::new(a(), config, env).map(Handle::into_policy)
        }
        "fallback" => {
            Fallback::<u8>::new(a(), FallbackConfig::default(), env).map(Handle::into_policy)
        }
        "retry" => {
            let config = RetryConfig {
                max_attempts: 1,
                ..Default::default()
            };
            Retry::new(a(), config, env).map(|retry| {
                let mut attempts = retry.start(&Ask::default()).unwrap();
                let wait = attempts.next(Outcome::Failure, false, Hint::None);
                assert_eq!(wait, None);
                retry.into_policy()
            })
        }
        "retry_budget" => {
            RetryBudget::new(a(), RetryBudgetConfig::default(), env).map(Handle::into_policy)
        }
        "timeout" => Timeout::new(a(), TimeoutConfig::new(SECOND), env).map(Handle::into_policy),
        _ => return None,
    })
}

/// What keeps components.
fn keeper(kind: &str, env: &Env) -> Option<Result<Arc<dyn Policy>, ConfigError>> {
    let a = || Name::from("a");
    Some(match kind {
        "component" => {
            let config = OperationsConfig {
                critical_methods: Vec::new(),
                retry_methods: Vec::new(),
                ..Default::default()
            };
            let component = Component::new(a(), config, env);
            component.map(|component| {
                let op = || Ok::<_, BoxError>(());
                component.call_blocking("quote", |_| {}, op).unwrap();
                component.into_policy()
            })
        }
        "health" => Health::new(a(), HealthConfig::default(), env).map(Handle::into_policy),
        "recovery" => Recovery::new(a(), RecoveryConfig::default(), env).map(|recovery| {
            recovery.degrade("part");
            let incident = Incident::new("part", ErrorKind::Unknown, "it failed");
            let action = RecoveryAction::once(RecoveryStrategy::Failover);
            drop(recovery.start_with(incident, &action).unwrap());
            recovery.into_policy()
        }),
        _ => return None,
    })
}

/// Of these the metrics are those of health.
const ELSEWHERE: [&str; 1] = ["health"];

#[test]
fn every_kind_of_policy_that_core_knows_is_exported() {
    for kind in PolicyConfig::KINDS {
        let bench = Bench::new();
        let before = bench.scrape().0.len();
        let policy = one_of(kind, &bench.env);
        assert_eq!(policy.kind(), *kind);
        let more = bench.scrape().0.len() - before;
        let expected = !ELSEWHERE.contains(kind);
        assert_eq!(more > 0, expected, "{kind} shows {more} series");
    }
}

fn all(bench: &Bench) -> Vec<Arc<dyn Policy>> {
    let kinds = PolicyConfig::KINDS.iter();
    kinds.map(|kind| one_of(kind, &bench.env)).collect()
}

#[test]
fn every_metric_is_fed_and_none_else_and_no_value_is_out_of_its_list() {
    let bench = Bench::on(everything(), |observer| observer);
    let _policies = all(&bench);
    let breaker = bench.breaker("b");
    fail(&breaker, 5);
    breaker.reset();
    waits::wait_for_each_kind(&bench, "b");
    assert_exposes(&bench.exporter, &METRICS);
    let fed_by = |metric: &Metric| metric.fed_by.ends_with("resilience policies");
    assert!(METRICS.iter().all(fed_by));
    let other = format!("=\"{}\"", crate::Label::OVERFLOW);
    let text = bench.exporter.render();
    assert!(!text.contains(&other), "{text}");
}

#[test]
fn the_page_names_every_metric() {
    let page = include_str!("../../../docs/policies_metrics.md");
    let mut last = "";
    let mut named = Vec::new();
    for word in page.split('`').skip(1).step_by(2) {
        match word.strip_prefix('…') {
            Some(end) => {
                // `admf_a_b`, `…_c` is short for `admf_a_c`, or `admf_a_b_c`.
                let parts = last.match_indices('_').map(|(at, _)| &last[..at]);
                named.extend(parts.chain([last]).map(|part| format!("{part}{end}")));
            }
            None if word.starts_with("admf_") => {
                last = word;
                named.push(word.to_owned());
            }
            None => {}
        }
    }
    for metric in METRICS {
        assert!(named.iter().any(|it| it == metric.name), "{}", metric.name);
    }
}

#[test]
fn levels_say_what_the_policies_hold() {
    let bench = Bench::new();
    let slots = BulkheadConfig {
        max_in_flight: 4,
        ..Default::default()
    };
    let bulkhead = Bulkhead::new("a", slots, &bench.env).unwrap();
    let limiter = RateLimiter::new("a", RATE(), &bench.env).unwrap();
    let _held = bulkhead.permit(&Ask::default()).unwrap();
    for _ in 0..4 {
        let permit = limiter.permit(&Ask::default()).unwrap();
        permit.record(Outcome::Success);
    }
    let _failover = one_of("failover", &bench.env);
    let recovery = Recovery::new("a", RecoveryConfig::default(), &bench.env).unwrap();
    recovery.degrade("reports");
    let shared = one_of("distributed_rate_limiter", &bench.env);
    let scrape = bench.scrape();
    let level = |metric| scrape.named(metric, "a").unwrap();
    assert_eq!(level("bulkhead_in_flight"), 1.0);
    assert_eq!(level("bulkhead_utilization_ratio"), 0.25);
    assert_eq!(level("rate_limiter_allowed_total"), 4.0);
    assert_eq!(level("rate_limiter_remaining"), 6.0);
    assert_eq!(level("rate_limiter_usage_ratio"), 0.4);
    assert_eq!(level("rate_limiter_permits_per_second"), 10.0);
    let at = |metric, label, word| scrape.get(metric, &[("name", "a"), (label, word)]);
    let target = |target| at("failover_active", "target", target);
    assert_eq!(
        [target("primary"), target("backup")],
        [Some(1.0), Some(0.0)]
    );
    assert_eq!(at("degraded", "component", "reports"), Some(1.0));
    let mode = |mode| at("distributed_rate_limiter_fallback", "mode", mode);
    assert_eq!([mode("none"), mode("open")], [Some(1.0), Some(0.0)]);
    drop(shared);

    recovery.restore("reports");
    let after = bench.scrape();
    let labels = [("name", "a"), ("component", "reports")];
    assert_eq!(after.get("degraded", &labels), None);
}

#[test]
fn a_repetition_that_is_withdrawn_is_not_counted_twice() {
    let bench = Bench::new();
    let config = RetryConfig {
        max_attempts: 5,
        backoff: BackoffConfig::fixed(SECOND),
        max_total: Some(10 * SECOND),
        ..Default::default()
    };
    let retry = Retry::new("orders", config, &bench.env).unwrap();
    let granted = || {
        let mut attempts = retry.start(&Ask::default()).unwrap();
        let wait = attempts.next(Outcome::Failure, false, Hint::None);
        assert_eq!(wait, Some(SECOND));
        attempts
    };
    let shown = || bench.scrape().named("retries_total", "orders").unwrap();
    let mut late = granted();
    assert_eq!(shown(), 1.0);
    bench.clock.advance(20 * SECOND);
    assert!(!late.may_begin());
    assert_eq!(retry.snapshot().retries, 0);
    assert_eq!(shown(), 1.0, "a counter does not fall");
    let _next = granted();
    assert_eq!(shown(), 1.0, "one was sent");
    let _second = granted();
    assert_eq!(shown(), 2.0);
}

#[test]
fn promtool_finds_nothing_to_complain_of() {
    let bench = Bench::new();
    let _policies = all(&bench);
    let breaker = bench.breaker("b");
    fail(&breaker, 5);
    breaker.reset();
    let mut command = Command::new("promtool");
    let command = command.args(["check", "metrics"]).stdin(Stdio::piped());
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        let required = std::env::var_os("ADMF_REQUIRE_SERVERS").is_some();
        assert!(!required, "promtool is missing");
        eprintln!("left out: there is no promtool");
        return;
    };
    let text = bench.exporter.render();
    let mut input = child.stdin.take().unwrap();
    input.write_all(text.as_bytes()).unwrap();
    drop(input);
    let done = child.wait_with_output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    assert_eq!(String::from_utf8_lossy(&said), "");
    assert!(done.status.success());
}
