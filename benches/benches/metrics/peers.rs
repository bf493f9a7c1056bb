//! The peers: what they are told goes into the same metrics as ours, as their users would write it.

use std::cell::Cell;
use std::sync::atomic::AtomicU64;

use criterion::BenchmarkGroup;
use criterion::measurement::WallTime;
use metrics::with_local_recorder;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use prometheus_client::metrics::{counter, family, gauge, histogram};

/// Words that the program knows: the peers need no copy of them, which is the best case of both.
pub(crate) type Labels = &'static [(&'static str, &'static str)];

pub(crate) type Counter = counter::Counter<u64, AtomicU64>;
pub(crate) type Gauge = gauge::Gauge<f64, AtomicU64>;
pub(crate) type Histogram = histogram::Histogram;
pub(crate) type Family<M> = family::Family<Labels, M, fn() -> M>;

/// Those of the peers' histograms always. Of the typed functions ours have more, up to 17.
pub(crate) const BUCKETS: &[f64] = &[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0];

pub(crate) fn client_histogram() -> Histogram {
    Histogram::new(BUCKETS.iter().copied())
}

/// The exporter of the macros, with buckets for all histograms.
pub(crate) fn exporter() -> PrometheusRecorder {
    let builder = PrometheusBuilder::new().set_buckets(BUCKETS);
    builder.expect("there are buckets").build_recorder()
}

/// The upkeep of an exporter. Its samples pile up until somebody empties them: so does a program every
/// few seconds.
pub(crate) struct Upkeep {
    handle: PrometheusHandle,
    samples: Cell<u32>,
}

impl Upkeep {
    pub(crate) fn of(recorder: &PrometheusRecorder) -> Self {
        let (handle, samples) = (recorder.handle(), Cell::default());
        Self { handle, samples }
    }

    pub(crate) fn sampled(&self) {
        self.samples.set(self.samples.get() + 1);
        if self.samples.get() == 65_536 {
            self.handle.run_upkeep();
            self.samples.set(0);
        }
    }
}

/// Times three ways to say one thing, on one thread.
pub(crate) fn three_ways(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    ours: impl Fn(),
    macros: impl Fn(),
    client: impl Fn(),
) {
    let recorder = exporter();
    let upkeep = Upkeep::of(&recorder);
    group.bench_function(format!("{name}/ours"), |bench| bench.iter(&ours));
    group.bench_function(format!("{name}/exporter_macros"), |bench| {
        with_local_recorder(&recorder, || {
            bench.iter(|| {
                macros();
                upkeep.sampled();
            });
        });
    });
    group.bench_function(format!("{name}/prometheus_client"), |bench| {
        bench.iter(&client);
    });
}

/// The client's verbs in the words of the macros.
pub(crate) trait CounterVerbs {
    fn increment(&self, by: u64);
}

impl CounterVerbs for Counter {
    fn increment(&self, by: u64) {
        self.inc_by(by);
    }
}

pub(crate) trait GaugeVerbs {
    fn increment(&self, by: f64);
    fn decrement(&self, by: f64);
}

impl GaugeVerbs for Gauge {
    fn increment(&self, by: f64) {
        self.inc_by(by);
    }

    fn decrement(&self, by: f64) {
        self.dec_by(by);
    }
}

pub(crate) trait HistogramVerbs {
    fn record(&self, sample: f64);
}

impl HistogramVerbs for Histogram {
    fn record(&self, sample: f64) {
        self.observe(sample);
    }
}

/// A metric of the client: found in its family by labels, or the metric itself where it has none.
macro_rules! client {
    (counter $($labels:tt)*) => { client!(@Counter, Counter::default, $($labels)*) };
    (gauge $($labels:tt)*) => { client!(@Gauge, Gauge::default, $($labels)*) };
    (histogram $($labels:tt)*) => { client!(@Histogram, client_histogram, $($labels)*) };
    (@$type:ident, $new:path,) => {{
        static HELD: LazyLock<$type> = LazyLock::new($new);
        &*HELD
    }};
    (@$type:ident, $new:path, $($label:literal = $value:literal),+) => {{
        static FAMILY: LazyLock<Family<$type>> = LazyLock::new(|| Family::new_with_constructor($new));
        const LABELS: Labels = &[$(($label, $value)),+];
        FAMILY.get_or_create(&LABELS)
    }};
}
pub(crate) use client;

/// Times what ours says beside the same words of both peers.
macro_rules! beside {
    (
        $group:expr, $name:literal, $ours:expr;
        $($kind:ident $metric:literal [$($label:literal = $value:literal),*] $verb:ident $amount:expr;)+
    ) => {
        three_ways(
            $group,
            $name,
            || $ours,
            || { $(metrics::$kind!($metric $(, $label => $value)*).$verb($amount);)+ },
            || { $(client!($kind $($label = $value),*).$verb($amount);)+ },
        )
    };
}
pub(crate) use beside;
