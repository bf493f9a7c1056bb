//! Answers as JSON, and what refuses as status and `Retry-After`.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use resilience_core::circuit_breaker::CircuitSnapshot;
use resilience_core::{
    BoxError, CallError, CircuitState, Elapsed, Env, Rejected, Respond, Snapshot,
};
use resilience_tower::{Tower, context};
use serde_json::{Value, json};

use super::check::BadOrder;
use super::desk::{Refused, Told};
use crate::broker::Order;
use crate::risk::{Breach, RiskConfig};
use crate::settings::dollars;
use crate::trader::Fate;
use crate::venue::VenueError;

/// Where the correlation id of a call is told.
const CORRELATION_ID: &str = "x-correlation-id";

/// Adds the correlation id of the call to what is said of its failure.
fn named(mut body: Value) -> Value {
    if let Some(id) = context::current().correlation_id {
        body["correlation_id"] = id.as_str().into();
    }
    body
}

/// Says in one line what is wrong.
pub(super) fn problem(status: StatusCode, line: &str) -> Response {
    (status, Json(named(json!({ "error": line })))).into_response()
}

pub(super) fn unknown(what: &str, value: &str) -> Response {
    problem(
        StatusCode::NOT_FOUND,
        &format!("{what}: {value:?} is unknown"),
    )
}

pub(super) fn bad_order(BadOrder { field, rule, value }: BadOrder) -> Response {
    let error = match &value {
        Value::Null if field == "body" => format!("{field}: {rule}"),
        Value::Null => format!("{field}: {rule}, got nothing"),
        value => format!("{field}: {rule}, got {value}"),
    };
    let body = json!({ "error": error, "field": field, "rule": rule, "value": value });
    (StatusCode::BAD_REQUEST, Json(named(body))).into_response()
}

pub(super) fn quote(told: &Told) -> Value {
    json!({
        "symbol": told.quote.symbol,
        "price": told.quote.price,
        "date": told.date.map(|date| date.to_string()),
        "stale": told.stale,
        "age_seconds": (told.age.as_secs_f64() * 1e3).round() / 1e3,
    })
}

/// Says in one line why there is no quote.
pub(super) fn why_no_quote(symbol: &str, error: &VenueError<BoxError>) -> String {
    if is_unpriced(error) {
        format!("symbol: {symbol:?} has no price yet")
    } else {
        error.to_string()
    }
}

fn is_unpriced(error: &VenueError<BoxError>) -> bool {
    matches!(error, VenueError::Status { status, .. } if *status == StatusCode::NOT_FOUND)
}

/// Says why there is no quote.
pub(super) fn no_quote(symbol: &str, error: &VenueError<BoxError>) -> Response {
    if is_unpriced(error) {
        return problem(StatusCode::NOT_FOUND, &why_no_quote(symbol, error));
    }
    let VenueError::Transport(cause) = error else {
        return problem(StatusCode::BAD_GATEWAY, &error.to_string());
    };
    match (cause.rejected(), cause.elapsed()) {
        (Some(reason), _) => refused(reason.clone()),
        (_, Some(reason)) => late(reason.clone()),
        _ => problem(StatusCode::BAD_GATEWAY, &format!("{error}: {cause}")),
    }
}

fn refused(reason: Rejected) -> Response {
    explain(Respond::<Rejected, Tower>::respond(reason))
}

fn late(reason: Elapsed) -> Response {
    explain(Respond::<Elapsed, Tower>::respond(reason))
}

/// Gives a body to a response with which a layer cut a request short.
pub(super) fn explain(response: Response) -> Response {
    let extensions = response.extensions();
    let line = if let Some(reason) = extensions.get::<Rejected>() {
        let why = std::error::Error::source(reason).map(|why| format!(": {why}"));
        format!("{reason}{}", why.unwrap_or_default())
    } else if let Some(reason) = extensions.get::<Elapsed>() {
        reason.to_string()
    } else {
        return response;
    };
    let (mut head, _) = response.into_parts();
    head.headers.remove(CONTENT_LENGTH);
    let json = HeaderValue::from_static("application/json");
    head.headers.insert(CONTENT_TYPE, json);
    let soon = HeaderValue::from(1);
    head.headers.entry(RETRY_AFTER).or_insert(soon);
    let mut body = json!({ "error": line });
    // The layers that cut it short are outside of the call's scope.
    if let Some(Ok(id)) = head.headers.get(CORRELATION_ID).map(HeaderValue::to_str) {
        body["correlation_id"] = id.into();
    }
    Response::from_parts(head, Body::from(body.to_string()))
}

