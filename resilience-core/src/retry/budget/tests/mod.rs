//! The budget against a recount, by one thread and by many.

use std::time::Duration;

use super::*;
use crate::ManualClock;

mod concurrent;
#[cfg(not(loom))]
mod model;

const WINDOW: Duration = Duration::from_millis(10_000);

fn at(millis: u64) -> Time {
    Time::ZERO.after(Duration::from_millis(millis))
}

fn budget(ratio: f64, floor_per_second: f64) -> (RetryBudget, Arc<ManualClock>) {
    let (env, clock) = Env::manual();
    let config = RetryBudgetConfig {
        ratio,
        floor_per_second,
        window: WINDOW,
    };
    (RetryBudget::new("budget", config, &env).unwrap(), clock)
}
