//! Retries over http: limits, keys, bodies that stream, and word between services.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ::http::{Request, Response, StatusCode};
use bytes::Bytes;
use http_body_util::channel::Channel;
use http_body_util::{BodyExt, Full};
use resilience_core::retry::{Cause, GaveUp};
use resilience_core::{
    BackoffConfig, BoxError, Retry, RetryBudgetConfig, RetryConfig, RetryLimits,
};
use resilience_tower::RetryLayer;
use resilience_tower::http::{
    Attempts, DO_NOT_RETRY, IdempotencyKeyLayer, PassOnLayer, ReplayBody, ReplayBodyConfig,
    ReplayBodyLayer,
};
use tower::util::BoxCloneService;
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::common::{SECOND, env, retry};

fn answer(status: StatusCode) -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = status;
    response
}

fn get() -> Request<()> {
    Request::get("/").body(()).unwrap()
}

/// A service of three attempts per call around another.
fn client<S>(
    retry: Retry,
    callee: S,
) -> impl Service<Request<()>, Response = Response<String>, Error = BoxError, Future: Send> + Clone + Send
where
    S: Service<Request<()>, Response = Response<String>, Error = BoxError> + Clone + Send + 'static,
    S::Future: Send,
{
    ServiceBuilder::new()
        .layer(RetryLayer::http(retry).tell_attempts())
        .service(callee)
}

type Boxed = BoxCloneService<Request<()>, Response<String>, BoxError>;

/// Runs a server in another task, as another process would: what crosses are the status and headers.
fn apart(
    server: impl Service<Request<()>, Response = Response<String>, Error = BoxError, Future: Send>
    + Clone
    + Send
    + 'static,
) -> Boxed {
    BoxCloneService::new(tower::service_fn(move |request: Request<()>| {
        let server = server.clone();
        async move {
            #[expect(clippy::disallowed_methods, reason = "it plays another process")]
            let answer = tokio::spawn(server.oneshot(request)).await?;
            let (mut parts, body) = answer?.into_parts();
            parts.extensions.clear();
            Ok(Response::from_parts(parts, body))
        }
    }))
}

/// A chain of three services, each of which retries the next; returns how often the last was called
/// for one call of the first.
async fn storm(pass_on: bool) -> (u32, [GaveUp; 3]) {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = calls.clone();
    let mut callee: Boxed = BoxCloneService::new(tower::service_fn(move |_: Request<()>| {
        counted.fetch_add(1, Ordering::Relaxed);
        async { Ok(answer(StatusCode::SERVICE_UNAVAILABLE)) }
    }));
    let retries = [(); 3].map(|()| retry(&env()));
    for retry in &retries {
        let downstream = client(retry.clone(), callee);
        // Each makes an answer of its own of what it got.
        let handler = tower::service_fn(move |request: Request<()>| {
            let downstream = downstream.clone();
            async move {
                let status = downstream.oneshot(request).await?.status();
                Ok(match status.is_success() {
                    true => answer(StatusCode::OK),
                    false => answer(StatusCode::BAD_GATEWAY),
                })
            }
        });
        callee = match pass_on {
            true => apart(ServiceBuilder::new().layer(PassOnLayer).service(handler)),
            false => apart(handler),
        };
    }
    let response = callee.oneshot(get()).await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(response.headers().contains_key(DO_NOT_RETRY), pass_on);
    let gave_up = retries.map(|it| it.snapshot().gave_up);
    (calls.load(Ordering::Relaxed), gave_up)
}

