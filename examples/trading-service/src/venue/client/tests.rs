use std::{error::Error, net::SocketAddr};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tower::{BoxError, service_fn};

use super::{VenueClient, VenueError, segment};
use crate::{
    broker::{Broker, Status},
    day::VenueName,
    market::MarketData,
    venue::testing::order,
};

const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9);

/// A client that is answered by a function in place of a venue.
macro_rules! client {
    ($answer:expr) => {
        VenueClient::new(
            VenueName::Primary,
            ADDRESS,
            service_fn(|request: Request<Full<Bytes>>| {
                let answer: Result<Response<Bytes>, BoxError> = $answer(request);
                std::future::ready(answer)
            }),
        )
    };
}

fn says(status: u16, body: &'static str) -> Result<Response<Bytes>, BoxError> {
    Ok(Response::builder()
        .status(status)
        .body(Bytes::from(body))
        .unwrap())
}

#[tokio::test]
async fn an_order_carries_its_id_as_idempotency_key_and_the_trading_clock() {
    let client = client!(|request: Request<Full<Bytes>>| {
        let headers = request.headers();
        assert_eq!(headers["idempotency-key"], "a");
        assert_eq!(headers["x-at"], "501");
        assert_eq!(headers["content-type"], "application/json");
        assert!(matches!(request.method().as_str(), "POST" | "DELETE"));
        says(
            200,
            r#"{"client_id":"a","symbol":"IBM","side":"buy","quantity":10,"price":10150,"status":"filled","venue":"primary"}"#,
        )
    });
    for answer in [
        client.submit(&order("a"), 501).await,
        client.cancel(&order("a"), 501).await,
    ] {
        assert_eq!(answer.unwrap().status, Status::Filled);
    }
}

#[tokio::test]
async fn an_order_is_sent_as_it_is() {
    let client = client!(|request: Request<Full<Bytes>>| {
        let body = whole(request.into_body());
        assert_eq!(
            serde_json::from_slice::<crate::broker::Order>(&body).unwrap(),
            order("a")
        );
        says(503, "")
    });
    assert!(client.submit(&order("a"), 1).await.is_err());
}

/// Collects a body that is whole already.
fn whole(body: Full<Bytes>) -> Bytes {
    let mut collected = std::pin::pin!(body.collect());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match collected.as_mut().poll(&mut context) {
        std::task::Poll::Ready(Ok(body)) => body.to_bytes(),
        _ => unreachable!("a full body is ready"),
    }
}

#[tokio::test]
async fn a_failed_transport_is_kept_as_it_is() {
    let client = client!(|_| Err("the wire is cut".into()));
    let error = client.lookup("a", 1).await.unwrap_err();
    assert_eq!(error.to_string(), "no answer from the venue");
    assert_eq!(error.source().unwrap().to_string(), "the wire is cut");
    assert!(matches!(error, VenueError::Transport(_)));
}

#[tokio::test]
async fn an_unexpected_status_comes_with_the_first_line_of_its_body() {
    let client = client!(|_| says(503, "the venue is down\nmore\n"));
    let error = client.submit(&order("a"), 1).await.unwrap_err();
    let expected = "the venue answered 503 Service Unavailable: the venue is down";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn a_long_or_binary_body_makes_a_short_reason() {
    let long: &'static str = Box::leak("ü".repeat(10_000).into_boxed_str());
    let client = client!(|_| says(500, long));
    let VenueError::Status { reason, .. } = client.book(1).await.unwrap_err() else {
        panic!("the status is what is wrong");
    };
    assert_eq!(reason.chars().count(), 200);
}

#[tokio::test]
async fn an_answer_that_is_not_what_was_asked_for_is_malformed() {
    let other = r#"{"client_id":"b","symbol":"IBM","side":"buy","quantity":10,"price":1,"status":"filled","venue":"primary"}"#;
    let elsewhere = r#"{"client_id":"a","symbol":"IBM","side":"buy","quantity":10,"price":1,"status":"filled","venue":"backup"}"#;
    for body in ["", "{}", "[]", other, elsewhere] {
        let client = client!(|_| says(200, body));
        let malformed = |error| matches!(error, VenueError::Malformed(_));
        assert!(
            malformed(client.submit(&order("a"), 1).await.unwrap_err()),
            "{body}"
        );
        assert!(
            malformed(client.lookup("a", 1).await.unwrap_err()),
            "{body}"
        );
    }
    let client = client!(|_| says(200, "{}"));
    let error = client.quote("IBM", 1).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "malformed answer: missing field `symbol` at line 1 column 2"
    );
}

#[tokio::test]
async fn an_id_that_http_cannot_carry_is_an_error_before_anything_is_sent() {
    let client = client!(|_| unreachable!("nothing is sent"));
    let error = client.submit(&order("a\nb"), 1).await.unwrap_err();
    assert!(matches!(error, VenueError::Request(_)));
    let error = client.lookup(&"x".repeat(100_000), 1).await.unwrap_err();
    assert!(matches!(error, VenueError::Request(_)));
}

#[test]
fn a_segment_cannot_leave_its_place_in_the_path() {
    assert_eq!(segment("a-b_c~d:9"), "a-b_c~d:9");
    assert_eq!(segment("../a?b#c%"), "%2E%2E%2Fa%3Fb%23c%25");
}
