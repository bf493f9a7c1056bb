//! A round of a thousand rules as a service pays for it: the scrape of its 10,000 series is put in, the rules are
//! evaluated over an hour of them at 15 seconds, alerts begin and end.
//!
//! Timed by the processor's time of the process. As a bench it fails where a round takes more than is asked for.

use std::process::ExitCode;
use std::time::Duration;

use admf_alerts::{AlertEvent, AlertState, Engine, Rule};
use admf_metrics::{Catalogue, Counter, Exporter, Label, Metric};
use rustix::time::{ClockId, clock_gettime};

const INSTANCES: usize = 10;
const SERVICES: usize = 10;
const METRICS: usize = 100;
/// An hour, which is there before a round is timed.
const FILLED: u64 = 240;
const TIMED: u64 = 20;
const STEP: Duration = Duration::from_secs(15);
/// The processor's time that a round may take.
const ASKED: Duration = Duration::from_millis(1_500);

/// How much the services have to do.
#[derive(Clone, Copy, Debug)]
enum Load {
    /// One after the other, for four minutes each.
    OneInTen,
    All,
}

/// A service that says of itself what the rules look at.
struct Service {
    exporter: Exporter,
    counters: Vec<(usize, Counter)>,
}

impl Service {
    fn new() -> Self {
        let labels: &'static [Label] = Box::leak(Box::new([
            Label::capped("service", SERVICES),
            Label::capped("host", INSTANCES),
            Label::one_of("environment", &["production"]),
            Label::capped("component", METRICS),
        ]));
        let metrics: Vec<_> = (0..METRICS)
            .map(|metric| {
                let name = String::leak(format!("metric_{metric}_total"));
                Metric::counter(name, "Calls.").labels(labels)
            })
            .collect();
        let catalogue = Catalogue::new(metrics.iter().copied());
        let exporter = Exporter::local(catalogue.expect("it is valid"));
        let mut counters = vec![];
        for (number, metric) in metrics.iter().enumerate() {
            let family = exporter.meter().counters(metric).expect("it is declared");
            let component = format!("component-{number}");
            for service in 0..SERVICES {
                for instance in 0..INSTANCES {
                    let name = format!("service-{service}");
                    let address = format!("10.0.0.{instance}:9090");
                    let counter = family.with([&*name, &address, "production", &component]);
                    counters.push((service, counter));
                }
            }
        }
        Self { exporter, counters }
    }

    /// Has done what there was to do since the round before.
    fn act(&self, round: u64, load: Load) {
        let busy = (round / 16) as usize % SERVICES;
        for (service, counter) in &self.counters {
            let calls = match load {
                Load::OneInTen if *service != busy => 5,
                Load::OneInTen | Load::All => 10,
            };
            counter.increment(calls);
        }
    }
}

/// 900 that select 10 series each, 90 that sum over 100, 10 over all, of which one looks at the whole hour.
fn rules() -> Vec<Rule> {
    let mut exprs = vec![];
    for rule in 0..900 {
        let (metric, service) = (rule % METRICS, rule / METRICS);
        exprs.push(format!(
            "rate(metric_{metric}_total{{service=\"service-{service}\"}}[5m]) > 0.5"
        ));
    }
    for rule in 0..90 {
        exprs.push(format!(
            "sum by (service) (rate(metric_{rule}_total[5m])) > 5"
        ));
    }
    for rule in 0..10 {
        let window = if rule == 0 { "1h" } else { "5m" };
        exprs.push(format!(
            "sum by (service) (rate({{environment=\"production\"}}[{window}])) > 500"
        ));
    }
    let rule = |(number, expr)| {
        Rule::new(format!("Rule{number}"), expr)
            .for_(Duration::from_secs(60))
            .label("severity", "warning")
            .annotation(
                "summary",
                "{{ $labels.service }} at {{ $labels.host }}: {{ $value | humanize }} a second",
            )
    };
    exprs.into_iter().enumerate().map(rule).collect()
}

/// Returns the processor's time that this process had, its own and that of the system for it; or the real time.
fn read(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).expect("it is not negative")
}

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.map_or_else(|| "unknown".to_owned(), |it| it[6..].trim().to_owned())
}

/// Shows the least, the median and the most.
fn shown(what: &str, mut times: Vec<Duration>) -> Duration {
    times.sort();
    let (least, most) = (times[0], times[times.len() - 1]);
    let median = times[times.len() / 2];
    println!("  {what}: {least:.1?} to {most:.1?}, {median:.1?} in the median");
    median
}

/// Does a round after the other, and returns the processor's time of one in the mean.
fn rounds(load: Load, filled: u64, timed: u64) -> Duration {
    let service = Service::new();
    let mut engine = Engine::new(rules()).expect("they are sound");
    let (mut taken, mut passed) = (vec![], vec![]);
    let (mut fired, mut ended) = (0, 0);
    for round in 0..filled + timed {
        service.act(round, load);
        let clocks = [ClockId::ProcessCPUTime, ClockId::Monotonic];
        let before = clocks.map(read);
        let now = STEP * u32::try_from(round).expect("few");
        let events = engine.step(now, &service.exporter);
        let after = clocks.map(read);
        if round < filled {
            continue;
        }
        taken.push(after[0] - before[0]);
        passed.push(after[1] - before[1]);
        for event in events {
            match event {
                AlertEvent::Fired(_) => fired += 1,
                _ => ended += 1,
            }
        }
    }
    assert!(engine.rules().all(|rule| rule.failures == 0));
    let firing = |load| engine.alerts().filter(|it| it.state == load).count();
    let store = engine.store();
    println!(
        "{load:?}: {timed} rounds of {} rules, {} series, {} samples of {:.1} bytes; {} alerts fire, {fired} began and {ended} ended",
        engine.rules().count(),
        store.len(),
        store.counts().samples,
        store.sample_bytes() as f64 / store.counts().samples as f64,
        firing(AlertState::Firing),
    );
    let mean = taken.iter().sum::<Duration>() / u32::try_from(timed).expect("few");
    shown("processor", taken);
    shown("real time", passed);
    mean
}

fn main() -> ExitCode {
    // As a test it runs a few rounds, and times nothing that counts.
    let is_bench = std::env::args().any(|arg| arg == "--bench");
    let (filled, timed) = if is_bench { (FILLED, TIMED) } else { (24, 2) };
    let means = [Load::OneInTen, Load::All].map(|load| {
        let mean = rounds(load, filled, timed);
        println!(
            "  processor: {mean:.1?} in the mean; peak memory until now: {}",
            peak()
        );
        mean
    });
    match means.into_iter().find(|mean| is_bench && *mean > ASKED) {
        Some(mean) => {
            eprintln!("a round takes {mean:.1?} of the processor, and {ASKED:?} are asked for");
            ExitCode::FAILURE
        }
        None => ExitCode::SUCCESS,
    }
}
