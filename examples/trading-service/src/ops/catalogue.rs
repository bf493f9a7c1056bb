//! The metrics of the service.

use admf_metrics::health;
use admf_metrics::http;
use admf_metrics::red::http::SERVER_METRICS;
use admf_metrics::trading::{self, LabelSets};
use admf_metrics::{Catalogue, CatalogueError, Label, Metric, database, policies};

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

pub(super) const RETRIES: Metric = counter(
    "order_retries_total",
    "Attempts at orders after the first one.",
);

pub(super) const TRIPS: Metric = counter(
    "breaker_trips_total",
    "Times that a circuit breaker opened.",
);

pub(super) const SWITCHES: Metric = Metric::counter(
    "venue_switches_total",
    "Changes of the venue: away from the primary (failover), or back (failback).",
)
.labels(&[SIDE, Label::one_of("direction", &["failover", "failback"])]);

/// The names of the rules are the operator's, who has few.
const ALERT: Label = Label::capped("alertname", 50);

pub(super) const FIRING: Metric =
    Metric::gauge("alerts_firing", "Alerts that fire, by rule.").labels(&[ALERT]);

pub(super) const FIRED: Metric =
    Metric::counter("alerts_fired_total", "Alerts that began to fire, by rule.").labels(&[ALERT]);

pub(super) const ADMIN_ACTIONS: Metric = Metric::counter(
    "admin_actions_total",
    "What operators did to policies, or were not let do.",
)
.labels(&[
    Label::one_of("action", &admin::ACTIONS),
    Label::one_of("result", &["done", "refused"]),
]);

/// Gives the catalogue: the service's own metrics, and those of trading, ledger, API, policies, machine and process.
pub(super) fn catalogue() -> Result<Catalogue, CatalogueError> {
    let own = [
        IN_DOUBT,
        ORDER_SECONDS,
        BARS,
        PROGRESS,
        RETRIES,
        TRIPS,
        SWITCHES,
        FIRING,
        FIRED,
        ADMIN_ACTIONS,
    ];
    let own = own.into_iter().chain(trading::metrics_by(&BY_SIDE));
    let own = own.chain(database::METRICS).chain(SERVER_METRICS);
    let own = own.chain(health::METRICS).chain(http::METRICS);
    Catalogue::new(own.chain(policies::METRICS).chain(machine::metrics()))
}
