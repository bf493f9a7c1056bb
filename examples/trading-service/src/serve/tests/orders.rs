use serde_json::json;

use super::*;

fn order(id: &str) -> Value {
    json!({ "client_id": id, "symbol": "IBM", "side": "buy", "quantity": 10, "price": 10_000 })
}

fn with(field: &str, value: Value) -> Value {
    let mut order = order("a");
    order[field] = value;
    order
}

#[tokio::test]
async fn a_bad_order_is_refused_with_field_rule_and_value() {
    let served = served(&[]);
    let long = "x".repeat(65);
    for (order, field, rule) in [
        (
            with("client_id", json!("")),
            "client_id",
            "must be 1 to 64 of",
        ),
        (
            with("client_id", json!("a b")),
            "client_id",
            "must be 1 to 64 of",
        ),
        (
            with("client_id", json!(long)),
            "client_id",
            "must be 1 to 64 of",
        ),
        (
            with("symbol", json!("NOPE")),
            "symbol",
            "must be one of AAPL, ",
        ),
        (with("side", json!("hold")), "side", "must be buy or sell"),
        (
            with("quantity", json!(0)),
            "quantity",
            "must be a whole number from 1",
        ),
        (
            with("quantity", json!(1.5)),
            "quantity",
            "must be a whole number from 1",
        ),
        (
            with("quantity", json!("10")),
            "quantity",
            "must be a whole number from 1",
        ),
        (
            with("quantity", json!(4_294_967_296_u64)),
            "quantity",
            "must be a whole number",
        ),
        (
            with("price", json!(-1)),
            "price",
            "must be a whole number from 1",
        ),
        (
            with("price", Value::Null),
            "price",
            "must be a whole number from 1",
        ),
        (with("at", json!(3)), "body", "must have no fields but"),
        (json!([]), "body", "must be a JSON object"),
    ] {
        let answer = served.post(&order).await;
        assert_eq!(answer.status, 400, "{order}");
        assert_eq!(answer.body["field"], field, "{order}");
        let said = answer.body["rule"].as_str().unwrap();
        assert!(said.starts_with(rule), "{said}");
        assert!(answer.error().starts_with(&format!("{field}: {rule}")));
    }
    let answer = served.ask("POST", "/api/orders", "nonsense").await;
    assert!(answer.status == 400 && answer.error().starts_with("body: must be JSON: "));
    let answer = served
        .ask("POST", "/api/orders", vec![b' '; 20 << 10])
        .await;
    assert!(answer.status == 413 && answer.error().starts_with("body: "));
    assert!(served.script.lines().executed.is_empty());
}

#[tokio::test]
async fn risk_refuses_an_order_and_names_the_limit() {
    let served = served(&["--max-order-size", "1000"]);
    let answer = served.post(&with("quantity", json!(11))).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["reason"]),
        (422, &json!("order_size"))
    );
    assert!(
        answer.error().contains("at most 1000.00"),
        "{}",
        answer.error()
    );
    let answer = served.post(&with("side", json!("sell"))).await;
    assert_eq!(answer.body["reason"], "nothing_held");
    assert!(served.script.lines().executed.is_empty());

    assert_eq!(served.post(&order("b")).await.status, 200);
    let mut sell = order("c");
    sell["side"] = json!("sell");
    assert_eq!(
        served.post(&sell).await.status,
        200,
        "what was bought can be sold"
    );
}

#[tokio::test]
async fn an_order_that_is_sent_again_is_the_same_order() {
    let served = served(&[]);
    let first = served.post(&order("a")).await;
    assert_eq!(
        (first.status.as_u16(), &first.body["status"]),
        (200, &json!("filled"))
    );
    served.feed(1);
    let (again, asked) = (
        served.post(&order("a")).await,
        served.get("/api/orders/a").await,
    );
    assert!(again.body == first.body && asked.body == first.body);
    let other = served.post(&with("quantity", json!(11))).await;
    assert!(other.status == 409 && other.error().starts_with("client_id: "));
    assert_eq!(served.script.lines().executed.len(), 1);
    assert_eq!(served.get("/api/orders/b").await.status, 404);
}

#[tokio::test]
async fn an_order_of_which_nothing_was_sent_says_when_to_come_back_and_may_be_sent_again() {
    let served = served(&[]);
    served
        .script
        .lines()
        .fates
        .push_back(Some(Fate::RefusedUnsent));
    let refused = served.post(&order("a")).await;
    assert_eq!(
        (refused.status.as_u16(), refused.retry_after()),
        (503, Some("1"))
    );
    assert_eq!(served.get("/api/orders/a").await.status, 404);
    assert_eq!(served.post(&order("a")).await.status, 200);
}

