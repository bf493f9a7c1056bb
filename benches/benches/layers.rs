//! Policies as tower layers over a service that answers at once, beside their peers.

use std::future::{Ready, ready};
use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use benches::{criterion, now};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use resilience_core::{
    BoxError, Bulkhead, BulkheadConfig, CircuitBreaker, CircuitBreakerConfig, Env, Failover,
    FailoverConfig, Fallback, FallbackConfig, RateLimiter, RateLimiterConfig, Retry,
    RetryBudgetConfig, RetryConfig, Timeout, TimeoutConfig, WindowConfig,
};
use resilience_tower::{FailoverLayer, FallbackLayer, GateLayer, RetryLayer, TimeoutLayer};
use tower::retry::Policy;
use tower::retry::budget::{Budget, TpsBudget};
use tower::{Layer, Service, ServiceBuilder, service_fn};

const LIMIT: Duration = Duration::from_secs(1);

fn answer(request: u64) -> Ready<Result<u64, BoxError>> {
    ready(Ok(request))
}

/// Times one call, from `poll_ready` to the answer.
fn call<S>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, mut service: S)
where
    S: Service<u64, Response = u64>,
{
    group.bench_function(name, |bench| {
        bench.iter(|| {
            now(std::future::poll_fn(|cx| service.poll_ready(cx))).ok();
            black_box(now(service.call(black_box(7)))).ok()
        });
    });
}

fn breaker(name: &'static str, env: &Env) -> CircuitBreaker {
    let config = CircuitBreakerConfig {
        failure_rate: Some(0.5),
        window: Some(WindowConfig::count(100)),
        ..Default::default()
    };
    CircuitBreaker::new(name, config, env).expect("the config is valid")
}

fn bulkhead(name: &'static str, env: &Env) -> Bulkhead {
    Bulkhead::new(name, BulkheadConfig::default(), env).expect("the config is valid")
}

fn limiter(name: &'static str, env: &Env) -> RateLimiter {
    let config = RateLimiterConfig {
        permits: 1_000_000_000,
        per: LIMIT,
        burst: Some(u32::MAX),
        ..Default::default()
    };
    RateLimiter::new(name, config, env).expect("the config is valid")
}

fn timeout(name: &'static str, env: &Env) -> Timeout {
    Timeout::new(name, TimeoutConfig { timeout: LIMIT }, env).expect("the config is valid")
}

fn retry(name: &'static str, budget: bool, env: &Env) -> Retry {
    let config = RetryConfig {
        budget: budget.then(RetryBudgetConfig::default),
        ..Default::default()
    };
    Retry::new(name, config, env).expect("the config is valid")
}

/// tower's retry with its budget: up to three attempts.
#[derive(Clone)]
struct Thrice {
    budget: Option<Arc<TpsBudget>>,
    left: u32,
}

impl<E> Policy<u64, u64, E> for Thrice {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut u64, result: &mut Result<u64, E>) -> Option<Self::Future> {
        if result.is_ok() {
            if let Some(budget) = &self.budget {
                budget.deposit();
            }
            return None;
        }
        let paid = self.budget.as_ref().is_none_or(|budget| budget.withdraw());
        self.left = self.left.checked_sub(1)?;
        paid.then(|| ready(()))
    }

    fn clone_request(&mut self, request: &u64) -> Option<u64> {
        Some(*request)
    }
}

fn thrice(budget: bool) -> tower::retry::RetryLayer<Thrice> {
    let budget = budget.then(|| Arc::new(TpsBudget::default()));
    tower::retry::RetryLayer::new(Thrice { budget, left: 2 })
}

