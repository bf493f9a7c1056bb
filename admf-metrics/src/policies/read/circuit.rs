//! Of circuit breakers.

use resilience_core::Time;
use resilience_core::circuit_breaker::{CircuitSnapshot, CircuitTotals};

use super::{Show, ratio};
use crate::policies::catalogue::circuit as m;
use crate::policies::series::Value::{self, Level, Total};

/// Returns the successes per success or failure since a circuit was built; `None` before the first.
pub(in crate::policies) fn success_ratio(total: &CircuitTotals) -> Option<f64> {
    let told = total.successes.saturating_add(total.failures);
    ratio(total.successes as f64, told as f64)
}

pub(super) fn circuit_breaker(it: &CircuitSnapshot, now: Time, show: Show<'_>) {
    for state in m::STATES {
        let is = state == it.state.as_str();
        show(&m::BREAKER_STATE, &[("state", state)], Value::flag(is));
    }
    let total = &it.total;
    for (result, calls) in [
        ("success", total.successes),
        ("failure", total.failures),
        ("ignored", total.ignored),
        ("late", total.late),
    ] {
        show(&m::BREAKER_CALLS, &[("result", result)], Total(calls));
    }
    show(&m::BREAKER_SLOW, &[], Total(total.slow));
    show(&m::BREAKER_REJECTED, &[], Total(total.refused));
    show(&m::BREAKER_WOULD_TRIP, &[], Total(it.would_trip));
    show(&m::BREAKER_RUN, &[], Level(it.consecutive_failures as f64));
    let wait = it.retry_after.unwrap_or_default().as_secs_f64();
    show(&m::BREAKER_RETRY_AFTER, &[], Level(wait));
    let last = it.last_failure.map(|at| now.since(at).as_secs_f64());
    for (metric, level) in [
        (&m::BREAKER_SUCCESS, success_ratio(total)),
        (&m::BREAKER_FAILURES, it.failure_rate),
        (&m::BREAKER_SLOWNESS, it.slow_rate),
        (&m::BREAKER_LAST_FAILURE, last),
    ] {
        if let Some(level) = level {
            show(metric, &[], Level(level));
        }
    }
}
