//! What the snapshots of policies say, as values of metrics.

use admf_metrics::Metric;
use resilience_core::Snapshot;
use resilience_core::bulkhead::BulkheadSnapshot;
use resilience_core::cache::CacheSnapshot;
use resilience_core::circuit_breaker::CircuitSnapshot;
use resilience_core::deadline::DeadlinesSnapshot;
use resilience_core::failover::FailoverSnapshot;
use resilience_core::fallback::FallbackSnapshot;
use resilience_core::health::HealthSnapshot;
use resilience_core::keyed::KeyedSnapshot;
use resilience_core::rate_limiter::RateLimiterSnapshot;
use resilience_core::retry::{RetryBudgetSnapshot, RetrySnapshot};
use resilience_core::timeout::TimeoutSnapshot;

use super::catalogue as m;
use super::series::Other;
use super::series::Value::{self, Level, Total};

/// Calls `show` with each value of a snapshot; with none for a kind of policy that is not known here.
pub(super) fn read(snapshot: &Snapshot, mut show: impl FnMut(&Metric, Other<'_>, Value)) {
    let show = &mut show;
    match snapshot {
        Snapshot::Bulkhead(it) => bulkhead(it, show),
        Snapshot::Cache(it) => cache(it, show),
        Snapshot::Deadlines(it) => deadlines(it, show),
        Snapshot::CircuitBreaker(it) => circuit_breaker(it, show),
        Snapshot::Failover(it) => failover(it, show),
        Snapshot::Fallback(it) => fallback(it, show),
        Snapshot::Health(it) => health(it, show),
        Snapshot::Keyed(it) => keyed(it, show),
        Snapshot::RateLimiter(it) => rate_limiter(it, show),
        Snapshot::Retry(it) => retry(it, show),
        Snapshot::RetryBudget(it) => retry_budget(it, show),
        Snapshot::Timeout(it) => timeout(it, show),
        _ => {}
    }
}

type Show<'s> = &'s mut dyn FnMut(&Metric, Other<'_>, Value);

fn circuit_breaker(it: &CircuitSnapshot, show: Show<'_>) {
    for state in m::STATES {
        let is = state == it.state.as_str();
        show(&m::BREAKER_STATE, Some(("state", state)), Value::flag(is));
    }
    let total = &it.total;
    for (outcome, calls) in [
        ("success", total.successes),
        ("failure", total.failures),
        ("ignored", total.ignored),
        ("late", total.late),
    ] {
        show(&m::BREAKER_CALLS, Some(("outcome", outcome)), Total(calls));
    }
    show(&m::BREAKER_SLOW, None, Total(total.slow));
    show(&m::BREAKER_REFUSED, None, Total(total.refused));
    show(&m::BREAKER_WOULD_TRIP, None, Total(it.would_trip));
    let wait = it.retry_after.unwrap_or_default().as_secs_f64();
    show(&m::BREAKER_RETRY_AFTER, None, Level(wait));
}

fn bulkhead(it: &BulkheadSnapshot, show: Show<'_>) {
    show(&m::BULKHEAD_IN_FLIGHT, None, Level(it.in_flight.into()));
    show(&m::BULKHEAD_LIMIT, None, Level(it.max_in_flight.into()));
    show(&m::BULKHEAD_WAITING, None, Level(it.waiting.into()));
    show(&m::BULKHEAD_REFUSED, None, Total(it.refused));
    show(&m::BULKHEAD_TIMED_OUT, None, Total(it.timed_out));
}

fn rate_limiter(it: &RateLimiterSnapshot, show: Show<'_>) {
    show(&m::LIMITER_REMAINING, None, Level(it.remaining.into()));
    show(&m::LIMITER_WAITING, None, Level(it.waiting as f64));
    show(&m::LIMITER_REFUSED, None, Total(it.refused));
}

fn keyed(it: &KeyedSnapshot, show: Show<'_>) {
    show(&m::KEYED_KEYS, None, Level(it.keys as f64));
    for (reason, keys) in [("room", it.pushed_out), ("idle", it.went_idle)] {
        show(&m::KEYED_GONE, Some(("reason", reason)), Total(keys));
    }
    show(&m::KEYED_OVERFLOWED, None, Total(it.overflowed));
}

fn retry(it: &RetrySnapshot, show: Show<'_>) {
    show(&m::RETRY_RUNS, None, Total(it.runs));
    show(&m::RETRY_ATTEMPTS, None, Total(it.sent));
    show(&m::RETRIES, None, Total(it.retries));
    for (reason, runs) in [
        ("attempts", it.gave_up.attempts),
        ("time", it.gave_up.time),
        ("budget", it.gave_up.budget),
        ("do_not_retry", it.gave_up.do_not_retry),
    ] {
        show(&m::RETRY_GAVE_UP, Some(("reason", reason)), Total(runs));
    }
}

fn retry_budget(it: &RetryBudgetSnapshot, show: Show<'_>) {
    show(&m::BUDGET_BALANCE, None, Level(it.balance as f64));
    show(&m::BUDGET_REFUSED, None, Total(it.refused));
}

fn failover(it: &FailoverSnapshot, show: Show<'_>) {
    for target in &it.targets {
        let label = Some(("target", target.name.as_str()));
        let active = target.name == it.active;
        show(&m::FAILOVER_ACTIVE, label, Value::flag(active));
        show(&m::FAILOVER_FAILED, label, Value::flag(target.failed));
    }
    let over = Some(("direction", "over"));
    show(&m::FAILOVER_SWITCHES, over, Total(it.switches_over));
    let back = Some(("direction", "back"));
    show(&m::FAILOVER_SWITCHES, back, Total(it.switches_back));
}

fn fallback(it: &FallbackSnapshot, show: Show<'_>) {
    for (source, calls) in [
        ("last_good", it.last_good),
        ("function", it.function),
        ("value", it.value),
        ("nothing", it.passed_on),
    ] {
        show(&m::FALLBACK_CALLS, Some(("source", source)), Total(calls));
    }
    show(&m::FALLBACK_KEYS, None, Level(it.keys as f64));
}

fn timeout(it: &TimeoutSnapshot, show: Show<'_>) {
    show(&m::TIMEOUT_ELAPSED, None, Total(it.elapsed));
    show(&m::TIMEOUT_LATE, None, Total(it.late));
}

fn cache(it: &CacheSnapshot, show: Show<'_>) {
    show(&m::CACHE_ENTRIES, None, Level(it.entries as f64));
    let stale = it.stale_while_revalidate + it.stale_if_error;
    for (result, requests) in [
        ("hit", it.hits),
        ("coalesced", it.coalesced),
        ("stale", stale),
        ("miss", it.misses),
    ] {
        show(
            &m::CACHE_REQUESTS,
            Some(("result", result)),
            Total(requests),
        );
    }
}

fn deadlines(it: &DeadlinesSnapshot, show: Show<'_>) {
    for (when, calls) in [("late", it.late), ("cut", it.cut)] {
        show(&m::DEADLINE_PASSED, Some(("when", when)), Total(calls));
    }
}

fn health(it: &HealthSnapshot, show: Show<'_>) {
    for component in &it.components {
        let label = Some(("component", component.name.as_str()));
        let up = component.status.is_up();
        show(&m::HEALTH_UP, label, Value::flag(up));
    }
}
