//! One scrape of many series.

use criterion::{BenchmarkId, Criterion};
use metrics::with_local_recorder;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::peers::{BUCKETS, exporter};
use crate::record::{LATENCY, ORDERS, ours};

type Labels = Vec<(&'static str, String)>;

/// Renders as many series as are named: one in ten a histogram, each of which is eleven lines.
pub(crate) fn scrape(c: &mut Criterion) {
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

        let theirs = exporter();
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

fn owned(labels: &[(&'static str, &str)]) -> Labels {
    let pair = |(name, value): &(&'static str, &str)| (*name, (*value).to_owned());
    labels.iter().map(pair).collect()
}
