//! Of what makes calls, repeats them, cuts them short or answers in their place.

use super::{NAME, POLICIES, counter, declare, gauge};
use crate::{Label, Metric};

/// So many targets of a failover have series of their own.
const TARGET: Label = Label::capped("target", 100);

/// A cache is called by this label in the sources.
const CACHE_NAME: Label = Label::capped("cache_name", POLICIES);
const CACHE: &[Label] = &[CACHE_NAME];

declare! {
    pub(in crate::policies) RETRY_RUNS = counter(
        "admf_retry_runs_total",
        "Calls that were to be tried again if they failed.",
    );
    pub(in crate::policies) RETRY_ATTEMPTS = counter(
        "admf_retry_attempts_total",
        "Attempts that were sent, the first ones included.",
    );
    pub(in crate::policies) RETRIES = counter("admf_retries_total", "Attempts after the first one.");
    pub(in crate::policies) RETRY_GAVE_UP = Metric::counter(
        "admf_retry_gave_up_total",
        "Calls that were given up, by what was used up or asked for.",
    ).labels(&[NAME, Label::one_of("reason", &["attempts", "time", "budget", "do_not_retry"])]);
    pub(in crate::policies) RETRY_GAVE_UP_ATTEMPTS = Metric::histogram(
        "admf_retry_gave_up_attempts",
        "Attempts that were sent of calls that were given up.",
        &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0],
    ).labels(&[NAME]);

    pub(in crate::policies) BUDGET_BALANCE = gauge(
        "admf_retry_budget_balance",
        "Retries that would be granted now.",
    );
    pub(in crate::policies) BUDGET_REQUESTS = gauge(
        "admf_retry_budget_requests",
        "Requests in the budget's window.",
    );
    pub(in crate::policies) BUDGET_RETRIES = gauge(
        "admf_retry_budget_retries",
        "Retries in the budget's window, each by its cost.",
    );
    pub(in crate::policies) BUDGET_REJECTED = counter(
        "admf_retry_budget_rejected_total",
        "Retries that the budget refused.",
    );

    pub(in crate::policies) TIMEOUT_LIMIT = gauge(
        "admf_timeout_limit_seconds",
        "Longest time that a call may take.",
    ).unit("seconds");
    pub(in crate::policies) TIMEOUT_ELAPSED = counter(
        "admf_timeout_elapsed_total",
        "Calls that were given up because they took too long.",
    );
    pub(in crate::policies) TIMEOUT_LATE = counter(
        "admf_timeout_late_total",
        "Calls that came after their deadline and were not made.",
    );

    pub(in crate::policies) DEADLINE_PASSED = Metric::counter(
        "admf_deadline_passed_total",
        "Calls that nobody waited for any more: refused before they began (late), or dropped (cut).",
    ).labels(&[NAME, Label::one_of("when", &["late", "cut"])]);
    pub(in crate::policies) DEADLINE_SPARED = counter(
        "admf_deadline_spared_total",
        "Calls that were not dropped though nobody waited for them, because too many were.",
    );

    pub(in crate::policies) FALLBACK_CALLS = Metric::counter(
        "admf_fallback_calls_total",
        "Calls that failed, by what they were answered with; nothing where there was no answer.",
    ).labels(&[NAME, Label::one_of("source", &["last_good", "function", "value", "nothing"])]);
    pub(in crate::policies) FALLBACK_KEYS = gauge(
        "admf_fallback_keys",
        "Keys whose last good answer is kept.",
    );

    pub(in crate::policies) FAILOVER_ACTIVE = Metric::gauge(
        "admf_failover_active",
        "1 for the target that is called, 0 for the others.",
    ).labels(&[NAME, TARGET]);
    pub(in crate::policies) FAILOVER_FAILED = Metric::gauge(
        "admf_failover_target_failed",
        "1 for targets that have failed and were not well again since.",
    ).labels(&[NAME, TARGET]);
    pub(in crate::policies) FAILOVER_RUN = gauge(
        "admf_failover_consecutive_failures",
        "Failures of the active target in a row.",
    );
    pub(in crate::policies) FAILOVERS = Metric::counter(
        "admf_failovers_total",
        "Switches to a target further down the list (over) or up (back).",
    ).labels(&[NAME, Label::one_of("direction", &["over", "back"])]);

    pub(in crate::policies) CACHE_COALESCED = Metric::counter(
        "admf_cache_coalesced_total",
        "Requests that were answered by the call of another.",
    ).labels(CACHE);
    pub(in crate::policies) CACHE_STALE = Metric::counter(
        "admf_cache_stale_total",
        "Requests that were answered stale: while the next answer was fetched, or since no other could be had.",
    ).labels(&[CACHE_NAME, Label::one_of("reason", &["while_revalidate", "if_error"])]);
    pub(in crate::policies) CACHE_REFRESHES = Metric::counter(
        "admf_cache_refreshes_total",
        "Calls that were to renew an answer while it was served.",
    ).labels(&[CACHE_NAME, Label::one_of("result", &["success", "failure"])]);
    pub(in crate::policies) CACHE_GONE = Metric::counter(
        "admf_cache_gone_total",
        "Answers that had no room (evicted), or were too old when they were asked for (expired).",
    ).labels(&[CACHE_NAME, Label::one_of("reason", &["evicted", "expired"])]);
    pub(in crate::policies) CACHE_ENTRIES = Metric::gauge(
        "admf_cache_entries",
        "Answers that are kept.",
    ).labels(CACHE);
    pub(in crate::policies) CACHE_MAX_ENTRIES = Metric::gauge(
        "admf_cache_max_entries",
        "Answers that may be kept.",
    ).labels(CACHE);
    pub(in crate::policies) CACHE_BYTES = Metric::gauge(
        "admf_cache_bytes",
        "Bytes that are kept, as the cache's size counts them.",
    ).labels(CACHE).unit("bytes");
    pub(in crate::policies) CACHE_MAX_BYTES = Metric::gauge(
        "admf_cache_max_bytes",
        "Bytes that may be kept.",
    ).labels(CACHE).unit("bytes");
}
