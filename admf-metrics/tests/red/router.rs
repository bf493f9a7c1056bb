//! An axum router whose routes are measured.

use std::io::Write;
use std::process::{Command, Stdio};

use admf_metrics::red::{self, Operation, http::HttpMeasureLayer, http::SERVER_METRICS};
use admf_metrics::{Catalogue, Exporter};
use axum::Router;
use axum::body::Body;
use axum::extract::MatchedPath;
use axum::routing::{get, post};
use http::{Extensions, Request, StatusCode};
use tower::ServiceExt;

use crate::value;

fn template(extensions: &Extensions) -> Option<&str> {
    extensions.get::<MatchedPath>().map(MatchedPath::as_str)
}

fn app(exporter: &Exporter) -> Router {
    Router::new()
        .route("/api/quotes/{symbol}", get(async || "101.5"))
        .route("/api/orders", post(async || StatusCode::BAD_GATEWAY))
        .layer(HttpMeasureLayer::server(exporter.meter(), template).unwrap())
}

fn exporter() -> Exporter {
    let metrics = red::METRICS.into_iter().chain(SERVER_METRICS);
    Exporter::local(Catalogue::new(metrics).unwrap())
}

async fn ask(app: &Router, method: &str, path: &str) -> StatusCode {
    let request = Request::builder().method(method).uri(path);
    let request = request.body(Body::empty()).unwrap();
    app.clone().oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn routes_are_measured_by_their_templates_whatever_paths_are_asked_for() {
    let exporter = exporter();
    let app = app(&exporter);
    for i in 0..1000 {
        ask(&app, "GET", &format!("/api/quotes/S{i}")).await;
        ask(&app, "GET", &format!("/wp-admin/{i}.php")).await;
    }
    assert_eq!(ask(&app, "POST", "/api/orders").await, 502);
    assert_eq!(ask(&app, "DELETE", "/api/orders").await, 405);

    for (labels, expected) in [
        (
            r#"{method="GET",route="/api/quotes/{symbol}",code="200"}"#,
            1000.0,
        ),
        (r#"{method="GET",route="_unmatched",code="404"}"#, 1000.0),
        (r#"{method="POST",route="/api/orders",code="502"}"#, 1.0),
        (r#"{method="DELETE",route="/api/orders",code="405"}"#, 1.0),
    ] {
        let series = format!("http_request_duration_seconds_count{labels}");
        assert_eq!(value(&exporter, &series), Some(expected), "{labels}");
    }
    let text = exporter.render();
    let series = text
        .lines()
        .filter(|it| it.starts_with("http_request_duration_seconds_count"));
    assert_eq!(series.count(), 4);
    assert_eq!(value(&exporter, "http_requests_in_flight"), Some(0.0));
}

#[tokio::test]
async fn promtool_finds_nothing_wrong_with_what_is_rendered() {
    let exporter = exporter();
    ask(&app(&exporter), "GET", "/api/quotes/IBM").await;
    let operation = Operation::with_classes(exporter.meter(), "op", &["timeout"]).unwrap();
    operation.call(|| Err::<(), _>(())).unwrap_err();

    let promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut promtool) = promtool else {
        let required = std::env::var_os("ADMF_REQUIRE_SERVERS").is_some();
        assert!(!required, "promtool is missing");
        eprintln!("left out: there is no promtool");
        return;
    };
    let mut stdin = promtool.stdin.take().unwrap();
    stdin.write_all(exporter.render().as_bytes()).unwrap();
    drop(stdin);
    let output = promtool.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
}
