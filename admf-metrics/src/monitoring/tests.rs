use std::time::Duration;

use super::*;
use crate::catalogue::whole::{assert_exposes, everything};
use crate::health::{ComponentHealth, ComponentState};
use crate::http::Token;

fn from(given: &[(&str, &str)]) -> Result<MonitoringConfig, String> {
    let read = |name: &str| {
        let found = given.iter().find(|it| it.0 == name);
        found.map(|it| it.1.to_owned())
    };
    MonitoringConfig::from_env(read).map_err(|error| error.to_string())
}

#[test]
fn every_setting_is_read_by_its_name_and_milliseconds_are_taken_as_they_come() {
    assert_eq!(from(&[]), Ok(MonitoringConfig::default()));
    let read = from(&[
        ("MONITORING_ENABLED", "false"),
        ("MONITORING_PERFORMANCE_ENABLED", "0"),
        ("MONITORING_ALERTS_ENABLED", "No"),
        ("MONITORING_ANOMALY_DETECTION_ENABLED", "OFF"),
        ("MONITORING_HEALTH_CHECK_ENABLED", " false "),
        ("MONITORING_PERFORMANCE_INTERVAL", "30000"),
        ("MONITORING_HEALTH_CHECK_INTERVAL", "1.5s"),
        ("MONITORING_ADDRESS", "::"),
        ("MONITORING_PORT", "8000"),
        ("MONITORING_TOKEN", "0123456789abcdef"),
        ("MONITORING_ALLOW_PUBLIC", "true"),
    ]);
    let expected = MonitoringConfig {
        enabled: false,
        performance: false,
        alerts: false,
        anomaly_detection: false,
        health_checks: false,
        performance_interval: Duration::from_secs(30),
        health_check_interval: Duration::from_millis(1500),
        address: "::".parse().unwrap(),
        port: 8000,
        token: Some(Token::new("0123456789abcdef").unwrap()),
        allow_public: true,
    };
    assert_eq!(read, Ok(expected));
}

#[test]
fn what_breaks_a_rule_is_named_with_rule_and_value_and_a_token_is_not_told() {
    let length = "must be a length of time of at least 1 ms, in milliseconds or such as 30s";
    for (name, value, expected) in [
        (
            "MONITORING_ENABLED",
            "2",
            "must be true or false, got \"2\"".to_owned(),
        ),
        (
            "MONITORING_PERFORMANCE_INTERVAL",
            "0",
            format!("{length}, got \"0\""),
        ),
        (
            "MONITORING_HEALTH_CHECK_INTERVAL",
            "-5",
            format!("{length}, got \"-5\""),
        ),
        (
            "MONITORING_ADDRESS",
            "home",
            "must be an IP address, got \"home\"".to_owned(),
        ),
        (
            "MONITORING_PORT",
            "65536",
            "must be a whole number from 0 to 65535, got \"65536\"".to_owned(),
        ),
        (
            "MONITORING_TOKEN",
            "hunter2",
            "must be 16 to 256 visible characters of ASCII".to_owned(),
        ),
        (
            "MONITORING_TOKEN_FILE",
            "/nowhere/at/all",
            "/nowhere/at/all: No such file or directory (os error 2)".to_owned(),
        ),
        (
            "MONITORING_TOKEN_FILE",
            // Without an end.
            "/dev/zero",
            "must be 16 to 256 visible characters of ASCII".to_owned(),
        ),
        (
            "MONITORING_PORT",
            "",
            "must be a whole number from 0 to 65535, got \"\"".to_owned(),
        ),
        (
            "MONITORING_PERFORMANCE_INTERVAL",
            "18446744073709551615",
            format!("{length}, got \"18446744073709551615\""),
        ),
    ] {
        assert_eq!(from(&[(name, value)]), Err(format!("{name}: {expected}")));
    }
    let both = from(&[
        ("MONITORING_TOKEN", "0123456789abcdef"),
        ("MONITORING_TOKEN_FILE", "f"),
    ]);
    assert_eq!(
        both.unwrap_err(),
        "MONITORING_TOKEN: must not be set together with MONITORING_TOKEN_FILE"
    );
    let config = from(&[("MONITORING_TOKEN", "0123456789abcdef")]).unwrap();
    assert!(!format!("{config:?}").contains("0123456789abcdef"));
}

