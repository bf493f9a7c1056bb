//! A round of a thousand expressions as rules have them, over 10,000 series of an hour at 15 seconds.

use std::hint::black_box;

use admf_alerts::Labels;
use admf_alerts::promql::{Query, Settings, Value};
use admf_alerts::series::{Limits, NAME, Store};
use criterion::{Criterion, criterion_group, criterion_main};

const INSTANCES: usize = 10;
const SERVICES: usize = 10;
const METRICS: usize = 100;
/// An hour.
const SAMPLES: i64 = 240;
const STEP: i64 = 15_000;

fn store() -> Store {
    let mut store = Store::new(Limits::default()).expect("no limit is 0");
    let mut series = vec![];
    for metric in 0..METRICS {
        for service in 0..SERVICES {
            for instance in 0..INSTANCES {
                series.push(Labels::from_iter([
                    (NAME, format!("metric_{metric}_total")),
                    ("service", format!("service-{service}")),
                    ("instance", format!("10.0.0.{instance}:9090")),
                    ("environment", "production".to_owned()),
                    ("component", format!("component-{metric}")),
                ]));
            }
        }
    }
    for sample in 0..SAMPLES {
        for labels in &series {
            let taken = store.append(labels, sample * STEP, sample as f64 * 10.0);
            taken.expect("it is in order");
        }
    }
    store
}

/// 900 that select 10 series each, 90 that sum over 100, 10 over all.
fn queries(settings: &Settings) -> Vec<Query> {
    let mut texts = vec![];
    for rule in 0..900 {
        let (metric, service) = (rule % METRICS, rule / METRICS);
        texts.push(format!(
            "rate(metric_{metric}_total{{service=\"service-{service}\"}}[5m]) > 0.5"
        ));
    }
    for rule in 0..90 {
        texts.push(format!(
            "sum by (service) (rate(metric_{rule}_total[5m])) > 1"
        ));
    }
    for _ in 0..10 {
        texts.push("sum by (service) (rate({environment=\"production\"}[5m])) > 1".to_owned());
    }
    let parse = |text: &String| Query::parse(text, settings).expect("it is an expression");
    texts.iter().map(parse).collect()
}

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.unwrap_or("VmHWM: unknown").to_owned()
}

fn round(criterion: &mut Criterion) {
    let settings = Settings::default();
    let (store, queries) = (store(), queries(&settings));
    let now = (SAMPLES - 1) * STEP;
    let bytes = store.sample_bytes() as f64 / store.counts().samples as f64;
    println!("{} series, {bytes:.1} bytes a sample", store.len());
    criterion.bench_function("a round of 1,000 rules", |bencher| {
        bencher.iter(|| {
            for query in &queries {
                let found = query.instant(&store, &settings, now);
                let found = found.expect("it fits");
                assert!(matches!(&found, Value::Vector(samples) if !samples.is_empty()));
                black_box(found);
            }
        });
    });
    println!("peak memory: {}", peak());
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = round
}
criterion_main!(benches);