#[tokio::test]
async fn an_order_in_doubt_is_not_executed_again_and_is_settled_later() {
    let served = served(&[]);
    served.script.lines().fates.push_back(Some(Fate::InDoubt));
    for _ in 0..2 {
        let doubt = served.post(&order("a")).await;
        assert_eq!(
            (doubt.status.as_u16(), doubt.retry_after()),
            (504, Some("1"))
        );
        assert_eq!(doubt.body["status"], "in_doubt");
        served.desk.settle().await;
    }
    served.script.lines().settled = Some(Fate::Cancelled);
    served.desk.settle().await;
    assert_eq!(
        served.get("/api/orders/a").await.body["status"],
        "cancelled"
    );
    assert_eq!(served.script.lines().executed.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_order_whose_client_goes_away_comes_to_its_end() {
    let served = served(&[]);
    served.script.lines().fates.push_back(None);
    let gone = tokio::time::timeout(Duration::from_millis(1), served.post(&order("a"))).await;
    assert!(gone.is_err());
    let running = served.get("/api/orders/a").await;
    assert_eq!(
        (running.status.as_u16(), &running.body["status"]),
        (202, &json!("running"))
    );
    served.desk.finish().await;
    assert_eq!(served.get("/api/orders/a").await.body["status"], "in_doubt");
}

#[tokio::test]
async fn orders_of_an_earlier_service_on_the_same_books_are_known() {
    let served = served(&[]);
    let told = |order: &Value, status| Execution {
        client_id: order["client_id"].as_str().unwrap().to_owned(),
        symbol: "IBM".to_owned(),
        side: crate::broker::Side::Buy,
        quantity: 10,
        price: 10_000,
        status,
        venue: "backup".to_owned(),
    };
    let (a, b) = (order("a"), order("b"));
    // Cancelled at one venue so that it could go to the other.
    served.desk.remember(vec![
        told(&a, Status::Cancelled),
        told(&b, Status::Cancelled),
    ]);
    served.desk.remember(vec![told(&a, Status::Filled)]);
    assert_eq!(served.post(&a).await.body["status"], "filled");
    assert_eq!(served.post(&b).await.body["status"], "cancelled");
    assert!(served.script.lines().executed.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_order_bears_the_deadline_and_the_name_that_its_client_gave_it() {
    let served = served(&[]);
    for (header, value) in [("x-timeout-ms", "700"), ("grpc-timeout", "700m")] {
        let request = Request::post("/api/orders")
            .header(header, value)
            .header("x-correlation-id", "asked-7")
            .body(Body::from(order(header).to_string()));
        let answer = served.send(request.unwrap()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["x-correlation-id"], "asked-7");
        let call = served.script.lines().calls.pop().unwrap();
        let left = call.deadline.unwrap().left(served.env.now());
        assert_eq!(left, Duration::from_millis(700));
        assert_eq!(call.correlation_id.unwrap().as_str(), "asked-7");
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_fails_says_under_which_id_to_look_for_it() {
    let served = served(&[]);
    let ask = async |path: &str, left: &str, body: Value| {
        let request = Request::post(path)
            .header("x-timeout-ms", left)
            .header("x-request-id", "asked-7")
            .body(Body::from(body.to_string()));
        served.send(request.unwrap()).await
    };
    served
        .script
        .lines()
        .fates
        .extend([None, Some(Fate::InDoubt)]);
    let (one, other) = (order("a"), order("b"));
    for (path, left, body, status) in [
        ("/api/orders", "50", one, 504),
        ("/api/orders", "0", other.clone(), 504),
        ("/api/orders", "700", other, 504),
        ("/api/orders", "700", json!([]), 400),
        ("/nowhere", "700", json!([]), 404),
    ] {
        let answer = ask(path, left, body).await;
        assert_eq!(answer.status.as_u16(), status);
        assert!(!answer.error().is_empty());
        assert_eq!(answer.body["correlation_id"], "asked-7");
    }
    let unnamed = served.get("/nowhere").await;
    let id = unnamed.body["correlation_id"].as_str().unwrap();
    assert_eq!(unnamed.headers["x-correlation-id"], id);
}

#[tokio::test]
async fn an_order_in_doubt_is_told_with_its_id_and_so_is_its_end() {
    let served = served(&[]);
    served.script.lines().fates.push_back(Some(Fate::InDoubt));
    let request = Request::post("/api/orders")
        .header("x-correlation-id", "asked-7")
        .body(Body::from(order("a").to_string()));
    served.send(request.unwrap()).await;
    served.script.lines().settled = Some(Fate::Cancelled);
    served.desk.settle().await;
    assert_eq!(
        *served.lines.lock().unwrap(),
        [
            "order a is in doubt correlation_id=asked-7",
            "order a was in doubt, and is cancelled"
        ]
    );
}
