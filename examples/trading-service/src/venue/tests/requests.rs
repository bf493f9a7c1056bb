//! Requests that break a rule: one status, one clear line, and nothing in the book.

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use tower::ServiceExt;

use crate::{
    broker::Broker,
    day::Scenario,
    venue::{HttpTransport, testing::Server},
};

const ORDER: &str =
    r#"{"client_id":"a","symbol":"IBM","side":"buy","quantity":10,"price":100,"at":1}"#;

async fn ask(
    server: &Server,
    method: Method,
    path: &str,
    at: Option<&str>,
    body: &str,
) -> (StatusCode, String) {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("http://{}{path}", server.address()));
    if let Some(at) = at {
        request = request.header("x-at", at);
    }
    let request = request.body(Full::from(Bytes::from(body.to_owned())));
    let response = HttpTransport::new()
        .oneshot(request.unwrap())
        .await
        .unwrap();
    let text = String::from_utf8(response.body().to_vec()).unwrap();
    (response.status(), text)
}

async fn is_refused(server: &Server, body: &str, line: &str) {
    let answer = ask(server, Method::POST, "/orders", None, body).await;
    assert_eq!(answer, (StatusCode::BAD_REQUEST, format!("{line}\n")));
}

#[tokio::test]
async fn a_malformed_order_is_refused_with_a_line_that_says_why() {
    let server = Server::start(Scenario::Calm).await;
    let with = |from: &str, to: &str| ORDER.replace(from, to);
    let id = "client_id: must be 1 to 64 of A-Z a-z 0-9 . _ : -, not";
    let cases = [
        (
            String::new(),
            "order: EOF while parsing a value at line 1 column 0".to_owned(),
        ),
        (
            with("\"buy\"", "\"hold\""),
            "order: unknown variant `hold`, expected `buy` or `sell` at line 1 column 45"
                .to_owned(),
        ),
        (
            with(":10,", ":0,"),
            "quantity: must be at least 1, not 0".to_owned(),
        ),
        (
            with(":100,", ":-5,"),
            "price: must be at least 1, not -5".to_owned(),
        ),
        (with("\"a\"", "\"\""), format!("{id} \"\"")),
        (with("\"a\"", "\"a/b\""), format!("{id} \"a/b\"")),
        (with("\"a\"", "\"a\\nb\""), format!("{id} \"a\\nb\"")),
        (
            with("IBM", "I B M"),
            "symbol: must be 1 to 16 of A-Z a-z 0-9 . _ : -, not \"I B M\"".to_owned(),
        ),
        (
            with(":1}", ":18446744073709551615}"),
            "at: must be at most 9223372036854775807, not 18446744073709551615".to_owned(),
        ),
    ];
    for (body, line) in &cases {
        is_refused(&server, body, line).await;
    }
    assert_eq!(server.client().book(1).await.unwrap(), []);
}

#[tokio::test]
async fn no_broken_order_is_anything_but_a_bad_request() {
    let server = Server::start(Scenario::Calm).await;
    for end in 0..ORDER.len() {
        let (status, line) = ask(&server, Method::POST, "/orders", None, &ORDER[..end]).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(line.lines().count(), 1, "{line}");
    }
    for field in ["-1", "1.5", "1e99", "null", "\"1\"", "4294967296", "[]"] {
        let body = ORDER.replace(":10,", &format!(":{field},"));
        let (status, _) = ask(&server, Method::POST, "/orders", None, &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    }
    assert_eq!(server.client().book(1).await.unwrap(), []);
}

#[tokio::test]
async fn a_cancellation_must_be_of_the_order_in_its_path() {
    let server = Server::start(Scenario::Calm).await;
    let answer = ask(&server, Method::DELETE, "/orders/b", None, ORDER).await;
    let line = "client_id: must be the \"b\" of the path, not \"a\"\n".to_owned();
    assert_eq!(answer, (StatusCode::BAD_REQUEST, line));
    assert_eq!(server.client().book(1).await.unwrap(), []);
}

#[tokio::test]
async fn a_request_without_an_order_must_tell_the_trading_clock() {
    let server = Server::start(Scenario::Calm).await;
    for path in ["/orders/a", "/book", "/quotes/IBM", "/health"] {
        let (status, line) = ask(&server, Method::GET, path, None, "").await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(
            line,
            "x-at: the header must tell the trading clock, the number of the bar\n"
        );
        let (status, line) = ask(&server, Method::GET, path, Some("noon"), "").await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(line, "x-at: must be the number of a bar, not \"noon\"\n");
    }
}

#[tokio::test]
async fn a_malformed_price_is_refused() {
    let server = Server::start(Scenario::Calm).await;
    for (path, body) in [
        ("/quotes/IBM", "{}"),
        ("/quotes/IBM", r#"{"price":0,"at":1}"#),
        ("/quotes/IBM", r#"{"price":1,"at":1,"volume":1}"#),
        ("/quotes/I%20B", r#"{"price":1,"at":1}"#),
    ] {
        let (status, line) = ask(&server, Method::PUT, path, None, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path} {body}");
        assert_eq!(line.lines().count(), 1);
    }
}
