//! Of what else may refuse a call.

use resilience_core::{Bulkhead, DistributedRateLimiter, Handle, RateLimiter};

use super::{NAME, counter, declare, gauge};
use crate::{Label, Metric};

declare! {
    pub(in crate::policies) BULKHEAD_IN_FLIGHT = gauge("admf_bulkhead_in_flight", "Calls in flight.");
    pub(in crate::policies) BULKHEAD_LIMIT = gauge(
        "admf_bulkhead_max_in_flight",
        "Calls that may be in flight.",
    );
    pub(in crate::policies) BULKHEAD_UTILIZATION = gauge(
        "admf_bulkhead_utilization_ratio",
        "Calls in flight per call that may be; above 1 where the limit was made smaller.",
    ).unit("ratio");
    pub(in crate::policies) BULKHEAD_WAITING = gauge(
        "admf_bulkhead_waiting",
        "Calls that wait for a slot.",
    );
    pub(in crate::policies) BULKHEAD_MAX_WAITING = gauge(
        "admf_bulkhead_max_waiting",
        "Calls that may wait for a slot.",
    );
    pub(in crate::policies) BULKHEAD_REJECTED = Metric::counter(
        "admf_bulkhead_rejected_total",
        "Calls refused: at once, since slots and queue were full or the deadline had passed (full), or after a wait in vain (timed_out).",
    ).labels(&[NAME, Label::one_of("reason", &["full", "timed_out"])]);
    pub(in crate::policies) BULKHEAD_WAIT = wait(
        "admf_bulkhead_wait_seconds",
        "Time that calls waited for a slot, of those that got one after a wait; who got one at once is not in it.",
    );

    pub(in crate::policies) LIMITER_ALLOWED = counter(
        "admf_rate_limiter_allowed_total",
        "Calls admitted, those that gave back what they took included.",
    );
    pub(in crate::policies) LIMITER_DENIED = counter(
        "admf_rate_limiter_denied_total",
        "Calls refused because the rate was used up, or would be for too long.",
    );
    pub(in crate::policies) LIMITER_RATE = gauge(
        "admf_rate_limiter_permits_per_second",
        "Permits that come back per second.",
    );
    pub(in crate::policies) LIMITER_BURST = gauge(
        "admf_rate_limiter_burst",
        "Permits that can be taken at once after a quiet time.",
    );
    pub(in crate::policies) LIMITER_REMAINING = gauge(
        "admf_rate_limiter_remaining",
        "Permits that could be taken now.",
    );
    pub(in crate::policies) LIMITER_USAGE = gauge(
        "admf_rate_limiter_usage_ratio",
        "Permits that could not be taken now, per permit of the burst.",
    ).unit("ratio");
    pub(in crate::policies) LIMITER_WAITING = gauge(
        "admf_rate_limiter_waiting",
        "Calls that wait for a permit.",
    );
    pub(in crate::policies) LIMITER_RESET = gauge(
        "admf_rate_limiter_reset_after_seconds",
        "Time until all permits are back if nobody else comes, those who wait having had their turn.",
    ).unit("seconds");
    pub(in crate::policies) LIMITER_WAIT = wait(
        "admf_rate_limiter_wait_seconds",
        "Time that calls waited for permits, of those that were admitted after a wait; who was admitted at once is not in it.",
    );

    pub(in crate::policies) SHARED_LEFT = gauge(
        "admf_distributed_rate_limiter_remaining",
        "Permits that this client holds.",
    );
    pub(in crate::policies) SHARED_BATCH = gauge(
        "admf_distributed_rate_limiter_batch",
        "Most permits that this client holds.",
    );
    pub(in crate::policies) SHARED_FALLBACK = Metric::gauge(
        "admf_distributed_rate_limiter_fallback",
        "1 for what the limiter does since its store is silent: admit all (open), refuse all (closed), keep to a local rate (local); none while it answers.",
    ).labels(&[NAME, Label::one_of("mode", &["none", "open", "closed", "local"])]);
    pub(in crate::policies) SHARED_OUTAGES = counter(
        "admf_distributed_rate_limiter_outages_total",
        "Times that the store fell silent.",
    );
    pub(in crate::policies) SHARED_ERRORS = counter(
        "admf_distributed_rate_limiter_store_errors_total",
        "Requests that the store did not answer.",
    );
    pub(in crate::policies) SHARED_LEASED = counter(
        "admf_distributed_rate_limiter_leased_total",
        "Permits that the store leased to this client.",
    );
    pub(in crate::policies) SHARED_USED = counter(
        "admf_distributed_rate_limiter_used_total",
        "Leased permits that were used.",
    );
    pub(in crate::policies) SHARED_EXPIRED = counter(
        "admf_distributed_rate_limiter_expired_total",
        "Leased permits that were void before they were used.",
    );
    pub(in crate::policies) SHARED_UNLEASED = counter(
        "admf_distributed_rate_limiter_admitted_in_outage_total",
        "Calls admitted without a permit while the store was silent.",
    );
    pub(in crate::policies) SHARED_DENIED = counter(
        "admf_distributed_rate_limiter_denied_total",
        "Calls refused.",
    );
    pub(in crate::policies) SHARED_WAIT = wait(
        "admf_distributed_rate_limiter_wait_seconds",
        "Time that calls waited for permits of the store, of those that were admitted after a wait; who was admitted at once is not in it.",
    );

    pub(in crate::policies) KEYED_KEYS = Metric::gauge(
        "admf_keyed_keys",
        "Keys that have a gate of their own.",
    ).labels(KEYED);
    pub(in crate::policies) KEYED_MAX = Metric::gauge(
        "admf_keyed_max_keys",
        "Keys that may have a gate of their own.",
    ).labels(KEYED);
    pub(in crate::policies) KEYED_GONE = Metric::counter(
        "admf_keyed_gone_total",
        "Keys that went, for room or for not being used.",
    ).labels(&[NAME, GATE, Label::one_of("reason", &["room", "idle"])]);
    pub(in crate::policies) KEYED_OVERFLOWED = Metric::counter(
        "admf_keyed_overflowed_total",
        "Uses of keys for which there was no room.",
    ).labels(KEYED);
}

/// By the kind of the policy.
pub(in crate::policies) const WAITS: [(&str, Metric); 3] = [
    (Bulkhead::KIND, BULKHEAD_WAIT),
    (RateLimiter::KIND, LIMITER_WAIT),
    (DistributedRateLimiter::KIND, SHARED_WAIT),
];

/// From less than anybody notices to longer than most callers bear.
const fn wait(name: &'static str, help: &'static str) -> Metric {
    const BOUNDS: &[f64] = &[
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
    ];
    Metric::histogram(name, help, BOUNDS)
        .labels(&[NAME])
        .unit("seconds")
}

/// Which gates are kept by key: policies of other kinds may have the same name.
const GATE: Label = Label::one_of(
    "gate",
    &["bulkhead", "circuit_breaker", "gates", "rate_limiter"],
);
const KEYED: &[Label] = &[NAME, GATE];
