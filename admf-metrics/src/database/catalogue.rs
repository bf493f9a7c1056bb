//! The metrics of a database's client, as data.

use super::{ConnectionState, DatabaseFailure, QueryOutcome};
use crate::catalogue::{Label, LabelValue, Metric};

const PART: &str = "DatabaseMetrics";

const POOL: Label = Label::capped("pool", 20);
const OPERATION: Label = Label::capped("operation", 100);

/// From a tenth of a millisecond, a lookup in memory, to ten seconds.
const SECONDS: [f64; 14] = [
    0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

const fn gauge(name: &'static str, help: &'static str, labels: &'static [Label]) -> Metric {
    Metric::gauge(name, help).labels(labels).fed_by(PART)
}

const fn counter(name: &'static str, help: &'static str, labels: &'static [Label]) -> Metric {
    Metric::counter(name, help).labels(labels).fed_by(PART)
}

/// Shows the connections of a pool by what they do.
pub const DB_POOL_CONNECTIONS: Metric = gauge(
    "admf_db_pool_connections",
    "Connections of a pool, by whether they are in use.",
    &[POOL, ConnectionState::LABEL],
);

/// Shows how many connections a pool may have.
pub const DB_POOL_MAX: Metric = gauge(
    "admf_db_pool_connections_max",
    "Connections that a pool may have. Absent where there is no bound.",
    &[POOL],
);

/// Shows how much of a pool is in use.
pub const DB_POOL_UTILIZATION: Metric = gauge(
    "admf_db_pool_utilization_ratio",
    "Connections in use over those that a pool may have. Absent where there is no bound.",
    &[POOL],
)
.unit("ratio");

/// Shows who waits for a connection.
pub const DB_POOL_WAITING: Metric = gauge(
    "admf_db_pool_waiting",
    "Callers that wait for a connection of a pool.",
    &[POOL],
);

/// Counts how long callers waited for a connection.
pub const DB_POOL_ACQUIRE: Metric = Metric::histogram(
    "admf_db_pool_acquire_seconds",
    "Time that callers waited for a connection of a pool which they got.",
    &SECONDS,
)
.unit("seconds")
.labels(&[POOL])
.fed_by(PART);

/// Counts who got no connection.
pub const DB_POOL_TIMEOUTS: Metric = counter(
    "admf_db_pool_timeouts_total",
    "Callers that got no connection of a pool in time.",
    &[POOL],
);

/// Counts how long queries took.
pub const DB_QUERY_DURATION: Metric = Metric::histogram(
    "admf_db_query_duration_seconds",
    "Time from sending a query to its end, whatever its end, by operation.",
    &SECONDS,
)
.unit("seconds")
.labels(&[OPERATION])
.fed_by(PART);

/// Counts queries by their ends.
pub const DB_QUERIES: Metric = counter(
    "admf_db_queries_total",
    "Queries by operation and how they ended.",
    &[OPERATION, QueryOutcome::LABEL],
);

/// Counts failures by their kind.
pub const DB_FAILURES: Metric = counter(
    "admf_db_failures_total",
    "Failures of the database and of its pool, by kind.",
    &[DatabaseFailure::LABEL],
);

/// Every metric that [`DatabaseMetrics`](super::DatabaseMetrics) feeds, for a [`Catalogue`](crate::Catalogue).
pub const METRICS: [Metric; 9] = [
    DB_POOL_CONNECTIONS,
    DB_POOL_MAX,
    DB_POOL_UTILIZATION,
    DB_POOL_WAITING,
    DB_POOL_ACQUIRE,
    DB_POOL_TIMEOUTS,
    DB_QUERY_DURATION,
    DB_QUERIES,
    DB_FAILURES,
];
