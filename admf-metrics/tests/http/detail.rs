//! `/health/detail`: its shape, and that its numbers are those of `/metrics`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use admf_metrics::Clock;
use admf_metrics::Health;
use admf_metrics::health::{
    self, CircuitHealth, ComponentHealth, ComponentState, ErrorCount, HealthSource,
};
use admf_metrics::http::Switches;
use serde_json::{Value, json};

use super::schema::check;
use super::{ask, exporter, routes};

fn schema() -> Value {
    serde_json::from_str(include_str!("../../docs/health_detail.schema.json")).unwrap()
}

struct System;

impl HealthSource for System {
    fn components(&self) -> Vec<ComponentHealth> {
        let mut feed = ComponentHealth::new("feed");
        feed.checks = 40;
        feed.failures = 3;
        feed.state = ComponentState::Degraded;
        feed.age = Some(Duration::from_millis(1500));
        feed.took = Some(Duration::from_millis(20));
        feed.lasted = Some(Duration::from_secs(60));
        feed.message = "slow \"\n".to_owned();
        vec![feed]
    }

    fn circuits(&self) -> Vec<CircuitHealth> {
        vec![
            CircuitHealth::new("venue", "open", Some(0.75)),
            CircuitHealth::new("idle", "closed", None),
            CircuitHealth::new("odd", "closed", Some(f64::NAN)),
        ]
    }

    fn errors(&self) -> Vec<ErrorCount> {
        vec![
            ErrorCount::new("database_error", 2),
            ErrorCount::new("unknown", 5),
        ]
    }
}

#[test]
fn the_detail_keeps_its_schema_whatever_is_in_it() {
    let schema = schema();
    let health = Health::new();
    let app = routes(&exporter(), &health).router();
    let detail = || ask(&app, "GET /health/detail", &[]).json();
    let empty = json!({
        "overall_status": "healthy", "components": {}, "circuit_breakers": {},
        "error_handling": { "total_errors": 0, "by_category": {} },
        "monitoring": { "enabled": true, "performance": false, "alerts": false,
            "anomaly_detection": false, "health_checks": true },
    });
    assert_eq!(detail(), empty);
    check(&schema, &empty, "").unwrap();

    health.critical("broker").unwrap();
    health.add_source(System);
    let full = detail();
    check(&schema, &full, "").unwrap();
    let since = full["components"]["feed"]["since"].as_f64().unwrap();
    assert!(since > 1.7e9, "{since} is no time of day");
    let mut feed = full["components"]["feed"].clone();
    feed["since"] = Value::Null;
    let expected = json!({
        "status": "degraded", "critical": false, "enabled": true, "since": null,
        "last_check_age_seconds": 1.5, "last_check_duration_seconds": 0.02,
        "checks": 40, "failures": 3, "message": "slow \"\n",
    });
    assert_eq!(feed, expected);
    assert_eq!(
        full["circuit_breakers"]["venue"],
        json!({ "state": "open", "success_rate": 0.75 })
    );
    assert_eq!(full["circuit_breakers"]["odd"]["success_rate"], Value::Null);
    let errors = json!({ "total_errors": 7, "by_category": { "database_error": 2, "unknown": 5 } });
    assert_eq!(
        (&full["error_handling"], &full["overall_status"]),
        (&errors, &json!("unknown"))
    );

    health.enable_checks(false);
    let disabled = detail();
    check(&schema, &disabled, "").unwrap();
    assert_eq!(disabled["overall_status"], "unknown");
    assert_eq!(disabled["monitoring"]["health_checks"], false);
    let feed = &disabled["components"]["feed"];
    assert_eq!(
        (&feed["status"], &feed["message"]),
        (&json!("unknown"), &json!("disabled"))
    );
}

#[test]
fn the_schema_refuses_what_is_not_in_it() {
    let schema = schema();
    let app = routes(&exporter(), &Health::new()).router();
    let good = ask(&app, "GET /health/detail", &[]).json();
    for (pointer, value) in [
        ("/overall_status", json!("fine")),
        ("/components", json!({ "a": {} })),
        ("/error_handling/total_errors", json!(-1)),
        ("/error_handling/by_category", json!({ "a": 0.5 })),
        (
            "/circuit_breakers",
            json!({ "a": { "state": "open", "success_rate": 1.5 } }),
        ),
        ("/monitoring", json!({ "enabled": true })),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        assert!(check(&schema, &bad, "").is_err(), "{pointer}");
    }
    let mut more = good;
    more["more"] = json!(1);
    assert!(check(&schema, &more, "").is_err());
}

#[test]
fn which_parts_are_on_is_told() {
    let switches = Switches {
        alerts: true,
        performance: true,
        ..Switches::default()
    };
    let app = routes(&exporter(), &Health::new())
        .switches(move || switches)
        .router();
    let expected = json!({ "enabled": true, "performance": true, "alerts": true,
        "anomaly_detection": false, "health_checks": true });
    assert_eq!(
        ask(&app, "GET /health/detail", &[]).json()["monitoring"],
        expected
    );
}

