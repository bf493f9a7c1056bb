//! The API, asked as over HTTP.

mod answers;
mod own;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use admf_metrics::http::Token;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use super::*;
use crate::alertmanager_file::{add, parse};
use crate::channel::io::Wall;
use crate::service::ServiceConfig;
use crate::{Engine, Rule};

const NOW: Duration = Duration::from_secs(1_700_000_000);

const YML: &str = "
route:
  receiver: rest
  group_by: [alertname]
  routes: [{receiver: page, matchers: [severity=critical]}]
receivers:
- name: rest
- name: page
  slack_configs: [{api_url: 'https://hooks.example/PLANTED', channel: x}]
  webhook_configs: [{url: 'https://me:PLANTED@example/PLANTED', http_config: {authorization: {credentials: PLANTED}}}]
";

/// A service whose clock stands still.
struct Place {
    service: AlertService,
    _folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("there is room");
        let setup = parse("alertmanager.yml", YML, None).expect("it is sound");
        let log = folder.path().join("log");
        let second = format!(
            "receivers: [{{name: rest, file_configs: [{{path: {}}}]}}]",
            log.display()
        );
        let setup = add(setup, "admf.yml", &second, None).expect("it is sound");
        let mut config = ServiceConfig::new(folder.path().join("alerts.redb"), setup);
        config.shared.wall = Wall::new(|| NOW);
        let service = AlertService::open(config).expect("it is sound");
        Self {
            service,
            _folder: folder,
        }
    }

    fn api(&self) -> Router {
        Api::new(self.service.clone()).router()
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let (status, text) = ask(self.api(), method, path, body.to_string()).await;
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    async fn post_alerts(&self, names: &[&str]) {
        let alerts = names
            .iter()
            .map(|it| json!({ "labels": { "alertname": it } }));
        let alerts = alerts.collect();
        assert_eq!(
            self.ask("POST", "/api/v2/alerts", alerts).await,
            (200, Value::Null)
        );
    }
}

async fn ask(router: Router, method: &str, path: &str, body: String) -> (u16, String) {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("content-type", "application/json");
    answer(router, request.body(Body::from(body)).expect("it is sound")).await
}

async fn answer(router: Router, request: Request<Body>) -> (u16, String) {
    let response = router.oneshot(request).await.expect("routes always answer");
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.expect("it is whole");
    (
        status,
        String::from_utf8(body.to_bytes().into()).expect("it is a text"),
    )
}
