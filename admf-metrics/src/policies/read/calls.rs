//! Of what makes calls, repeats them, cuts them short or answers in their place.

use resilience_core::cache::CacheSnapshot;
use resilience_core::deadline::DeadlinesSnapshot;
use resilience_core::failover::FailoverSnapshot;
use resilience_core::fallback::FallbackSnapshot;
use resilience_core::retry::{RetryBudgetSnapshot, RetrySnapshot};
use resilience_core::timeout::TimeoutSnapshot;

use super::Show;
use crate::policies::catalogue::calls as m;
use crate::policies::series::Value::{self, Level, Total};
use crate::trading::{CACHE_HITS, CACHE_MISSES};

pub(super) fn retry(it: &RetrySnapshot, show: Show<'_>) {
    show(&m::RETRY_RUNS, &[], Total(it.runs));
    show(&m::RETRY_ATTEMPTS, &[], Total(it.sent));
    show(&m::RETRIES, &[], Total(it.retries));
    for (reason, runs) in [
        ("attempts", it.gave_up.attempts),
        ("time", it.gave_up.time),
        ("budget", it.gave_up.budget),
        ("do_not_retry", it.gave_up.do_not_retry),
    ] {
        show(&m::RETRY_GAVE_UP, &[("reason", reason)], Total(runs));
    }
}

pub(super) fn retry_budget(it: &RetryBudgetSnapshot, show: Show<'_>) {
    show(&m::BUDGET_BALANCE, &[], Level(it.balance as f64));
    show(&m::BUDGET_REQUESTS, &[], Level(it.requests as f64));
    show(&m::BUDGET_RETRIES, &[], Level(it.retries as f64));
    show(&m::BUDGET_REJECTED, &[], Total(it.refused));
}

pub(super) fn timeout(it: &TimeoutSnapshot, show: Show<'_>) {
    show(&m::TIMEOUT_LIMIT, &[], Level(it.timeout.as_secs_f64()));
    show(&m::TIMEOUT_ELAPSED, &[], Total(it.elapsed));
    show(&m::TIMEOUT_LATE, &[], Total(it.late));
}

pub(super) fn deadlines(it: &DeadlinesSnapshot, show: Show<'_>) {
    for (when, calls) in [("late", it.late), ("cut", it.cut)] {
        show(&m::DEADLINE_PASSED, &[("when", when)], Total(calls));
    }
    show(&m::DEADLINE_SPARED, &[], Total(it.spared));
}

pub(super) fn fallback(it: &FallbackSnapshot, show: Show<'_>) {
    for (source, calls) in [
        ("last_good", it.last_good),
        ("function", it.function),
        ("value", it.value),
        ("nothing", it.passed_on),
    ] {
        show(&m::FALLBACK_CALLS, &[("source", source)], Total(calls));
    }
    show(&m::FALLBACK_KEYS, &[], Level(it.keys as f64));
}

pub(super) fn failover(it: &FailoverSnapshot, show: Show<'_>) {
    for target in &it.targets {
        let label = [("target", target.name.as_str())];
        let active = target.name == it.active;
        show(&m::FAILOVER_ACTIVE, &label, Value::flag(active));
        show(&m::FAILOVER_FAILED, &label, Value::flag(target.failed));
    }
    show(&m::FAILOVER_RUN, &[], Level(it.failures_in_a_row.into()));
    for (direction, switches) in [("over", it.switches_over), ("back", it.switches_back)] {
        show(&m::FAILOVERS, &[("direction", direction)], Total(switches));
    }
}

pub(super) fn cache(it: &CacheSnapshot, show: Show<'_>) {
    show(&CACHE_HITS, &[], Total(it.hits));
    show(&CACHE_MISSES, &[], Total(it.misses));
    show(&m::CACHE_COALESCED, &[], Total(it.coalesced));
    for (metric, label, word, count) in [
        (
            &m::CACHE_STALE,
            "reason",
            "while_revalidate",
            it.stale_while_revalidate,
        ),
        (&m::CACHE_STALE, "reason", "if_error", it.stale_if_error),
        (&m::CACHE_REFRESHES, "result", "success", it.refreshes_ok),
        (
            &m::CACHE_REFRESHES,
            "result",
            "failure",
            it.refreshes_failed,
        ),
        (&m::CACHE_GONE, "reason", "evicted", it.evicted),
        (&m::CACHE_GONE, "reason", "expired", it.expired),
    ] {
        show(metric, &[(label, word)], Total(count));
    }
    show(&m::CACHE_ENTRIES, &[], Level(it.entries as f64));
    show(&m::CACHE_MAX_ENTRIES, &[], Level(it.max_entries as f64));
    show(&m::CACHE_BYTES, &[], Level(it.bytes as f64));
    show(&m::CACHE_MAX_BYTES, &[], Level(it.max_bytes as f64));
}
