use super::*;
use crate::parse;

/// What is said of one gauge of this name, which has help.
fn said(kind: &str, name: &str, label: &str) -> Vec<String> {
    let text = format!("# HELP {name} H.\n# TYPE {name} {kind}\n{name}{{{label}=\"1\"}} 1\n");
    let read = parse(&text).unwrap();
    lint(&read)
        .iter()
        .map(|it| it.message.to_string())
        .collect()
}

#[test]
fn each_rule_has_the_words_of_promtool() {
    let cases = [
        (
            "gauge",
            "a_milliseconds",
            "b",
            "use base unit \"seconds\" instead of \"milliseconds\"",
        ),
        (
            "gauge",
            "a_miles",
            "b",
            "use base unit \"meters\" instead of \"miles\"",
        ),
        (
            "counter",
            "a",
            "b",
            "counter metrics should have \"_total\" suffix",
        ),
        (
            "gauge",
            "a_total",
            "b",
            "non-counter metrics should not have \"_total\" suffix",
        ),
        (
            "gauge",
            "a_bucket",
            "b",
            "non-histogram metrics should not have \"_bucket\" suffix",
        ),
        (
            "gauge",
            "a_count",
            "b",
            "non-histogram and non-summary metrics should not have \"_count\" suffix",
        ),
        (
            "gauge",
            "a_sum",
            "b",
            "non-histogram and non-summary metrics should not have \"_sum\" suffix",
        ),
        (
            "gauge",
            "a",
            "le",
            "non-histogram metrics should not have \"le\" label",
        ),
        (
            "gauge",
            "a",
            "quantile",
            "non-summary metrics should not have \"quantile\" label",
        ),
        (
            "gauge",
            "a_gauge",
            "b",
            "metric name should not include type 'gauge'",
        ),
        (
            "gauge",
            "a_counter_x",
            "b",
            "metric name should not include type 'counter'",
        ),
        ("gauge", "a:b", "b", "metric names should not contain ':'"),
        (
            "gauge",
            "aB",
            "b",
            "metric names should be written in 'snake_case' not 'camelCase'",
        ),
        (
            "gauge",
            "a",
            "bC",
            "label names should be written in 'snake_case' not 'camelCase'",
        ),
        (
            "gauge",
            "a_ms",
            "b",
            "metric names should not contain abbreviated units",
        ),
        (
            "gauge",
            "a_kb_x",
            "b",
            "metric names should not contain abbreviated units",
        ),
    ];
    for (kind, name, label, expected) in cases {
        assert_eq!(said(kind, name, label), [expected], "{kind} {name} {label}");
    }
}

#[test]
fn what_only_looks_like_a_unit_or_a_type_is_none() {
    let names = [
        "a_thermometers",
        "ms_a",
        "gauge",
        "a_gauges",
        "a_seconds",
        "a_pico",
        "a_percent",
        "ABC_D1",
    ];
    for name in names {
        assert_eq!(said("gauge", name, "b"), [""; 0], "{name}");
    }
    assert_eq!(said("untyped", "a_total", "le"), [""; 0]);
}

#[test]
fn of_each_metric_each_thing_is_said_once_and_of_one_without_samples_nothing() {
    let read = parse("# TYPE b counter\na{xY=\"1\"} 1\na{xY=\"2\"} 1\n").unwrap();
    let said: Vec<_> = lint(&read).iter().map(ToString::to_string).collect();
    let camel = "a label names should be written in 'snake_case' not 'camelCase'";
    assert_eq!(said, [camel, "a no help text"]);
}
