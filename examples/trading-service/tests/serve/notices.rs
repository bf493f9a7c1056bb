//! People are told what the day raises, and look at it over HTTP.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::common::{Result, bars, service};
use super::running::{Running, SERVE, ask, await_answer, await_ready};

/// The notices of the file, in order.
fn told(state: &Path) -> Result<Vec<Value>> {
    let text = std::fs::read_to_string(state.join("alerts/notices.jsonl"))?;
    let lines = text.lines().map(|line| Ok(serde_json::from_str(line)?));
    lines.collect()
}

/// What each alert was said to be, in order.
fn episodes(notices: &[Value]) -> BTreeMap<String, Vec<String>> {
    let mut episodes = BTreeMap::<_, Vec<_>>::new();
    let alerts = notices.iter().filter_map(|it| it["alerts"].as_array());
    for alert in alerts.flatten() {
        let status = alert["status"].as_str().unwrap_or_default().to_owned();
        episodes
            .entry(alert["labels"].to_string())
            .or_default()
            .push(status);
    }
    episodes
}

#[test]
fn a_bad_day_tells_console_file_and_webhook_the_same_and_each_beginning_has_its_end() -> Result {
    let folder = tempfile::tempdir()?;
    let (data, state) = (bars(folder.path(), 3000)?, folder.path().join("state"));
    let kept = state.display().to_string();
    let flags = ["--json", "--data", &data, "--state", &kept];
    let flags = [&flags[..], &["--rules-interval", "0.25"]].concat();
    let mut command = service(&flags);
    let output = command
        .env("MONITORING_DRAWDOWN_THRESHOLD", "0.02")
        .output()?;
    let said = String::from_utf8(output.stderr)?;
    let report: Value = serde_json::from_slice(&output.stdout)?;
    let alerts = &report["alerts"];

    let notices = told(&state)?;
    let sent = alerts["notices"]["channels"].as_array().ok_or("no list")?;
    for name in ["day[0] webhook", "day[1] console", "day[2] file"] {
        let channel = sent.iter().find(|it| it["name"] == name);
        let channel = channel.ok_or(format!("no {name} in {alerts}"))?;
        assert_eq!(channel["sent"], notices.len(), "{alerts}");
        assert_eq!(channel["failed"], 0, "{alerts}");
    }
    assert_eq!(alerts["notices"]["heard"], notices.len(), "{alerts}");
    assert_eq!(alerts["notices"]["undelivered"], 0, "{alerts}");
    assert_eq!(alerts["notices"]["dropped"], 0, "{alerts}");
    // The Watchdog goes its own way.
    assert_eq!(alerts["notices"]["watchdog"], 1, "{alerts}");
    assert!(!said.contains("Watchdog"), "{said}");

    // Alerts by both clocks, each change of which is a line of the console and of the file.
    for name in ["DrawdownRatioWarning", "CircuitBreakerOpenCritical"] {
        let count = |what: &str| alerts[what][name].as_u64().unwrap_or(0);
        let lines = |change: &str| {
            let line = format!(" {change} {name}: ");
            said.lines().filter(|it| it.contains(&line)).count() as u64
        };
        let fired = count("fired");
        assert!(fired > 0, "{alerts}");
        // What fires still ends with the run.
        assert_eq!(
            (lines("TRIGGERED"), lines("RESOLVED")),
            (fired, fired),
            "{said}"
        );
    }
    for (alert, told) in episodes(&notices) {
        if alert.contains("DayTraded") {
            assert_eq!(told, ["firing"], "it happened, and has no end");
            continue;
        }
        let pairs = told.chunks(2);
        assert!(
            pairs.into_iter().all(|it| it == ["firing", "resolved"]),
            "{alert}: {told:?}"
        );
    }
    let dated = notices.iter().filter_map(|it| it["alerts"].as_array());
    let dated = dated
        .flatten()
        .filter(|it| it["labels"]["alertname"] == "DrawdownRatioWarning");
    for alert in dated {
        let date = alert["annotations"]["trading_date"].as_str();
        assert!(date.is_some_and(|it| it.starts_with("20")), "{alert}");
        let now = alert["startsAt"].as_str().unwrap_or_default();
        assert!(now > "2026", "it is told as of now: {alert}");
    }
    Ok(())
}

