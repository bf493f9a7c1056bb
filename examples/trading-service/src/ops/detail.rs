//! How each part of the process is, for those who look closer than a restart or a balancer needs.

use std::sync::{Arc, OnceLock};

use admf_metrics::Health;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::header::CACHE_CONTROL;
use resilience_core::health::{ComponentSnapshot, Health as Parts};
use serde_json::{Map, Value, json};

/// Gives the route `/health/detail`: always 200, since it is about parts and not about the process.
pub(super) fn routes(health: Health, parts: Arc<OnceLock<Parts>>) -> Router {
    let detail = async move || -> Response {
        let body = parts.get().map_or_else(|| reported(&health), checked);
        ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
    };
    Router::new().route("/health/detail", get(detail))
}

/// Describes parts that are checked.
fn checked(parts: &Parts) -> Value {
    let seen = parts.snapshot();
    let components = seen.components.iter();
    let components: Map<_, _> = components
        .map(|it| (it.name.to_string(), component(it)))
        .collect();
    json!({ "overall_status": seen.system.as_str(), "components": components })
}

fn component(it: &ComponentSnapshot) -> Value {
    json!({
        "status": it.status.as_str(),
        "critical": it.critical,
        "checks": it.checks,
        "failures": it.failures,
        "last_check_age_seconds": it.age.map(|age| age.as_secs_f64()),
        "last_error": it.last_error,
    })
}

/// Describes what a run says of itself.
fn reported(health: &Health) -> Value {
    let components = health.components().into_iter();
    let components: Map<_, _> = components
        .map(|it| {
            let body = json!({
                "status": it.state.to_string(),
                "critical": it.critical,
                "message": it.message,
            });
            (it.name, body)
        })
        .collect();
    json!({ "overall_status": health.verdict().to_string(), "components": components })
}
