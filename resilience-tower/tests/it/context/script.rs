//! Whatever a service does, nobody sleeps past the deadline and nothing begins after it.

use proptest::prelude::*;
use resilience_core::backoff::{BackoffKind, Jitter};
use resilience_core::{RateLimiter, RateLimiterConfig};
use resilience_tower::http::Failures;
use resilience_tower::{GateLayer, QueueLayer, RateLimiterQueueLayer};
use tokio::runtime;

use super::*;

/// What one attempt does: how long it takes, whether it fails, and the wait that it then asks for.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    took: Duration,
    fails: bool,
    hint: Option<u64>,
}

/// One logical call: when it begins, and how much time it has.
#[derive(Clone, Copy, Debug)]
struct Call {
    begins: Duration,
    left: Duration,
}

#[derive(Clone, Debug)]
struct Script {
    attempts: Vec<Attempt>,
    calls: Vec<Call>,
    retry: RetryConfig,
    bulkhead: BulkheadConfig,
    limiter: RateLimiterConfig,
    timeout: Duration,
    /// When the limiter gets ten times slower.
    slower: Duration,
}

fn millis(range: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_millis)
}

fn attempt() -> impl Strategy<Value = Attempt> {
    (millis(0..400), any::<bool>(), prop::option::of(0u64..500))
        .prop_map(|(took, fails, hint)| Attempt { took, fails, hint })
}

fn retry() -> impl Strategy<Value = RetryConfig> {
    let kinds = [BackoffKind::Fixed, BackoffKind::Exponential];
    let jitters = [Jitter::None, Jitter::Full, Jitter::Decorrelated];
    let kind = prop::sample::select(kinds.to_vec());
    let jitter = prop::sample::select(jitters.to_vec());
    (1u32..6, millis(1..300), kind, jitter).prop_map(|(max_attempts, base, kind, jitter)| {
        let backoff = BackoffConfig {
            kind,
            base,
            jitter,
            ..Default::default()
        };
        RetryConfig {
            max_attempts,
            backoff,
            retry_rejected: true,
            ..Default::default()
        }
    })
}

fn bulkhead() -> impl Strategy<Value = BulkheadConfig> {
    let max_wait = prop::option::of(millis(0..2_000));
    (1u32..3, 0u32..4, max_wait).prop_map(|(max_in_flight, max_waiting, max_wait)| BulkheadConfig {
        max_in_flight,
        max_waiting,
        max_wait,
    })
}

fn limiter(per: Duration) -> RateLimiterConfig {
    RateLimiterConfig {
        permits: 1,
        per,
        max_wait: Some(5 * SECOND),
        ..Default::default()
    }
}

fn script() -> impl Strategy<Value = Script> {
    let calls = (millis(0..500), millis(0..1_500)).prop_map(|(begins, left)| Call { begins, left });
    (
        prop::collection::vec(attempt(), 1..8),
        prop::collection::vec(calls, 1..5),
        retry(),
        bulkhead(),
        millis(1..200).prop_map(limiter),
        millis(1..500),
        millis(0..1_000),
    )
        .prop_map(
            |(attempts, calls, retry, bulkhead, limiter, timeout, slower)| Script {
                attempts,
                calls,
                retry,
                bulkhead,
                limiter,
                timeout,
                slower,
            },
        )
}

/// A service that does the attempts in turn, over and over, none of which may begin too late.
fn service(
    attempts: Vec<Attempt>,
) -> impl Service<Request<Body>, Response = Response<Body>, Error = BoxError, Future: Send> + Clone + Send
{
    let next = Arc::new(Mutex::new(attempts.into_iter().cycle()));
    tower::service_fn(move |_: Request<Body>| {
        assert_ne!(left(), Some(Duration::ZERO), "an attempt begins too late");
        let attempt = next.lock().unwrap().next().expect("it never ends");
        async move {
            sleep(attempt.took).await;
            let mut response = Response::new(Body::empty());
            if attempt.fails {
                *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            }
            if let Some(hint) = attempt.hint {
                let headers = response.headers_mut();
                headers.insert("retry-after-ms", hint.into());
            }
            Ok(response)
        }
    })
}

async fn run(script: Script) {
    let env = env();
    let limiter = RateLimiter::new("venue", script.limiter.clone(), &env).unwrap();
    let copy = |request: &Request<Body>| {
        let mut copy = with(&[]);
        *copy.extensions_mut() = request.extensions().clone();
        Some(copy)
    };
    let retry = Retry::new("orders", script.retry, &env).unwrap();
    let bulkhead = Bulkhead::new("venue", script.bulkhead, &env).unwrap();
    let timeout = TimeoutConfig::new(script.timeout);
    let timeout = Timeout::new("attempt", timeout, &env).unwrap();
    let client = ServiceBuilder::new()
        .layer(RetryLayer::repeatable(retry, copy).classify(Failures))
        .layer(QueueLayer::http(bulkhead))
        .layer(RateLimiterQueueLayer::http(limiter.clone()))
        .layer(GateLayer::http(crate::common::in_a_row(50, &env)))
        .layer(TimeoutLayer::new(timeout).classify(Failures))
        .service(service(script.attempts));

    let slower = async {
        sleep(script.slower).await;
        let per = script.limiter.per * 10;
        limiter.reconfigure(self::limiter(per)).unwrap();
    };
    let mut calls = tokio::task::JoinSet::new();
    for Call { begins, left } in script.calls {
        let client = client.clone();
        calls.spawn(async move {
            sleep(begins).await;
            let began = Instant::now();
            let deadline = Some(Deadline::within(left, crate::common::env().now()));
            let call = CallContext {
                deadline,
                ..Default::default()
            };
            let _ = context::scope(call, client.oneshot(with(&[]))).await;
            assert!(began.elapsed() <= left, "{:?} of {left:?}", began.elapsed());
        });
    }
    slower.await;
    while let Some(ended) = calls.join_next().await {
        ended.unwrap();
    }
}

proptest! {
    #[test]
    fn no_sleep_outlives_the_deadline_and_no_attempt_begins_after_it(script in script()) {
        let runtime = runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(run(script));
    }
}
