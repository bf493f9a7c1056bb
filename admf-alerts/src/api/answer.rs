//! What a request is answered.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

/// Says why a request is refused, as the API that it is of says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    /// `None`: the status says it all.
    pub(super) body: Option<Value>,
}

impl Problem {
    /// What Alertmanager's own code says: a text.
    pub(super) fn said(status: StatusCode, problem: impl Into<String>) -> Self {
        let body = Some(Value::String(problem.into()));
        Self { status, body }
    }

    /// What Alertmanager says of a request that does not get as far as its own code.
    pub(super) fn coded(status: StatusCode, code: u16, message: impl Into<String>) -> Self {
        let body = Some(json!({ "code": code, "message": message.into() }));
        Self { status, body }
    }

    /// A part of the body that is not there.
    pub(super) fn required(what: &str) -> Self {
        let message = format!("{what} in body is required");
        Self::coded(StatusCode::UNPROCESSABLE_ENTITY, 602, message)
    }

    /// What Prometheus says of a parameter.
    pub(super) fn parameter(name: &str, problem: &str) -> Self {
        let error = format!("invalid parameter \"{name}\": {problem}");
        let body = json!({ "status": "error", "errorType": "bad_data", "error": error });
        Self {
            status: StatusCode::BAD_REQUEST,
            body: Some(body),
        }
    }

    /// What we say, and what is said of requests that no code answers.
    pub(super) fn own(status: StatusCode, problem: impl Into<String>) -> Self {
        Self::coded(status, status.as_u16(), problem)
    }

    pub(super) fn bad(problem: impl Into<String>) -> Self {
        Self::own(StatusCode::BAD_REQUEST, problem)
    }

    pub(super) fn missing(problem: impl Into<String>) -> Self {
        Self::own(StatusCode::NOT_FOUND, problem)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        answer(self.status, self.body.as_ref())
    }
}

/// What is answered where all is well.
pub(super) type Answer = Result<Json, Problem>;

/// A body, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Json(pub(super) Option<Value>);

impl Json {
    pub(super) fn of(value: impl Serialize) -> Self {
        let value = serde_json::to_value(value);
        Self(Some(value.expect("plain values can be written")))
    }
}

impl IntoResponse for Json {
    fn into_response(self) -> Response {
        answer(StatusCode::OK, self.0.as_ref())
    }
}

fn answer(status: StatusCode, body: Option<&Value>) -> Response {
    let text = body.map(|it| format!("{it}\n")).unwrap_or_default();
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if body.is_some() {
        let json = HeaderValue::from_static("application/json");
        headers.insert(CONTENT_TYPE, json);
    }
    response
}
