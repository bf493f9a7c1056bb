//! A real Prometheus scrapes a run from its beginning to its end, and knows what the report says.

#[expect(dead_code, reason = "whole runs without a scrape are for other tests")]
mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::{Result, bars, number, service};
use serde_json::Value;
use tests::daemon::{free_port, missing};
use tests::prometheus::{Prometheus, get};

/// Enough for the run of an unoptimized program to take about 15 s.
const BARS: usize = 5_000;
/// How often something is asked that takes seconds to become so.
const ASKED: usize = 200_000;

/// The service, killed where a test ends early.
struct Run(Child);

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a run that is held until its end was scraped, and returns it once it listens.
fn run(address: &str, data: &str) -> Result<Run> {
    let flags = ["--json", "--data", data, "--ops", address, "--hold", "600"];
    let mut command = service(&flags);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let said = child.stderr.take().ok_or("standard error is piped")?;
    let run = Run(child);
    let mut said = BufReader::new(said);
    let mut line = String::new();
    while !line.starts_with("ops listening") {
        line.clear();
        assert!(
            said.read_line(&mut line)? > 0,
            "it ended before it listened"
        );
    }
    // So that it never waits for somebody to read on.
    std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
    Ok(run)
}

fn prometheus(folder: &Path, address: &str) -> Result<Option<Prometheus>> {
    let config = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n\
         scrape_configs: [{{job_name: run, static_configs: [{{targets: ['{address}']}}]}}]\n"
    );
    let path = folder.join("prometheus.yml");
    fs::write(&path, config)?;
    Ok(Prometheus::start(&path, &folder.join("data")))
}

/// Asks until it is so.
fn until(what: &str, is: impl Fn() -> Result<bool>) -> Result {
    for _ in 0..ASKED {
        if is()? {
            return Ok(());
        }
        std::thread::yield_now();
    }
    Err(format!("never: {what}").into())
}

/// Whether each scrape succeeded, from the first to the last.
fn scrapes(prometheus: &Prometheus) -> Result<Vec<bool>> {
    let data = prometheus.api("query?query=up%5B1h%5D")?;
    let values = data["result"][0]["values"].as_array().cloned();
    let is_up = |value: &Value| value[1] == "1";
    Ok(values.unwrap_or_default().iter().map(is_up).collect())
}

/// The sum of what was stored last of the series that a selector names; none of them is nothing counted.
fn stored(prometheus: &Prometheus, selector: &str) -> Result<f64> {
    let rows = prometheus.query(&format!("sum(last_over_time({selector}[1h]))"))?;
    Ok(rows.first().map_or(0.0, |(_, value)| *value))
}

fn sound(exposition: &str) -> Result {
    admf_exposition::check(exposition)?;
    let parsed = admf_exposition::parse(exposition)?;
    let lints = admf_exposition::lint(&parsed);
    assert!(lints.is_empty(), "{lints:?}");
    let table = String::from_utf8(service(&["metrics"]).output()?.stdout)?;
    for family in parsed.families() {
        let row = format!("| `{}` | {} |", family.name, family.kind);
        assert!(table.contains(&row), "{row} is not declared");
    }
    promtool(exposition)
}

fn promtool(exposition: &str) -> Result {
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]);
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let Ok(mut child) = piped.stderr(Stdio::piped()).spawn() else {
        missing("promtool", "ADMF_REQUIRE_SERVERS");
        return Ok(());
    };
    let mut stdin = child.stdin.take().ok_or("standard input is piped")?;
    stdin.write_all(exposition.as_bytes())?;
    drop(stdin);
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
    Ok(())
}

#[test]
fn prometheus_knows_in_the_end_what_the_report_says_and_no_scrape_failed() -> Result {
    let folder = tempfile::tempdir()?;
    let data = bars(folder.path(), BARS)?;
    let address = format!("127.0.0.1:{}", free_port());
    let mut run = run(&address, &data)?;
    let Some(prometheus) = prometheus(folder.path(), &address)? else {
        return Ok(());
    };
    until("three scrapes", || Ok(scrapes(&prometheus)?.len() >= 3))?;
    sound(&get(&address, "/metrics")?)?;
    let targets = prometheus.api("targets")?;
    let target = &targets["activeTargets"][0];
    assert_eq!(
        (&target["health"], &target["lastError"]),
        (&"up".into(), &"".into())
    );

    let out = run.0.stdout.take().ok_or("standard output is piped")?;
    let report: Value = serde_json::from_reader(out)?;
    assert_eq!(run.0.wait()?.code(), Some(0), "{report}");
    // Once one has found nobody, all before it are stored.
    until("a scrape after the end", || {
        Ok(scrapes(&prometheus)?.contains(&false))
    })?;
    let ups = scrapes(&prometheus)?;
    let first = ups.iter().position(|up| !up).unwrap_or(ups.len());
    assert!(first >= 5 && !ups[first..].contains(&true), "{ups:?}");
    nothing_was_dropped(&prometheus)?;
    for side in ["stack", "naive"] {
        signals_add_up(&prometheus, side)?;
        as_reported(&prometheus, side, &report[side])?;
    }
    policies_as_reported(&prometheus, &report["stack"])
}