#[test]
fn it_listens_beyond_the_loopback_only_with_a_token_or_where_that_is_said() {
    let token = Token::new("0123456789abcdef").unwrap();
    for (address, token, allow_public, fits) in [
        ("127.0.0.1", None, false, true),
        ("127.9.9.9", None, false, true),
        ("::1", None, false, true),
        ("::ffff:127.0.0.1", None, false, true),
        ("0.0.0.0", None, false, false),
        ("::", None, false, false),
        ("10.0.0.1", None, false, false),
        ("0.0.0.0", Some(token), false, true),
        ("0.0.0.0", None, true, true),
    ] {
        let config = MonitoringConfig {
            address: address.parse().unwrap(),
            token,
            allow_public,
            ..MonitoringConfig::default()
        };
        let off = MonitoringConfig {
            enabled: false,
            ..config.clone()
        };
        assert_eq!(
            (config.check().is_ok(), off.check()),
            (fits, Ok(())),
            "{address}"
        );
    }
    let config = MonitoringConfig {
        address: "0.0.0.0".parse().unwrap(),
        ..MonitoringConfig::default()
    };
    assert_eq!(
        config.check().unwrap_err().to_string(),
        "address: must be of the loopback where neither token nor allow_public is set, got \"0.0.0.0\""
    );
    let config = MonitoringConfig {
        performance_interval: Duration::ZERO,
        ..MonitoringConfig::default()
    };
    assert!(
        config
            .check()
            .unwrap_err()
            .to_string()
            .starts_with("performance_interval: ")
    );
}

#[tokio::test]
async fn what_is_put_around_the_routes_sees_every_request_and_the_last_is_outermost() {
    use axum::Router;
    use axum::extract::Request;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use std::sync::{Arc, Mutex};

    let seen = Arc::<Mutex<Vec<String>>>::default();
    let look = |name: &'static str| {
        let seen = Arc::clone(&seen);
        move |routes: Router| {
            routes.layer(from_fn(
                move |request: Request, next: axum::middleware::Next| {
                    let path = request.uri().path();
                    seen.lock().unwrap().push(format!("{name} {path}"));
                    next.run(request)
                },
            ))
        }
    };
    let config = MonitoringConfig {
        port: 0,
        ..MonitoringConfig::default()
    };
    let builder = Monitoring::builder(config).routes(Router::new().route("/mine", get("it")));
    let monitoring = builder.around(look("inner")).around(look("outer"));
    let monitoring = monitoring.start().await.unwrap();
    let address = monitoring.address().unwrap();
    for path in ["/health", "/mine"] {
        let url = format!("http://{address}{path}");
        let said = tokio::task::spawn_blocking(move || {
            crate::healthcheck::probe(&url, crate::healthcheck::TIMEOUT)
        });
        said.await.unwrap().unwrap();
    }
    monitoring.stop().await;
    let expected = [
        "outer /health",
        "inner /health",
        "outer /mine",
        "inner /mine",
    ];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[cfg(feature = "serde")]
#[test]
fn the_config_is_read_as_text_with_lengths_in_words_or_milliseconds() {
    let text = "port = 8000\nperformance_interval = 250\nhealth_check_interval = \"5s\"\ntoken = \"0123456789abcdef\"";
    let config: MonitoringConfig = toml::from_str(text).unwrap();
    assert_eq!(config.performance_interval, Duration::from_millis(250));
    assert_eq!(config.health_check_interval, Duration::from_secs(5));
    for (text, why) in [
        ("token = \"hunter2\"", "must be 16 to 256"),
        ("performance_interval = 0", "at least 1 ms"),
        ("performance_interval = \"soon\"", "at least 1 ms"),
        ("prot = 1", "unknown field"),
    ] {
        let error = toml::from_str::<MonitoringConfig>(text)
            .unwrap_err()
            .message()
            .to_owned();
        assert!(error.contains(why) && !error.contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn every_metric_of_what_it_starts_is_exposed_and_none_else() {
    let config = MonitoringConfig {
        port: 0,
        ..MonitoringConfig::default()
    };
    let all = everything().meter().catalogue().clone();
    let builder = Monitoring::builder(config).metrics(all.iter().copied());
    let known = Some(Duration::ZERO);
    let builder = builder.source(move || {
        vec![ComponentHealth {
            state: ComponentState::Healthy,
            took: known,
            age: known,
            ..ComponentHealth::new("feed")
        }]
    });
    let builder = builder.tick(Group::Always, "tick", async || ());
    let monitoring = builder.start().await.unwrap();
    let own = [METRICS[0], crate::http::METRICS[0]];
    let metrics = [&own[..], &crate::health::METRICS].concat();
    assert_exposes(monitoring.exporter(), &metrics);
    monitoring.stop().await;
}