#[tokio::test(start_paused = true)]
async fn of_three_services_that_retry_one_another_one_retries() {
    let (calls, [last, middle, first]) = storm(true).await;
    assert_eq!(calls, 3);
    assert_eq!((last.attempts, last.do_not_retry), (1, 0));
    assert_eq!((middle.attempts, middle.do_not_retry), (0, 1));
    assert_eq!((first.attempts, first.do_not_retry), (0, 1));
    // The storm that it keeps off.
    assert_eq!(storm(false).await.0, 27);
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_marked_too_where_a_retry_gave_up_before_there_was_a_future() {
    let failing = retry(&env());
    let mut server = ServiceBuilder::new()
        .layer(PassOnLayer)
        .service_fn(move |_: Request<()>| {
            let down = || Err::<(), _>(std::io::Error::other("down"));
            let ended = failing.call_blocking(|_| (), down);
            assert!(ended.is_err());
            async { Ok::<_, BoxError>(answer(StatusCode::BAD_GATEWAY)) }
        });
    let response = server.ready().await.unwrap().call(get()).await.unwrap();
    assert!(response.headers().contains_key(DO_NOT_RETRY));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_good_in_the_end_is_not_marked() {
    let calls = Arc::new(AtomicU32::new(0));
    let failing = retry(&env());
    let handler = tower::service_fn(move |request: Request<()>| {
        let attempt = calls.fetch_add(1, Ordering::Relaxed);
        let down = client(
            failing.clone(),
            tower::service_fn(|_: Request<()>| async {
                Ok(answer(StatusCode::SERVICE_UNAVAILABLE))
            }),
        );
        async move {
            match attempt {
                // It answers something else.
                0 => down.oneshot(request).await.map(|_| answer(StatusCode::OK)),
                _ => Ok::<_, BoxError>(answer(StatusCode::BAD_GATEWAY)),
            }
        }
    });
    let mut server = ServiceBuilder::new().layer(PassOnLayer).service(handler);
    for status in [StatusCode::OK, StatusCode::BAD_GATEWAY] {
        let response = server.ready().await.unwrap().call(get()).await.unwrap();
        assert_eq!(response.status(), status);
        assert!(!response.headers().contains_key(DO_NOT_RETRY));
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_tells_why_it_was_not_asked_for_again() {
    let budget = RetryBudgetConfig {
        ratio: 0.0,
        floor_per_second: 0.1,
        window: 10 * SECOND,
    };
    let config = RetryConfig {
        budget: Some(budget),
        ..Default::default()
    };
    let retry = Retry::new("quotes", config, &env()).unwrap();
    for (headers, attempts, cause) in [
        (Some("x-do-not-retry"), 1, Cause::DoNotRetry),
        (None, 2, Cause::Budget),
    ] {
        let server = tower::service_fn(move |_: Request<()>| {
            let mut response = answer(StatusCode::SERVICE_UNAVAILABLE);
            if let Some(name) = headers {
                response.headers_mut().insert(name, "1".parse().unwrap());
            }
            async { Ok::<_, BoxError>(response) }
        });
        let response = client(retry.clone(), server).oneshot(get()).await.unwrap();
        assert_eq!(response.extensions().get(), Some(&Attempts(attempts)));
        assert_eq!(response.extensions().get(), Some(&cause));
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_may_bring_limits_in_its_extensions() {
    let limits = |max_attempts, max_total| RetryLimits {
        max_attempts,
        max_total,
    };
    for (own, attempts) in [
        (RetryLimits::NONE, 1),
        (limits(2, Duration::MAX), 2),
        (limits(9, Duration::MAX), 3),
        (limits(9, SECOND), 1),
    ] {
        let config = RetryConfig {
            backoff: BackoffConfig::fixed(SECOND),
            ..Default::default()
        };
        let retry = Retry::new("quotes", config, &env()).unwrap();
        let mut request = get();
        request.extensions_mut().insert(own);
        let server = tower::service_fn(|_: Request<()>| async {
            Ok(answer(StatusCode::SERVICE_UNAVAILABLE))
        });
        let response = client(retry, server).oneshot(request).await.unwrap();
        assert_eq!(
            response.extensions().get(),
            Some(&Attempts(attempts)),
            "{own:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn all_attempts_of_a_post_bear_one_key_and_the_callers_own_stays() {
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let keys = seen.clone();
    let mut orders = ServiceBuilder::new()
        .layer(IdempotencyKeyLayer::new())
        .layer(RetryLayer::http(retry(&env())))
        .service_fn(move |request: Request<()>| {
            let key = request.headers().get("idempotency-key").cloned();
            keys.lock().unwrap().push(key);
            async { Ok::<_, BoxError>(answer(StatusCode::SERVICE_UNAVAILABLE)) }
        });
    let mut own = Request::post("/").body(()).unwrap();
    own.headers_mut()
        .insert("idempotency-key", "mine".parse().unwrap());
    let post = || Request::post("/").body(()).unwrap();
    for request in [post(), post(), own, get()] {
        orders.ready().await.unwrap().call(request).await.unwrap();
    }
    let seen = seen.lock().unwrap();
    let calls: Vec<_> = seen.chunks(3).collect();
    assert_eq!(calls.len(), 4);
    for call in &calls {
        assert!(call.iter().all(|key| key == &call[0]));
    }
    assert_ne!(calls[0][0], calls[1][0]);
    assert_eq!(calls[2][0].as_ref().unwrap(), "mine");
    assert_eq!(calls[3][0], None);
}

/// Sends `text` as a stream in two pieces that nobody can clone.
fn streamed(text: &'static str) -> Request<Channel<Bytes, BoxError>> {
    let (mut sender, body) = Channel::new(8);
    let (one, other) = text.split_at(text.len() / 2);
    for piece in [one, other] {
        sender
            .try_send(::http_body::Frame::data(Bytes::from(piece)))
            .unwrap();
    }
    Request::put("/").body(body).unwrap()
}

type Streamed = ReplayBody<Channel<Bytes, BoxError>>;

#[tokio::test(start_paused = true)]
async fn a_body_that_streams_is_sent_again_up_to_the_limit() {
    for (max_bytes, attempts) in [(9, 1), (10, 3)] {
        let retry = retry(&env());
        let received = Arc::new(std::sync::Mutex::new(Vec::new()));
        let bodies = received.clone();
        let mut orders = ServiceBuilder::new()
            .layer(ReplayBodyLayer::new(ReplayBodyConfig { max_bytes }))
            .layer(RetryLayer::http(retry.clone()))
            .service_fn(move |request: Request<Streamed>| {
                let bodies = bodies.clone();
                async move {
                    let body = request.into_body().collect().await?.to_bytes();
                    bodies.lock().unwrap().push(body);
                    Ok::<_, BoxError>(answer(StatusCode::SERVICE_UNAVAILABLE))
                }
            });
        let request = streamed("0123456789");
        let response = orders.ready().await.unwrap().call(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(*received.lock().unwrap(), vec!["0123456789"; attempts]);
        // What could not be repeated took nothing and is no giving up.
        let seen = retry.snapshot();
        assert_eq!(seen.gave_up.attempts, u64::from(attempts == 3));
        assert_eq!(seen.sent as usize, attempts);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_before_the_body_was_read_leaves_it_whole_for_the_next_attempt() {
    let calls = Arc::new(AtomicU32::new(0));
    let held = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut orders = ServiceBuilder::new()
        .layer(ReplayBodyLayer::default())
        .layer(RetryLayer::http(retry(&env())))
        .service_fn(move |request: Request<Streamed>| {
            let (early, held) = (calls.fetch_add(1, Ordering::Relaxed) == 0, held.clone());
            async move {
                let mut body = request.into_body();
                if early {
                    body.frame().await.unwrap()?;
                    // The connection holds it still.
                    held.lock().unwrap().push(body);
                    return Ok::<_, BoxError>(answer(StatusCode::SERVICE_UNAVAILABLE));
                }
                let whole = body.collect().await?.to_bytes();
                Ok(Response::new(String::from_utf8(whole.into()).unwrap()))
            }
        });
    let request = streamed("0123456789");
    let response = orders.ready().await.unwrap().call(request).await.unwrap();
    assert_eq!(response.into_body(), "0123456789");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_grows_past_the_limit_while_the_next_attempt_waits_leaves_the_answer_that_stands()
 {
    let held = Arc::new(std::sync::Mutex::new(None));
    let connection = held.clone();
    let mut orders = ServiceBuilder::new()
        .layer(ReplayBodyLayer::new(ReplayBodyConfig { max_bytes: 5 }))
        .layer(RetryLayer::http(retry(&env())))
        .service_fn(move |request: Request<Streamed>| {
            *held.lock().unwrap() = Some(request.into_body());
            async { Ok::<_, BoxError>(answer(StatusCode::BAD_GATEWAY)) }
        });
    let request = streamed("0123456789");
    let call = orders.ready().await.unwrap().call(request);
    let mut call = tokio_test::task::spawn(call);
    tokio_test::assert_pending!(call.poll());
    let mut body = connection.lock().unwrap().take().unwrap();
    assert_eq!(
        body.frame().await.unwrap().unwrap().into_data().unwrap(),
        "01234"
    );
    assert_eq!(
        body.frame().await.unwrap().unwrap().into_data().unwrap(),
        "56789"
    );
    let response = call.await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    assert!(
        connection.lock().unwrap().is_none(),
        "nothing was sent again"
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_empty_is_none() {
    let post = || {
        let request = Request::post("/").header("idempotency-key", "");
        request.body(()).unwrap()
    };
    let retry = retry(&env());
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let keys = seen.clone();
    let callee = tower::service_fn(move |request: Request<()>| {
        let key = request.headers()["idempotency-key"].clone();
        keys.lock().unwrap().push(key.to_str().unwrap().to_owned());
        async { Ok::<_, BoxError>(answer(StatusCode::BAD_GATEWAY)) }
    });
    let client = client(retry.clone(), callee);
    client.clone().oneshot(post()).await.unwrap();
    assert_eq!(retry.snapshot().sent, 1, "it may do harm");
    let keyed = ServiceBuilder::new()
        .layer(IdempotencyKeyLayer::new())
        .service(client);
    keyed.oneshot(post()).await.unwrap();
    let keys = seen.lock().unwrap();
    assert_eq!(keys.len(), 4);
    assert!(!keys[1].is_empty() && keys[1..].iter().all(|it| *it == keys[1]));
}

#[tokio::test(start_paused = true)]
async fn a_streamed_post_without_a_key_is_sent_once() {
    let retry = retry(&env());
    let mut orders = ServiceBuilder::new()
        .layer(ReplayBodyLayer::default())
        .layer(RetryLayer::http(retry.clone()))
        .service_fn(|request: Request<ReplayBody<Full<Bytes>>>| async {
            assert!(request.into_body().collect().await?.to_bytes() == "buy");
            Ok::<_, BoxError>(answer(StatusCode::BAD_GATEWAY))
        });
    let request = Request::post("/")
        .body(Full::new(Bytes::from("buy")))
        .unwrap();
    orders.ready().await.unwrap().call(request).await.unwrap();
    assert_eq!(retry.snapshot().sent, 1);
}
