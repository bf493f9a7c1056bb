use std::sync::Mutex;

use admf_alerts::Samples;
use admf_metrics::Routes;
use axum::body::{Body, to_bytes};
use tower::ServiceExt;

use super::alerts::tests::config_of;
use super::*;
use crate::engine::Watcher;

/// The time after which a loop is stuck.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

pub(super) fn exporter() -> Exporter {
    Exporter::local(catalogue::catalogue().unwrap())
}

pub(super) fn scrape(exporter: &Exporter) -> Samples {
    Samples::parse(&exporter.render()).unwrap()
}

/// What was told on a console.
#[derive(Clone, Default)]
pub(super) struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    pub(super) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// A console, and what is told there.
pub(super) fn lines() -> (Console, Lines) {
    let told = Lines::default();
    let heard = told.clone();
    let console = move |line: &str| heard.0.lock().unwrap().push(line.to_owned());
    (Arc::new(console), told)
}

async fn readiness(ops: &Ops) -> (u16, String) {
    ask(ops, "/ready").await
}

pub(super) async fn ask(ops: &Ops, path: &str) -> (u16, String) {
    let routes = Routes::new(ops.exporter(), ops.monitoring.health())
        .unwrap()
        .router();
    let request = http::Request::get(path).body(Body::empty()).unwrap();
    let answer = routes.oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8_lossy(&body).into_owned())
}

fn silent() -> Console {
    Arc::new(|_| {})
}

/// Operations at an address, with nothing that samples the machine.
pub(super) async fn started_at(address: SocketAddr, console: Console) -> Result<Ops, Error> {
    let monitoring = MonitoringConfig {
        address: address.ip(),
        port: address.port(),
        ..MonitoringConfig::default()
    };
    started_with(monitoring, console).await
}

pub(super) async fn started_with(
    monitoring: MonitoringConfig,
    console: Console,
) -> Result<Ops, Error> {
    started_by(monitoring, &config_of(RuleFiles::default()), console).await
}

pub(super) async fn started_by(
    monitoring: MonitoringConfig,
    alerts: &AlertConfig,
    console: Console,
) -> Result<Ops, Error> {
    started_watched(monitoring, alerts, console, &Pulse::new(LIMIT)).await
}

pub(super) async fn started_watched(
    monitoring: MonitoringConfig,
    alerts: &AlertConfig,
    console: Console,
    pulse: &Pulse,
) -> Result<Ops, Error> {
    let config = OpsConfig {
        monitoring,
        pulse,
        alerts,
        notify: None,
        data_dir: None,
        admin: None,
    };
    Ops::start(config, console).await
}

pub(super) async fn started() -> Ops {
    let free = "127.0.0.1:0".parse().unwrap();
    started_at(free, silent()).await.unwrap()
}

