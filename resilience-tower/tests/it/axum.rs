//! Layers over axum's routes, which cannot fail, as they are.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::{Router, response::Response, routing::get};
use resilience_core::{
    Ask, CircuitState, Elapsed, Failover, FailoverConfig, Fallback, FallbackConfig, Gate, Outcome,
    Rejected,
};
use resilience_tower::http::Attempts;
use resilience_tower::{FailoverLayer, FallbackLayer, GateLayer, QueueLayer, RetryLayer};
use tokio_test::assert_pending;
use tokio_test::task::spawn;
use tower::{ServiceBuilder, ServiceExt};
use tower_layer::Layer;

use crate::common::{OPEN_FOR, SECOND, Slots, env, fragile, in_a_row, retry, timeout};

async fn send(app: &Router) -> Response {
    let request = Request::get("/").body(Body::empty()).unwrap();
    app.clone().oneshot(request).await.unwrap()
}

fn failing(status: StatusCode) -> Router {
    Router::new().route("/", get(move || async move { status }))
}

#[tokio::test(start_paused = true)]
async fn ten_server_errors_open_the_circuit_which_then_answers_503() {
    let breaker = in_a_row(10, &env());
    let app = failing(StatusCode::INTERNAL_SERVER_ERROR).layer(GateLayer::new(breaker.clone()));
    for _ in 0..10 {
        let response = send(&app).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
    assert_eq!(breaker.state(), CircuitState::Open);

    tokio::time::advance(SECOND / 2).await;
    let response = send(&app).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], "10");
    assert!(response.extensions().get::<Rejected>().is_some());
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_one_layer_says_nothing_to_the_next_but_a_timeout_does() {
    let (outer, inner) = (in_a_row(2, &env()), in_a_row(1, &env()));
    let app = Router::new()
        .route("/", get(std::future::pending::<()>))
        .layer(
            ServiceBuilder::new()
                .layer(GateLayer::new(outer.clone()))
                .layer(GateLayer::new(inner.clone()))
                .layer(timeout(SECOND)),
        );
    let response = send(&app).await;
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(
        response.extensions().get::<Elapsed>().unwrap().limit,
        SECOND
    );
    for _ in 0..10 {
        let response = send(&app).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(inner.state(), CircuitState::Open);
    assert_eq!(outer.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn what_is_the_clients_fault_says_nothing_against_the_service() {
    let breaker = in_a_row(1, &env());
    for status in [StatusCode::NOT_FOUND, StatusCode::TOO_MANY_REQUESTS] {
        let app = failing(status).layer(GateLayer::new(breaker.clone()));
        assert_eq!(send(&app).await.status(), status);
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn the_slot_of_a_route_is_kept_to_the_end_of_the_body() {
    let slots = Slots::new(1, SECOND, &env());
    let layer = GateLayer::new(slots.clone()).until_body_end();
    let app = Router::new()
        .route("/", get(|| async { "a long answer" }))
        .layer(layer);
    let response = send(&app).await;
    let refused = send(&app).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    let body = axum::body::to_bytes(response.into_body(), 1_000).await;
    assert_eq!(body.unwrap(), "a long answer");
    assert!(slots.is_idle());
    assert_eq!(send(&app).await.status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_probe_by_head_closes_the_circuit_though_nobody_reads_its_body() {
    let breaker = fragile(&env());
    let failed = breaker.permit(&Ask::default()).unwrap();
    failed.record(Outcome::Failure);
    let app = Router::new()
        .route("/", get(|| async { "a long answer" }))
        .layer(GateLayer::new(breaker.clone()).until_body_end());
    tokio::time::advance(OPEN_FOR).await;
    let request = Request::head("/").body(Body::empty()).unwrap();
    drop(app.oneshot(request).await.unwrap());
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn routes_can_wait_their_turn() {
    let slots = Slots::new(1, 5 * SECOND, &env());
    let app = Router::new()
        .route("/", get(|| tokio::time::sleep(SECOND)))
        .layer(QueueLayer::new(slots.clone()));
    let mut first = spawn(send(&app));
    assert_pending!(first.poll());
    let second = send(&app);
    let (first, second) = (first.await, second.await);
    assert_eq!([first.status(), second.status()], [StatusCode::OK; 2]);
    assert!(slots.is_idle());
}

#[tokio::test(start_paused = true)]
async fn a_failing_response_can_be_replaced() {
    let fallback = Fallback::new("pages", FallbackConfig::default(), &env())
        .unwrap()
        .with_value(::http::Response::new("closed for today"));
    let page = ServiceBuilder::new()
        .layer(
            FallbackLayer::new(fallback, |_: &()| "page").mark(resilience_tower::http::mark_stale),
        )
        .service_fn(|()| async {
            let mut response = ::http::Response::new("oops");
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            Ok::<_, std::convert::Infallible>(response)
        });
    let response = page.oneshot(()).await.unwrap();
    assert_eq!(*response.body(), "closed for today");
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn routers_fail_over_and_routes_are_tried_again() {
    let config = FailoverConfig {
        targets: vec!["primary".into(), "backup".into()],
        switch_after: 1,
        ..Default::default()
    };
    let failover = Failover::new("pages", config, &env()).unwrap();
    let routers = [StatusCode::BAD_GATEWAY, StatusCode::OK].map(failing);
    let copy = |request: &Request<Body>| {
        let copy = Request::builder().method(request.method());
        copy.uri(request.uri()).body(Body::empty()).ok()
    };
    let app = Router::new()
        .route_service("/", FailoverLayer::new(failover.clone()).layer(routers))
        .layer(RetryLayer::repeatable(retry(&env()), copy).tell_attempts());
    let response = send(&app).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.extensions().get(), Some(&Attempts(2)));
    assert_eq!(failover.active().as_str(), "backup");
}
