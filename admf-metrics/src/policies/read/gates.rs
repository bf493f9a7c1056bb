//! Of what else may refuse a call.

use resilience_core::OnOutage;
use resilience_core::bulkhead::BulkheadSnapshot;
use resilience_core::distributed_rate_limiter::DistributedRateLimiterSnapshot;
use resilience_core::keyed::KeyedSnapshot;
use resilience_core::rate_limiter::RateLimiterSnapshot;

use super::{Show, ratio};
use crate::policies::catalogue::gates as m;
use crate::policies::series::Value::{self, Level, Total};

pub(super) fn bulkhead(it: &BulkheadSnapshot, show: Show<'_>) {
    let (used, most) = (it.in_flight.into(), it.max_in_flight.into());
    show(&m::BULKHEAD_IN_FLIGHT, &[], Level(used));
    show(&m::BULKHEAD_LIMIT, &[], Level(most));
    let used = ratio(used, most).unwrap_or_default();
    show(&m::BULKHEAD_UTILIZATION, &[], Level(used));
    show(&m::BULKHEAD_WAITING, &[], Level(it.waiting.into()));
    show(&m::BULKHEAD_MAX_WAITING, &[], Level(it.max_waiting.into()));
    for (reason, calls) in [("full", it.refused), ("timed_out", it.timed_out)] {
        show(&m::BULKHEAD_REJECTED, &[("reason", reason)], Total(calls));
    }
}

pub(super) fn rate_limiter(it: &RateLimiterSnapshot, show: Show<'_>) {
    show(&m::LIMITER_ALLOWED, &[], Total(it.admitted));
    show(&m::LIMITER_DENIED, &[], Total(it.refused));
    let rate = ratio(it.permits.into(), it.per.as_secs_f64()).unwrap_or_default();
    show(&m::LIMITER_RATE, &[], Level(rate));
    show(&m::LIMITER_BURST, &[], Level(it.burst.into()));
    show(&m::LIMITER_REMAINING, &[], Level(it.remaining.into()));
    let taken = it.burst.saturating_sub(it.remaining);
    let usage = ratio(taken.into(), it.burst.into()).unwrap_or_default();
    show(&m::LIMITER_USAGE, &[], Level(usage));
    show(&m::LIMITER_WAITING, &[], Level(it.waiting as f64));
    let reset = it.reset_after.as_secs_f64();
    show(&m::LIMITER_RESET, &[], Level(reset));
}

pub(super) fn distributed_rate_limiter(it: &DistributedRateLimiterSnapshot, show: Show<'_>) {
    show(&m::SHARED_LEFT, &[], Level(it.left.into()));
    show(&m::SHARED_BATCH, &[], Level(it.batch.into()));
    let now = it.store_silent.then_some(it.on_outage);
    for (word, mode) in [
        ("none", None),
        ("open", Some(OnOutage::Open)),
        ("closed", Some(OnOutage::Closed)),
        ("local", Some(OnOutage::Local)),
    ] {
        let is = Value::flag(mode == now);
        show(&m::SHARED_FALLBACK, &[("mode", word)], is);
    }
    for (metric, count) in [
        (&m::SHARED_OUTAGES, it.outages),
        (&m::SHARED_ERRORS, it.store_errors),
        (&m::SHARED_LEASED, it.leased),
        (&m::SHARED_USED, it.used),
        (&m::SHARED_EXPIRED, it.expired),
        (&m::SHARED_UNLEASED, it.admitted_in_outage),
        (&m::SHARED_DENIED, it.refused),
    ] {
        show(metric, &[], Total(count));
    }
}

pub(super) fn keyed(it: &KeyedSnapshot, kind: &str, show: Show<'_>) {
    let gate = ("gate", kind.strip_prefix("keyed_").unwrap_or(kind));
    show(&m::KEYED_KEYS, &[gate], Level(it.keys as f64));
    show(&m::KEYED_MAX, &[gate], Level(it.max_keys as f64));
    for (reason, keys) in [("room", it.pushed_out), ("idle", it.went_idle)] {
        show(&m::KEYED_GONE, &[gate, ("reason", reason)], Total(keys));
    }
    show(&m::KEYED_OVERFLOWED, &[gate], Total(it.overflowed));
}
