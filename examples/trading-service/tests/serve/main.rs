//! The service that stays up, and the operations of a run, as processes.

mod admin;
#[expect(dead_code, reason = "whole runs are for other tests")]
#[path = "../common/mod.rs"]
mod common;
mod exposed;
mod fed;
mod hold;
mod liveness;
mod machine;
mod notices;
mod parts;
mod running;
#[path = "../common/sound.rs"]
mod sound;

use std::net::TcpListener;

use common::{Result, bars, service};
use running::{Running, SERVE, ask, await_ready, circuits, scrape};

#[test]
fn the_service_trades_shows_what_it_did_and_ends_well_when_asked_to() -> Result {
    for signal in ["-TERM", "-INT"] {
        let mut service = Running::start(&SERVE)?;
        let (api, ops) = (service.listening("api")?, service.listening("ops")?);
        let (status, body) = ask(&ops, "GET /health", "")?;
        assert!(
            status == 200 && body.contains(r#""status":"ok""#),
            "{status} {body}"
        );
        await_ready(&ops)?;

        let order = r#"{"client_id":"a","symbol":"IBM","side":"buy","quantity":10,"price":10000}"#;
        let (status, body) = ask(&api, "POST /api/orders", order)?;
        assert!(
            status == 200 && body.contains(r#""status":"filled""#),
            "{body}"
        );
        let (status, body) = ask(&api, "GET /api/orders/a", "")?;
        assert!(
            status == 200 && body.contains(r#""status":"filled""#),
            "{body}"
        );
        let (status, body) = ask(&api, "GET /api/quotes/IBM", "")?;
        assert!(
            status == 200 && body.contains(r#""symbol":"IBM""#),
            "{body}"
        );
        let (status, body) = ask(&api, "POST /api/orders", &order.replace("10,", "0,"))?;
        assert!(
            status == 400 && body.contains(r#""field":"quantity""#),
            "{body}"
        );

        // Clients of the API see nothing of how the service is.
        for path in [
            "GET /metrics",
            "GET /health",
            "GET /ready",
            "GET /health/detail",
        ] {
            assert_eq!(ask(&api, path, "")?.0, 404, "{path}");
        }

        let samples = scrape(&ops)?;
        let filled = [("side", "stack"), ("status", "filled")];
        assert_eq!(samples.value("admf_orders_total", &filled), Some(1.0));
        let bad = [
            ("method", "POST"),
            ("route", "/api/orders"),
            ("code", "400"),
        ];
        let requests = "http_request_duration_seconds_count";
        assert_eq!(samples.value(requests, &bad), Some(1.0));
        assert_eq!(circuits(&samples)?, 2);

        service.signal(signal)?;
        let rest = service.rest()?;
        assert_eq!(service.child.wait()?.code(), Some(0), "{rest}");
        assert!(rest.is_empty(), "{rest}");
    }
    Ok(())
}

#[test]
fn what_was_traded_is_known_to_the_service_that_comes_after() -> Result {
    let folder = tempfile::tempdir()?;
    let state = folder.path().display().to_string();
    let flags = [&SERVE[..], &["--state", &state]].concat();
    let order = r#"{"client_id":"a","symbol":"IBM","side":"buy","quantity":10,"price":10000}"#;
    for signal in ["-KILL", "-TERM"] {
        let mut service = Running::start(&flags)?;
        let (api, ops) = (service.listening("api")?, service.listening("ops")?);
        await_ready(&ops)?;
        let (status, body) = ask(&api, "POST /api/orders", order)?;
        assert!(
            status == 200 && body.contains(r#""status":"filled""#),
            "{body}"
        );
        service.signal(signal)?;
        service.child.wait()?;
    }
    Ok(())
}

#[test]
fn a_port_in_use_is_one_line_and_exit_code_1() -> Result {
    let held = TcpListener::bind("127.0.0.1:0")?;
    let taken = held.local_addr()?.to_string();
    for (flags, flag) in [
        (
            &["serve", "--api", &taken, "--ops", "127.0.0.1:0"][..],
            "--api",
        ),
        (&["serve", "--api", "127.0.0.1:0", "--ops", &taken], "--ops"),
        (&["--naive", "--ops", &taken], "--ops"),
    ] {
        let output = service(flags).output()?;
        let said = String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(1), "{said}");
        let expected = format!("error: {flag} {taken}: Address already in use");
        assert!(
            said.starts_with(&expected) && said.lines().count() == 1,
            "{said}"
        );
    }
    Ok(())
}

#[test]
fn a_run_shows_what_it_does_while_it_lasts() -> Result {
    let mut run = Running::start(&["--json"])?;
    let ops = run.listening("ops")?;
    await_ready(&ops)?;
    let samples = scrape(&ops)?;
    assert_eq!(circuits(&samples)?, 2);
    for side in ["stack", "naive"] {
        let bars = samples.value("bars_replayed_total", &[("side", side)]);
        assert!(bars > Some(0.0), "{side}: {bars:?}");
    }
    let later = scrape(&ops)?;
    for sample in samples
        .iter()
        .filter(|sample| sample.name.ends_with("_total"))
    {
        let labels: Vec<_> = sample.labels.iter().collect();
        let now = later.value(sample.name, &labels);
        assert!(
            now >= Some(sample.value),
            "{} went back to {now:?}",
            sample.name
        );
    }
    run.signal("-TERM")?;
    let rest = run.rest()?;
    assert_eq!(run.child.wait()?.code(), Some(143), "{rest}");
    Ok(())
}

#[test]
fn on_a_bad_day_alerts_of_both_clocks_fire_and_those_that_fire_still_are_in_the_report() -> Result {
    let folder = tempfile::tempdir()?;
    let data = bars(folder.path(), 3000)?;
    let flags = ["--json", "--data", &data, "--rules-interval", "0.25"];
    let mut command = service(&flags);
    let output = command
        .env("MONITORING_DRAWDOWN_THRESHOLD", "0.02")
        .output()?;
    let said = String::from_utf8(output.stderr)?;
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let alerts = &report["alerts"];
    let count = |what: &str, name: &str| alerts[what][name].as_u64().unwrap_or(0);
    // Dates of trading, and the time of day.
    for (name, begin) in [
        ("DrawdownRatioWarning", "20"),
        ("CircuitBreakerOpenCritical", "20"),
    ] {
        let lines = |change: &str| {
            let told = format!(" {change} {name}{{");
            said.lines()
                .filter(|it| it.starts_with(begin) && it.contains(&told))
                .count() as u64
        };
        let (fired, resolved) = (count("fired", name), count("resolved", name));
        assert!(fired > 0, "{alerts}\n{said}");
        assert_eq!(
            (lines("FIRING  "), lines("RESOLVED")),
            (fired, resolved),
            "{said}"
        );
        assert_eq!(fired - resolved, count("firing", name), "{alerts}");
    }
    assert_eq!(alerts["failing"], serde_json::json!([]));
    Ok(())
}

#[test]
fn rules_are_read_again_at_a_hangup_and_a_bad_file_leaves_those_before() -> Result {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("rules.yml");
    let text = "groups:\n- name: a\n  rules:\n  - alert: Up\n    expr: admf_health_ready >= 0\n";
    std::fs::write(&path, text)?;
    let rules = path.display().to_string();
    let flags = [&SERVE[..], &["--rules", &rules, "--rules-interval", "0.05"]].concat();
    let mut service = Running::start(&flags)?;
    let ops = service.listening("ops")?;
    await_ready(&ops)?;
    service.says("Z FIRING   Up value=")?;
    std::fs::write(&path, text.replace("expr", "exqr"))?;
    service.signal("-HUP")?;
    let refused = format!(
        "rules not reloaded, those before stay: --rules: {rules}:5:5: groups[0].rules[0].exqr: "
    );
    service.says(&refused)?;
    std::fs::write(&path, text.replace("Up", "Other"))?;
    service.signal("-HUP")?;
    service.says("Z DROPPED  Up value=")?;
    service.says("rules reloaded: 1 of 1 files")?;
    service.says("Z FIRING   Other value=")?;
    let samples = scrape(&ops)?;
    for result in ["ok", "refused"] {
        let reloads = samples.value("alert_rule_reloads_total", &[("result", result)]);
        assert_eq!(reloads, Some(1.0), "{result}");
    }
    service.signal("-TERM")?;
    assert_eq!(service.child.wait()?.code(), Some(0));
    Ok(())
}
