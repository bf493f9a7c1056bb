//! Rate, errors and duration of http services, by method, route and status.

pub mod body;
mod layer;
mod series;

use ::http::{Extensions, Response, StatusCode};

pub use layer::{HttpMeasureLayer, HttpMeasured, ResponseFuture};

use super::rule::{CallResult, Classify};
use crate::catalogue::{Label, Metric};

/// Methods by their names; all others are `_other`.
const METHODS: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
];

/// The route of requests that none matched.
const UNMATCHED: &str = "_unmatched";

/// Upper bounds that OpenTelemetry recommends for http.
const SECONDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// A status, or `_error`, `_panic`, `_dropped` where there was no answer.
const LABELS: [Label; 3] = [
    Label::one_of("method", &METHODS),
    Label::capped("route", 100),
    Label::capped("code", 64),
];

/// What a catalogue needs for [`HttpMeasureLayer::server`].
pub const SERVER_METRICS: [Metric; 2] = [
    Metric::histogram(
        "http_request_duration_seconds",
        "Time to answer a request, by method, route template and status; its count is the number of requests.",
        &SECONDS,
    )
    .labels(&LABELS)
    .unit("seconds")
    .fed_by("http server"),
    Metric::gauge("http_requests_in_flight", "Requests that are being answered.")
        .fed_by("http server"),
];

/// What a catalogue needs for [`HttpMeasureLayer::client`].
pub const CLIENT_METRICS: [Metric; 2] = [
    Metric::histogram(
        "http_client_request_duration_seconds",
        "Time until a request is answered, by method, route template and status; its count is the number of requests.",
        &SECONDS,
    )
    .labels(&LABELS)
    .unit("seconds")
    .fed_by("http client"),
    Metric::gauge(
        "http_client_requests_in_flight",
        "Requests sent that are not answered.",
    )
    .fed_by("http client"),
];

/// Finds the template of the route that a request matched, never its path, in what the router or the
/// caller left in its extensions.
pub type Route = fn(&Extensions) -> Option<&str>;

/// The rule of [`MeasureLayer`](super::MeasureLayer) for http: an `Err` is an error, and so is a
/// status from 500 on, whose class is the status.
///
/// A status that a refusal stands for (429, 503) is no more than a status here: a rule of the caller's
/// own may call it [`Rejected`](CallResult::Rejected).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerErrors;

impl<B, E> Classify<Result<Response<B>, E>> for ServerErrors {
    #[inline]
    fn classify(&self, result: &Result<Response<B>, E>) -> CallResult {
        match result {
            Ok(response) if !response.status().is_server_error() => CallResult::Success,
            Ok(response) => CallResult::Error(class(response.status())),
            Err(_) => CallResult::ERROR,
        }
    }
}

/// Names the errors that a class is worth.
fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        500 => "500",
        502 => "502",
        503 => "503",
        504 => "504",
        _ => Label::OVERFLOW,
    }
}