/// Says how an order stands; `None` while it is on its way.
pub(super) fn order(order: &Order, fate: Option<&Fate>, env: &Env) -> Response {
    let (status, error) = match fate {
        None => (StatusCode::ACCEPTED, None),
        Some(Fate::RefusedUnsent) => (
            StatusCode::SERVICE_UNAVAILABLE,
            Some("no venue can be asked now, nothing was sent: send it again"),
        ),
        Some(Fate::InDoubt) => (
            StatusCode::GATEWAY_TIMEOUT,
            Some("no venue says what became of it: ask for it, or send it again under this id"),
        ),
        Some(_) => (StatusCode::OK, None),
    };
    let mut body = json!({
        "client_id": order.client_id,
        "symbol": order.symbol,
        "side": order.side,
        "quantity": order.quantity,
        "price": order.price,
        "status": fate.map_or("running", Fate::word),
    });
    if let Some(error) = error {
        body["error"] = error.into();
        body = named(body);
    }
    if let Some(Fate::Filled(told)) = fate {
        body["venue"] = told.venue.clone().into();
    }
    let mut response = (status, Json(body)).into_response();
    if status.is_server_error() {
        let wait = HeaderValue::from(retry_after(env));
        response.headers_mut().insert(RETRY_AFTER, wait);
    }
    response
}

/// Returns the seconds, rounded up, until a circuit lets a call through; at least 1.
fn retry_after(env: &Env) -> u64 {
    let waits = env.registry().list().into_iter().filter_map(|policy| {
        let Snapshot::CircuitBreaker(CircuitSnapshot {
            state, retry_after, ..
        }) = policy.snapshot()
        else {
            return None;
        };
        match state {
            CircuitState::Open => retry_after,
            _ => Some(Duration::ZERO),
        }
    });
    let wait = waits.min().unwrap_or_default();
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

/// Says why an order was not taken.
pub(super) fn not_taken(refused: &Refused, order: &Order, limits: &RiskConfig) -> Response {
    match refused {
        Refused::Taken => problem(
            StatusCode::CONFLICT,
            &format!(
                "client_id: must be new, or of the same order, got {:?}",
                order.client_id
            ),
        ),
        Refused::Full => problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "orders: as many as are remembered have been taken",
        ),
        Refused::Risk(breach) => risk(*breach, order, limits),
    }
}

fn risk(breach: Breach, order: &Order, limits: &RiskConfig) -> Response {
    let value = order.price.saturating_mul(order.quantity.into());
    let (field, rule) = match breach {
        Breach::OrderSize => (
            "quantity",
            format!(
                "the order must be worth at most {}",
                dollars(limits.max_order_size)
            ),
        ),
        Breach::PositionSize => (
            "quantity",
            format!(
                "what is held of a symbol must be worth at most {}",
                dollars(limits.max_position_size)
            ),
        ),
        Breach::Cash => (
            "quantity",
            "the order must be worth at most the free cash".to_owned(),
        ),
        Breach::NothingHeld => ("quantity", "must be at most what is held".to_owned()),
        Breach::DailyLoss => ("side", "must be sell after the daily loss".to_owned()),
        Breach::Drawdown => ("side", "must be sell after the drawdown".to_owned()),
        Breach::TradingDisabled => ("body", "trading is switched off".to_owned()),
    };
    let error = format!("{field}: {rule}, got an order worth {}", dollars(value));
    let body = json!({
        "error": error, "field": field, "rule": rule, "value": dollars(value), "reason": breach.word(),
    });
    (StatusCode::UNPROCESSABLE_ENTITY, Json(named(body))).into_response()
}
