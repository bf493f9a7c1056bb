//! What the snapshots of policies say, as values of metrics.

mod calls;
mod circuit;
mod gates;
mod system;

use resilience_core::{Snapshot, Time};

use super::series::{Others, Value};
use crate::catalogue::Metric;

pub(super) use circuit::success_ratio;

/// Takes the values of a snapshot, one after the other.
type Show<'s> = &'s mut dyn FnMut(&'static Metric, Others<'_>, Value);

/// Calls `show` with each value of a snapshot of a policy of this kind, taken at `now`.
///
/// With none for `Health`, which has metrics of its own, and for kinds that are not known here.
pub(super) fn read(kind: &str, snapshot: &Snapshot, now: Time, show: Show<'_>) {
    match snapshot {
        Snapshot::Bulkhead(it) => gates::bulkhead(it, show),
        Snapshot::Cache(it) => calls::cache(it, show),
        Snapshot::CircuitBreaker(it) => circuit::circuit_breaker(it, now, show),
        Snapshot::Component(it) => system::component(it, show),
        Snapshot::Deadlines(it) => calls::deadlines(it, show),
        Snapshot::DistributedRateLimiter(it) => gates::distributed_rate_limiter(it, show),
        Snapshot::Failover(it) => calls::failover(it, show),
        Snapshot::Fallback(it) => calls::fallback(it, show),
        Snapshot::Keyed(it) => gates::keyed(it, kind, show),
        Snapshot::RateLimiter(it) => gates::rate_limiter(it, show),
        Snapshot::Recovery(it) => system::recovery(it, show),
        Snapshot::Retry(it) => calls::retry(it, show),
        Snapshot::RetryBudget(it) => calls::retry_budget(it, show),
        Snapshot::Timeout(it) => calls::timeout(it, show),
        _ => {}
    }
}

/// Returns the part that `some` are of `all`; none of nothing.
fn ratio(some: f64, all: f64) -> Option<f64> {
    (all > 0.0).then(|| some / all)
}
