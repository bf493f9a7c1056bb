//! The metrics of the service.

use admf_alerts::service;
use admf_metrics::health;
use admf_metrics::http;
use admf_metrics::red::http::SERVER_METRICS;
use admf_metrics::trading::{self, LabelSets};
use admf_metrics::{Catalogue, CatalogueError, Label, Metric, database, monitoring, policies};

use super::{admin, machine};

/// Who trades: the resilience stack, or the bare client.
const SIDE: Label = Label::one_of("side", &["stack", "naive"]);

/// The metrics of trading, for each side as for an account of its own: both trade in one process.
const BY_SIDE: LabelSets = LabelSets::with(SIDE);

/// Upper bounds, around what a healthy venue, a retry and a given-up order take.
const SECONDS: [f64; 12] = [
    0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
];

const fn counter(name: &'static str, help: &'static str) -> Metric {
    Metric::counter(name, help).labels(&[SIDE])
}

const fn gauge(name: &'static str, help: &'static str) -> Metric {
    Metric::gauge(name, help).labels(&[SIDE])
}

pub(super) const IN_DOUBT: Metric = gauge(
    "orders_in_doubt",
    "Orders that may have been executed, and of which nobody could be asked yet.",
);

pub(super) const ORDER_SECONDS: Metric = Metric::histogram(
    "order_duration_seconds",
    "Time from sending an order to its end, every attempt and wait included.",
    &SECONDS,
)
.labels(&[SIDE])
.unit("seconds");

pub(super) const BARS: Metric = counter("bars_replayed_total", "Bars replayed.");

pub(super) const PROGRESS: Metric = gauge(
    "replay_progress_ratio",
    "Part of the bars that is replayed.",
)
.unit("ratio");

pub(super) const SKIPPED: Metric =
    counter("bars_skipped_total", "Malformed bars that were left out.");

/// The bare client has no policies that would count its second tries, and the stack's second venue is
/// no retry of one of them: this is what both sides have in common.
pub(super) const RETRIES: Metric = counter(
    "order_retries_total",
    "Attempts at orders after the first one, whoever made them.",
);

pub(super) const VENUE_VALUE: Metric = gauge(
    "venue_portfolio_value",
    "What the portfolio is worth by the books of the venues, in dollars, once a run has ended.",
)
.unit("dollars");

pub(super) const UNRECONCILED: Metric = Metric::gauge(
    "unreconciled_orders",
    "Orders on which ledger and venues do not agree once a run has ended: executed and not in the ledger (lost), or executed twice (duplicated).",
)
.labels(&[SIDE, Label::one_of("kind", &["lost", "duplicated"])]);

/// The names of the rules are the operator's, who has few; so are their severities.
const ALERT: [Label; 2] = [
    Label::capped("alertname", 200),
    Label::capped("severity", 10),
];

/// By which clock rules are evaluated.
const CLOCK: [Label; 1] = [Label::one_of(
    "clock",
    &["machine", "trading", "objectives"],
)];

pub(super) const FIRING: Metric =
    Metric::gauge("alerts_firing", "Alerts that fire, by rule.").labels(&ALERT);

pub(super) const FIRED: Metric =
    Metric::counter("alerts_fired_total", "Alerts that began to fire, by rule.").labels(&ALERT);

pub(super) const RULES: Metric = Metric::gauge(
    "alert_rules",
    "Rules that are evaluated; none where evaluation is off.",
)
.labels(&CLOCK);

pub(super) const EVALUATIONS: Metric = Metric::counter(
    "alert_rule_evaluations_total",
    "Evaluations of rules; those of trading are evaluated once each date, for each side.",
)
.labels(&CLOCK);

pub(super) const FAILURES: Metric = Metric::counter(
    "alert_rule_evaluation_failures_total",
    "Evaluations of rules that failed.",
)
.labels(&CLOCK);

pub(super) const MISSED: Metric = Metric::counter(
    "alert_group_evaluations_missed_total",
    "Times at which a group of rules was due, and nobody evaluated it.",
)
.labels(&CLOCK);

pub(super) const EVALUATION_SECONDS: Metric = Metric::gauge(
    "alert_evaluation_duration_seconds",
    "Time that the last evaluation of all rules took, that of reading the metrics among it.",
)
.labels(&CLOCK)
.unit("seconds");

/// What becomes of an attempt to read rules again.
pub(super) const RELOAD_RESULTS: [&str; 2] = ["ok", "refused"];

pub(super) const RELOADS: Metric = Metric::counter(
    "alert_rule_reloads_total",
    "Attempts to read the rules again; where they are refused, those before stay.",
)
.labels(&[Label::one_of("result", &RELOAD_RESULTS)]);

/// What thresholds there are.
pub(super) const THRESHOLDS: [&str; 3] = ["sharpe_ratio", "drawdown_ratio", "volatility_ratio"];

pub(super) const THRESHOLD: Metric = Metric::gauge(
    "admf_alert_threshold",
    "Thresholds that the operator set, for rules to compare with: here and on a Prometheus server alike.",
)
.labels(&[Label::one_of("name", &THRESHOLDS)]);

pub(super) const ADMIN_ACTIONS: Metric = Metric::counter(
    "admin_actions_total",
    "What operators did to policies, or were not let do.",
)
.labels(&[
    Label::one_of("action", &admin::ACTIONS),
    Label::one_of("result", &["done", "refused"]),
]);

/// Gives all metrics: the service's own, and those of trading, ledger, API, policies, machine and process.
pub(super) fn metrics() -> impl Iterator<Item = Metric> {
    let own = [
        IN_DOUBT,
        ORDER_SECONDS,
        BARS,
        SKIPPED,
        PROGRESS,
        RETRIES,
        VENUE_VALUE,
        UNRECONCILED,
        FIRING,
        FIRED,
        RULES,
        EVALUATIONS,
        FAILURES,
        MISSED,
        EVALUATION_SECONDS,
        RELOADS,
        THRESHOLD,
        ADMIN_ACTIONS,
    ];
    let own = own.into_iter().chain(trading::metrics_by(&BY_SIDE));
    let own = own.chain(database::METRICS).chain(SERVER_METRICS);
    let own = own.chain(policies::METRICS).chain(machine::metrics());
    own.chain(service::METRICS)
}

/// Gives the catalogue of all that is exported: [`metrics`], and what monitoring feeds by itself.
pub(crate) fn catalogue() -> Result<Catalogue, CatalogueError> {
    let monitored = health::METRICS.into_iter().chain(http::METRICS);
    Catalogue::new(metrics().chain(monitored).chain(monitoring::METRICS))
}
