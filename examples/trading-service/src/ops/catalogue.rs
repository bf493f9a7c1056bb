//! The metrics of the service.

use admf_metrics::{Catalogue, CatalogueError, Label, Metric, policies};

use super::admin;

/// Who trades: the resilience stack, or the bare client.
const SIDE: Label = Label::one_of("side", &["stack", "naive"]);

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

pub(super) const OUTCOMES: [&str; 4] = ["filled", "cancelled", "refused_unsent", "in_doubt"];

pub(super) const ORDERS: Metric = Metric::counter(
    "orders_total",
    "Orders by what became of them; one in doubt is counted once more when it is settled.",
)
.labels(&[SIDE, Label::one_of("outcome", &OUTCOMES)]);

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

pub(super) const SIGNALS: Metric = counter("signals_total", "Signals of the strategies.");

pub(super) const BREACHES: [&str; 7] = [
    "trading_disabled",
    "order_size",
    "position_size",
    "daily_loss",
    "drawdown",
    "cash",
    "nothing_held",
];

pub(super) const REJECTIONS: Metric = Metric::counter(
    "risk_rejections_total",
    "Signals that risk refused, by reason.",
)
.labels(&[SIDE, Label::one_of("reason", &BREACHES)]);

pub(super) const OVERLOOKED: Metric = Metric::counter(
    "risk_overlooked_total",
    "Orders that broke a limit and were sent because limits are not enforced, by limit.",
)
.labels(&[SIDE, Label::one_of("reason", &BREACHES)]);

pub(super) const EQUITY: Metric =
    gauge("equity_dollars", "What the portfolio is worth.").unit("dollars");

pub(super) const DRAWDOWN: Metric =
    gauge("drawdown_ratio", "Part of the highest equity that is lost.").unit("ratio");

pub(super) const DAILY_LOSS: Metric = gauge(
    "daily_loss_dollars",
    "Loss since the close of the day before; negative where it was won.",
)
.unit("dollars");

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

pub(crate) const API_REQUESTS: Metric = Metric::counter(
    "api_requests_total",
    "Requests to the API, by route and class of the answer's status.",
)
.labels(&[
    Label::one_of("route", &["quotes", "quote", "orders", "order"]),
    Label::one_of("status", &["2xx", "4xx", "5xx"]),
]);

pub(super) const ADMIN_ACTIONS: Metric = Metric::counter(
    "admin_actions_total",
    "What operators did to policies, or were not let do.",
)
.labels(&[
    Label::one_of("action", &admin::ACTIONS),
    Label::one_of("result", &["done", "refused"]),
]);

/// Gives the catalogue: the service's own metrics, and those of its policies.
pub(super) fn catalogue() -> Result<Catalogue, CatalogueError> {
    let own = [
        ORDERS,
        IN_DOUBT,
        ORDER_SECONDS,
        SIGNALS,
        REJECTIONS,
        OVERLOOKED,
        EQUITY,
        DRAWDOWN,
        DAILY_LOSS,
        BARS,
        PROGRESS,
        RETRIES,
        TRIPS,
        SWITCHES,
        FIRING,
        FIRED,
        API_REQUESTS,
        ADMIN_ACTIONS,
    ];
    Catalogue::new(own.into_iter().chain(policies::METRICS))
}
