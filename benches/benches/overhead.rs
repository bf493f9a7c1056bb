//! What monitoring takes of a service: an event, a scrape, a sample of machine and process.
//!
//! Timed by the processor's time of the thread, since a share of a core is asked for and the machine has
//! other work too. A service of 10,000 prices a second that is scraped each 15 s and sampled each 30 s
//! spends, of one core, `price * 10_000 + scrape / 15 + sample / 30`, and one that makes an order of each
//! of them `order * 10_000` more.

use std::hint::black_box;
use std::time::Duration;

use admf_metrics::{SystemConfig, SystemSampler};
use benches::criterion;
use benches::events::Events;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use rustix::time::{ClockId, clock_gettime};

/// Returns the processor's time that this thread had.
fn spent() -> Duration {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(spent).expect("it is not negative")
}

fn time<T>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, mut act: impl FnMut() -> T) {
    group.bench_function(name, |bench| {
        bench.iter_custom(|times| {
            let begun = spent();
            (0..times).for_each(|_| drop(black_box(act())));
            spent() - begun
        });
    });
}

fn overhead(c: &mut Criterion) {
    let events = Events::new();
    let mut group = c.benchmark_group("overhead");
    let mut number = 0;
    let mut next = move || {
        number += 1;
        number
    };
    time(&mut group, "price", || events.price(next()));
    time(&mut group, "order", || events.order(next()));
    time(&mut group, "scrape", || events.exporter().scrape());
    let config = SystemConfig::default();
    if let Ok(sampler) = SystemSampler::new(events.exporter().meter(), config) {
        time(&mut group, "sample", || sampler.sample());
    }
    group.finish();
    let text = events.exporter().render();
    let samples = text.lines().filter(|line| !line.starts_with('#')).count();
    println!("a scrape: {samples} samples, {} bytes", text.len());
}

criterion_group! {
    name = all;
    config = criterion();
    targets = overhead
}
criterion_main!(all);
