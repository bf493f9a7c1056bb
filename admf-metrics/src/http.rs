//! The routes that monitoring asks for, as an axum router (feature `http-server`).

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use crate::exporter::{self, Exporter};
use crate::health::{ComponentHealth, Health, Readiness};

/// Returns the routes `/metrics`, `/health` and `/ready`.
///
/// | path | answers |
/// |---|---|
/// | `/metrics` | 200 with [`Exporter::scrape`] |
/// | `/health` | 200 `{"status":"ok"}` as long as it can answer at all; it asks no dependency, so that a broken one does not get the process restarted |
/// | `/ready` | 200 `{"status":"ready"}`, or 503 with `status` `starting`, `shutting_down` or `unready`, the last with the `failing` critical components |
///
/// There is no authentication: bind it to loopback, or to a port that only monitoring reaches.
///
/// # Examples
///
/// ```
/// use admf_metrics::{Catalogue, Exporter, Health, router};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = router(Exporter::local(Catalogue::new([])?), Health::new());
/// // The caller binds and serves: `axum::serve(listener, app)`.
/// # let _: axum::Router = app;
/// # Ok(())
/// # }
/// ```
pub fn router(exporter: Exporter, health: Health) -> Router {
    let scrape = get(metrics).with_state(exporter);
    let ready = get(ready).with_state(health);
    Router::new()
        .route("/metrics", scrape)
        .route("/health", get(alive))
        .route("/ready", ready)
}

async fn metrics(State(exporter): State<Exporter>) -> impl IntoResponse {
    ([(CONTENT_TYPE, exporter::CONTENT_TYPE)], exporter.scrape())
}

async fn alive() -> Response {
    answer(StatusCode::OK, &json!({ "status": "ok" }))
}

async fn ready(State(health): State<Health>) -> Response {
    let body = match health.readiness() {
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

fn describe(component: &ComponentHealth) -> Value {
    json!({
        "name": component.name,
        "state": component.state.to_string(),
        "message": component.message,
    })
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-store"),
    ];
    (status, headers, body.to_string()).into_response()
}
