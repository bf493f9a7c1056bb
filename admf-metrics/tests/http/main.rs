//! The routes, asked as a prober or a Prometheus would ask, and as somebody who means no good.

mod detail;
mod hostile;
mod pitfall;
mod schema;

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use admf_metrics::health::{self, ComponentState, Heartbeat};
use admf_metrics::http::{self, Page, Token};
use admf_metrics::{Catalogue, Clock, Exporter, Health, Label, Metric, Routes};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

const UP: Metric = Metric::gauge("t_up", "Up.").labels(&[Label::capped("which", 100)]);
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/json");
        assert_eq!(self.header("cache-control"), "no-store");
        assert!(!self.text().contains('\n'), "one line");
        serde_json::from_slice(&self.body).unwrap()
    }
}

fn ask(app: &Router, question: &str, headers: &[(&str, &str)]) -> Answer {
    let (method, path) = question.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).unwrap();
    let app = app.clone();
    tokio_test::block_on(async {
        let response = app.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: to_bytes(body, usize::MAX).await.unwrap(),
        }
    })
}

fn exporter() -> Exporter {
    let own = http::METRICS.into_iter().chain(health::METRICS);
    Exporter::local(Catalogue::new(own.chain([UP])).unwrap())
}

fn routes(exporter: &Exporter, health: &Health) -> Routes {
    Routes::new(exporter, health).unwrap()
}

/// An exporter whose text is worth to be packed.
fn large() -> Exporter {
    let exporter = exporter();
    for i in 0..50 {
        let which = format!("{i}");
        exporter
            .meter()
            .gauge(&UP, &[("which", &which)])
            .unwrap()
            .set(1.0);
    }
    exporter
}

