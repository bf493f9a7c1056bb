//! Answers that say no, each with one line of text that says why.

use std::{error::Error, fmt, iter, time::Duration};

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header::RETRY_AFTER};

use super::book::BookError;

/// Says why a request was not done, or not answered.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    line: String,
}

impl Problem {
    /// The request breaks a rule; `line` names field, rule and value.
    pub(super) fn bad(line: fmt::Arguments<'_>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, line)
    }

    pub(super) fn unknown(field: &str, value: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            format_args!("{field}: {value:?} is unknown"),
        )
    }

    pub(super) fn down() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format_args!("the venue is down"),
        )
    }

    pub(super) fn failed() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format_args!("the venue failed"),
        )
    }

    pub(super) fn late() -> Self {
        Self::new(
            StatusCode::GATEWAY_TIMEOUT,
            format_args!("the deadline has passed, nothing was done"),
        )
    }

    /// Asks to come again later: exactly in `retry-after-ms`, rounded up in `Retry-After`.
    pub(super) fn rate_limited(retry_after: Duration) -> Response {
        let problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            format_args!("too many requests"),
        );
        let mut response = problem.into_response();
        let millis = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX);
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from(millis.div_ceil(1000)));
        headers.insert("retry-after-ms", HeaderValue::from(millis));
        response
    }

    fn new(status: StatusCode, line: fmt::Arguments<'_>) -> Self {
        let line = line.to_string();
        Self { status, line }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, format!("{}\n", self.line)).into_response()
    }
}

impl From<BookError> for Problem {
    fn from(error: BookError) -> Self {
        let status = match error {
            BookError::Reused(_) => StatusCode::CONFLICT,
            BookError::Lost | BookError::Sqlite(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let chain = iter::successors(Some(&error as &dyn Error), |&error| error.source());
        let line = chain
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(": ");
        Self { status, line }
    }
}
