//! What the faults of a day do: over real HTTP where a connection matters, else on paused time.

use std::{path::Path, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use http::{Method, StatusCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time,
};
use tower::ServiceExt;

use crate::{
    broker::{Broker, Order, Status},
    day::{Fault, Request, Scenario, VenueName},
    venue::{
        VenueError,
        book::Book,
        desk::Desk,
        routes::routes,
        testing::{Server, day, order},
    },
};

const PATIENCE: Duration = Duration::from_millis(100);

/// The position at which the day is calm, so that what became of an order can be asked.
const CALM: u64 = 0;

/// An order whose first submission meets such a fault in the middle of the day.
fn order_that_meets(scenario: Scenario, is: impl Fn(Fault) -> bool) -> Order {
    let meets = |order: &Order| {
        let (id, at) = (&order.client_id, order.at);
        is(day(scenario).fault(VenueName::Primary, Request::Submit, id, at, 1))
    };
    (0..10_000)
        .map(|n| order(&format!("order-{n}")))
        .find(meets)
        .expect("a scenario has such a fault")
}

async fn status_of(server: &Server, id: &str) -> Option<Status> {
    let execution = server.client().lookup(id, CALM).await.unwrap();
    execution.map(|execution| execution.status)
}

#[tokio::test]
async fn a_dropped_reply_leaves_the_client_without_an_answer_to_what_was_executed() {
    let server = Server::start(Scenario::Flaky).await;
    let order = order_that_meets(Scenario::Flaky, |fault| fault == Fault::DropReply);
    let error = server.client().submit(&order, order.at).await.unwrap_err();
    assert!(matches!(error, VenueError::Transport(_)), "{error}");
    assert_eq!(
        status_of(&server, &order.client_id).await,
        Some(Status::Filled)
    );
}

#[tokio::test]
async fn a_failure_after_the_execution_does_not_undo_it() {
    let server = Server::start(Scenario::Flaky).await;
    let order = order_that_meets(Scenario::Flaky, |fault| fault == Fault::FailAfter);
    let error = server.client().submit(&order, order.at).await.unwrap_err();
    assert!(matches!(error, VenueError::Status { status, .. } if status == 500));
    assert_eq!(
        status_of(&server, &order.client_id).await,
        Some(Status::Filled)
    );
}

#[tokio::test]
async fn a_refused_order_is_not_executed() {
    let server = Server::start(Scenario::Flaky).await;
    let order = order_that_meets(Scenario::Flaky, |fault| fault == Fault::Refuse);
    let error = server.client().submit(&order, order.at).await.unwrap_err();
    assert!(matches!(error, VenueError::Status { status, .. } if status == 503));
    assert_eq!(status_of(&server, &order.client_id).await, None);
}

#[tokio::test]
async fn a_repeated_request_meets_the_fault_of_its_next_attempt() {
    let server = Server::start(Scenario::Flaky).await;
    let client = server.client();
    let order = order_that_meets(Scenario::Flaky, |fault| fault == Fault::Refuse);
    for attempt in 1..=50 {
        let (id, at) = (&order.client_id, order.at);
        let fault =
            day(Scenario::Flaky).fault(VenueName::Primary, Request::Submit, id, at, attempt);
        let answer = client.submit(&order, at).await;
        assert_eq!(answer.is_ok(), fault == Fault::None, "attempt {attempt}");
    }
    assert_eq!(client.book(CALM).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_black_hole_keeps_nobody_else_waiting() {
    let server = Server::start(Scenario::Outage).await;
    let client = server.client();
    let order = order_that_meets(Scenario::Outage, |fault| fault == Fault::BlackHole);
    let mut hung = pin!(client.submit(&order, order.at));
    for n in 0..20 {
        tokio::select! {
            biased;
            answer = &mut hung => panic!("{answer:?}"),
            answer = client.lookup("x", CALM) => assert_eq!(answer.unwrap(), None, "{n}"),
        }
    }
    assert_eq!(status_of(&server, &order.client_id).await, None);
}

#[tokio::test]
async fn a_black_hole_ends_when_the_client_gives_up() {
    let server = Server::start(Scenario::Outage).await;
    let order = order_that_meets(Scenario::Outage, |fault| fault == Fault::BlackHole);
    let body = serde_json::to_string(&order).unwrap();
    let length = body.len();
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let request =
        format!("POST /orders HTTP/1.1\r\nhost: venue\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, b"");
}

/// A venue without sockets, so that its time can be paused.
fn paused_venue(scenario: Scenario) -> Router {
    let book = Book::open("primary", Path::new(":memory:")).unwrap();
    routes(Arc::new(Desk::new(VenueName::Primary, day(scenario), book)))
}

async fn ask(venue: &Router, method: Method, path: &str, order: &Order, at: u64) -> StatusCode {
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("x-at", at)
        .body(Body::from(serde_json::to_vec(order).unwrap()))
        .unwrap();
    venue.clone().oneshot(request).await.unwrap().status()
}

async fn submit_with_patience(venue: &Router, order: &Order) -> bool {
    let asked = ask(venue, Method::POST, "/orders", order, order.at);
    time::timeout(PATIENCE, asked).await.is_ok()
}

async fn lookup(venue: &Router, order: &Order) -> StatusCode {
    let path = format!("/orders/{}", order.client_id);
    ask(venue, Method::GET, &path, order, CALM).await
}

#[tokio::test(start_paused = true)]
async fn a_slow_order_is_executed_although_its_client_has_gone() {
    let venue = paused_venue(Scenario::Slow);
    let order = order_that_meets(
        Scenario::Slow,
        |fault| matches!(fault, Fault::SlowBefore(delay) if delay > PATIENCE * 2),
    );
    assert!(!submit_with_patience(&venue, &order).await);
    assert_eq!(lookup(&venue, &order).await, StatusCode::NOT_FOUND);
    time::sleep(PATIENCE * 3).await;
    assert_eq!(lookup(&venue, &order).await, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_slow_order_is_dropped_at_the_deadline_that_came_with_it() {
    let venue = paused_venue(Scenario::Slow);
    let order = order_that_meets(
        Scenario::Slow,
        |fault| matches!(fault, Fault::SlowBefore(delay) if delay > PATIENCE),
    );
    let request = http::Request::post("/orders")
        .header("x-at", order.at)
        .header("x-timeout-ms", PATIENCE.as_millis().to_string())
        .header("x-correlation-id", "order-7")
        .body(Body::from(serde_json::to_vec(&order).unwrap()))
        .unwrap();
    let began = time::Instant::now();
    let answer = venue.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(answer.headers()["x-correlation-id"], "order-7");
    assert!(began.elapsed() <= PATIENCE + Duration::from_millis(1));
    time::sleep(PATIENCE * 30).await;
    assert_eq!(lookup(&venue, &order).await, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn a_slow_order_is_not_executed_after_its_cancellation() {
    let venue = paused_venue(Scenario::Slow);
    let order = order_that_meets(
        Scenario::Slow,
        |fault| matches!(fault, Fault::SlowBefore(delay) if delay > PATIENCE * 2),
    );
    assert!(!submit_with_patience(&venue, &order).await);
    let path = format!("/orders/{}", order.client_id);
    assert_eq!(
        ask(&venue, Method::DELETE, &path, &order, CALM).await,
        StatusCode::OK
    );
    time::sleep(PATIENCE * 3).await;

    let request = http::Request::get(path).header("x-at", CALM);
    let answer = venue
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let body = axum::body::to_bytes(answer.into_body(), 1000)
        .await
        .unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    assert!(text.contains("\"cancelled\""), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_comes_after_an_execution_at_once() {
    let venue = paused_venue(Scenario::Slow);
    let order = order_that_meets(
        Scenario::Slow,
        |fault| matches!(fault, Fault::SlowAfter(delay) if delay > PATIENCE),
    );
    assert!(!submit_with_patience(&venue, &order).await);
    assert_eq!(lookup(&venue, &order).await, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_black_hole_never_answers_and_executes_nothing() {
    let venue = paused_venue(Scenario::Outage);
    let order = order_that_meets(Scenario::Outage, |fault| fault == Fault::BlackHole);
    let asked = ask(&venue, Method::POST, "/orders", &order, order.at);
    assert!(
        time::timeout(Duration::from_secs(86_400), asked)
            .await
            .is_err()
    );
    assert_eq!(lookup(&venue, &order).await, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_tells_when_to_come_again_and_executes_nothing() {
    let venue = paused_venue(Scenario::RateLimited);
    let mut told = Duration::ZERO;
    let order = order_that_meets(Scenario::RateLimited, |fault| {
        matches!(fault, Fault::RateLimited(_))
    });
    let (id, at) = (&order.client_id, order.at);
    if let Fault::RateLimited(delay) =
        day(Scenario::RateLimited).fault(VenueName::Primary, Request::Submit, id, at, 1)
    {
        told = delay;
    }
    let body = Body::from(serde_json::to_vec(&order).unwrap());
    let request = http::Request::post("/orders").header("x-at", at);
    let answer = venue
        .clone()
        .oneshot(request.body(body).unwrap())
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers()["retry-after"], "1");
    assert_eq!(
        answer.headers()["retry-after-ms"],
        told.as_millis().to_string()
    );
    assert_eq!(lookup(&venue, &order).await, StatusCode::NOT_FOUND);
}
