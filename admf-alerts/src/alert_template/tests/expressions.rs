//! What each condition becomes.

use super::*;

fn expr(text: &str) -> String {
    rule(&format!("{{{text}}}")).expr
}

#[test]
fn s2_063_a_threshold_compares_a_metric() {
    let threshold = |rest: &str| {
        expr(&format!(
            "type: threshold, metric: equity_dollars, value: 5, {rest}"
        ))
    };
    for (operator, sign) in [
        ("lt", "<"),
        ("lte", "<="),
        ("gt", ">"),
        ("gte", ">="),
        ("eq", "=="),
        ("ne", "!="),
    ] {
        let expr = threshold(&format!("operator: {operator}"));
        assert_eq!(expr, format!("equity_dollars {sign} 5"));
    }
    for (rest, expected) in [
        (
            "where: {book: [a.b, 'c\"'], side: long}",
            r#"equity_dollars{book=~"a\\.b|c\"",side="long"} < 5"#,
        ),
        (
            "aggregate: min, groupBy: [book, side]",
            "min by (book, side) (equity_dollars) < 5",
        ),
        ("aggregate: count", "count(equity_dollars) < 5"),
    ] {
        assert_eq!(threshold(&format!("operator: lt, {rest}")), expected);
    }
}

#[test]
fn s2_063_quantiles_and_rates_have_a_window() {
    for (text, expected) in [
        (
            "type: threshold, metric: latency_seconds, quantile: 0.95, window: 10, operator: gt, value: 2",
            "histogram_quantile(0.95, rate(admf_latency_seconds_bucket[10m])) > 2",
        ),
        (
            "type: threshold, metric: latency_seconds, quantile: 0.5, aggregate: sum, groupBy: route, operator: gt, value: 2",
            "histogram_quantile(0.5, sum by (le, route) (rate(admf_latency_seconds_bucket[5m]))) > 2",
        ),
        (
            "type: rate, metric: orders_total, operator: gt, value: 3",
            "rate(admf_orders_total[5m]) > 3",
        ),
        (
            "type: rate, metric: orders_total, per: minute, window: 0.5, operator: lt, value: 3, aggregate: sum",
            "sum(rate(admf_orders_total[30s])) * 60 < 3 and sum(admf_orders_total offset 30s)",
        ),
        (
            "type: rate, metric: latency_seconds, operator: gte, value: 3",
            "rate(admf_latency_seconds_count[5m]) >= 3",
        ),
    ] {
        assert_eq!(expr(text), expected);
    }
}

#[test]
fn s2_063_an_absence_is_that_of_a_series() {
    assert_eq!(
        expr("type: absence, metric: latency_seconds, where: {route: /}"),
        r#"absent(admf_latency_seconds_count{route="/"})"#
    );
    assert_eq!(
        expr("type: absence, metric: performance.customMetric"),
        "absent(performance_custom_metric)"
    );
}

#[test]
fn s2_063_an_anomaly_is_so_many_deviations_off_the_mean() {
    for (text, expected) in [
        (
            "type: anomaly, metric: equity_dollars, baseline: 120, value: 3",
            "abs((equity_dollars - avg_over_time(equity_dollars[120m])) / \
             (stddev_over_time(equity_dollars[120m]) > 0)) > 3 and equity_dollars offset 120m",
        ),
        (
            "type: anomaly, metric: orders_total, operator: lt, value: -3, aggregate: sum",
            "(sum(rate(admf_orders_total[5m])) - avg_over_time((sum(rate(admf_orders_total[5m])))[60m:1m])) / \
             (stddev_over_time((sum(rate(admf_orders_total[5m])))[60m:1m]) > 0) < -3 and \
             sum(admf_orders_total offset 60m)",
        ),
    ] {
        assert_eq!(expr(text), expected);
    }
}

#[test]
fn s2_063_a_composite_joins_conditions_on_labels() {
    let parts = "conditions: {low: {type: threshold, metric: equity_dollars, operator: lt, value: 5}, \
                 bad: api_error_ratio > 0.1}";
    for (how, expected) in [
        (
            "match: all, on: []",
            "(equity_dollars < 5) and on () (api_error_ratio > 0.1)",
        ),
        (
            "match: all, on: [book]",
            "(equity_dollars < 5) and on (book) (api_error_ratio > 0.1)",
        ),
        (
            "match: any",
            "(equity_dollars < 5) or (api_error_ratio > 0.1)",
        ),
    ] {
        assert_eq!(expr(&format!("type: composite, {how}, {parts}")), expected);
    }
}

#[test]
fn s2_064_a_threshold_stands_for_a_value_that_is_not_there() {
    let text = "[{id: t, threshold: 7, condition: {type: threshold, metric: equity_dollars, operator: lt}}]";
    let rule = read(text)[0].rule(&known()).unwrap();
    assert_eq!(rule.expr, "equity_dollars < 7");
    let same = text.replace("operator: lt", "operator: lt, value: 7.0");
    assert_eq!(read(&same)[0].rule(&known()).unwrap().expr, rule.expr);
}

#[test]
fn s0_081_a_condition_may_be_code() {
    use crate::{Closure, EvalError};
    let closure = Closure::new(|view| {
        let rows = view.query("equity_dollars")?;
        Ok::<_, EvalError>(
            rows.into_iter()
                .filter(|row| row.value < 5.0)
                .collect::<Vec<_>>(),
        )
    });
    let template = AlertTemplate::new("low", closure).timeframe(minutes(1));
    let rule = template.rule(&known()).unwrap();
    assert!(rule.closure.is_some() && rule.expr.is_empty());
    assert_eq!(rule.for_, minutes(1));
}
