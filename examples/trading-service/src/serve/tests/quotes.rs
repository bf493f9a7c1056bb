use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use resilience_core::{CircuitOpen, CircuitState, Elapsed, Rejected};

use super::*;

fn told(at: u64) -> Quote {
    Quote {
        symbol: "IBM".to_owned(),
        price: 100,
        at,
    }
}

#[tokio::test(start_paused = true)]
async fn a_quote_is_stale_once_the_feed_has_told_a_later_price_and_says_how_old_it_is() {
    let served = served(&[]);
    let old = served.desk.bars().days().next().unwrap().end as u64 - 1;
    let fresh = served.get("/api/quotes/IBM").await;
    assert_eq!(
        (fresh.status.as_u16(), &fresh.body["stale"]),
        (200, &false.into())
    );
    assert_eq!(fresh.body["date"], "2000-03-01");
    tokio::time::advance(Duration::from_secs(3)).await;
    served.feed(1);
    served.script.lines().quotes.push_back(Ok(told(old)));
    let stale = served.get("/api/quotes/IBM").await.body;
    assert_eq!(
        (&stale["stale"], &stale["age_seconds"]),
        (&true.into(), &3.0.into())
    );
    let fresh = served.get("/api/quotes/IBM").await.body;
    assert_eq!(
        (&fresh["stale"], &fresh["age_seconds"]),
        (&false.into(), &0.0.into())
    );
}

#[tokio::test]
async fn all_quotes_are_told_and_those_that_are_missing_say_why() {
    let served = served(&[]);
    let reason = CircuitOpen::new("primary", CircuitState::Open, None);
    let refused = BoxError::from(Rejected::from(reason));
    served.script.lines().quotes.push_back(Err(refused));
    let answer = served.get("/api/quotes").await;
    let quotes = answer.body["quotes"].as_array().unwrap().clone();
    assert_eq!(
        (answer.status.as_u16(), quotes.len()),
        (200, served.desk.bars().symbols.len())
    );
    assert_eq!(quotes[0]["error"], "no answer from the venue");
    assert!(quotes[1..].iter().all(|quote| quote["price"] == 100));
}

#[tokio::test]
async fn a_refusal_of_the_stack_is_a_503_and_says_when_to_come_back() {
    let served = served(&[]);
    let wait = Some(Duration::from_millis(1_200));
    let open = CircuitOpen::new("primary", CircuitState::Open, wait);
    let late = BoxError::from(Elapsed::new(Duration::from_millis(250)));
    let causes = [
        Rejected::from(open).into(),
        late,
        "connection refused".into(),
    ];
    served.script.lines().quotes.extend(causes.map(Err));
    let answer = served.get("/api/quotes/IBM").await;
    assert_eq!(
        (answer.status.as_u16(), answer.retry_after()),
        (503, Some("2"))
    );
    assert_eq!(
        answer.error(),
        "call rejected by primary: circuit open, retry after 1.2s"
    );
    let answer = served.get("/api/quotes/IBM").await;
    assert_eq!(
        (answer.status.as_u16(), answer.retry_after()),
        (504, Some("1"))
    );
    assert_eq!(answer.error(), "no answer within 250ms");
    let answer = served.get("/api/quotes/IBM").await;
    assert_eq!(answer.status, 502);
}

#[tokio::test]
async fn what_is_not_there_is_a_404_or_405_in_json() {
    let served = served(&[]);
    let answer = served.get("/api/quotes/NOPE").await;
    assert_eq!(answer.error(), r#"symbol: "NOPE" is unknown"#);
    assert_eq!(served.get("/").await.status, 404);
    let answer = served.ask("DELETE", "/api/orders", Body::empty()).await;
    assert!(answer.status == 405 && !answer.error().is_empty());
}

#[tokio::test(start_paused = true)]
async fn all_quotes_wait_as_long_as_one_and_no_layer_adds_a_wait() {
    let served = served(&[]);
    let takes = Duration::from_millis(70);
    served.script.lines().quote_takes = takes;
    assert!(served.desk.bars().symbols.len() > 1);
    for path in ["/api/quotes/IBM", "/api/quotes"] {
        let asked = tokio::time::Instant::now();
        assert_eq!(served.get(path).await.status, 200);
        // Tokio's clock stands still but for waits: what else a request takes, it does not know.
        assert_eq!(asked.elapsed(), takes, "{path}");
    }
    served.script.lines().quote_takes = 2 * LIMIT;
    let asked = tokio::time::Instant::now();
    assert_eq!(served.get("/api/quotes").await.status, 504);
    assert_eq!(asked.elapsed(), LIMIT);
}

#[tokio::test(start_paused = true)]
async fn every_answer_is_json_whatever_its_status() {
    let served = served(&[]);
    served
        .script
        .lines()
        .quotes
        .extend([Ok(told(0)), Err("connection refused".into())]);
    for (method, path, status) in [
        ("GET", "/api/quotes/IBM", 200),
        ("GET", "/api/quotes/IBM", 502),
        ("GET", "/api/quotes", 200),
        ("GET", "/api/quotes/NONE", 404),
        ("GET", "/nothing", 404),
        ("PUT", "/api/quotes", 405),
        ("POST", "/api/orders", 400),
    ] {
        let answer = served.ask(method, path, Body::empty()).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.headers["content-type"], "application/json");
    }
}

/// A request of one of many clients.
fn of_client(number: u8) -> Request<Body> {
    let request = Request::get("/api/orders/a");
    let peer = ConnectInfo(SocketAddr::from(([192, 0, 2, number], 4711)));
    request.extension(peer).body(Body::empty()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_api_keeps_to_its_rate_and_says_when_to_come_back() {
    let served = served(&[]);
    for number in 0..400 {
        let answer = served.send(of_client((number % 4) as u8)).await;
        assert_eq!(answer.status, 404);
    }
    let answer = served.send(of_client(4)).await;
    assert_eq!(
        (answer.status.as_u16(), answer.retry_after()),
        (429, Some("1"))
    );
    assert_eq!(answer.error(), "call rejected by api: Wait 0.1s");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(served.send(of_client(0)).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_asks_too_much_stops_no_other_and_each_is_told_what_it_has_left() {
    let served = served(&[]);
    for left in (0..200).rev() {
        let answer = served.send(of_client(1)).await;
        assert_eq!(answer.status, 404);
        assert_eq!(answer.headers["ratelimit-remaining"], left.to_string());
    }
    for _ in 0..400 {
        let answer = served.send(of_client(1)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.retry_after()),
            (429, Some("1"))
        );
        let said = "call rejected by client[192.0.2.1]: Wait ";
        assert!(answer.error().starts_with(said), "{}", answer.error());
    }
    let answer = served.send(of_client(2)).await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.headers["ratelimit-remaining"], "199");
}

#[tokio::test]
async fn a_path_that_is_no_text_is_refused_in_json_like_everything_else() {
    let served = served(&[]);
    for path in ["/api/quotes/%ff", "/api/orders/%ff"] {
        let answer = served.get(path).await;
        assert_eq!(answer.status.as_u16(), 400);
        assert!(answer.error().starts_with("path: "), "{}", answer.error());
    }
}
