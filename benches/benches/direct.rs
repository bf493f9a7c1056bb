//! Policies called in place, beside their peers.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use benches::{both, criterion};
use criterion::{Criterion, criterion_group, criterion_main};
use resilience_core::{
    Ask, Bulkhead, BulkheadConfig, CircuitBreaker, CircuitBreakerConfig, Env, Failover,
    FailoverConfig, Fallback, FallbackConfig, Gate, Hint, Keyed, KeyedConfig, Outcome, RateLimiter,
    RateLimiterConfig, Retry, RetryBudget, RetryBudgetConfig, RetryConfig, Timeout, TimeoutConfig,
    WindowConfig,
};

fn breaker(name: &'static str, window: Option<WindowConfig>, env: &Env) -> CircuitBreaker {
    let config = CircuitBreakerConfig {
        failure_rate: window.is_some().then_some(0.5),
        window,
        ..Default::default()
    };
    CircuitBreaker::new(name, config, env).expect("the config is valid")
}

fn succeed(gate: &impl Gate) {
    if let Ok(permit) = black_box(gate).permit(&Ask::default()) {
        permit.record(Outcome::Success);
    }
}

fn recloser() -> recloser::Recloser {
    recloser::Recloser::custom()
        .error_rate(0.5)
        .closed_len(100)
        .build()
}

fn breaker_success(c: &mut Criterion) {
    let env = Env::default();
    let mut group = c.benchmark_group("breaker_success");
    let consecutive = breaker("consecutive", None, &env);
    both(&mut group, "consecutive", || succeed(&consecutive));
    let count = breaker("count", Some(WindowConfig::count(100)), &env);
    both(&mut group, "count_100", || succeed(&count));
    let hour = WindowConfig::time(Duration::from_secs(3_600));
    let time = breaker("time", Some(hour), &env);
    both(&mut group, "time_1h", || succeed(&time));
    let peer = recloser();
    both(&mut group, "recloser", || {
        let done: Result<(), recloser::Error<()>> = black_box(&peer).call(|| Ok(()));
        black_box(done).ok();
    });
    group.finish();
}

fn breaker_sick(c: &mut Criterion) {
    let env = Env::default();
    let mut group = c.benchmark_group("breaker_one_in_ten_fails");
    let count = breaker("count", Some(WindowConfig::count(100)), &env);
    let tick = AtomicU32::new(0);
    let fails = || tick.fetch_add(1, Ordering::Relaxed).is_multiple_of(10);
    both(&mut group, "count_100", || {
        if let Ok(permit) = count.permit(&Ask::default()) {
            permit.record(match fails() {
                true => Outcome::Failure,
                false => Outcome::Success,
            });
        }
    });
    let peer = recloser();
    both(&mut group, "recloser", || {
        let call = || if fails() { Err(()) } else { Ok(()) };
        black_box(peer.call(call)).ok();
    });
    group.finish();
}

fn breaker_open(c: &mut Criterion) {
    let env = Env::default();
    let mut group = c.benchmark_group("breaker_refusal");
    let open = breaker("open", None, &env);
    for _ in 0..5 {
        let permit = open.permit(&Ask::default()).expect("it is closed");
        permit.record(Outcome::Failure);
    }
    both(&mut group, "ours", || {
        black_box(open.permit(&Ask::default())).err();
    });
    let peer = recloser();
    for _ in 0..200 {
        peer.call(|| Err::<(), _>(())).ok();
    }
    both(&mut group, "recloser", || {
        let done: Result<(), recloser::Error<()>> = black_box(&peer).call(|| Ok(()));
        black_box(done).ok();
    });
    group.finish();
}

fn limiter(c: &mut Criterion) {
    let env = Env::default();
    let limiter = |name, permits, per, burst| {
        let config = RateLimiterConfig {
            permits,
            per,
            burst: Some(burst),
            ..Default::default()
        };
        RateLimiter::new(name, config, &env).expect("the config is valid")
    };
    let burst = NonZeroU32::MAX;
    let mut group = c.benchmark_group("limiter_allow");
    let second = Duration::from_secs(1);
    let ours = limiter("allow", 1_000_000_000, second, burst.get());
    both(&mut group, "ours", || {
        black_box(ours.try_acquire(&Ask::default())).ok();
    });
    let quota = governor::Quota::per_second(NonZeroU32::new(1_000_000_000).expect("it is not 0"));
    let peer = governor::RateLimiter::direct(quota.allow_burst(burst));
    both(&mut group, "governor", || {
        black_box(peer.check()).ok();
    });
    group.finish();

    let mut group = c.benchmark_group("limiter_deny");
    let ours = limiter("deny", 1, Duration::from_secs(3_600), 1);
    ours.try_acquire(&Ask::default()).expect("the first fits");
    both(&mut group, "ours", || {
        black_box(ours.try_acquire(&Ask::default())).err();
    });
    let peer = governor::RateLimiter::direct(governor::Quota::per_hour(NonZeroU32::MIN));
    peer.check().expect("the first fits");
    both(&mut group, "governor", || {
        black_box(peer.check()).err();
    });
    group.finish();
}

