#![doc = include_str!("../../docs/database_metrics.md")]

mod catalogue;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

pub use catalogue::*;

use crate::catalogue::LabelValue;
use crate::clock::{Clock, Stopwatch};
use crate::handle::{Bundles, Counter, Each, Family, Gauge, Histogram};
use crate::label_values;
use crate::meter::{HandleError, Meter};

label_values! {
    /// How a call of the database failed.
    #[derive(Default)]
    #[non_exhaustive]
    pub enum DatabaseFailure("kind") {
        /// No connection could be made, or it broke.
        Connection = "connection",
        /// The pool had no connection in time.
        PoolTimeout = "pool_timeout",
        /// The query took too long.
        QueryTimeout = "query_timeout",
        /// Two transactions were in each other's way: a deadlock, a lock held by another.
        Conflict = "conflict",
        /// A constraint refused the data.
        Constraint = "constraint",
        /// The query was wrong.
        Query = "query",
        /// The account may not do that.
        Unauthorized = "unauthorized",
        /// Disk, memory or connections of the server are used up.
        Resource = "resource",
        /// Nobody said how.
        #[default]
        Unknown = "unknown",
    }
}

label_values! {
    /// How a query ended.
    #[non_exhaustive]
    pub enum QueryOutcome("result") {
        /// It was answered.
        Ok = "ok",
        /// It failed.
        Failed = "failed",
        /// Nobody waited for its end.
        Dropped = "dropped",
    }
}

label_values! {
    /// What the connections of a pool do.
    #[non_exhaustive]
    pub enum ConnectionState("state") {
        /// Somebody has it.
        InUse = "in_use",
        /// Nobody has it.
        Idle = "idle",
    }
}

/// Records what a program asks of its database, as its client sees it. Clones record into the same series.
///
/// # Examples
///
/// ```
/// use admf_metrics::database::{self, DatabaseFailure, DatabaseMetrics, PoolSnapshot};
/// use admf_metrics::{Catalogue, Clock, Exporter};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let exporter = Exporter::local(Catalogue::new(database::METRICS)?);
/// let metrics = DatabaseMetrics::new(exporter.meter(), Clock::default())?;
///
/// let query = metrics.start_query("insert_order");
/// // … the query …
/// query.ok();
/// metrics.start_query("insert_order").failed(DatabaseFailure::Constraint);
/// metrics.set_pool("orders", &PoolSnapshot { in_use: 3, idle: 1, max: 4, waiting: 0 });
///
/// let text = exporter.render();
/// assert!(text.contains("admf_db_queries_total{operation=\"insert_order\",result=\"ok\"} 1\n"));
/// assert!(text.contains("admf_db_pool_utilization_ratio{pool=\"orders\"} 0.75\n"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct DatabaseMetrics {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Clock,
    operations: Bundles<Operation, 1>,
    seconds: Family<Histogram, 1>,
    ended: Family<Counter, 2>,
    failures: Each<DatabaseFailure, Counter>,
    acquire: Family<Histogram, 1>,
    timeouts: Family<Counter, 1>,
    connections: Family<Gauge, 2>,
    utilization: Family<Gauge, 1>,
    limits: Family<Gauge, 1>,
    waiting: Family<Gauge, 1>,
}

/// The series of one operation.
#[derive(Clone)]
struct Operation {
    seconds: Histogram,
    ended: Each<QueryOutcome, Counter>,
}

/// How the connections of a pool stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolSnapshot {
    /// Connections that somebody has.
    pub in_use: u32,
    /// Connections that nobody has.
    pub idle: u32,
    /// As many as there may be; 0 where there is no bound, and so no utilization.
    pub max: u32,
    /// Callers that wait for one.
    pub waiting: u32,
}

impl DatabaseMetrics {
    /// Makes one whose series are those of a meter, and that times queries by `clock`, which a test
    /// can drive.
    ///
    /// # Errors
    ///
    /// The meter's catalogue does not declare one of [`METRICS`] as it is.
    pub fn new(meter: &Meter, clock: Clock) -> Result<Self, HandleError> {
        for metric in &METRICS {
            meter.declares(metric)?;
        }
        let inner = Inner {
            clock,
            operations: Bundles::new(meter, &DB_QUERIES, &[&DB_QUERY_DURATION], ["operation"])?,
            seconds: meter.histograms(&DB_QUERY_DURATION)?,
            ended: meter.counters(&DB_QUERIES)?,
            failures: meter.counter_each(&DB_FAILURES, &[])?,
            acquire: meter.histograms(&DB_POOL_ACQUIRE)?,
            timeouts: meter.counters(&DB_POOL_TIMEOUTS)?,
            connections: meter.gauges(&DB_POOL_CONNECTIONS)?,
            utilization: meter.gauges(&DB_POOL_UTILIZATION)?,
            limits: meter.gauges(&DB_POOL_MAX)?,
            waiting: meter.gauges(&DB_POOL_WAITING)?,
        };
        let inner = Arc::new(inner);
        Ok(Self { inner })
    }