/// Asks with a body of JSON, as an operator who shows a token if there is one.
fn post(ops: &str, token: &str, path: &str, body: &str) -> Result<(u16, String)> {
    let head = format!(
        "POST /admin/alerts{path} HTTP/1.1\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\nx-rest:"
    );
    ask(ops, &head, body)
}

const TOKEN: &str = "a-secret-of-the-operators";

#[test]
fn a_silence_over_http_keeps_one_alert_quiet_until_it_ends() -> Result {
    let folder = tempfile::tempdir()?;
    let rule = |name: &str| format!("  - alert: {name}\n    expr: admf_health_ready >= 0\n");
    let write = |rules: &str| {
        let text = format!("groups:\n- name: a\n  rules:\n{rules}");
        std::fs::write(folder.path().join("rules.yml"), text)
    };
    write("  - record: one\n    expr: vector(1)\n")?;
    let rules = folder.path().join("rules.yml").display().to_string();
    let state = folder.path().join("state");
    let kept = state.display().to_string();
    let flags = [
        "--rules",
        &rules,
        "--rules-interval",
        "0.05",
        "--state",
        &kept,
    ];
    let flags = [&SERVE[..], &flags, &["--admin-token", TOKEN]].concat();
    let mut service = Running::start(&flags)?;
    let ops = service.listening("ops")?;
    await_ready(&ops)?;

    let silence = r#"{"matchers": [{"name": "alertname", "value": "Quiet", "isRegex": false}], "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2100-01-01T00:00:00Z", "createdBy": "me", "comment": "we know"}"#;
    let (status, body) = post(
        &ops,
        "not-the-operators-secret",
        "/api/v2/silences",
        silence,
    )?;
    assert_eq!(status, 401, "{body}");
    service.says("admin: at=")?;
    let (status, body) = post(&ops, TOKEN, "/api/v2/silences", silence)?;
    assert_eq!(status, 200, "{body}");
    let added: Value = serde_json::from_str(&body)?;
    let id = added["silenceID"].as_str().ok_or("no id")?;

    write(&(rule("Quiet") + &rule("Loud")))?;
    let (status, body) = post(&ops, TOKEN, "/-/reload", "")?;
    assert_eq!(status, 200, "{body}");
    service.says(" TRIGGERED Loud: ")?;
    let shown = |path: &str| -> Result<Value> {
        let head =
            format!("GET /admin/alerts{path} HTTP/1.1\r\nauthorization: Bearer {TOKEN}\r\nx-rest:");
        let (status, body) = ask(&ops, &head, "")?;
        assert_eq!(status, 200, "{body}");
        Ok(serde_json::from_str(&body)?)
    };
    let silenced = shown("/api/v2/alerts?active=false")?;
    assert_eq!(silenced[0]["labels"]["alertname"], "Quiet", "{silenced}");
    assert_eq!(silenced[0]["status"]["silencedBy"][0], id, "{silenced}");
    let rules = shown("/api/v1/rules")?;
    assert!(rules.to_string().contains("Quiet"), "{rules}");
    assert_eq!(shown("/api/v2/silences")?[0]["id"], id);
    assert_eq!(ask(&ops, "GET /admin/alerts/api/v2/alerts", "")?.0, 401);
    let only = episodes(&told(&state.join("serve"))?);
    assert!(only.keys().all(|it| !it.contains("Quiet")), "{only:?}");

    let head = format!(
        "DELETE /admin/alerts/api/v2/silence/{id} HTTP/1.1\r\nauthorization: Bearer {TOKEN}\r\nx-rest:"
    );
    assert_eq!(ask(&ops, &head, "")?.0, 200);
    service.says(" TRIGGERED Quiet: ")?;
    let history = shown("/api/admf/v1/history?limit=1000")?.to_string();
    assert!(
        history.contains("Loud") && history.contains(id),
        "{history}"
    );
    let health = |status: u16, body: &str| {
        let detail: Value = serde_json::from_str(body).unwrap_or_default();
        let notices = &detail["components"]["notices"];
        status == 200 && notices["status"] == "healthy" && notices["message"] != "0 sent"
    };
    await_answer(&ops, "GET /health/detail", health)?;
    let measured = |status: u16, body: &str| {
        let sent =
            r#"admf_notifications_total{receiver="day",channel="day[2] file",result="sent"} "#;
        let sent = body.lines().find_map(|it| it.strip_prefix(sent));
        let owed = body
            .lines()
            .any(|it| it == "admf_notifications_undelivered 0");
        status == 200 && sent.is_some_and(|it| it != "0") && owed
    };
    await_answer(&ops, "GET /metrics", measured)?;
    service.signal("-TERM")?;
    assert_eq!(service.child.wait()?.code(), Some(0));
    Ok(())
}

