//! Every figure of the report, and what a Prometheus has stored of it.

use serde_json::Value;
use tests::prometheus::Prometheus;

use super::common::{Result, number};
use super::stored;

/// What of the metrics says the same as a figure of a side.
enum Shown {
    /// The last value of a series of the side, or the sum of several: metric, and what more is selected.
    Last(&'static str, &'static str),
    /// The last value of what policies count, which the bare client does not have.
    OfPolicies(&'static str),
    /// It is made of others: see there.
    By(fn(&Prometheus, &str, &Value) -> Result),
    /// It is no metric, and why.
    Nowhere(&'static str),
}

use Shown::{By, Last, Nowhere, OfPolicies};

/// All figures of a side.
const FIGURES: [(&str, Shown); 24] = [
    ("orders", Last("admf_signals_generated_total", "")),
    ("signals", Last("admf_signals_generated_total", "")),
    ("risk_rejected", Last("admf_signals_filtered_total", "")),
    ("risk_rejections", By(reasons)),
    (
        "refused_unsent",
        Last("admf_orders_total", ",status='unsent'"),
    ),
    ("filled", By(filled)),
    (
        "cancelled",
        Last("admf_orders_total", ",status='cancelled'"),
    ),
    ("in_doubt", Last("orders_in_doubt", "")),
    ("lost", Last("unreconciled_orders", ",kind='lost'")),
    (
        "duplicated",
        Last("unreconciled_orders", ",kind='duplicated'"),
    ),
    (
        "positions_agree",
        Nowhere("symbol by symbol it is in the ledger and the books"),
    ),
    ("retries", Last("order_retries_total", "")),
    (
        "breaker_trips",
        OfPolicies("admf_circuit_breaker_transitions_total{to='open'}"),
    ),
    (
        "failovers",
        OfPolicies("admf_failovers_total{direction='over'}"),
    ),
    (
        "failbacks",
        OfPolicies("admf_failovers_total{direction='back'}"),
    ),
    ("switches", By(switches)),
    ("latency_ms", By(latency)),
    ("availability", By(availability)),
    ("final_equity", Last("admf_portfolio_value", "")),
    ("venue_equity", Last("venue_portfolio_value", "")),
    ("drawdown", Last("admf_drawdown_ratio", "")),
    (
        "limits_overlooked",
        Last("admf_risk_limit_breaches_total", ""),
    ),
    ("bars", Last("bars_replayed_total", "")),
    ("skipped_bars", Last("bars_skipped_total", "")),
];

/// What a side says of itself beyond its figures.
const WORDS: [&str; 1] = ["interrupted"];

/// Compares all that a side reports.
pub(super) fn as_reported(prometheus: &Prometheus, side: &str, report: &Value) -> Result {
    let fields = report.as_object().ok_or("no report")?;
    for name in fields.keys().filter(|name| !WORDS.contains(&name.as_str())) {
        let known = FIGURES.iter().any(|(figure, _)| figure == name);
        assert!(
            known,
            "the report says {name}, which is compared with nothing"
        );
    }
    for (name, shown) in &FIGURES {
        let figure = fields.get(*name).ok_or(format!("no {name}"))?;
        let level = || figure.as_f64().ok_or(format!("{name}: {figure}"));
        match shown {
            Last(metric, more) => {
                let last = last(prometheus, side, metric, more)?;
                assert_eq!(last, level()?, "{side}: {name}\n{report:#}");
            }
            // What the bare client reports of it is nothing.
            OfPolicies(selector) if side == "stack" => {
                assert_eq!(
                    stored(prometheus, selector)?,
                    level()?,
                    "{name}\n{report:#}"
                );
            }
            OfPolicies(_) => assert_eq!(level()?, 0.0, "{side}: {name}"),
            By(compared) => compared(prometheus, side, report)?,
            Nowhere(why) => assert!(!figure.is_number(), "{name} is a number: not so that {why}"),
        }
    }
    if side == "stack" {
        assert!(number(report, "breaker_trips")? > 0, "{report:#}");
    }
    Ok(())
}

fn last(prometheus: &Prometheus, side: &str, metric: &str, more: &str) -> Result<f64> {
    stored(prometheus, &format!("{metric}{{side='{side}'{more}}}"))
}

/// A trade is an order that was filled.
fn filled(prometheus: &Prometheus, side: &str, report: &Value) -> Result {
    let filled = number(report, "filled")? as f64;
    assert!(filled > 100.0, "{report:#}");
    let orders = last(prometheus, side, "admf_orders_total", ",status='filled'")?;
    let trades = last(prometheus, side, "admf_trades_total", "")?;
    assert_eq!((orders, trades), (filled, filled), "{side}\n{report:#}");
    Ok(())
}

fn reasons(prometheus: &Prometheus, side: &str, report: &Value) -> Result {
    let reasons = report["risk_rejections"].as_object().ok_or("no reasons")?;
    for (reason, count) in reasons {
        let reason = format!(",reason='{reason}'");
        let filtered = last(prometheus, side, "admf_signals_filtered_total", &reason)?;
        assert_eq!(Some(filtered), count.as_f64(), "{side}: {reason}");
    }
    let all: f64 = reasons.values().filter_map(Value::as_f64).sum();
    assert_eq!(
        all,
        last(prometheus, side, "admf_signals_filtered_total", "")?
    );
    Ok(())
}

fn switches(prometheus: &Prometheus, side: &str, report: &Value) -> Result {
    let switches = report["switches"].as_array().ok_or("no switches")?.len();
    let counted = match side {
        "stack" => stored(prometheus, "admf_failovers_total")?,
        _ => 0.0,
    };
    assert_eq!(counted, switches as f64, "{side}\n{report:#}");
    Ok(())
}

/// The part of the signals that passed which was filled.
fn availability(prometheus: &Prometheus, side: &str, report: &Value) -> Result {
    let sent = number(report, "orders")? - number(report, "risk_rejected")?;
    let passed = last(prometheus, side, "admf_signals_passed_total", "")?;
    assert_eq!(passed, sent as f64, "{side}\n{report:#}");
    let filled = last(prometheus, side, "admf_orders_total", ",status='filled'")?;
    assert_eq!(
        Some(filled / passed),
        report["availability"].as_f64(),
        "{side}"
    );
    Ok(())
}

/// Each percentile lies in the bucket in which that order is counted.
fn latency(prometheus: &Prometheus, side: &str, report: &Value) -> Result {
    let count = last(prometheus, side, "order_duration_seconds_count", "")?;
    let sent = number(report, "orders")? - number(report, "risk_rejected")?;
    assert_eq!(count, sent as f64, "{side}\n{report:#}");
    let selector = format!("order_duration_seconds_bucket{{side='{side}'}}");
    let buckets = prometheus.query(&format!("last_over_time({selector}[1h])"))?;
    assert!(buckets.len() > 10, "{buckets:?}");
    for (name, part) in [("p50", 0.50), ("p95", 0.95), ("p99", 0.99)] {
        let percentile = report["latency_ms"][name].as_f64().ok_or("no percentile")? / 1e3;
        let rank = (count * part).ceil();
        for (labels, below) in &buckets {
            let bound = labels["le"].as_str().ok_or("no bound")?;
            let bound: f64 = bound.replace("+Inf", "inf").parse()?;
            // The ledger counts in whole microseconds.
            let (surely_below, surely_above) =
                (percentile + 2e-6 < bound, percentile > bound + 2e-6);
            assert!(
                !surely_below || *below >= rank,
                "{side} {name} {bound}: {below} of {count}"
            );
            assert!(
                !surely_above || *below < rank,
                "{side} {name} {bound}: {below} of {count}"
            );
        }
    }
    Ok(())
}

/// Compares all that is reported of alerts.
pub(super) fn alerts_as_reported(prometheus: &Prometheus, report: &Value) -> Result {
    assert_eq!(report["enabled"], true);
    let rules = stored(prometheus, "alert_rules")?;
    assert_eq!(Some(rules), report["rules"].as_f64());
    let count = |what: &str, name: &str| report[what][name].as_f64().unwrap_or(0.0);
    let names =
        prometheus.query("group by (alertname) (last_over_time(alerts_fired_total[1h]))")?;
    assert!(names.len() > 10, "{names:?}");
    let mut known = 0.0;
    for (labels, _) in &names {
        let name = labels["alertname"].as_str().ok_or("no name")?;
        let of = |metric: &str| stored(prometheus, &format!("{metric}{{alertname='{name}'}}"));
        let (fired, firing) = (of("alerts_fired_total")?, of("alerts_firing")?);
        let reported = (count("fired", name), count("firing", name));
        assert_eq!((fired, firing), reported, "{name}\n{report:#}");
        let ended = count("resolved", name) + count("dropped", name);
        assert_eq!(fired - firing, ended, "{name}\n{report:#}");
        known += fired;
    }
    // Of none that is reported there is nothing stored.
    let fired = report["fired"].as_object().ok_or("no counts")?;
    let reported: f64 = fired.values().filter_map(Value::as_f64).sum();
    assert!(reported > 0.0, "{report:#}");
    assert_eq!(known, reported, "{report:#}");
    let failures = stored(prometheus, "alert_rule_evaluation_failures_total")?;
    assert_eq!(
        (failures, &report["failing"]),
        (0.0, &serde_json::json!([]))
    );
    Ok(())
}
