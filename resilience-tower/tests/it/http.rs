//! The http side of layers over clients, which can fail.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};

use ::http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use http_body_util::channel::Channel;
use resilience_core::{
    BackoffConfig, BoxError, BulkheadFull, CallError, CircuitState, End, Fallback, FallbackConfig,
    Hint, Outcome, Rejected, Retry, RetryConfig,
};
use resilience_tower::http::{Attempts, Failures};
use resilience_tower::{FallbackLayer, GateLayer, QueueLayer, RetryLayer};
use tokio::time::{Instant, advance};
use tokio_test::assert_pending;
use tokio_test::task::spawn;
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::common::{SECOND, Slots, env, in_a_row, retry};

fn answer(status: StatusCode) -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = status;
    response
}

fn request(method: &str) -> Request<()> {
    Request::builder().method(method).body(()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_client_that_can_fail_is_told_to_look_at_the_status() {
    let breaker = in_a_row(1, &env());
    let mut client = ServiceBuilder::new()
        .layer(GateLayer::new(breaker).classify(Failures))
        .service_fn(|()| async { Ok::<_, BoxError>(answer(StatusCode::BAD_GATEWAY)) });
    let response = client.ready().await.unwrap().call(()).await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    let error = client.ready().await.unwrap().call(()).await.unwrap_err();
    assert!(error.rejected().is_some());
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_stays_open_as_long_as_the_server_asks() {
    let breaker = in_a_row(1, &env());
    let mut client = ServiceBuilder::new()
        .layer(GateLayer::new(breaker.clone()).classify(Failures))
        .service_fn(|()| async {
            let mut response = answer(StatusCode::SERVICE_UNAVAILABLE);
            let wait = "120".parse().unwrap();
            response.headers_mut().insert("retry-after", wait);
            Ok::<_, BoxError>(response)
        });
    client.ready().await.unwrap().call(()).await.unwrap();
    advance(119 * SECOND).await;
    assert_eq!(breaker.state(), CircuitState::Open);
    let error = client.ready().await.unwrap().call(()).await.unwrap_err();
    let left = error.rejected().and_then(Rejected::retry_after);
    assert_eq!(left, Some(SECOND));
}

/// A client whose calls fail, and their number.
fn down() -> (
    impl Service<Request<()>, Response = Response<String>, Error = BoxError> + Clone,
    Arc<AtomicU32>,
) {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = calls.clone();
    let client = tower::service_fn(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        std::future::ready(Ok(answer(StatusCode::BAD_GATEWAY)))
    });
    (client, calls)
}

#[tokio::test(start_paused = true)]
async fn only_what_is_safe_is_repeated_and_the_response_tells_the_attempts() {
    let mut keyed = request("POST");
    let key = "7f3c".parse().unwrap();
    keyed.headers_mut().insert("idempotency-key", key);
    for (request, attempts) in [
        (request("GET"), 3),
        (request("PUT"), 3),
        (request("POST"), 1),
        (request("PATCH"), 1),
        (keyed, 3),
    ] {
        let (client, calls) = down();
        let retry = RetryLayer::new(retry(&env())).classify(Failures);
        let client = ServiceBuilder::new()
            .layer(retry.tell_attempts())
            .service(client);
        let response = client.oneshot(request.clone()).await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
        assert_eq!(response.extensions().get(), Some(&Attempts(attempts)));
        assert_eq!(calls.load(Ordering::SeqCst), attempts, "{request:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn others_are_repeated_where_the_caller_says_so() {
    let (client, calls) = down();
    let client = ServiceBuilder::new()
        .layer(
            RetryLayer::repeatable(retry(&env()), |it: &Request<()>| Some(it.clone()))
                .classify(Failures),
        )
        .service(client);
    client.oneshot(request("POST")).await.unwrap();
    assert_eq!(calls.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn a_retry_waits_as_long_as_the_server_asks_or_not_at_all() {
    for (header, value, waited) in [
        ("retry-after", "7", Some(7)),
        ("x-amz-retry-after", "7000", Some(7)),
        ("retry-after-ms", "7000", Some(7)),
        ("grpc-retry-pushback-ms", "-1", None),
        ("retry-after", "31536000", Some(60)),
    ] {
        let calls = AtomicU32::new(0);
        let config = RetryConfig {
            backoff: BackoffConfig::fixed(SECOND),
            max_attempts: 2,
            ..Default::default()
        };
        let retry = Retry::new("quotes", config, &env()).unwrap();
        let client = Arc::new(calls);
        let counted = client.clone();
        let client = ServiceBuilder::new()
            .layer(RetryLayer::new(retry).classify(Failures))
            .service_fn(move |_: Request<()>| {
                counted.fetch_add(1, Ordering::SeqCst);
                let mut response = answer(StatusCode::TOO_MANY_REQUESTS);
                response
                    .headers_mut()
                    .insert(header, value.parse().unwrap());
                std::future::ready(Ok::<_, BoxError>(response))
            });
        let started = Instant::now();
        client.oneshot(request("GET")).await.unwrap();
        let seconds = started.elapsed().as_secs();
        assert_eq!(seconds, waited.unwrap_or(0), "{header}: {value}");
    }
}

#[test]
fn a_reset_that_has_passed_is_no_wait_of_nothing() {
    let hint = |reset: &str| {
        let mut headers = ::http::HeaderMap::new();
        let sent = "Sun, 06 Nov 1994 08:49:37 GMT";
        headers.insert("date", sent.parse().unwrap());
        headers.insert("x-ratelimit-reset", reset.parse().unwrap());
        resilience_tower::http::hint(StatusCode::TOO_MANY_REQUESTS, &headers)
    };
    assert_eq!(hint("784111787"), Hint::After(10 * SECOND));
    assert_eq!(hint("60"), Hint::None);
}

/// A response whose body the test writes.
fn streaming(slots: &Slots) -> (impl Future<Output = Response<Streamed>>, Sender) {
    let (sender, body) = Channel::<&'static [u8], BoxError>::new(4);
    let mut body = Some(body);
    let mut service = ServiceBuilder::new()
        .layer(GateLayer::new(slots.clone()).until_body_end())
        .service_fn(move |()| {
            let body = Held(body.take().map(Box::pin));
            std::future::ready(Ok::<_, Infallible>(Response::new(body)))
        });
    let response = async move {
        let response = service.ready().await.unwrap().call(()).await;
        response.unwrap_or_else(|never| match never {})
    };
    (response, sender)
}

type Sender = http_body_util::channel::Sender<&'static [u8], BoxError>;
type Streamed = resilience_tower::http::PermitBody<Held, std::sync::Arc<Slots>>;

/// A body that a layer can also make empty.
#[derive(Debug, Default)]
struct Held(Option<Pin<Box<Written>>>);

type Written = Channel<&'static [u8], BoxError>;

impl http_body::Body for Held {
    type Data = &'static [u8];
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<&'static [u8]>, BoxError>>> {
        match &mut self.0 {
            Some(body) => body.as_mut().poll_frame(cx),
            None => Poll::Ready(None),
        }
    }
}

fn done(outcome: Outcome, held: Option<u32>) -> End {
    End::Done {
        outcome,
        held: held.map(|it| it * SECOND),
        hint: None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_ends_gives_the_slot_back_at_its_end() {
    let slots = Slots::new(1, SECOND, &env());
    let (response, mut sender) = streaming(&slots);
    let mut body = response.await.into_body();
    sender.send_data(b"part").await.unwrap();
    assert!(body.frame().await.unwrap().is_ok());
    let mut rest = spawn(body.frame());
    assert_pending!(rest.poll());
    advance(3 * SECOND).await;
    assert!(!slots.is_idle());
    drop(sender);
    assert!(rest.await.is_none());
    assert_eq!(slots.ends(), [done(Outcome::Success, Some(3))]);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_breaks_is_a_failure() {
    let slots = Slots::new(1, SECOND, &env());
    let (response, sender) = streaming(&slots);
    let mut body = response.await.into_body();
    sender.abort("cut".into());
    assert!(body.frame().await.unwrap().is_err());
    assert_eq!(slots.ends(), [done(Outcome::Failure, None)]);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_nobody_reads_to_its_end_is_a_call_given_up() {
    let slots = Slots::new(1, SECOND, &env());
    let (response, _sender) = streaming(&slots);
    let mut body = response.await.into_body();
    assert_pending!(spawn(body.frame()).poll());
    advance(2 * SECOND).await;
    drop(body);
    let held = Some(2 * SECOND);
    assert_eq!(slots.ends(), [End::Abandoned { held }]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_counts_though_nobody_reads_its_body_and_an_empty_body_is_at_its_end() {
    for (status, body, outcome) in [
        (StatusCode::BAD_GATEWAY, "sorry", Outcome::Failure),
        (StatusCode::OK, "", Outcome::Success),
    ] {
        let slots = Slots::new(1, SECOND, &env());
        let client = ServiceBuilder::new()
            .layer(QueueLayer::new(slots.clone()).until_body_end())
            .service_fn(move |()| {
                let response = answer(status).map(|_| body.to_owned());
                std::future::ready(Ok::<_, Infallible>(response))
            });
        let response = client.oneshot(()).await.unwrap();
        assert_eq!(slots.is_idle(), body.is_empty());
        drop(response);
        assert_eq!(slots.ends(), [done(outcome, None)]);
    }
}

#[tokio::test(start_paused = true)]
async fn trailers_are_the_end_of_a_body() {
    let slots = Slots::new(1, SECOND, &env());
    let client = ServiceBuilder::new()
        .layer(GateLayer::new(slots.clone()).until_body_end())
        .service_fn(|()| {
            let trailers = std::future::ready(Some(Ok(http::HeaderMap::new())));
            let body = String::from("part").with_trailers(trailers);
            std::future::ready(Ok::<_, BoxError>(Response::new(body)))
        });
    let mut body = client.oneshot(()).await.unwrap().into_body();
    assert!(body.frame().await.unwrap().unwrap().is_data());
    assert!(body.frame().await.unwrap().unwrap().is_trailers());
    // hyper drops a body here, and does not ask for what cannot come.
    drop(body);
    assert_eq!(slots.ends(), [done(Outcome::Success, None)]);
}

#[tokio::test(start_paused = true)]
async fn all_that_was_declared_is_the_end_of_a_body() {
    let slots = Slots::new(1, SECOND, &env());
    let (mut sender, body) = Channel::<&'static [u8], BoxError>::new(4);
    let mut body = Some(body);
    let mut client = ServiceBuilder::new()
        .layer(GateLayer::new(slots.clone()).until_body_end())
        .service_fn(move |()| {
            let body = Held(body.take().map(Box::pin));
            let response = Response::builder().header("content-length", "8");
            std::future::ready(Ok::<_, BoxError>(response.body(body).unwrap()))
        });
    let mut body = client
        .ready()
        .await
        .unwrap()
        .call(())
        .await
        .unwrap()
        .into_body();
    let answered = done(Outcome::Success, None);
    for (part, ends) in [("half", vec![]), ("rest", vec![answered])] {
        sender.send_data(part.as_bytes()).await.unwrap();
        assert!(body.frame().await.unwrap().unwrap().is_data());
        assert_eq!(slots.ends(), ends);
    }
    drop(body);
    assert_eq!(slots.ends(), []);
}

#[tokio::test(start_paused = true)]
async fn a_clients_fault_is_not_kept_as_the_good_answer_of_others() {
    let fallback = Fallback::new("quotes", FallbackConfig::default(), &env()).unwrap();
    let mut statuses = [200, 401, 503].into_iter();
    let mut quotes = ServiceBuilder::new()
        .layer(FallbackLayer::http(fallback, |_: &()| "AAPL"))
        .service_fn(move |()| {
            let status = StatusCode::from_u16(statuses.next().unwrap()).unwrap();
            let mut response = Response::new("");
            *response.status_mut() = status;
            std::future::ready(Ok::<_, BoxError>(response))
        });
    let mut seen = Vec::new();
    for _ in 0..3 {
        let response = quotes.ready().await.unwrap().call(()).await.unwrap();
        seen.push(response.status().as_u16());
    }
    assert_eq!(seen, [200, 401, 200]);
}

/// A client that answers by 500, and then by a refusal of a policy further in, as a response.
fn refuses_by_response()
-> impl Service<Request<String>, Response = Response<String>, Error = BoxError, Future: Send> + Clone
{
    let calls = Arc::new(AtomicU32::new(0));
    tower::service_fn(move |_: Request<String>| {
        let first = calls.fetch_add(1, Ordering::Relaxed) == 0;
        let mut response = answer(match first {
            true => StatusCode::INTERNAL_SERVER_ERROR,
            false => StatusCode::SERVICE_UNAVAILABLE,
        });
        if !first {
            let full = Rejected::from(BulkheadFull::new("inner", 1, 0));
            response.extensions_mut().insert(full);
        }
        std::future::ready(Ok(response))
    })
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_comes_as_a_response_is_one_also_where_the_client_can_fail() {
    let retry = Retry::new("orders", RetryConfig::default(), &env()).unwrap();
    let orders = ServiceBuilder::new()
        .layer(RetryLayer::http(retry))
        .service(refuses_by_response());
    let request = || Request::get("/").body(String::new()).unwrap();
    let got = orders.oneshot(request()).await.unwrap();
    assert_eq!(got.status(), StatusCode::INTERNAL_SERVER_ERROR);

    let good = Response::new(String::from("good"));
    let fallback = Fallback::new("quotes", FallbackConfig::default(), &env()).unwrap();
    let fallback = fallback.with_value(good);
    let mut quotes = ServiceBuilder::new()
        .layer(FallbackLayer::http(
            fallback,
            |_: &Request<String>| "quotes",
        ))
        .service(refuses_by_response());
    for _ in 0..2 {
        let got = quotes.ready().await.unwrap().call(request()).await.unwrap();
        assert_eq!(got.body(), "good");
    }
}
