//! The metrics of policies.

use admf_metrics::{Label, Metric};

/// So many policies of a kind have series of their own.
const POLICIES: usize = 200;

const NAME: Label = Label::capped("name", POLICIES);

const fn gauge(name: &'static str, help: &'static str) -> Metric {
    Metric::gauge(name, help).labels(&[NAME])
}

const fn counter(name: &'static str, help: &'static str) -> Metric {
    Metric::counter(name, help).labels(&[NAME])
}

/// The states of a circuit, as the label `state` spells them.
pub(super) const STATES: [&str; 6] = [
    "closed",
    "open",
    "half_open",
    "isolated",
    "disabled",
    "shadow",
];

pub(super) const BREAKER_STATE: Metric = Metric::gauge(
    "circuit_breaker_state",
    "1 for the state the circuit is in, 0 for the others.",
)
.labels(&[NAME, Label::one_of("state", &STATES)]);

pub(super) const BREAKER_CALLS: Metric = Metric::counter(
    "circuit_breaker_calls_total",
    "Calls that ended, by what they told the circuit; late ones ended in another period than they began in.",
)
.labels(&[
    NAME,
    Label::one_of("outcome", &["success", "failure", "ignored", "late"]),
]);

pub(super) const BREAKER_SLOW: Metric = counter(
    "circuit_breaker_slow_calls_total",
    "Calls that took longer than the circuit's limit for slow ones.",
);

pub(super) const BREAKER_REFUSED: Metric = counter(
    "circuit_breaker_refused_total",
    "Calls that the circuit refused.",
);

pub(super) const BREAKER_WOULD_TRIP: Metric = counter(
    "circuit_breaker_would_trip_total",
    "Times that a circuit in shadow would have opened.",
);

pub(super) const BREAKER_RETRY_AFTER: Metric = gauge(
    "circuit_breaker_retry_after_seconds",
    "Time until the circuit may let calls through, 0 where it does or nobody knows.",
)
.unit("seconds");

pub(super) const BULKHEAD_IN_FLIGHT: Metric = gauge("bulkhead_in_flight", "Calls in flight.");

pub(super) const BULKHEAD_LIMIT: Metric =
    gauge("bulkhead_max_in_flight", "Calls that may be in flight.");

pub(super) const BULKHEAD_WAITING: Metric =
    gauge("bulkhead_waiting", "Calls that wait for a slot.");

pub(super) const BULKHEAD_REFUSED: Metric = counter(
    "bulkhead_refused_total",
    "Calls refused because all slots and places in the queue were taken.",
);

pub(super) const BULKHEAD_TIMED_OUT: Metric = counter(
    "bulkhead_timed_out_total",
    "Calls that waited for a slot in vain.",
);

pub(super) const LIMITER_REMAINING: Metric =
    gauge("rate_limiter_remaining", "Permits that could be taken now.");

pub(super) const LIMITER_WAITING: Metric =
    gauge("rate_limiter_waiting", "Calls that wait for a permit.");

pub(super) const LIMITER_REFUSED: Metric = counter(
    "rate_limiter_refused_total",
    "Calls refused because the rate was used up.",
);

pub(super) const KEYED_KEYS: Metric = gauge("keyed_keys", "Keys that have a gate of their own.");

pub(super) const KEYED_GONE: Metric = Metric::counter(
    "keyed_gone_total",
    "Keys that went, for room or for not being used.",
)
.labels(&[NAME, Label::one_of("reason", &["room", "idle"])]);

pub(super) const KEYED_OVERFLOWED: Metric = counter(
    "keyed_overflowed_total",
    "Uses of keys for which there was no room.",
);

pub(super) const RETRY_RUNS: Metric = counter("retry_runs_total", "Calls that came to be retried.");

pub(super) const RETRY_ATTEMPTS: Metric = counter(
    "retry_attempts_total",
    "Attempts that were sent, the first ones included.",
);

pub(super) const RETRIES: Metric = counter("retries_total", "Attempts after the first one.");

pub(super) const RETRY_GAVE_UP: Metric = Metric::counter(
    "retry_gave_up_total",
    "Calls that were given up, by the cause.",
)
.labels(&[
    NAME,
    Label::one_of("reason", &["attempts", "time", "budget", "do_not_retry"]),
]);

