//! A run that has ended is held until its end was scraped.

use std::io::Read;
use std::process::{ChildStdout, Stdio};

use serde_json::Value;

use super::common::{Result, bars, number, service};
use super::running::{Running, ask, scrape};

/// A run that is held, and its report, which is complete before anybody scrapes.
fn held(flags: &[&str]) -> Result<(Running, String, Value, ChildStdout)> {
    let folder = tempfile::tempdir()?;
    let data = bars(folder.path(), 300)?;
    let run = ["--json", "--scenario", "calm", "--data", &data];
    let mut command = service(&[&run[..], flags].concat());
    let mut run = Running::of(command.stdout(Stdio::piped()))?;
    let ops = run.listening("ops")?;
    run.says(" for the last scrape of ")?;
    let mut out = run.child.stdout.take().ok_or("standard output is piped")?;
    let mut reports = serde_json::Deserializer::from_reader(&mut out).into_iter();
    let report = reports.next().ok_or("no report")??;
    Ok((run, ops, report, out))
}

#[test]
fn a_run_ends_with_its_code_once_what_its_report_says_was_scraped() -> Result {
    let (mut run, ops, report, mut out) = held(&["--hold", "3000"])?;
    let (status, body) = ask(&ops, "GET /ready", "")?;
    assert_eq!(
        (status, body.as_str()),
        (503, r#"{"status":"shutting_down"}"#)
    );
    assert_eq!(ask(&ops, "GET /health", "")?.0, 200);
    let samples = scrape(&ops)?;
    for side in ["stack", "naive"] {
        let filled = number(&report[side], "filled")?;
        let labels = [("side", side), ("status", "filled")];
        assert_eq!(
            samples.value("admf_orders_total", &labels),
            Some(filled as f64)
        );
    }
    assert_eq!(run.child.wait()?.code(), Some(0));
    let mut rest = String::new();
    out.read_to_string(&mut rest)?;
    assert_eq!(rest.trim(), "", "the report is alone there");
    Ok(())
}

#[test]
fn a_signal_ends_the_wait_and_not_the_run() -> Result {
    let (mut run, _, report, _out) = held(&["--hold", "3000", "--stack"])?;
    assert_eq!(report["stack"]["interrupted"], false);
    run.signal("-TERM")?;
    assert_eq!(run.child.wait()?.code(), Some(0));
    Ok(())
}

#[test]
fn nobody_is_waited_for_longer_than_asked() -> Result {
    let (mut run, _, _, _out) = held(&["--hold", "0", "--stack"])?;
    assert_eq!(run.child.wait()?.code(), Some(0));
    Ok(())
}

#[test]
fn without_monitoring_a_run_is_the_same_and_nothing_listens() -> Result {
    let folder = tempfile::tempdir()?;
    let data = bars(folder.path(), 300)?;
    let flags = [
        "--json",
        "--stack",
        "--hold",
        "3000",
        "--scenario",
        "calm",
        "--data",
        &data,
    ];
    let output = service(&flags)
        .env("MONITORING_ENABLED", "false")
        .output()?;
    let said = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(!said.contains("ops "), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout)?;
    assert!(number(&report["stack"], "filled")? > 0);
    Ok(())
}

#[test]
fn what_is_wrong_with_monitoring_is_one_line_and_exit_code_2() -> Result {
    let serve = &["serve", "--api", "127.0.0.1:0", "--ops", "0.0.0.0:0"][..];
    let public = ("MONITORING_ALLOW_PUBLIC", "true");
    for (flags, (name, value), expected) in [
        (
            &[][..],
            ("MONITORING_ENABLED", "maybe"),
            "MONITORING_ENABLED: must be true or false, got \"maybe\"",
        ),
        (
            &[],
            ("MONITORING_PERFORMANCE_INTERVAL", "0"),
            "MONITORING_PERFORMANCE_INTERVAL: must be",
        ),
        (&[], ("MONITORING_PORT", "x"), "MONITORING_PORT: must be"),
        (
            &[],
            ("MONITORING_TOKEN", "short"),
            "MONITORING_TOKEN: must be 16 to 256",
        ),
        (
            &["--ops", "0.0.0.0:0"],
            ("MONITORING_ENABLED", "true"),
            "--ops: must be on the loopback where neither MONITORING_TOKEN nor",
        ),
        (
            &["--ops", "[::]:0"],
            ("MONITORING_ENABLED", "true"),
            "--ops: must be on the loopback",
        ),
        (
            serve,
            public,
            "--admin-token: must be set where operations are not on the loopback, but at 0.0.0.0:0",
        ),
        (&["--hold", "-1"], public, "must be 0 to 3600 seconds"),
    ] {
        let output = service(flags).env(name, value).output()?;
        let said = String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(2), "{flags:?} {name}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(
            said.starts_with("error: ") && said.contains(expected),
            "{said}"
        );
    }
    Ok(())
}