#[test]
fn metrics_are_scraped_with_the_content_type_that_prometheus_needs() {
    let exporter = exporter();
    let gauge = exporter.meter().gauge(&UP, &[("which", "a")]).unwrap();
    exporter.meter().on_scrape(move |_| gauge.set(1.0));
    let app = routes(&exporter, &Health::new()).router();
    let answer = ask(&app, "GET /metrics", &[]);
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        answer.header("content-type"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(said(answer.text()), said(&exporter.render()));
    assert!(answer.text().contains("\nt_up{which=\"a\"} 1\n"));
}

#[test]
fn a_large_answer_is_packed_for_who_takes_it() {
    let exporter = large();
    let app = routes(&exporter, &Health::new()).router();
    let plain = ask(&app, "GET /metrics", &[]);
    let packed = ask(
        &app,
        "GET /metrics",
        &[("accept-encoding", "gzip;q=0.8, *;q=0.1")],
    );
    assert_eq!(plain.header("content-encoding"), "");
    assert_eq!(packed.header("content-encoding"), "gzip");
    for answer in [&plain, &packed] {
        assert_eq!(answer.header("vary"), "accept-encoding");
    }
    let mut unpacked = String::new();
    let mut decoder = flate2::read::GzDecoder::new(&*packed.body);
    decoder.read_to_string(&mut unpacked).unwrap();
    assert_eq!(said(&unpacked), said(plain.text()));
    assert!(packed.body.len() * 4 < plain.body.len());
    for refuses in [
        "gzip;q=0",
        "*;q=0",
        "identity",
        "gzip;q=0, *",
        "br",
        "\u{e9}gzip",
    ] {
        let answer = ask(&app, "GET /metrics", &[("accept-encoding", refuses)]);
        assert_eq!(answer.header("content-encoding"), "", "{refuses}");
        assert_eq!(said(answer.text()), said(plain.text()), "{refuses}");
    }
}

/// An exposition without what scrapes say of the ones before them.
fn said(text: &str) -> Vec<&str> {
    let of_scrapes = |line: &&str| !line.contains("admf_metrics_scrape");
    text.lines().filter(of_scrapes).collect()
}

#[test]
fn head_tells_the_length_and_sends_no_body() {
    let app = routes(&large(), &Health::new()).router();
    for path in ["/metrics", "/health", "/health/detail", "/ready"] {
        let full = ask(&app, &format!("GET {path}"), &[]);
        let head = ask(&app, &format!("HEAD {path}"), &[]);
        assert_eq!((head.status, head.body.len()), (full.status, 0));
        let length: usize = head.header("content-length").parse().unwrap();
        // Each scrape tells of the one before, the first of none.
        let same = path == "/metrics" || length == full.body.len();
        assert!(same && length > 10, "{path}: {length}");
        assert_eq!(head.header("content-type"), full.header("content-type"));
    }
}

#[test]
fn health_is_ok_whatever_the_dependencies_do() {
    let (exporter, health) = (exporter(), Health::new());
    let broker = health.critical("broker").unwrap();
    broker.report(ComponentState::Unhealthy, "refused");
    health.add_source(|| panic!("it must not be asked"));
    health.shutting_down();
    let app = routes(&exporter, &health).router();
    let answer = ask(&app, "GET /health", &[]);
    assert_eq!(
        (answer.status, answer.json()),
        (StatusCode::OK, json!({ "status": "ok" }))
    );
}

#[test]
fn health_fails_once_the_loop_has_not_turned_for_the_limit_and_says_for_how_long() {
    let now = Arc::<AtomicU64>::default();
    let read = Arc::clone(&now);
    let clock = Clock::new(move || Duration::from_secs(read.load(Ordering::Relaxed)));
    let heart = Heartbeat::new(Duration::from_secs(10), clock);
    let app = routes(&exporter(), &Health::new())
        .heartbeat(&heart)
        .router();
    let body = |status: &str, age: f64| json!({ "status": status, "heartbeat_age_seconds": age, "heartbeat_limit_seconds": 10.0 });
    for (at, status, word) in [(0, 200, "ok"), (10, 200, "ok"), (11, 503, "stalled")] {
        now.store(at, Ordering::Relaxed);
        let answer = ask(&app, "GET /health", &[]);
        assert_eq!(
            (answer.status.as_u16(), answer.json()),
            (status, body(word, at as f64))
        );
    }
    heart.beat();
    assert_eq!(ask(&app, "GET /health", &[]).json(), body("ok", 0.0));
}

#[test]
fn ready_follows_start_components_and_shutdown_and_names_what_fails() {
    let (exporter, health) = (exporter(), Health::new());
    let broker = health.critical("broker").unwrap();
    let cache = health.optional("cache").unwrap();
    let app = routes(&exporter, &health).router();
    let ready = || {
        let answer = ask(&app, "GET /ready", &[]);
        (answer.status.as_u16(), answer.json())
    };
    assert_eq!(ready(), (503, json!({ "status": "starting" })));

    health.started();
    let unready = |state: &str, message: &str| {
        let failing = json!([{ "name": "broker", "state": state, "message": message }]);
        (503, json!({ "status": "unready", "failing": failing }))
    };
    assert_eq!(ready(), unready("unknown", ""));

    broker.report(ComponentState::Healthy, "");
    cache.report(ComponentState::Unhealthy, "");
    assert_eq!(ready(), (200, json!({ "status": "ready" })));

    broker.report(ComponentState::Unhealthy, "said \"no\"\n");
    assert_eq!(ready(), unready("unhealthy", "said \"no\"\n"));
    health.enable_checks(false);
    assert_eq!(ready(), (200, json!({ "status": "ready" })));
    health.enable_checks(true);

    health.shutting_down();
    assert_eq!(ready(), (503, json!({ "status": "shutting_down" })));
}

#[test]
fn other_methods_and_paths_are_refused_in_one_line_of_json() {
    let app = routes(&exporter(), &Health::new()).router();
    for path in ["/metrics", "/health", "/ready", "/health/detail"] {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"] {
            let answer = ask(&app, &format!("{method} {path}"), &[]);
            let line = format!("method: {method} is not one of this path");
            assert_eq!(
                (answer.status.as_u16(), answer.json()),
                (405, json!({ "error": line }))
            );
            assert_eq!(answer.header("allow"), "GET,HEAD");
        }
    }
    for path in [
        "/",
        "/metrics/",
        "/Metrics",
        "/health/detail/x",
        "/%2e%2e/metrics",
    ] {
        let answer = ask(&app, &format!("GET {path}"), &[]);
        let expected = json!({ "error": "path: is unknown" });
        assert_eq!(
            (answer.status.as_u16(), answer.json()),
            (404, expected),
            "{path}"
        );
    }
}

fn denied(exporter: &Exporter) -> [f64; 3] {
    let text = exporter.render();
    ["missing", "malformed", "wrong"].map(|reason| {
        let series = format!("admf_monitoring_auth_failures_total{{reason=\"{reason}\"}} ");
        let value = text.lines().find_map(|line| line.strip_prefix(&*series));
        value.unwrap().parse().unwrap()
    })
}

