//! Who is let in, and what never gets as far as the code that answers.

use admf_metrics::http::Token;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::answer::Problem;

pub(super) async fn admitted(State(token): State<Token>, request: Request, next: Next) -> Response {
    let Err(why) = token.admit(request.headers()) else {
        return next.run(request).await;
    };
    let mut response = Problem::own(StatusCode::UNAUTHORIZED, why.to_string()).into_response();
    let how = HeaderValue::from_static("Bearer");
    response.headers_mut().insert(WWW_AUTHENTICATE, how);
    response
}

pub(super) async fn no_path(address: Uri) -> Problem {
    let problem = format!("path {} was not found", address.path());
    Problem::own(StatusCode::NOT_FOUND, problem)
}

pub(super) async fn no_method(method: Method) -> Problem {
    let problem = format!("method {method} is not allowed");
    Problem::own(StatusCode::METHOD_NOT_ALLOWED, problem)
}

/// The body of a request that says that it is JSON: no page of another site can send one without asking.
pub(super) struct Posted(pub(super) Bytes);

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE);
        let kind = kind.map_or("application/octet-stream", |it| {
            it.to_str().unwrap_or_default()
        });
        let plain = kind.split(';').next().unwrap_or_default().trim();
        if !plain.eq_ignore_ascii_case("application/json") {
            let problem =
                format!("unsupported media type {kind:?}, only [application/json] are allowed");
            return Err(Problem::own(StatusCode::UNSUPPORTED_MEDIA_TYPE, problem));
        }
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|refused| Problem::own(refused.status(), refused.body_text()))?;
        Ok(Self(body))
    }
}
