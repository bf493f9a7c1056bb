//! The files whose cases go by `kind`. None of the kinds is built yet.

use serde_json::Value;

use super::report::Verdict;

/// The kinds of `alerts.json`.
pub(super) const ALERTS: &[&str] = &[
    "rule_eval",
    "rule_eval_query_error",
    "rule_eval_error",
    "rule_state_max",
    "rule_send",
    "rule_restore",
    "rule_reload",
    "alert_status",
    "alert_merge",
    "fingerprint",
    "dedup_key",
    "group_labels",
    "grouping",
    "route",
    "route_inherit",
    "matcher",
    "matcher_labels",
    "matcher_string",
    "dedup",
    "subset",
    "send_filter",
    "nflog_expiry",
    "nflog_merge",
    "nflog_gc",
    "inhibit",
    "silence_state",
    "silence_can_update",
    "silence_set",
    "silence_validate",
    "silence_expire",
    "time_interval",
    "http_retry",
    "slack_response",
    "pagerduty_size",
    "truncate",
    "cooldown",
    "escalation",
    "burn_rate",
    "burn_factor",
    "timeline",
];

/// The kinds of `metrics.json`.
pub(super) const METRICS: &[&str] = &[
    "hist_buckets",
    "psi",
    "psi_binned",
    "ewma",
    "zscore",
    "mad",
    "des",
    "holt_winters_additive",
    "rolling_count",
    "sharpe",
    "max_drawdown",
    "drawdown_ratio_now",
    "win_rate",
    "profit_factor",
    "consecutive_losses",
    "fill_rate",
];

pub(super) fn verdict(case: &Value, known: &[&str]) -> Verdict {
    match case.get("kind").and_then(Value::as_str) {
        None => Verdict::failed("has no `kind`"),
        Some(kind) if known.contains(&kind) => Verdict::NotBuilt(kind.to_owned()),
        Some(kind) => Verdict::failed(format!("has the unknown kind `{kind}`")),
    }
}