#[tokio::test]
async fn it_is_ready_between_the_first_bars_of_every_side_and_the_wish_to_stop() {
    let ops = started().await;
    let sides = ["stack", "naive"].map(|side| ops.side(side, |_| {}).unwrap());
    assert_eq!(readiness(&ops).await.0, 503);
    ops.started();
    for side in &sides {
        side.venues_up();
        let (status, body) = readiness(&ops).await;
        assert!(status == 503 && body.contains("replay"), "{body}");
    }
    for side in &sides {
        assert_eq!(readiness(&ops).await.0, 503);
        side.day_done(&Now::default());
    }
    assert_eq!(readiness(&ops).await.0, 200);

    let stop = Stop::default();
    let work = async {
        stop.request(15);
        // The wish is heard beside the work, which goes on.
        tokio::task::yield_now().await;
        readiness(&ops).await
    };
    let (status, body) = ops.until_stopped(&stop, work).await;
    assert_eq!(
        (status, body.as_str()),
        (503, r#"{"status":"shutting_down"}"#)
    );
}

#[tokio::test]
async fn an_address_that_is_taken_is_named_with_its_flag() {
    let (_held, address) = bind("--ops", "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let error = started_at(address, silent()).await.unwrap_err();
    let expected = format!("--ops {address}: Address already in use");
    assert!(error.to_string().starts_with(&expected), "{error}");
}

#[tokio::test]
async fn it_is_not_ready_while_a_part_is_down_that_it_cannot_do_without() {
    use resilience_core::{ComponentConfig, HealthConfig, HealthStatus};
    let ops = started().await;
    let side = ops.side("stack", |_| {}).unwrap();
    ops.started();
    let (env, _clock) = Env::manual();
    let part = |critical| ComponentConfig {
        critical,
        ..ComponentConfig::default()
    };
    let components = [("venues", true), ("feed", true), ("primary", false)];
    let components = components.map(|(name, critical)| (name.into(), part(critical)));
    let config = HealthConfig {
        components: components.into(),
        ..Default::default()
    };
    let parts = resilience_core::Health::new("a", config, &env).unwrap();
    ops.policies(&env).unwrap();
    let heard = |name, good: bool| {
        let finding = if good { Ok(()) } else { Err("gone") };
        (0..3).for_each(|_| parts.report(name, finding).unwrap());
    };
    side.venues_up();
    for name in ["venues", "feed", "primary"] {
        heard(name, true);
    }
    assert_eq!(readiness(&ops).await.0, 503, "no bar was replayed");
    side.day_done(&Now::default());
    assert_eq!(readiness(&ops).await.0, 200);
    for name in ["venues", "feed"] {
        heard(name, false);
        let (status, body) = readiness(&ops).await;
        assert!(status == 503 && body.contains("gone"), "{body}");
        heard(name, true);
        assert_eq!(readiness(&ops).await.0, 200);
    }
    heard("primary", false);
    assert_eq!(readiness(&ops).await.0, 200);
    assert_eq!(parts.system(), HealthStatus::Degraded);
}

#[tokio::test]
async fn circuits_and_errors_have_the_same_numbers_in_the_detail_and_in_metrics() {
    use resilience_core::recovery::{ErrorKind, Incident};
    use resilience_core::{Ask, CircuitBreaker, Gate, Outcome, Recovery, RecoveryConfig};
    let ops = started().await;
    let (env, _clock) = Env::manual();
    ops.policies(&env).unwrap();
    let circuit = CircuitBreaker::new("primary", Default::default(), &env).unwrap();
    for outcome in [Outcome::Success, Outcome::Failure, Outcome::Success] {
        circuit.permit(&Ask::default()).unwrap().record(outcome);
    }
    let recovery = Recovery::new("service", RecoveryConfig::default(), &env).unwrap();
    for kind in [ErrorKind::NetworkTimeout, ErrorKind::NetworkTimeout] {
        let _ = recovery.start(Incident::new("feed", kind, ""));
    }
    let (_, detail) = ask(&ops, "/health/detail").await;
    let detail: serde_json::Value = serde_json::from_str(&detail).unwrap();
    let samples = scrape(ops.exporter());
    let calls = |outcome| {
        let labels = [("name", "primary"), ("result", outcome)];
        samples
            .value("admf_circuit_breaker_calls_total", &labels)
            .unwrap()
    };
    let rate = calls("success") / (calls("success") + calls("failure"));
    let shown = &detail["circuit_breakers"]["primary"];
    assert_eq!(shown["success_rate"].as_f64(), Some(rate));
    let state = [
        ("name", "primary"),
        ("state", shown["state"].as_str().unwrap()),
    ];
    assert_eq!(
        samples.value("admf_circuit_breaker_state", &state),
        Some(1.0)
    );
    let errors = &detail["error_handling"];
    let category = [("name", "service"), ("category", "network_timeout")];
    let counted = samples.value("admf_recovery_errors_total", &category);
    assert_eq!(errors["by_category"]["network_timeout"].as_f64(), counted);
    assert_eq!(errors["total_errors"], 2);
}