#[test]
fn every_number_of_components_is_the_same_in_json_and_in_metrics() {
    let now = Arc::<AtomicU64>::default();
    let read = Arc::clone(&now);
    let clock = Clock::new(move || Duration::from_millis(read.load(Ordering::Relaxed)));
    let (exporter, health) = (exporter(), Health::with_clock(clock));
    health::export(exporter.meter(), &health).unwrap();
    health.add_source(System);
    let broker = health.critical("broker").unwrap();
    for state in [
        ComponentState::Healthy,
        ComponentState::Unhealthy,
        ComponentState::Healthy,
    ] {
        broker.report(state, "");
    }
    now.store(2250, Ordering::Relaxed);
    let app = routes(&exporter, &health).router();
    let detail = ask(&app, "GET /health/detail", &[]).json();
    let text = ask(&app, "GET /metrics", &[]).text().to_owned();
    let value = |metric: &str, labels: &str| -> Option<f64> {
        let series = format!("{metric}{{{labels}}} ");
        text.lines()
            .find_map(|line| line.strip_prefix(&*series))?
            .parse()
            .ok()
    };
    let mut compared = 0;
    for (name, component) in detail["components"].as_object().unwrap() {
        let of = format!("component=\"{name}\"");
        for (field, metric) in [
            ("checks", "admf_health_checks_total"),
            ("failures", "admf_health_check_failures_total"),
            ("last_check_age_seconds", "admf_health_check_age_seconds"),
            (
                "last_check_duration_seconds",
                "admf_health_check_duration_seconds",
            ),
        ] {
            assert_eq!(
                component[field].as_f64(),
                value(metric, &of),
                "{name} {field}"
            );
            compared += usize::from(component[field].is_number());
        }
        for state in ComponentState::ALL {
            let holds = f64::from(u8::from(component["status"] == state.as_str()));
            let labels = format!("{of},state=\"{state}\"");
            assert_eq!(value("admf_component_health", &labels), Some(holds));
        }
    }
    assert_eq!(compared, 7);
    assert_eq!(
        detail["components"]["broker"]["last_check_age_seconds"],
        2.25
    );
}

/// S1-036, S1-037: circuits and errors of an environment.
#[cfg(feature = "resilience")]
#[test]
fn circuits_and_errors_are_the_same_in_json_and_in_metrics() {
    use admf_metrics::policies::{self, PolicyMetrics};
    use admf_metrics::{Catalogue, Exporter, http};
    use resilience_core::recovery::{ErrorKind, Incident};
    use resilience_core::{Ask, CircuitBreaker, Env, Gate, Outcome, Recovery};

    let own = http::METRICS.into_iter().chain(policies::METRICS);
    let exporter = Exporter::local(Catalogue::new(own).unwrap());
    let (env, health) = (Env::default(), Health::new());
    PolicyMetrics::new(exporter.meter())
        .unwrap()
        .export(&env)
        .unwrap();
    health.add_source(env.clone());
    let venue = CircuitBreaker::new("venue", Default::default(), &env).unwrap();
    for outcome in [Outcome::Success, Outcome::Success, Outcome::Failure] {
        venue.permit(&Ask::default()).unwrap().record(outcome);
    }
    let kinds = [
        ErrorKind::DatabaseError,
        ErrorKind::Unknown,
        ErrorKind::Unknown,
    ];
    let recoveries = ["app", "desk"].map(|it| Recovery::new(it, Default::default(), &env).unwrap());
    for (i, kind) in kinds.into_iter().enumerate() {
        drop(recoveries[i % 2].start(Incident::new("db", kind, "it failed")));
    }

    let app = routes(&exporter, &health).router();
    let detail = ask(&app, "GET /health/detail", &[]).json();
    check(&schema(), &detail, "").unwrap();
    let text = ask(&app, "GET /metrics", &[]).text().to_owned();
    let sum = |metric: &str, label: &str| -> f64 {
        let lines = text
            .lines()
            .filter(|it| it.starts_with(metric) && it.contains(label));
        let values = lines.map(|it| it.rsplit_once(' ').unwrap().1);
        values.map(|it| it.parse::<f64>().unwrap()).sum()
    };
    let circuit = &detail["circuit_breakers"]["venue"];
    let state = format!("state={}", circuit["state"]);
    assert_eq!(sum("admf_circuit_breaker_state{", &state), 1.0);
    let rate = sum("admf_circuit_breaker_success_ratio{", "name=\"venue\"");
    assert_eq!(circuit["success_rate"].as_f64(), Some(rate));
    let errors = &detail["error_handling"];
    for (category, count) in errors["by_category"].as_object().unwrap() {
        let shown = sum(
            "admf_recovery_errors_total{",
            &format!("category=\"{category}\""),
        );
        assert_eq!(count.as_f64(), Some(shown), "{category}");
    }
    assert_eq!(errors["by_category"]["unknown"], 2);
    let all = sum("admf_recovery_errors_total{", "");
    assert_eq!(errors["total_errors"].as_f64(), Some(all));
}