fn nothing_was_dropped(prometheus: &Prometheus) -> Result {
    let own = get(&prometheus.address(), "/metrics")?;
    let own = admf_exposition::parse(&own)?;
    for problem in [
        "sample_duplicate_timestamp",
        "sample_out_of_order",
        "sample_out_of_bounds",
        "exceeded_sample_limit",
        "exceeded_body_size_limit",
    ] {
        let name = format!("prometheus_target_scrapes_{problem}_total");
        let found = own.samples().find(|sample| sample.name == name);
        assert_eq!(found.ok_or(name)?.value, 0.0, "{problem}");
    }
    let lost = "scrape_samples_scraped - scrape_samples_post_metric_relabeling";
    assert!(
        !prometheus
            .query(&format!("max_over_time(({lost})[1h:1s])"))?
            .is_empty()
    );
    let lost = prometheus.query(&format!("max_over_time(({lost})[1h:1s]) > 0"))?;
    assert!(lost.is_empty(), "{lost:?}");
    Ok(())
}

/// Each signal passed, or was filtered for a reason.
fn signals_add_up(prometheus: &Prometheus, side: &str) -> Result {
    let sum = |name| format!("sum(last_over_time(admf_signals_{name}_total{{side='{side}'}}[1h]))");
    let [generated, passed, filtered] = ["generated", "passed", "filtered"].map(sum);
    let rows = prometheus.query(&format!("{generated} - {passed} - {filtered}"))?;
    let [(_, difference)] = rows[..] else {
        return Err(format!("{side}: {rows:?}").into());
    };
    assert_eq!(difference, 0.0, "{side}");
    Ok(())
}

fn as_reported(prometheus: &Prometheus, side: &str, report: &Value) -> Result {
    let of =
        |name: &str, label: &str| stored(prometheus, &format!("{name}{{side='{side}'{label}}}"));
    let whole = |name| number(report, name).map(|it| it as f64);
    let level = |name: &str| report[name].as_f64().ok_or(format!("no {name}"));
    assert!(whole("filled")? > 100.0, "{report}");
    let sent = whole("orders")? - whole("risk_rejected")?;
    for (name, label, expected) in [
        ("admf_orders_total", ",status='filled'", whole("filled")?),
        (
            "admf_orders_total",
            ",status='cancelled'",
            whole("cancelled")?,
        ),
        (
            "admf_orders_total",
            ",status='unsent'",
            whole("refused_unsent")?,
        ),
        ("orders_in_doubt", "", whole("in_doubt")?),
        ("admf_trades_total", "", whole("filled")?),
        ("order_duration_seconds_count", "", sent),
        ("admf_signals_generated_total", "", whole("signals")?),
        ("admf_signals_passed_total", "", sent),
        ("admf_signals_filtered_total", "", whole("risk_rejected")?),
        (
            "admf_risk_limit_breaches_total",
            "",
            whole("limits_overlooked")?,
        ),
        ("order_retries_total", "", whole("retries")?),
        ("bars_replayed_total", "", whole("bars")?),
        ("bars_skipped_total", "", whole("skipped_bars")?),
        ("unreconciled_orders", ",kind='lost'", whole("lost")?),
        (
            "unreconciled_orders",
            ",kind='duplicated'",
            whole("duplicated")?,
        ),
        ("admf_portfolio_value", "", level("final_equity")?),
        ("venue_portfolio_value", "", level("venue_equity")?),
        ("admf_drawdown_ratio", "", level("drawdown")?),
    ] {
        assert_eq!(
            of(name, label)?,
            expected,
            "{side}: {name}{label}\n{report:#}"
        );
    }
    let reasons = report["risk_rejections"].as_object().ok_or("no reasons")?;
    for (reason, count) in reasons {
        let filtered = of(
            "admf_signals_filtered_total",
            &format!(",reason='{reason}'"),
        )?;
        assert_eq!(Some(filtered), count.as_f64(), "{side}: {reason}");
    }
    Ok(())
}

fn policies_as_reported(prometheus: &Prometheus, report: &Value) -> Result {
    for (selector, name) in [
        (
            "admf_circuit_breaker_transitions_total{to='open'}",
            "breaker_trips",
        ),
        ("admf_failovers_total{direction='over'}", "failovers"),
        ("admf_failovers_total{direction='back'}", "failbacks"),
    ] {
        let counted = stored(prometheus, selector)?;
        assert_eq!(
            counted,
            number(report, name)? as f64,
            "{selector}\n{report:#}"
        );
    }
    assert!(number(report, "breaker_trips")? > 0, "{report}");
    Ok(())
}

#[test]
fn the_configuration_that_comes_with_the_service_is_one() -> Result {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("prometheus.yml");
    let mut command = Command::new("promtool");
    let Ok(output) = command.args(["check", "config"]).arg(&path).output() else {
        missing("promtool", "ADMF_REQUIRE_SERVERS");
        return Ok(());
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    // It finds the service where that is without a flag.
    assert!(fs::read_to_string(path)?.contains("127.0.0.1:8081"));
    Ok(())
}
