use admf_alerts::Samples;

use super::*;

/// How many requests to a route ended so.
fn requests(served: &Served, [method, route, code]: [&str; 3]) -> Option<f64> {
    let samples = Samples::parse(&served.exporter.render()).unwrap();
    let labels = [("method", method), ("route", route), ("code", code)];
    samples.value("http_request_duration_seconds_count", &labels)
}

#[tokio::test(start_paused = true)]
async fn requests_are_measured_by_template_and_status_as_their_clients_see_them() {
    let served = served(&[]);
    for path in [
        "/api/quotes",
        "/api/quotes/IBM",
        "/api/quotes/?",
        "/api/quotes/NONE",
    ] {
        served.get(path).await;
    }
    served.get("/api/orders/nobody").await;
    served.ask("POST", "/api/orders", "no order").await;
    served.ask("DELETE", "/api/quotes", "").await;
    for i in 0..100 {
        served.get(&format!("/.env{i}")).await;
    }
    // A client that does not wait, and one that waits until the service gives up.
    let order = r#"{"client_id":"a","symbol":"IBM","side":"buy","quantity":1,"price":10000}"#;
    served.script.lines().fates.extend([None, None]);
    let gone = served.ask("POST", "/api/orders", order);
    let gone = tokio::time::timeout(Duration::from_millis(1), gone).await;
    assert!(gone.is_err());
    let late = order.replace("\"a\"", "\"b\"");
    assert_eq!(served.ask("POST", "/api/orders", late).await.status, 504);

    for (labels, expected) in [
        (["GET", "/api/quotes", "200"], 1.0),
        (["GET", "/api/quotes/{symbol}", "200"], 1.0),
        (["GET", "/api/quotes/{symbol}", "404"], 1.0),
        (["GET", "/api/orders/{client_id}", "404"], 1.0),
        (["POST", "/api/orders", "400"], 1.0),
        (["DELETE", "/api/quotes", "405"], 1.0),
        (["GET", "_unmatched", "404"], 101.0),
        (["POST", "/api/orders", "_dropped"], 1.0),
        (["POST", "/api/orders", "504"], 1.0),
    ] {
        assert_eq!(requests(&served, labels), Some(expected), "{labels:?}");
    }
    let samples = Samples::parse(&served.exporter.render()).unwrap();
    assert_eq!(samples.value("http_requests_in_flight", &[]), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_the_apis_rate_turns_away_is_measured_as_429() {
    let served = served(&[]);
    // All of one client, who has half of the rate.
    for _ in 0..210 {
        served.get("/api/orders/a").await;
    }
    let route = "/api/orders/{client_id}";
    assert_eq!(requests(&served, ["GET", route, "404"]), Some(200.0));
    assert_eq!(requests(&served, ["GET", route, "429"]), Some(10.0));
}