fn single(c: &mut Criterion) {
    let env = Env::default();
    let mut group = c.benchmark_group("layer_bare");
    call(&mut group, "service", service_fn(answer));
    group.finish();

    let mut group = c.benchmark_group("layer_breaker");
    let ours = GateLayer::new(breaker("breaker", &env));
    call(&mut group, "ours", ours.layer(service_fn(answer)));
    group.finish();

    let mut group = c.benchmark_group("layer_bulkhead");
    let ours = GateLayer::new(bulkhead("bulkhead", &env));
    call(&mut group, "ours", ours.layer(service_fn(answer)));
    let peer = tower::limit::ConcurrencyLimitLayer::new(10);
    call(
        &mut group,
        "tower_concurrency_limit",
        peer.layer(service_fn(answer)),
    );
    group.finish();

    let mut group = c.benchmark_group("layer_timeout");
    let ours = TimeoutLayer::new(timeout("timeout", &env));
    call(&mut group, "ours", ours.layer(service_fn(answer)));
    let peer = tower::timeout::TimeoutLayer::new(LIMIT);
    call(&mut group, "tower_timeout", peer.layer(service_fn(answer)));
    group.finish();

    let mut group = c.benchmark_group("layer_limiter");
    let ours = GateLayer::new(limiter("limiter", &env));
    call(&mut group, "ours", ours.layer(service_fn(answer)));
    group.finish();

    for (name, budget) in [("layer_retry", false), ("layer_retry_budget", true)] {
        let mut group = c.benchmark_group(name);
        let ours = RetryLayer::new(retry(name, budget, &env));
        call(&mut group, "ours", ours.layer(service_fn(answer)));
        call(
            &mut group,
            "tower_retry",
            thrice(budget).layer(service_fn(answer)),
        );
        group.finish();
    }
}

fn standby(c: &mut Criterion) {
    let env = Env::default();
    let mut group = c.benchmark_group("layer_standby");
    let config = FailoverConfig {
        targets: vec!["primary".into(), "backup".into()],
        ..Default::default()
    };
    let failover = Failover::new("failover", config, &env).expect("the config is valid");
    let targets = [service_fn(answer), service_fn(answer)];
    let ours = FailoverLayer::new(failover).layer(targets);
    call(&mut group, "failover", ours);
    let fallback = Fallback::new("fallback", FallbackConfig::default(), &env);
    let fallback = fallback.expect("the config is valid");
    let ours = FallbackLayer::new(fallback, |_: &u64| "AAPL");
    call(&mut group, "fallback", ours.layer(service_fn(answer)));
    group.finish();
}

fn governed<S>(inner: S) -> impl Service<u64, Response = u64, Error = BoxError> + Clone
where
    S: Service<u64, Response = u64, Error = BoxError> + Clone,
{
    let rate = NonZeroU32::new(1_000_000_000).expect("it is not 0");
    let quota = governor::Quota::per_second(rate).allow_burst(NonZeroU32::MAX);
    let limiter = Arc::new(governor::RateLimiter::direct(quota));
    let breaker = recloser::Recloser::custom().closed_len(100).build();
    let breaker = recloser::AsyncRecloser::from(breaker);
    service_fn(move |request| {
        let (limiter, breaker, mut inner) = (limiter.clone(), breaker.clone(), inner.clone());
        async move {
            limiter.check().map_err(|_| "rate limited")?;
            let inner = inner.call(request);
            breaker.call(inner).await.map_err(|error| match error {
                recloser::Error::Inner(error) => error,
                recloser::Error::Rejected => "open".into(),
            })
        }
    })
}

fn stack(c: &mut Criterion) {
    let env = Env::default();
    let mut group = c.benchmark_group("stack_of_five");
    let gates = (
        breaker("stack", &env),
        bulkhead("stack", &env),
        limiter("stack", &env),
    );
    let ours = ServiceBuilder::new()
        .layer(RetryLayer::new(retry("stack", true, &env)))
        .layer(GateLayer::new(gates))
        .layer(TimeoutLayer::new(timeout("stack", &env)))
        .service(service_fn(answer));
    call(&mut group, "ours", ours);
    let glue = ServiceBuilder::new()
        .layer(thrice(true))
        .concurrency_limit(10)
        .layer_fn(governed)
        .timeout(LIMIT)
        .service(service_fn(answer));
    call(&mut group, "tower_governor_recloser", glue);
    group.finish();
}

fn all_layers(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let runtime = runtime.expect("a runtime with a timer can be had");
    let _entered = runtime.enter();
    single(c);
    standby(c);
    stack(c);
}

criterion_group! {
    name = all;
    config = criterion();
    targets = all_layers
}
criterion_main!(all);
