//! What every bench needs: one operation timed on one thread, and on two that share one instance.
//!
//! Each group holds ours and the peers' side by side in one run: read the ratios, not the figures,
//! since the machine drifts. `cargo bench -p benches` runs all; a word after `--` picks groups.
//!
//! # What measuring costs
//!
#![doc = include_str!("../../docs/overhead.md")]

pub mod events;

use std::future::Future;
use std::pin::pin;
use std::sync::Barrier;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use criterion::measurement::{Measurement, WallTime};
use criterion::{BenchmarkGroup, Criterion};

/// Times `operation` on one thread and on two.
pub fn both(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, operation: impl Fn() + Sync) {
    group.bench_function(format!("{name}/1"), |bench| bench.iter(&operation));
    group.bench_function(format!("{name}/2"), |bench| {
        bench.iter_custom(|times| two_threads(times, &operation));
    });
}

/// Returns the time in which two threads did `times` operations between them.
fn two_threads(times: u64, operation: &(impl Fn() + Sync)) -> Duration {
    let barrier = Barrier::new(3);
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                (0..(times + thread) / 2).for_each(|_| operation());
                barrier.wait();
            });
        }
        barrier.wait();
        let begun = WallTime.start();
        barrier.wait();
        WallTime.end(begun)
    })
}

/// Polls a future that is ready at once.
///
/// # Panics
///
/// Panics where it is not.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    let polled = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
    match polled {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("the service answers at once"),
    }
}

/// Returns the settings all benches run by: short enough for a shared machine, long enough to rank.
#[must_use]
pub fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(1))
        .sample_size(30)
        .configure_from_args()
}
