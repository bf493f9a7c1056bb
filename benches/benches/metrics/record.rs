//! One record: by a handle that is held, by the macros, and found by its labels.

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};

use admf_metrics::{Catalogue, Exporter, Label, Metric};
use benches::both;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion};
use metrics::{Recorder, with_local_recorder};

use crate::peers::{self, BUCKETS, Family, Labels, Upkeep, client_histogram, exporter};

const MOST: usize = 200_000;
pub(crate) const ORDERS: Metric = Metric::counter("bench_orders_total", "Orders.")
    .labels(&[
        Label::one_of("outcome", &["filled", "refused"]),
        Label::capped("symbol", MOST),
    ])
    .at_most(MOST);
const POSITION: Metric = Metric::gauge("bench_position_shares", "Position.")
    .labels(&[Label::capped("symbol", MOST)])
    .at_most(MOST);
pub(crate) const LATENCY: Metric = Metric::histogram("bench_latency_seconds", "Latency.", BUCKETS)
    .labels(&[Label::capped("symbol", MOST)])
    .at_most(MOST);

const ORDER: Labels = &[("outcome", "filled"), ("symbol", "AAPL")];
const SYMBOL: Labels = &[("symbol", "AAPL")];

pub(crate) fn ours() -> Exporter {
    let catalogue = Catalogue::new([ORDERS, POSITION, LATENCY]);
    Exporter::local(catalogue.expect("the catalogue is valid"))
}

/// Times a macro by a recorder that is in force for one thread.
fn macros(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    recorder: &impl Recorder,
    says: impl Fn(),
) {
    group.bench_function(format!("{name}/1"), |bench| {
        with_local_recorder(recorder, || bench.iter(&says));
    });
}

pub(crate) fn count(c: &mut Criterion) {
    let (ours, theirs) = (ours(), exporter());
    let mut group = c.benchmark_group("count");
    let says =
        || metrics::counter!("bench_orders_total", "outcome" => "filled", "symbol" => "AAPL");
    let held = ours.meter().counter(&ORDERS, ORDER);
    let held = held.expect("it is declared");
    both(&mut group, "ours_held", || black_box(&held).increment(1));
    macros(&mut group, "ours_macro", ours.meter(), || {
        says().increment(1);
    });
    let family = ours.meter().counters::<2>(&ORDERS);
    let family = family.expect("it is declared");
    both(&mut group, "ours_looked_up", || {
        family.with(black_box(["filled", "AAPL"])).increment(1);
    });
    let held = with_local_recorder(&theirs, says);
    both(&mut group, "exporter_held", || {
        black_box(&held).increment(1);
    });
    macros(&mut group, "exporter_macro", &theirs, || {
        says().increment(1);
    });
    let family = Family::<peers::Counter>::new_with_constructor(peers::Counter::default);
    let held = family.get_or_create_owned(&ORDER);
    both(&mut group, "prometheus_client_held", || {
        black_box(&held).inc();
    });
    both(&mut group, "prometheus_client_looked_up", || {
        family.get_or_create(black_box(&ORDER)).inc();
    });
    group.finish();
}

pub(crate) fn set(c: &mut Criterion) {
    let (ours, theirs) = (ours(), exporter());
    let mut group = c.benchmark_group("set");
    let says = || metrics::gauge!("bench_position_shares", "symbol" => "AAPL");
    let held = ours.meter().gauge(&POSITION, SYMBOL);
    let held = held.expect("it is declared");
    both(&mut group, "ours_held", || black_box(&held).set(1.5));
    macros(&mut group, "ours_macro", ours.meter(), || says().set(1.5));
    let family = ours.meter().gauges::<1>(&POSITION);
    let family = family.expect("it is declared");
    both(&mut group, "ours_looked_up", || {
        family.with(black_box(["AAPL"])).set(1.5);
    });
    let held = with_local_recorder(&theirs, says);
    both(&mut group, "exporter_held", || black_box(&held).set(1.5));
    macros(&mut group, "exporter_macro", &theirs, || says().set(1.5));
    let family = Family::<peers::Gauge>::new_with_constructor(peers::Gauge::default);
    let held = family.get_or_create_owned(&SYMBOL);
    both(&mut group, "prometheus_client_held", || {
        black_box(&held).set(1.5);
    });
    both(&mut group, "prometheus_client_looked_up", || {
        family.get_or_create(black_box(&SYMBOL)).set(1.5);
    });
    group.finish();
}

pub(crate) fn record(c: &mut Criterion) {
    let (ours, theirs) = (ours(), exporter());
    let mut group = c.benchmark_group("record");
    let says = || metrics::histogram!("bench_latency_seconds", "symbol" => "AAPL");
    let held = ours.meter().histogram(&LATENCY, SYMBOL);
    let held = held.expect("it is declared");
    both(&mut group, "ours_held", || black_box(&held).record(0.02));
    macros(&mut group, "ours_macro", ours.meter(), || {
        says().record(0.02);
    });
    let family = ours.meter().histograms::<1>(&LATENCY);
    let family = family.expect("it is declared");
    both(&mut group, "ours_looked_up", || {
        family.with(black_box(["AAPL"])).record(0.02);
    });
    let held = with_local_recorder(&theirs, says);
    // As `Upkeep`, from two threads.
    let (handle, records) = (theirs.handle(), AtomicU32::new(0));
    both(&mut group, "exporter_held", || {
        black_box(&held).record(0.02);
        if records.fetch_add(1, Ordering::Relaxed) % 65_536 == 0 {
            handle.run_upkeep();
        }
    });
    let upkeep = Upkeep::of(&theirs);
    macros(&mut group, "exporter_macro", &theirs, || {
        says().record(0.02);
        upkeep.sampled();
    });
    let family = Family::<peers::Histogram>::new_with_constructor(client_histogram);
    let held = family.get_or_create_owned(&SYMBOL);
    both(&mut group, "prometheus_client_held", || {
        black_box(&held).observe(0.02);
    });
    both(&mut group, "prometheus_client_looked_up", || {
        family.get_or_create(black_box(&SYMBOL)).observe(0.02);
    });
    group.finish();
}
