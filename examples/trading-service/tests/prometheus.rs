//! A real Prometheus scrapes a run from its beginning to its end, and knows what the report says.

#[expect(dead_code, reason = "whole runs without a scrape are for other tests")]
mod common;
#[path = "prometheus/figures.rs"]
mod figures;
#[path = "common/sound.rs"]
mod sound;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use common::{Result, bars, service};
use serde_json::Value;
use sound::sound;
use tests::daemon::{free_port, missing};
use tests::prometheus::{Prometheus, get};

/// Enough for circuits to open, and for every way in which an order ends.
const BARS: usize = 3_000;
/// Scrapes that must succeed, one each second.
const SCRAPES: usize = 15;
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

/// Starts a run that is held for as many scrapes of its end, and returns it once it listens, with what it says.
fn run(address: &str, data: &str, scrapes: usize) -> Result<(Run, BufReader<ChildStderr>)> {
    let scrapes = scrapes.to_string();
    let held = ["--hold", "600", "--hold-scrapes", &scrapes];
    let flags = ["--json", "--data", data, "--ops", address];
    let mut command = service(&[&flags[..], &held].concat());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let said = child.stderr.take().ok_or("standard error is piped")?;
    let run = Run(child);
    let mut said = BufReader::new(said);
    says(&mut said, "ops listening")?;
    Ok((run, said))
}

/// Reads on until such a line.
fn says(said: &mut impl BufRead, expected: &str) -> Result {
    let mut line = String::new();
    while !line.contains(expected) {
        line.clear();
        if said.read_line(&mut line)? == 0 {
            return Err(format!("it ended before it said {expected:?}").into());
        }
    }
    Ok(())
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

/// What each scrape left of a metric that Prometheus makes of scrapes, from the first to the last.
fn of_scrapes(prometheus: &Prometheus, metric: &str) -> Result<Vec<f64>> {
    let data = prometheus.api(&format!("query?query={metric}%5B1h%5D"))?;
    let values = data["result"][0]["values"].as_array().cloned();
    let read = |value: &Value| value[1].as_str()?.parse().ok();
    let values: Option<Vec<_>> = values.unwrap_or_default().iter().map(read).collect();
    Ok(values.ok_or("no number")?)
}

/// The sum of what was stored last of the series that a selector names; where there is none its metric must be there.
fn stored(prometheus: &Prometheus, selector: &str) -> Result<f64> {
    let sum = |of: &str| prometheus.query(&format!("sum(last_over_time({of}[1h]))"));
    if let Some((_, value)) = sum(selector)?.first() {
        return Ok(*value);
    }
    let metric = selector.split('{').next().unwrap_or_default();
    match sum(metric)?.first() {
        Some(_) => Ok(0.0),
        None => Err(format!("nothing is known of {metric}").into()),
    }
}

#[test]
fn prometheus_knows_in_the_end_what_the_report_says_and_no_scrape_failed() -> Result {
    let folder = tempfile::tempdir()?;
    let data = bars(folder.path(), BARS)?;
    let address = format!("127.0.0.1:{}", free_port());
    // One of them is ours.
    let (mut run, mut said) = run(&address, &data, SCRAPES + 1)?;
    let mut out = run.0.stdout.take().ok_or("standard output is piped")?;
    // So that it never waits for somebody to read on.
    let report = std::thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).map(|_| text)
    });
    let Some(prometheus) = prometheus(folder.path(), &address)? else {
        return Ok(());
    };
    sound(&get(&address, "/metrics")?)?;
    says(
        &mut said,
        &format!(" for the last {} scrapes of ", SCRAPES + 1),
    )?;
    std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
    sound(&get(&address, "/metrics")?)?;
    until(
        "a scrape",
        || Ok(!of_scrapes(&prometheus, "up")?.is_empty()),
    )?;
    let targets = prometheus.api("targets")?;
    let target = &targets["activeTargets"][0];
    assert_eq!(
        (&target["health"], &target["lastError"]),
        (&"up".into(), &"".into())
    );

    assert_eq!(run.0.wait()?.code(), Some(0));
    let report = report.join().map_err(|_| "nobody read the report")??;
    let report: Value = serde_json::from_str(&report)?;
    no_scrape_failed(&prometheus)?;
    nothing_was_dropped(&prometheus)?;
    for side in ["stack", "naive"] {
        signals_add_up(&prometheus, side)?;
        figures::as_reported(&prometheus, side, &report[side])?;
    }
    figures::alerts_as_reported(&prometheus, &report["alerts"])
}

/// Each succeeded, and brought samples, until the first that found nobody.
fn no_scrape_failed(prometheus: &Prometheus) -> Result {
    // Once one has found nobody, all before it are stored.
    until("a scrape after the end", || {
        Ok(of_scrapes(prometheus, "up")?.contains(&0.0))
    })?;
    let ups = of_scrapes(prometheus, "up")?;
    let samples = of_scrapes(prometheus, "scrape_samples_scraped")?;
    let good = ups.iter().position(|up| *up != 1.0).unwrap_or(ups.len());
    assert!(good >= SCRAPES, "{ups:?}");
    assert!(ups[good..].iter().all(|up| *up == 0.0), "{ups:?}");
    assert!(samples.len() >= good, "{samples:?}");
    assert!(samples[..good].iter().all(|it| *it > 0.0), "{samples:?}");
    Ok(())
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
