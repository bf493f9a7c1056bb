mod concurrent;
#[cfg(not(loom))]
mod model;
#[cfg(not(loom))]
mod rules;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::ManualClock;

fn config(max_in_flight: u32, max_waiting: u32) -> BulkheadConfig {
    BulkheadConfig {
        max_in_flight,
        max_waiting,
        ..Default::default()
    }
}

fn bulkhead(config: BulkheadConfig) -> (Bulkhead, Arc<ManualClock>) {
    let (env, clock) = Env::manual();
    let bulkhead = Bulkhead::new("test", config, &env).expect("the config is valid");
    (bulkhead, clock)
}

fn take(bulkhead: &Bulkhead) -> Result<Slot, Rejected> {
    bulkhead.try_acquire(&Ask::default())
}

fn give(bulkhead: &Bulkhead, slot: Slot) {
    bulkhead.settle(slot, End::Unused);
}

fn enqueue(bulkhead: &Bulkhead) -> BulkheadTurn {
    let turn = bulkhead.enqueue(&Ask::default());
    turn.expect("there is a place")
}

fn poll(turn: &mut BulkheadTurn) -> Poll<Result<Slot, Rejected>> {
    Pin::new(turn).poll(&mut Context::from_waker(Waker::noop()))
}

/// How many are in flight and how many wait.
fn counts(bulkhead: &Bulkhead) -> (u32, u32) {
    let seen = bulkhead.snapshot();
    (seen.in_flight, seen.waiting)
}