pub(super) const BUDGET_BALANCE: Metric =
    gauge("retry_budget_balance", "Retries that would be granted now.");

pub(super) const BUDGET_REFUSED: Metric = counter(
    "retry_budget_refused_total",
    "Retries that the budget refused.",
);

pub(super) const FAILOVER_ACTIVE: Metric = Metric::gauge(
    "failover_active",
    "1 for the target that is called, 0 for the others.",
)
.labels(&[NAME, Label::capped("target", 20)]);

pub(super) const FAILOVER_FAILED: Metric = Metric::gauge(
    "failover_target_failed",
    "1 for targets that have failed and were not well again since.",
)
.labels(&[NAME, Label::capped("target", 20)]);

pub(super) const FAILOVER_SWITCHES: Metric = Metric::counter(
    "failover_switches_total",
    "Switches to a target further down the list (over) or up (back).",
)
.labels(&[NAME, Label::one_of("direction", &["over", "back"])]);

pub(super) const FALLBACK_CALLS: Metric = Metric::counter(
    "fallback_calls_total",
    "Calls that failed, by what they were answered with; nothing where there was no answer.",
)
.labels(&[
    NAME,
    Label::one_of("source", &["last_good", "function", "value", "nothing"]),
]);

pub(super) const FALLBACK_KEYS: Metric =
    gauge("fallback_keys", "Keys whose last good answer is kept.");

pub(super) const CACHE_ENTRIES: Metric = gauge("cache_entries", "Answers that are kept.");

pub(super) const CACHE_REQUESTS: Metric = Metric::counter(
    "cache_requests_total",
    "Requests by result. A miss had nothing to be served at once; it may have been coalesced with another's call, or answered stale, after all.",
)
.labels(&[
    NAME,
    Label::one_of("result", &["hit", "coalesced", "stale", "miss"]),
]);

pub(super) const DEADLINE_PASSED: Metric = Metric::counter(
    "deadline_passed_total",
    "Calls that nobody waited for any more: refused before they began (late), or dropped (cut).",
)
.labels(&[NAME, Label::one_of("when", &["late", "cut"])]);

pub(super) const HEALTH_UP: Metric = Metric::gauge(
    "health_component_up",
    "1 for components that are healthy or degraded, 0 for those that are unhealthy or unknown.",
)
.labels(&[NAME, Label::capped("component", 20)]);

pub(super) const TIMEOUT_ELAPSED: Metric = counter(
    "timeout_elapsed_total",
    "Calls that were given up because they took too long.",
);

pub(super) const TIMEOUT_LATE: Metric = counter(
    "timeout_late_total",
    "Calls that came after their deadline and were not made.",
);

/// Every metric that [`export`](super::export) feeds.
pub(crate) const METRICS: [Metric; 34] = [
    BREAKER_STATE,
    BREAKER_CALLS,
    BREAKER_SLOW,
    BREAKER_REFUSED,
    BREAKER_WOULD_TRIP,
    BREAKER_RETRY_AFTER,
    BULKHEAD_IN_FLIGHT,
    BULKHEAD_LIMIT,
    BULKHEAD_WAITING,
    BULKHEAD_REFUSED,
    BULKHEAD_TIMED_OUT,
    LIMITER_REMAINING,
    LIMITER_WAITING,
    LIMITER_REFUSED,
    KEYED_KEYS,
    KEYED_GONE,
    KEYED_OVERFLOWED,
    RETRY_RUNS,
    RETRY_ATTEMPTS,
    RETRIES,
    RETRY_GAVE_UP,
    BUDGET_BALANCE,
    BUDGET_REFUSED,
    FAILOVER_ACTIVE,
    FAILOVER_FAILED,
    FAILOVER_SWITCHES,
    FALLBACK_CALLS,
    FALLBACK_KEYS,
    CACHE_ENTRIES,
    CACHE_REQUESTS,
    DEADLINE_PASSED,
    HEALTH_UP,
    TIMEOUT_ELAPSED,
    TIMEOUT_LATE,
];
