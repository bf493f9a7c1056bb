//! What machine and process take is shown while the service runs.

use admf_alerts::{Samples, Selector};

use super::common::Result;
use super::running::{Running, SERVE, await_answer, scrape};

/// Scrapes once the first sample is there.
fn sampled(ops: &str) -> Result<Samples> {
    let first = |_, text: &str| text.contains("\nprocess_start_time_seconds ");
    await_answer(ops, "GET /metrics", first)?;
    scrape(ops)
}

/// Reads the most memory that a process ever held, in bytes.
fn peak(pid: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    Ok(1024.0 * kib.ok_or("no peak")?.parse::<f64>()?)
}

#[test]
fn service_and_run_show_what_machine_and_process_take_and_which_build_they_are() -> Result {
    for flags in [&SERVE[..], &["--json"]] {
        let service = Running::start(flags)?;
        let ops = service.listening("ops")?;
        let samples = sampled(&ops)?;
        let value = |name, labels: &[_]| samples.value(name, labels).ok_or(format!("no {name}"));

        let resident = value("process_resident_memory_bytes", &[])?;
        let peak = 1.1 * peak(service.child.id())?;
        assert!((1e6..=peak).contains(&resident), "{resident} of {peak}");
        assert!(value("process_open_fds", &[])? > 3.0);
        let (used, limit) = ("admf_memory_usage_bytes", "admf_memory_limit_bytes");
        assert!(value(used, &[])? <= value(limit, &[])?);
        let percent = value("admf_disk_usage_percent", &[])?;
        assert!((0.0..=100.0).contains(&percent), "{percent}");
        for direction in ["receive", "transmit"] {
            value("admf_network_io_bytes_total", &[("direction", direction)])?;
        }
        for part in ["memory", "disk", "network", "process"] {
            let failures = value("admf_system_sample_failures_total", &[("part", part)])?;
            assert_eq!(failures, 0.0, "{part}");
        }
        let build = Selector::parse(r#"admf_build_info{service="trading-service"}"#)?;
        let builds: Vec<_> = samples.select(&build).collect();
        assert_eq!(builds.len(), 1);
        let version = builds[0].labels.get("version");
        assert_eq!(
            (builds[0].value, version),
            (1.0, Some(env!("CARGO_PKG_VERSION")))
        );
    }
    Ok(())
}
