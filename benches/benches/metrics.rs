//! Metrics beside their peers: one record, and one scrape.

use std::hint::black_box;
use std::sync::atomic::AtomicU64;

use admf_metrics::{Catalogue, Exporter, Label, Metric};
use benches::{both, criterion};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main};
use metrics::{Recorder, with_local_recorder};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusRecorder};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

const BUCKETS: &[f64] = &[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0];
const MOST: usize = 200_000;
const ORDERS: Metric = Metric::counter("bench_orders_total", "Orders.").labels(&[
    Label::one_of("outcome", &["filled", "refused"]),
    Label::capped("symbol", MOST),
]);
const EQUITY: Metric = Metric::gauge("bench_equity_dollars", "Equity.");
const LATENCY: Metric = Metric::histogram("bench_latency_seconds", "Latency.", BUCKETS)
    .labels(&[Label::capped("symbol", MOST)]);

type Labels = Vec<(&'static str, String)>;

fn ours() -> Exporter {
    let catalogue = Catalogue::new([ORDERS, EQUITY, LATENCY]);
    Exporter::local(catalogue.expect("the catalogue is valid"))
}

fn crates() -> PrometheusRecorder {
    let latency = Matcher::Full(LATENCY.name.to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(latency, BUCKETS);
    builder.expect("there are buckets").build_recorder()
}

/// Times the macro by a recorder that is in force for one thread.
fn macros(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, recorder: &impl Recorder) {
    group.bench_function(format!("{name}/1"), |bench| {
        with_local_recorder(recorder, || {
            bench.iter(|| {
                metrics::counter!("bench_orders_total", "outcome" => "filled", "symbol" => "AAPL")
                    .increment(1);
            });
        });
    });
}

fn count(c: &mut Criterion) {
    let labels = [("outcome", "filled"), ("symbol", "AAPL")];
    let (ours, theirs) = (ours(), crates());
    let mut group = c.benchmark_group("count");
    let held = ours.meter().counter(&ORDERS, &labels);
    let held = held.expect("it is declared");
    both(&mut group, "ours_held", || black_box(&held).increment(1));
    macros(&mut group, "ours_macro", ours.meter());
    let held = with_local_recorder(
        &theirs,
        || metrics::counter!("bench_orders_total", "outcome" => "filled", "symbol" => "AAPL"),
    );
    both(&mut group, "exporter_held", || {
        black_box(&held).increment(1);
    });
    macros(&mut group, "exporter_macro", &theirs);
    let family = Family::<Labels, Counter<u64, AtomicU64>>::default();
    let held = family.get_or_create_owned(&owned(&labels));
    both(&mut group, "prometheus_client_held", || {
        black_box(&held).inc();
    });
    both(&mut group, "prometheus_client_looked_up", || {
        family.get_or_create(black_box(&owned(&labels))).inc();
    });
    group.finish();
}

fn owned(labels: &[(&'static str, &str)]) -> Labels {
    let pair = |(name, value): &(&'static str, &str)| (*name, (*value).to_owned());
    labels.iter().map(pair).collect()
}

fn set(c: &mut Criterion) {
    let (ours, theirs) = (ours(), crates());
    let mut group = c.benchmark_group("set");
    let held = ours.meter().gauge(&EQUITY, &[]).expect("it is declared");
    both(&mut group, "ours_held", || black_box(&held).set(1.5));
    let held = with_local_recorder(&theirs, || metrics::gauge!("bench_equity_dollars"));
    both(&mut group, "exporter_held", || black_box(&held).set(1.5));
    let held = Gauge::<f64, AtomicU64>::default();
    both(&mut group, "prometheus_client_held", || {
        black_box(&held).set(1.5);
    });
    group.finish();
}

fn record(c: &mut Criterion) {
    let (ours, theirs) = (ours(), crates());
    let mut group = c.benchmark_group("record");
    let held = ours.meter().histogram(&LATENCY, &[("symbol", "AAPL")]);
    let held = held.expect("it is declared");
    both(&mut group, "ours_held", || black_box(&held).record(0.02));
    let held = with_local_recorder(
        &theirs,
        || metrics::histogram!("bench_latency_seconds", "symbol" => "AAPL"),
    );
    // Its samples pile up until somebody empties them: so does a program every few seconds.
    let (handle, records) = (theirs.handle(), AtomicU64::new(0));
    both(&mut group, "exporter_held", || {
        black_box(&held).record(0.02);
        if records.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 65_536 == 0 {
            handle.run_upkeep();
        }
    });
    let held = Histogram::new(BUCKETS.iter().copied());
    both(&mut group, "prometheus_client_held", || {
        black_box(&held).observe(0.02);
    });
    group.finish();
}

/// Renders as many series as are named: one in ten a histogram, each of which is eleven lines.
fn scrape(c: &mut Criterion) {
    let mut group = c.benchmark_group("scrape");
    group.sample_size(10);
    for series in [1_000_u64, 10_000, 100_000] {
        let symbols: Vec<_> = (0..series).map(|n| format!("S{n:06}")).collect();
        let (histograms, counters) = symbols.split_at(symbols.len() / 10);

        let ours = ours();
        for symbol in counters {
            let labels = [("outcome", "filled"), ("symbol", symbol)];
            let one = ours.meter().counter(&ORDERS, &labels);
            one.expect("it is declared").increment(7);
        }
        for symbol in histograms {
            let one = ours.meter().histogram(&LATENCY, &[("symbol", symbol)]);
            one.expect("it is declared").record(0.02);
        }
        let id = BenchmarkId::new("ours", series);
        group.bench_function(id, |bench| bench.iter(|| ours.render().len()));

        let theirs = crates();
        with_local_recorder(&theirs, || {
            for symbol in counters.iter().cloned() {
                metrics::counter!("bench_orders_total", "outcome" => "filled", "symbol" => symbol)
                    .increment(7);
            }
            for symbol in histograms.iter().cloned() {
                metrics::histogram!("bench_latency_seconds", "symbol" => symbol).record(0.02);
            }
        });
        let handle = theirs.handle();
        let id = BenchmarkId::new("exporter", series);
        group.bench_function(id, |bench| bench.iter(|| handle.render().len()));

        let client = registry(counters, histograms);
        let id = BenchmarkId::new("prometheus_client", series);
        group.bench_function(id, |bench| {
            bench.iter(|| {
                let mut text = String::new();
                encode(&mut text, &client).expect("a string takes all");
                text.len()
            });
        });
    }
    group.finish();
}

fn registry(counters: &[String], histograms: &[String]) -> Registry {
    let mut registry = Registry::default();
    let orders = Family::<Labels, Counter>::default();
    let latency = Family::<Labels, Histogram, fn() -> Histogram>::new_with_constructor(|| {
        Histogram::new(BUCKETS.iter().copied())
    });
    for symbol in counters {
        let labels = owned(&[("outcome", "filled"), ("symbol", symbol)]);
        orders.get_or_create(&labels).inc_by(7);
    }
    for symbol in histograms {
        let labels = owned(&[("symbol", symbol)]);
        latency.get_or_create(&labels).observe(0.02);
    }
    registry.register("bench_orders", "Orders", orders);
    registry.register("bench_latency_seconds", "Latency", latency);
    registry
}

criterion_group! {
    name = all;
    config = criterion();
    targets = count, set, record, scrape
}
criterion_main!(all);
