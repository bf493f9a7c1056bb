//! What is wrong with a condition: file, line, field, template, value.

use super::refused::{all_refused, refusal};

#[test]
fn s2_063_a_condition_that_is_refused_is_told_with_its_place() {
    let types = "`level`: there are `threshold`, `rate`, `absence`, `anomaly`, `composite`";
    let level = "type: threshold, metric: equity_dollars, operator: lt";
    let nearest = "`performance.customMetrc`: unknown metric `performance.customMetrc`; near it is `performance_custom_metric`";
    all_refused(
        [
            (
                "metric: equity_dollars".to_owned(),
                "",
                "`type` must be set",
            ),
            ("type: level".to_owned(), ".type", types),
            (
                "type: threshold, metric: performance.customMetrc, operator: lt, value: 1"
                    .to_owned(),
                ".metric",
                nearest,
            ),
            (
                "type: threshold, metric: equity_dollars".to_owned(),
                "",
                "`operator` must be set",
            ),
            (level.to_owned(), "", "value: must be set"),
            (
                "type: threshold, metric: equity_dollars, operator: '<'".to_owned(),
                ".operator",
                "`<`: there are `lt`, `lte`, `gt`, `gte`, `eq`, `ne`",
            ),
            (
                format!("{level}, value: '1'"),
                ".value",
                "`1`: must be a number",
            ),
            (
                format!("{level}, value: 1, window: 5"),
                ".window",
                "`5`: is of rates and quantiles: a threshold has none",
            ),
            (
                format!("{level}, value: 1, groupBy: book"),
                ".groupBy",
                "`book`: needs an `aggregate`: `sum`, `avg`, `min`, `max` or `count`",
            ),
            (
                format!("{level}, value: 1, where: {{a-b: c}}"),
                ".where",
                "`a-b`: is no name of a label: [a-zA-Z_][a-zA-Z0-9_]*",
            ),
            (
                format!("{level}, value: 1, quantile: 0.5"),
                ".quantile",
                "`0.5`: `equity_dollars` is no histogram",
            ),
            (
                "type: threshold, metric: latency_seconds, operator: lt, value: 1".to_owned(),
                ".metric",
                "`latency_seconds`: `admf_latency_seconds` is a histogram: say which `quantile`",
            ),
            (
                "type: threshold, metric: latency_seconds, operator: lt, value: 1, quantile: 95"
                    .to_owned(),
                ".quantile",
                "`95`: must be from 0 to 1",
            ),
            (
                "type: rate, metric: equity_dollars, operator: lt, value: 1".to_owned(),
                ".metric",
                "`equity_dollars`: `equity_dollars` is a gauge, and has no rate",
            ),
            (
                "type: rate, metric: orders_total, operator: gt, value: 1, window: 0".to_owned(),
                ".window",
                "`0ns`: must be at least a millisecond",
            ),
            (
                "type: absence, metric: equity_dollars, aggregate: sum".to_owned(),
                ".aggregate",
                "an absence has none",
            ),
            (
                "type: anomaly, metric: equity_dollars, value: 3, window: 5".to_owned(),
                ".window",
                "`5`: is of rates and quantiles: how long an anomaly looks back is its `baseline`",
            ),
        ]
        .map(|(condition, field, problem)| {
            let field = format!("[0].condition{field}");
            (
                format!("- id: t\n  condition: {{{condition}}}\n"),
                &*field.leak(),
                problem,
            )
        }),
    );
    let error =
        refusal("- id: t\n  condition: {type: absence, metric: equity_dollars, value: 1}\n");
    assert!(
        error.contains(
            "[0].condition.value: template `t`: unknown field; there are `type`, `metric`,"
        )
    );
}

#[test]
fn s2_063_a_part_of_a_composite_is_told_by_its_name() {
    let part = |part: &str| {
        let all =
            format!("type: composite, match: all, conditions: {{a: api_error_ratio > 1{part}}}");
        format!("- id: t\n  condition: {{{all}}}\n")
    };
    all_refused([
        (
            part(""),
            "[0].condition.conditions",
            "`1`: there must be at least two",
        ),
        (
            part(", b: {type: composite, match: any}"),
            "[0].condition.conditions.b.type",
            "`composite`: cannot be a part of another",
        ),
        (
            part(", b: {type: rate, metric: odd, operator: lt, value: 1}"),
            "[0].condition.conditions.b.metric",
            "`odd`: unknown metric `odd`",
        ),
        (
            part(", b: {type: rate, metric: orders_total, operator: lt}"),
            "[0].condition.conditions.b",
            "value: must be set",
        ),
    ]);
}

#[test]
fn what_the_catalogue_does_not_know_of_a_metric_is_refused() {
    let condition =
        "{type: threshold, metric: equity_dollars, operator: lt, value: 1, where: {sied: long}}";
    let error = refusal(&format!("- id: t\n  condition: {condition}\n"));
    assert!(
        error.starts_with("a.yml:2:14: [0].condition: template `t`: "),
        "{error}"
    );
    assert!(
        error.contains("`sied`") && error.contains("`side`"),
        "{error}"
    );
}
