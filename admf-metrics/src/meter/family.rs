//! One metric at work: its series, and the counters of what it refused.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::backend::Backend;
use super::table::{Place, Series, Table};
use crate::catalogue::Metric;
use crate::handle::Counter;

#[derive(Debug)]
pub(super) struct Family {
    pub(super) metric: Metric,
    table: RwLock<Table>,
    removals: AtomicU64,
    pub(super) dropped: Counter,
    pub(super) overflow: Counter,
}

impl Family {
    /// Creates a metric without series, which counts nothing of what it refuses as yet.
    pub(super) fn new(metric: Metric) -> Self {
        Self {
            metric,
            table: RwLock::new(Table::new(metric)),
            removals: AtomicU64::new(0),
            dropped: Counter::noop(),
            overflow: Counter::noop(),
        }
    }

    /// Gives the series that the values lead to, a new one where there is none. The second argument
    /// says whether it is that of the very values, or one of overflow.
    ///
    /// `then` runs under the lock, so that what it does with a series comes before its removal.
    pub(super) fn series<R>(
        &self,
        values: &mut [&str],
        backend: &Backend,
        then: impl FnOnce(&Arc<Series>, bool) -> R,
    ) -> R {
        let mut past = 0;
        let found = self.locked(values, &mut past, backend, then);
        // Without the lock: the counter may be that of a recorder which resolves series in turn.
        if past > 0 {
            self.overflow.increment(past);
        }
        found
    }

    fn locked<R>(
        &self,
        values: &mut [&str],
        past: &mut u64,
        backend: &Backend,
        then: impl FnOnce(&Arc<Series>, bool) -> R,
    ) -> R {
        if let Place::Found(series) = self.read().place(values, past) {
            return then(series, *past == 0);
        }
        let mut table = self.write();
        if let Place::Found(series) = table.place(values, past) {
            return then(series, *past == 0);
        }
        let slot = backend.slot(&self.metric, values, &self.dropped);
        then(table.insert(values, slot), *past == 0)
    }

    /// Counts a removal, after it, with the lock held.
    pub(super) fn removed(&self) {
        self.removals.fetch_add(1, Ordering::Release);
    }

    pub(super) fn removals(&self) -> u64 {
        self.removals.load(Ordering::Acquire)
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }
}
