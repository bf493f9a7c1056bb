//! How the layers of a client clip to the call that they are part of.

use resilience_core::retry::Cause;
use resilience_core::{Component, OperationsConfig, PolicyStack};
use resilience_tower::{CallExt, ComponentExt, RetryExt, TimeoutExt};

use super::*;

#[tokio::test(start_paused = true)]
async fn a_retry_whose_wait_would_outlive_the_deadline_gives_up_at_once() {
    let app = calling_on(SECOND, failing(&env())).layer(server(DeadlinesConfig::default()).1);
    for (timeout, took) in [
        ("2500", SECOND),
        ("3001", 3 * SECOND),
        ("60000", 5 * SECOND),
    ] {
        let began = Instant::now();
        let response = send(&app, &[("x-timeout-ms", timeout)]).await;
        assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
        assert_eq!(began.elapsed(), took, "{timeout}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_carries_its_deadline_to_where_the_task_has_none() {
    let client = failing(&env());
    let began = Instant::now();
    let mut request = with(&[]);
    request.extensions_mut().insert(CallContext {
        deadline: Some(Deadline::within(SECOND, env().now())),
        ..Default::default()
    });
    let response = client.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn of_the_requests_deadline_and_the_tasks_the_earlier_counts() {
    let callee = Callee::default();
    let client = client().layer(callee.service());
    for (own, inherited) in [(300, 700), (700, 300)] {
        let [own, inherited] = [own, inherited].map(|left| CallContext {
            deadline: Some(Deadline::within(left * MILLI, env().now())),
            correlation_id: CorrelationId::new(&left.to_string()),
        });
        let mut request = with(&[]);
        request.extensions_mut().insert(own);
        let call = context::scope(inherited, client.clone().oneshot(request));
        call.await.unwrap();
    }
    let sent = callee.sent();
    let left = sent.iter().map(|it| it["x-timeout-ms"].clone());
    assert_eq!(left.collect::<Vec<_>>(), ["300", "300"]);
    // What a request says of itself is said first.
    let ids = sent.iter().map(|it| it["x-correlation-id"].clone());
    assert_eq!(ids.collect::<Vec<_>>(), ["300", "700"]);
}

/// Calls by policies without tower, in a call with so much time.
async fn in_time<T>(left: Duration, call: impl Future<Output = T>) -> (T, Duration) {
    let context = CallContext {
        deadline: Some(Deadline::within(left, env().now())),
        ..Default::default()
    };
    let began = Instant::now();
    let ended = context::scope(context, call).await;
    (ended, began.elapsed())
}

async fn down() -> Result<u64, BoxError> {
    Err("down".into())
}

#[tokio::test(start_paused = true)]
async fn retries_of_plain_functions_are_clipped_to_the_call() {
    let retry = crate::common::retry(&env());
    let io = async || Err::<u64, _>(std::io::Error::other("down"));
    let (left, late) = (1_500 * MILLI, Duration::ZERO);
    let (ended, took) = in_time(left, async { io.retry(&retry).await }).await;
    assert_eq!(ended.unwrap_err().cause, Some(Cause::Time));
    assert_eq!(took, SECOND);
    // It has no way to refuse, so that it makes the first attempt.
    let (ended, _) = in_time(late, async { io.retry(&retry).await }).await;
    assert_eq!(ended.unwrap_err().attempts, 1);

    let (ended, took) = in_time(left, async { retry.call(down).await }).await;
    assert_eq!(ended.unwrap_err().cause, Some(Cause::Time));
    assert_eq!(took, SECOND);
    let (ended, _) = in_time(late, async { retry.call(down).await }).await;
    let ended = ended.unwrap_err();
    assert_eq!(ended.attempts, 0);
    assert!(ended.last.rejected().is_some());
}

#[tokio::test(start_paused = true)]
async fn time_limits_of_plain_futures_are_clipped_to_the_call() {
    let config = TimeoutConfig::new(60 * SECOND);
    let timeout = Timeout::new("venue", config, &env()).unwrap();
    let hangs = pending::<Result<u64, BoxError>>;
    let (ended, took) = in_time(SECOND, async { hangs().timeout(&timeout).await }).await;
    assert!(ended.unwrap_err().elapsed().is_some());
    assert_eq!(took, SECOND);
    let late = in_time(Duration::ZERO, async { timeout.call(hangs).await });
    assert!(late.await.0.unwrap_err().rejected().is_some());
}

#[tokio::test(start_paused = true)]
async fn policies_around_plain_functions_are_clipped_to_the_call() {
    let env = env();
    let policies = PolicyStack {
        retry: Some(crate::common::retry(&env)),
        attempt_timeout: Some(
            Timeout::new("venue", TimeoutConfig::new(60 * SECOND), &env).unwrap(),
        ),
        ..PolicyStack::new(())
    };
    let (ended, took) = in_time(1_500 * MILLI, async { policies.call(down).await }).await;
    assert_eq!((ended.is_err(), took), (true, SECOND));
    let hangs = pending::<Result<u64, BoxError>>;
    let (ended, took) = in_time(1_500 * MILLI, async { policies.call(hangs).await }).await;
    assert_eq!((ended.is_err(), took), (true, 1_500 * MILLI));

    let config = OperationsConfig {
        retry_methods: vec!["quote".into()],
        ..Default::default()
    };
    let venue = Component::new("venue", config, &env).unwrap();
    let (ended, took) = in_time(10 * MILLI, async { venue.call("quote", down).await }).await;
    assert_eq!((ended.is_err(), took), (true, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_client_refuses_what_is_late_and_makes_no_header_longer() {
    let callee = Callee::default();
    let client = client().layer(callee.service());
    let call = CallContext {
        deadline: Some(Deadline::within(SECOND, env().now())),
        ..Default::default()
    };
    let send = |headers: &[(&'static str, &str)]| {
        context::scope(call.clone(), client.clone().oneshot(with(headers)))
    };
    send(&[("grpc-timeout", "200m")]).await.unwrap();
    send(&[("grpc-timeout", "5S")]).await.unwrap();
    advance(SECOND).await;
    let error = send(&[]).await.unwrap_err();
    assert!(matches!(
        error.rejected(),
        Some(Rejected::DeadlinePassed(_))
    ));
    let sent = callee.sent();
    let left = sent.iter().map(|it| it["grpc-timeout"].clone());
    assert_eq!(left.collect::<Vec<_>>(), ["200000u", "1000000u"]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_in_a_queue_ends_at_the_deadline_of_the_call() {
    let config = BulkheadConfig {
        max_in_flight: 1,
        max_waiting: 9,
        max_wait: Some(60 * SECOND),
    };
    let bulkhead = Bulkhead::new("venue", config, &env()).unwrap();
    let venue = BulkheadQueueLayer::new(bulkhead.clone()).layer(tower::service_fn(|_: u64| {
        pending::<Result<u64, BoxError>>()
    }));
    let mut holds = tokio_test::task::spawn(venue.clone().oneshot(1));
    tokio_test::assert_pending!(holds.poll());
    let began = Instant::now();
    let call = CallContext {
        deadline: Some(Deadline::within(3 * SECOND, env().now())),
        ..Default::default()
    };
    let error = context::scope(call, venue.oneshot(2)).await.unwrap_err();
    assert!(matches!(
        error.rejected(),
        Some(Rejected::DeadlinePassed(_))
    ));
    assert_eq!(began.elapsed(), 3 * SECOND);
    assert_eq!(bulkhead.snapshot().waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_is_clipped_for_requests_of_any_type_and_by_any_rule() {
    let config = TimeoutConfig::new(60 * SECOND);
    let timeout = Timeout::new("venue", config, &env()).unwrap();
    let rule = |_: &Result<u64, BoxError>| resilience_core::Outcome::Success;
    let venue = TimeoutLayer::new(timeout)
        .classify(rule)
        .layer(tower::service_fn(|_: u64| {
            pending::<Result<u64, BoxError>>()
        }));
    let call = CallContext {
        deadline: Some(Deadline::within(2 * SECOND, env().now())),
        ..Default::default()
    };
    let began = Instant::now();
    let error = context::scope(call, venue.oneshot(7)).await.unwrap_err();
    assert_eq!(error.elapsed().map(|it| it.limit), Some(2 * SECOND));
    assert_eq!(began.elapsed(), 2 * SECOND);
}