    /// Makes one that records nothing, for tests.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "a meter of these metrics has them all"
    )]
    pub fn noop() -> Self {
        Self::new(&Meter::noop(METRICS), Clock::default()).expect("it declares them")
    }

    /// Begins to time a query. `operation` is a word of the program's own, never the text of the query.
    #[must_use = "the query ends where this is dropped"]
    pub fn start_query(&self, operation: &str) -> Query<'_> {
        Query {
            metrics: self,
            operation: self.operation(operation),
            began: self.inner.clock.start(),
            outcome: QueryOutcome::Dropped,
        }
    }

    fn operation(&self, name: &str) -> Operation {
        let inner = &self.inner;
        inner.operations.with([name], |[name]| Operation {
            seconds: inner.seconds.with([name]),
            ended: Each::from_fn(|outcome: QueryOutcome| inner.ended.with([name, outcome.value()])),
        })
    }

    /// Counts a failure that belongs to no query, such as a connection that could not be made.
    pub fn record_failure(&self, kind: DatabaseFailure) {
        self.inner.failures.of(kind).increment(1);
    }

    /// Records how long a caller waited for a connection of a pool and got it.
    pub fn record_acquire(&self, pool: &str, waited: Duration) {
        self.inner.acquire.with([pool]).record(waited.as_secs_f64());
    }

    /// Counts a caller that got no connection of a pool in time, also as a failure.
    pub fn record_acquire_timeout(&self, pool: &str) {
        self.inner.timeouts.with([pool]).increment(1);
        self.record_failure(DatabaseFailure::PoolTimeout);
    }

    /// Shows how a pool stands; call it now and then, for instance every second.
    pub fn set_pool(&self, pool: &str, now: &PoolSnapshot) {
        let inner = &self.inner;
        let bound = (now.max > 0).then(|| f64::from(now.max));
        for (state, count) in [
            (ConnectionState::InUse, now.in_use),
            (ConnectionState::Idle, now.idle),
        ] {
            let connections = inner.connections.with([pool, state.value()]);
            connections.set(f64::from(count));
        }
        inner.limits.show([pool], bound);
        let utilization = bound.map(|max| f64::from(now.in_use) / max);
        inner.utilization.show([pool], utilization);
        inner.waiting.with([pool]).set(f64::from(now.waiting));
    }
}

impl std::fmt::Debug for DatabaseMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseMetrics").finish_non_exhaustive()
    }
}

/// A query on its way: dropped, it is recorded with the time that it took and how it ended.
///
/// Whoever gives it up, by dropping a future or by a panic, leaves it as `dropped`.
pub struct Query<'m> {
    metrics: &'m DatabaseMetrics,
    operation: Operation,
    began: Stopwatch,
    outcome: QueryOutcome,
}

impl Query<'_> {
    /// Ends it: it was answered.
    pub fn ok(mut self) {
        self.outcome = QueryOutcome::Ok;
    }

    /// Ends it: it failed.
    pub fn failed(mut self, kind: DatabaseFailure) {
        self.outcome = QueryOutcome::Failed;
        self.metrics.record_failure(kind);
    }

    /// Ends it as its result says, which it gives back.
    ///
    /// # Errors
    ///
    /// Those of the result.
    pub fn end<T, E>(
        self,
        result: Result<T, E>,
        kind: impl FnOnce(&E) -> DatabaseFailure,
    ) -> Result<T, E> {
        match &result {
            Ok(_) => self.ok(),
            Err(error) => self.failed(kind(error)),
        }
        result
    }
}

impl Drop for Query<'_> {
    fn drop(&mut self) {
        let took = self.began.elapsed(&self.metrics.inner.clock);
        self.operation.seconds.record(took.as_secs_f64());
        self.operation.ended.of(self.outcome).increment(1);
    }
}

impl std::fmt::Debug for Query<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Query")
            .field("began", &self.began)
            .finish_non_exhaustive()
    }
}