#[test]
fn a_channel_that_fails_is_seen_in_health_and_no_page_line_or_report_tells_a_secret() -> Result {
    let folder = tempfile::tempdir()?;
    let routes = folder.path().join("routes.yml");
    let secrets = [
        "planted-in-the-environment",
        "planted-in-the-file",
        "planted-for-the-webhook",
        TOKEN,
    ];
    // Nobody listens at port 1.
    let text = "
route: {receiver: away, group_by: ['...'], group_wait: 0s}
receivers:
- name: away
  webhook_configs:
  - url: http://127.0.0.1:1/planted-in-the-file
    http_config: {authorization: {credentials: '${PLANTED}'}}
";
    std::fs::write(&routes, text)?;
    let console = "receivers: [{name: away, console_configs: [{stderr: true}]}]\n";
    std::fs::write(folder.path().join("admf.yml"), console)?;
    let named = routes.display().to_string();
    let flags = ["--notify", &named, "--admin-token", TOKEN];
    let mut command = service(&[&SERVE[..], &flags].concat());
    command.env("PLANTED", secrets[0]);
    command.env("ALERTS_WEBHOOK_TOKEN", secrets[2]);
    let mut service = Running::of(command.stdout(std::process::Stdio::null()))?;
    let ops = service.listening("ops")?;
    await_ready(&ops)?;
    // The Watchdog has no way of its own here.
    let failing = |_: u16, body: &str| {
        let detail: Value = serde_json::from_str(body).unwrap_or_default();
        let notices = &detail["components"]["notices"];
        let message = notices["message"].as_str().unwrap_or_default();
        notices["status"] == "degraded" && message.contains("away[0] webhook fails for ")
    };
    await_answer(&ops, "GET /health/detail", failing)?;
    let mut pages = String::new();
    for path in [
        "/health/detail",
        "/ready",
        "/metrics",
        "/admin/policies",
        "/admin/alerts/api/v2/status",
        "/admin/alerts/api/v2/alerts",
        "/admin/alerts/api/admf/v1/status",
        "/admin/alerts/api/admf/v1/history",
    ] {
        let head = format!("GET {path} HTTP/1.1\r\nauthorization: Bearer {TOKEN}\r\nx-rest:");
        let (status, body) = ask(&ops, &head, "")?;
        assert_eq!(status, 200, "{path}: {body}");
        pages += &body;
    }
    service.signal("-TERM")?;
    let said = service.rest()?;
    assert_eq!(service.child.wait()?.code(), Some(0), "{said}");
    for secret in secrets {
        assert!(!pages.contains(secret), "{secret} in {pages}");
        assert!(!said.contains(secret), "{secret} in {said}");
    }
    Ok(())
}