fn bulkhead(c: &mut Criterion) {
    let env = Env::default();
    let mut group = c.benchmark_group("bulkhead");
    let ours = Bulkhead::new("bulkhead", BulkheadConfig::default(), &env).expect("it is valid");
    both(&mut group, "ours", || succeed(&ours));
    let peer = tokio::sync::Semaphore::new(10);
    both(&mut group, "tokio_semaphore", || {
        drop(black_box(&peer).try_acquire());
    });
    group.finish();
}

fn budget(c: &mut Criterion) {
    use tower::retry::budget::{Budget, TpsBudget};
    let env = Env::default();
    let mut group = c.benchmark_group("retry_budget_deposit");
    let ours = RetryBudget::new("budget", RetryBudgetConfig::default(), &env).expect("it is valid");
    both(&mut group, "ours", || black_box(&ours).deposit());
    let peer = TpsBudget::default();
    both(&mut group, "tower_tps_budget", || {
        black_box(&peer).deposit();
    });
    group.finish();
}

fn retry(c: &mut Criterion) {
    let env = Env::default();
    let mut group = c.benchmark_group("retry_direct");
    let ours = Retry::new("retry", RetryConfig::default(), &env).expect("it is valid");
    both(&mut group, "success", || {
        let run = black_box(&ours).start(&Ask::default());
        let mut run = run.expect("there is no deadline");
        black_box(run.next(Outcome::Success, false, Hint::None));
    });
    let config = TimeoutConfig::new(Duration::from_secs(1));
    let timeout = Timeout::new("timeout", config, &env).expect("it is valid");
    both(&mut group, "timeout_limit", || {
        black_box(black_box(&timeout).limit(&Ask::default())).ok();
    });
    group.finish();
}

fn standby(c: &mut Criterion) {
    let env = Env::default();
    let mut group = c.benchmark_group("standby_direct");
    let targets = vec!["primary".into(), "backup".into()];
    let config = FailoverConfig {
        targets,
        ..Default::default()
    };
    let failover = Failover::new("failover", config, &env).expect("it is valid");
    both(&mut group, "failover_success", || {
        let ticket = black_box(&failover).begin();
        failover.record(ticket, Outcome::Success);
    });
    let fallback = Fallback::new("fallback", FallbackConfig::default(), &env);
    let fallback = fallback.expect("it is valid");
    both(&mut group, "fallback_keep", || {
        black_box(&fallback).succeed("AAPL", &187_u64);
    });
    both(&mut group, "fallback_rescue", || {
        black_box(black_box(&fallback).rescue("AAPL"));
    });
    group.finish();
}

fn keyed(c: &mut Criterion) {
    const KEYS: usize = 1_000;
    let env = Env::default();
    let names: Vec<_> = (0..KEYS).map(|key| format!("tenant-{key}")).collect();
    let next = AtomicU32::new(0);
    let name = || &names[next.fetch_add(1, Ordering::Relaxed) as usize % KEYS];
    let mut group = c.benchmark_group("keyed_limiter_1k");
    let config = KeyedConfig {
        gate: RateLimiterConfig::new(1_000_000_000, Duration::from_secs(1)),
        max_keys: KEYS,
        idle: None,
    };
    let ours = Keyed::new("tenants", config, &env).expect("it is valid");
    both(&mut group, "ours", || {
        black_box(ours.permit(name(), &Ask::default()))
            .map(drop)
            .ok();
    });
    let rate = NonZeroU32::new(1_000_000_000).expect("it is not 0");
    let peer = governor::RateLimiter::dashmap(governor::Quota::per_second(rate));
    both(&mut group, "governor_dashmap", || {
        black_box(peer.check_key(name())).ok();
    });
    group.finish();
}

criterion_group! {
    name = all;
    config = criterion();
    targets = breaker_success, breaker_sick, breaker_open, limiter, keyed, bulkhead, budget, retry, standby
}
criterion_main!(all);
