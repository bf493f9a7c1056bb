//! What each route answers.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{Routes, Token, clock, detail, encoding};
use crate::exporter;
use crate::handle::Counter;
use crate::health::{ComponentHealth, Readiness};

/// Who is let in, and who was not.
#[derive(Clone)]
pub(super) struct Guard {
    pub(super) token: Token,
    /// In the order of `Denied`.
    pub(super) denied: [Counter; 3],
}

pub(super) async fn admitted(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let Err(why) = guard.token.admit(request.headers()) else {
        return next.run(request).await;
    };
    guard.denied[why as usize].increment(1);
    let mut response = refusal(StatusCode::UNAUTHORIZED, &why.to_string());
    let how = HeaderValue::from_static("Bearer");
    response.headers_mut().insert(WWW_AUTHENTICATE, how);
    response
}

pub(super) async fn metrics(State(routes): State<Routes>, headers: HeaderMap) -> Response {
    let rendered = routes.scrapes.next(encoding::takes_gzip(&headers)).await;
    let Ok(rendered) = rendered else {
        return refusal(
            StatusCode::INTERNAL_SERVER_ERROR,
            "metrics: cannot be rendered",
        );
    };
    let mut response = Response::new(Body::from(rendered.body));
    let headers = response.headers_mut();
    let constant = HeaderValue::from_static;
    headers.insert(CONTENT_TYPE, constant(exporter::CONTENT_TYPE));
    headers.insert(CACHE_CONTROL, constant("no-store"));
    headers.insert(VARY, constant("accept-encoding"));
    if rendered.packed {
        headers.insert(CONTENT_ENCODING, constant("gzip"));
    }
    response
}

pub(super) async fn alive(State(routes): State<Routes>) -> Response {
    let Some(heartbeat) = &routes.heartbeat else {
        return answer(StatusCode::OK, &json!({ "status": "ok" }));
    };
    let (age, limit) = (heartbeat.age(), heartbeat.limit());
    let (status, word) = match age <= limit {
        true => (StatusCode::OK, "ok"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "stalled"),
    };
    let body = json!({
        "status": word,
        "heartbeat_age_seconds": age.as_secs_f64(),
        "heartbeat_limit_seconds": limit.as_secs_f64(),
    });
    answer(status, &body)
}

pub(super) async fn ready(State(routes): State<Routes>) -> Response {
    let body = match routes.health.readiness() {
        Readiness::Ready => return answer(StatusCode::OK, &json!({ "status": "ready" })),
        Readiness::Starting => json!({ "status": "starting" }),
        Readiness::ShuttingDown => json!({ "status": "shutting_down" }),
        Readiness::Failing(failing) => {
            let failing: Vec<_> = failing.iter().map(describe).collect();
            json!({ "status": "unready", "failing": failing })
        }
    };
    answer(StatusCode::SERVICE_UNAVAILABLE, &body)
}

pub(super) async fn detailed(State(routes): State<Routes>) -> Response {
    let report = routes.health.report();
    let body = detail::body(&report, routes.switches.now(), clock::time_of_day());
    answer(StatusCode::OK, &body)
}

fn describe(component: &ComponentHealth) -> Value {
    json!({
        "name": component.name,
        "state": component.state.as_str(),
        "message": component.message,
    })
}

pub(super) fn refusal(status: StatusCode, line: &str) -> Response {
    answer(status, &json!({ "error": line }))
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-store"),
    ];
    (status, headers, body.to_string()).into_response()
}
