//! How the service is.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Api;
use super::answer::{Answer, Json};
use crate::alertmanager_file::{Setup, export};
use crate::channel::time::{millis, rfc3339};
use crate::service::{ChannelTotals, Phase};

/// The version of Alertmanager whose API this is: clients choose by it how they talk.
const ALERTMANAGER: &str = "0.25.0";

pub(super) async fn healthy() -> &'static str {
    "OK"
}

/// Whether people are told by this process.
pub(super) async fn ready(State(api): State<Api>) -> Response {
    match api.service.phase() {
        Phase::Telling => "OK".into_response(),
        phase => (StatusCode::SERVICE_UNAVAILABLE, phase.as_str()).into_response(),
    }
}

pub(super) async fn reload(State(api): State<Api>) -> Response {
    match (api.reload)() {
        Ok(()) => StatusCode::OK.into_response(),
        Err(problem) => {
            let line = problem.lines().next().unwrap_or_default();
            let line = format!("failed to reload config: {line}\n");
            (StatusCode::INTERNAL_SERVER_ERROR, line).into_response()
        }
    }
}

pub(super) async fn alertmanager(State(api): State<Api>) -> Answer {
    Ok(Json::of(json!({
        "cluster": { "status": "disabled", "peers": [] },
        "config": { "original": shown(&api.service.setup()) },
        "uptime": millis(api.began),
        "versionInfo": {
            "branch": "admf-alerts",
            "buildDate": "",
            "buildUser": "",
            "goVersion": "",
            "revision": env!("CARGO_PKG_VERSION"),
            "version": ALERTMANAGER,
        },
    })))
}

/// The configuration as a file of Alertmanager, without secrets.
fn shown(setup: &Setup) -> String {
    match export(setup, true) {
        Ok(file) => file.shown(),
        Err(problem) => format!("# cannot be written: {problem}\n"),
    }
}

pub(super) async fn receivers(State(api): State<Api>) -> Answer {
    let setup = api.service.setup();
    let names = setup.channels.keys().map(|name| json!({ "name": name }));
    Ok(Json::of(names.collect::<Vec<_>>()))
}

pub(super) async fn own(State(api): State<Api>) -> Answer {
    let totals = api.service.totals();
    let channels = totals.channels.iter().map(|(receiver, all)| {
        let all: Vec<_> = all.iter().map(channel).collect();
        (receiver.clone(), Value::from(all))
    });
    Ok(Json::of(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "phase": api.service.phase().as_str(),
        "since": rfc3339(api.began),
        "channels": channels.collect::<Value>(),
        "undelivered": totals.undelivered,
        "oldest_undelivered": totals.oldest_undelivered.map(rfc3339),
        "dropped": totals.dropped,
        "disk_failing": totals.failing,
        "disk_failures": totals.write_failures,
    })))
}

fn channel(totals: &ChannelTotals) -> Value {
    json!({
        "channel": totals.name,
        "sent": totals.sent,
        "failed": totals.failed,
        "refused": totals.refused,
        "last_sent": totals.last_sent.map(rfc3339),
        "failing_since": totals.failing_since.map(rfc3339),
        "said": totals.said,
    })
}