#[test]
fn the_token_guards_metrics_and_detail_and_leaves_probes_alone_and_failures_are_counted() {
    let exporter = exporter();
    let guarded = routes(&exporter, &Health::new()).token(Token::new(TOKEN).unwrap());
    let app = guarded.clone().router();
    assert_eq!(denied(&exporter), [0.0; 3]);
    let right = format!("Bearer {TOKEN}");
    for right in [right.as_str(), &right.replace("Bearer", "bEARER")] {
        for path in ["/metrics", "/health", "/health/detail"] {
            let answer = ask(&app, &format!("GET {path}"), &[("authorization", right)]);
            assert_eq!(answer.status, StatusCode::OK, "{path}");
        }
    }
    assert_eq!(ask(&app, "GET /health", &[]).status, StatusCode::OK);
    assert_eq!(
        ask(&app, "GET /ready", &[]).json(),
        json!({ "status": "starting" })
    );
    let (other, twice) = (
        right.replace("Bearer", "Bearerx"),
        format!("{right}, {right}"),
    );
    let malformed = [
        "",
        TOKEN,
        "Basic dTpw",
        "Bearer",
        &other,
        "Bearer ",
        "Bearer  ",
    ];
    let wrong = [&twice, "Bearer 0123456789abcdef0123456789abcdeF"];
    let shown = |all: &[&str]| {
        let headers = all.iter().map(|it| ("authorization", (*it).to_owned()));
        headers.collect::<Vec<_>>()
    };
    let none = [shown(&[]), shown(&[&right, &right])].into_iter();
    let none = none.chain(malformed.map(|it| shown(&[it])));
    let cases = none.map(|it| (it, "must be Bearer and the token"));
    for (headers, why) in cases.chain(wrong.map(|it| (shown(&[it]), "not the token"))) {
        let headers: Vec<_> = headers.iter().map(|(name, it)| (*name, &**it)).collect();
        for path in ["/metrics", "/health/detail"] {
            let answer = ask(&app, &format!("GET {path}"), &headers);
            let expected = json!({ "error": format!("authorization: {why}") });
            assert_eq!((answer.status.as_u16(), answer.json()), (401, expected));
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    assert_eq!(denied(&exporter), [2.0, 16.0, 4.0]);
    // Whatever is asked of a page that is guarded, and however.
    for question in [
        "HEAD /metrics",
        "GET /metrics?token=x",
        "HEAD /health/detail",
    ] {
        let answer = ask(&app, question, &[("authorization", &right[..20])]);
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{question}");
    }

    let all = guarded.guard(&[Page::Ready]).router();
    assert_eq!(
        ask(&all, "GET /ready", &[]).status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(ask(&all, "GET /metrics", &[]).status, StatusCode::OK);
}

#[test]
fn no_token_of_another_length_or_with_another_byte_is_let_in() {
    let app = routes(&exporter(), &Health::new())
        .token(Token::new(TOKEN).unwrap())
        .router();
    let shown = |token: &str| {
        let header = format!("Bearer {token}");
        ask(&app, "GET /health/detail", &[("authorization", &header)])
            .status
            .as_u16()
    };
    assert_eq!(shown(TOKEN), 200);
    for length in 0..=300 {
        let text: String = TOKEN.chars().cycle().take(length).collect();
        assert_eq!(
            shown(&text),
            if text == TOKEN { 200 } else { 401 },
            "{length}"
        );
    }
    for at in 0..TOKEN.len() {
        let mut text = TOKEN.to_owned();
        text.replace_range(at..=at, "x");
        assert_eq!(shown(&text), 401, "{at}");
    }
}

#[test]
fn what_is_served_is_clean_for_promtool() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let (exporter, health) = (exporter(), Health::new());
    health::export(exporter.meter(), &health).unwrap();
    let broker = health.critical("broker").unwrap();
    broker.report(ComponentState::Degraded, "slow");
    let app = routes(&exporter, &health).router();
    let text = ask(&app, "GET /metrics", &[]);
    assert!(
        text.text()
            .contains("admf_component_health{component=\"broker\",state=\"degraded\"} 1\n")
    );
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
    promtool
        .stdin
        .take()
        .unwrap()
        .write_all(&text.body)
        .unwrap();
    let said = promtool.wait_with_output().unwrap();
    assert!(said.status.success() && said.stderr.is_empty(), "{said:?}");
}
