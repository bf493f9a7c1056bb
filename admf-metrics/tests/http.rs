//! The routes, asked as a prober or a Prometheus would ask.

use std::time::Duration;

use admf_metrics::health::ComponentState;
use admf_metrics::{Catalogue, Exporter, Health, Metric, router};
use axum::body::{Body, to_bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

const UP: Metric = Metric::gauge("t_up", "Up.");

struct Answer {
    status: StatusCode,
    content_type: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        assert_eq!(self.content_type, "application/json");
        serde_json::from_str(&self.body).unwrap()
    }
}

fn ask(method: &str, path: &str, exporter: &Exporter, health: &Health) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .body(Body::empty())
        .unwrap();
    tokio_test::block_on(async {
        let app = router(exporter.clone(), health.clone());
        let response = app.oneshot(request).await.unwrap();
        let content_type = response.headers().get(CONTENT_TYPE);
        Answer {
            status: response.status(),
            content_type: content_type.map_or("", |v| v.to_str().unwrap()).to_owned(),
            body: String::from_utf8(
                to_bytes(response.into_body(), usize::MAX)
                    .await
                    .unwrap()
                    .to_vec(),
            )
            .unwrap(),
        }
    })
}

fn exporter() -> Exporter {
    Exporter::local(Catalogue::new([UP]).unwrap())
}

#[test]
fn metrics_are_scraped_with_the_content_type_that_prometheus_needs() {
    let exporter = exporter();
    let gauge = exporter.meter().gauge(&UP, &[]).unwrap();
    exporter.meter().on_scrape(move |_| gauge.set(1.0));
    let expected = exporter.render();
    let answer = ask("GET", "/metrics", &exporter, &Health::new());
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        answer.content_type,
        "text/plain; version=0.0.4; charset=utf-8"
    );
    assert_eq!(answer.body, expected);
    assert!(answer.body.contains("\nt_up 1\n"));
    // A scrape is counted, for the next to tell.
    let size = format!("\nadmf_metrics_scrape_size_bytes {}\n", answer.body.len());
    assert!(exporter.render().contains(&size));
}

#[test]
fn health_is_ok_whatever_the_dependencies_do() {
    let (exporter, health) = (exporter(), Health::new());
    let broker = health.critical("broker").unwrap();
    broker.report(ComponentState::Unhealthy, Duration::ZERO, "refused");
    health.shutting_down();
    let answer = ask("GET", "/health", &exporter, &health);
    assert_eq!(
        (answer.status, answer.json()),
        (StatusCode::OK, json!({ "status": "ok" }))
    );
}

#[test]
fn ready_follows_start_components_and_shutdown_and_names_what_fails() {
    let (exporter, health) = (exporter(), Health::new());
    let broker = health.critical("broker").unwrap();
    let cache = health.optional("cache").unwrap();
    let ready = || {
        let answer = ask("GET", "/ready", &exporter, &health);
        (answer.status.as_u16(), answer.json())
    };
    assert_eq!(ready(), (503, json!({ "status": "starting" })));

    health.started();
    let unready = |state: &str, message: &str| {
        let failing = json!([{ "name": "broker", "state": state, "message": message }]);
        (503, json!({ "status": "unready", "failing": failing }))
    };
    assert_eq!(ready(), unready("unknown", ""));

    broker.report(ComponentState::Healthy, Duration::ZERO, "");
    cache.report(ComponentState::Unhealthy, Duration::ZERO, "");
    assert_eq!(ready(), (200, json!({ "status": "ready" })));

    broker.report(ComponentState::Unhealthy, Duration::ZERO, "said \"no\"\n");
    assert_eq!(ready(), unready("unhealthy", "said \"no\"\n"));

    health.shutting_down();
    assert_eq!(ready(), (503, json!({ "status": "shutting_down" })));
}

#[test]
fn other_methods_and_paths_are_refused() {
    let (exporter, health) = (exporter(), Health::new());
    let status = |method, path| ask(method, path, &exporter, &health).status.as_u16();
    assert_eq!(status("POST", "/metrics"), 405);
    assert_eq!(status("GET", "/"), 404);
    assert_eq!(status("HEAD", "/health"), 200);
}
