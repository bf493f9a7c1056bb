//! The service that stays up, and the operations of a run, as processes.

mod admin;
#[expect(dead_code, reason = "whole runs are for other tests")]
#[path = "../common/mod.rs"]
mod common;
mod fed;
mod hold;
mod machine;
mod parts;
mod running;

use std::io::Read;
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
        let mut rest = String::new();
        service.said.read_to_string(&mut rest)?;
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
    let mut rest = String::new();
    run.said.read_to_string(&mut rest)?;
    assert_eq!(run.child.wait()?.code(), Some(143), "{rest}");
    Ok(())
}

#[test]
fn on_a_bad_day_both_alerts_fire_and_are_resolved() -> Result {
    let folder = tempfile::tempdir()?;
    let data = bars(folder.path(), 3000)?;
    let flags = ["--json", "--data", &data, "--alert-drawdown", "0.02"];
    let output = service(&flags).output()?;
    let said = String::from_utf8(output.stderr)?;
    for alert in ["HighDrawdown{", "BreakerOpen{name=\"primary\""] {
        for change in ["FIRING  ", "RESOLVED"] {
            let expected = format!(" {change} {alert}");
            assert!(
                said.contains(&expected),
                "{expected} is missing from:\n{said}"
            );
        }
    }
    Ok(())
}
