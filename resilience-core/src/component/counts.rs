//! How the calls of one operation ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::OperationSnapshot;
use crate::clock::nanos;
use crate::counter::Tally;
use crate::{CallError, Env, Time};

/// How the calls of one operation ended, and how long they took.
#[derive(Debug, Default)]
pub(super) struct Counts {
    successes: Tally,
    errors: Tally,
    timed_out: Tally,
    refused: Tally,
    dropped: Tally,
    panicked: Tally,
    /// In nanoseconds.
    total: AtomicU64,
    longest: AtomicU64,
}

/// A call that is under way. Dropped before its end, it was given up, or it panicked.
#[derive(Debug)]
pub(super) struct Running {
    counts: Arc<Counts>,
    env: Env,
    since: Time,
    ended: bool,
}

impl Counts {
    pub(super) fn begin(self: Arc<Self>, env: &Env) -> Running {
        Running {
            counts: self,
            env: env.clone(),
            since: env.now(),
            ended: false,
        }
    }

    fn took(&self, time: Duration) {
        let time = nanos(time);
        let add = |sum: u64| Some(sum.saturating_add(time));
        let order = Ordering::Relaxed;
        self.longest.fetch_max(time, order);
        // It always adds something to store.
        let _ = self.total.fetch_update(order, order, add);
    }

    pub(super) fn read(&self) -> OperationSnapshot {
        let length = |it: &AtomicU64| Duration::from_nanos(it.load(Ordering::Relaxed));
        OperationSnapshot {
            critical: false,
            retried: false,
            successes: self.successes.count(),
            errors: self.errors.count(),
            timed_out: self.timed_out.count(),
            refused: self.refused.count(),
            dropped: self.dropped.count(),
            panicked: self.panicked.count(),
            total: length(&self.total),
            longest: length(&self.longest),
        }
    }
}

impl Running {
    /// Counts how the call ended.
    pub(super) fn end<T, E: CallError>(mut self, result: &Result<T, E>) {
        self.ended = true;
        let counts = &self.counts;
        match result {
            Ok(_) => counts.successes.add_one(),
            Err(error) if error.rejected().is_some() => counts.refused.add_one(),
            Err(error) if error.elapsed().is_some() => counts.timed_out.add_one(),
            Err(_) => counts.errors.add_one(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let counts = &self.counts;
        if !self.ended {
            match std::thread::panicking() {
                true => counts.panicked.add_one(),
                false => counts.dropped.add_one(),
            }
        }
        counts.took(self.env.now().since(self.since));
    }
}
