//! What unit tests of rules are written around: each case passes or fails, in our runner and in promtool.

use tempfile::TempDir;

use crate::test_files::{ours, theirs};

const RULES: &str = r#"
groups:
- name: second
  interval: 5m
  rules:
  - alert: FromOther
    expr: first:m > 1
  - alert: Twin
    expr: m > 2
- name: first
  rules:
  - record: first:m
    expr: m
  - alert: High
    expr: m > 1
    labels: {severity: page, dc: "{{ $externalLabels.dc }}", none: "{{ $labels.none }}"}
    annotations: {summary: "at {{ $value }} {{ $externalURL }}", empty: ""}
  - alert: Held
    expr: m > 1
    for: 2m
  - alert: Zero
    expr: m > 1
    for: 0s
  - alert: Twin
    expr: m > 1
    labels: {i: "2"}
"#;

/// Whether it passes, what follows `rule_files`, what follows the series of its test.
const FILES: &[(bool, &str, &str)] = &[
    (true, "", ""),
    (true, "", "  alert_rule_test: []"),
    (
        true,
        "",
        "  alert_rule_test: [{alertname: High, exp_alerts: []}]",
    ),
    (
        true,
        "",
        "  alert_rule_test: [{alertname: High, eval_time: 1m, exp_alerts: [{exp_labels: {severity: page}, exp_annotations: {summary: 'at 2 ', empty: ''}}]}]",
    ),
    // What comes out empty is no label; an annotation stays.
    (
        false,
        "",
        "  alert_rule_test: [{alertname: High, eval_time: 1m, exp_alerts: [{exp_labels: {severity: page, none: ''}, exp_annotations: {summary: 'at 2 ', empty: ''}}]}]",
    ),
    (
        false,
        "",
        "  alert_rule_test: [{alertname: High, eval_time: 1m, exp_alerts: [{exp_labels: {severity: page}, exp_annotations: {summary: 'at 2 '}}]}]",
    ),
    (
        true,
        "",
        "  external_labels: {dc: eu}\n  external_url: http://x/\n  alert_rule_test: [{alertname: High, eval_time: 1m, exp_alerts: [{exp_labels: {dc: eu, severity: page, alertname: Other}, exp_annotations: {summary: 'at 2 http://x/', empty: ''}}]}]",
    ),
    (
        false,
        "",
        "  alert_rule_test: [{alertname: High, eval_time: 1m}]",
    ),
    (false, "", "  alert_rule_test: [{eval_time: 1m}]"),
    (false, "", "  alert_rule_test: [~]"),
    // What is pending is not there.
    (
        true,
        "",
        "  alert_rule_test: [{alertname: Held, eval_time: 1m}, {alertname: Held, eval_time: 2m}, {alertname: Held, eval_time: 3m, exp_alerts: [{}]}]",
    ),
    (
        false,
        "",
        "  alert_rule_test: [{alertname: Held, eval_time: 2m, exp_alerts: [{}]}]",
    ),
    // Between two evaluations there is what the first of them gave.
    (
        true,
        "",
        "  alert_rule_test: [{alertname: Held, eval_time: 179s}, {alertname: Zero, eval_time: 119s, exp_alerts: [{}]}, {alertname: Zero, eval_time: 59s}]",
    ),
    (
        true,
        "",
        "  alert_rule_test: [{alertname: Zero, eval_time: 1m, exp_alerts: [{}]}]",
    ),
    (
        true,
        "",
        "  alert_rule_test: [{alertname: Zero, eval_time: 5m, exp_alerts: [{}]}, {alertname: Zero, eval_time: 6m, exp_alerts: []}]",
    ),
    (
        false,
        "",
        "  alert_rule_test: [{alertname: Zero, eval_time: 6m, exp_alerts: [{}]}]",
    ),
    (
        true,
        "",
        "  alert_rule_test: [{alertname: Nobody, eval_time: 1m}]",
    ),
    (
        false,
        "",
        "  alert_rule_test: [{alertname: Nobody, eval_time: 1m, exp_alerts: [{}]}]",
    ),
    // All instances of a name, of all groups, and each once.
    (
        true,
        "",
        "  alert_rule_test: [{alertname: Twin, eval_time: 2m, exp_alerts: [{exp_labels: {i: '2'}}, {}]}]",
    ),
    (
        false,
        "",
        "  alert_rule_test: [{alertname: Twin, eval_time: 2m, exp_alerts: [{}]}]",
    ),
    (
        false,
        "",
        "  alert_rule_test: [{alertname: Twin, eval_time: 2m, exp_alerts: [{}, {}, {exp_labels: {i: '2'}}]}]",
    ),
    // The order of the groups, of which a file's own interval is no part.
    (
        true,
        "group_eval_order: [first, second]",
        "  alert_rule_test: [{alertname: FromOther, eval_time: 1m, exp_alerts: [{}]}]",
    ),
    (
        true,
        "group_eval_order: [second, first]",
        "  alert_rule_test: [{alertname: FromOther, eval_time: 1m}, {alertname: FromOther, eval_time: 2m, exp_alerts: [{}]}]",
    ),
    (
        false,
        "group_eval_order: [second, first]",
        "  alert_rule_test: [{alertname: FromOther, eval_time: 1m, exp_alerts: [{}]}]",
    ),
    (true, "group_eval_order: [other]", ""),
    (false, "group_eval_order: [first, first]", ""),
    // Samples come with the evaluations.
    (
        true,
        "",
        "  promql_expr_test: [{expr: m, eval_time: 90s, exp_samples: [{labels: m, value: 2}]}]",
    ),
    (
        true,
        "evaluation_interval: 10m",
        "  promql_expr_test: [{expr: m, eval_time: 90s, exp_samples: [{labels: m, value: 0}]}]",
    ),
    (
        false,
        "",
        "  promql_expr_test: [{expr: m offset -1m, eval_time: 1m, exp_samples: [{labels: m, value: 3}]}]",
    ),
    (
        true,
        "",
        "  promql_expr_test: [{expr: m, eval_time: 7m, exp_samples: []}, {expr: m, exp_samples: [{labels: m, value: 0}]}]",
    ),
    (
        true,
        "",
        "  promql_expr_test: [{expr: 'sum_over_time(m[10m:])', eval_time: 3m, exp_samples: [{labels: '{}', value: 8}]}]",
    ),
    (
        true,
        "evaluation_interval: 30s",
        "  promql_expr_test: [{expr: 'count_over_time(m[2m:])', eval_time: 3m, exp_samples: [{labels: '{}', value: 5}]}]",
    ),
    (
        true,
        "",
        "  promql_expr_test: [{expr: ALERTS, eval_time: 1m, exp_samples: [{labels: 'ALERTS{alertname=\"High\",alertstate=\"firing\",severity=\"page\",none=\"{{ $labels.none }}\",dc=\"{{ $externalLabels.dc }}\"}', value: 1}, {labels: 'ALERTS{alertname=\"Held\",alertstate=\"pending\"}', value: 1}, {labels: 'ALERTS{alertname=\"Zero\",alertstate=\"firing\"}', value: 1}, {labels: 'ALERTS{alertname=\"Twin\",alertstate=\"firing\",i=\"2\"}', value: 1}, {labels: 'ALERTS{alertname=\"FromOther\",alertstate=\"firing\"}', value: 1}]}]\ngroup_eval_order: [first, second]",
    ),
    (
        true,
        "",
        "  promql_expr_test: [{expr: '5', exp_samples: [{labels: '{}', value: 5}]}, {expr: vector(0), exp_samples: [{}]}]",
    ),
    (
        true,
        "",
        "  promql_expr_test: [{expr: '16', exp_samples: [{value: 0x10}]}, {expr: '8', exp_samples: [{value: 010}]}, {expr: Inf, exp_samples: [{value: +.Inf}]}]",
    ),
    (
        true,
        "",
        "  promql_expr_test: [{expr: m, eval_time: 1m, exp_samples: [{labels: 'm{a=\"\"}', value: 2}]}]",
    ),
    (
        false,
        "",
        "  promql_expr_test: [{expr: NaN, exp_samples: [{labels: '{}', value: .nan}]}]",
    ),
    (
        false,
        "",
        "  promql_expr_test: [{expr: '5', exp_samples: [{value: '5'}]}]",
    ),
    (
        false,
        "",
        "  promql_expr_test: [{expr: '5', exp_samples: [{value: Inf}]}]",
    ),
    (
        false,
        "",
        "  promql_expr_test: [{expr: '\"a\"', exp_samples: []}]",
    ),
    (
        false,
        "",
        "  promql_expr_test: [{expr: 'm[5m]', exp_samples: []}]",
    ),
    (false, "", "  promql_expr_test: [{eval_time: 1m}]"),
    (
        false,
        "",
        "  promql_expr_test: [{expr: m, exp_samples: [{labels: 'm{a=b}', value: 2}]}]",
    ),
    (false, "", "  promql_expr_test: [{expr: m, exp_sample: []}]"),
    (false, "", "  fuzzy_compare: true"),
    (false, "fuzzy_compare: true", ""),
    (false, "evaluation_interval: 5", ""),
    (false, "evaluation_interval: !!int 1m", ""),
    (true, "evaluation_interval: !!str 1m", ""),
    (
        true,
        "evaluation_interval: 0",
        "  promql_expr_test: [{expr: first:m, eval_time: 1m, exp_samples: [{labels: first:m, value: 2}]}]",
    ),
    (true, "evaluation_interval: ~", ""),
    // Without an interval all is at 0, and the first counts.
    (
        true,
        "",
        "  interval: 0\n  promql_expr_test: [{expr: m, eval_time: 1m, exp_samples: [{labels: m, value: 0}]}]",
    ),
    // Of a series that is there twice the last counts.
    (
        true,
        "",
        "  - {series: m, values: 7 8}\n  promql_expr_test: [{expr: m, eval_time: 1m, exp_samples: [{labels: m, value: 8}]}]",
    ),
    (
        true,
        "",
        "  - {series: n, values: 1 stale 2}\n  promql_expr_test: [{expr: n, eval_time: 1m, exp_samples: []}, {expr: n, eval_time: 2m, exp_samples: [{labels: n, value: 2}]}]",
    ),
    (
        true,
        "",
        "  - {series: n, values: 1 _x2}\n  promql_expr_test: [{expr: n, eval_time: 5m, exp_samples: [{labels: n, value: 1}]}, {expr: n, eval_time: 6m, exp_samples: []}]",
    ),
    (
        true,
        "",
        "  - {series: 'n{a=\"b\"}', values: ''}\n  promql_expr_test: [{expr: n, exp_samples: []}]",
    ),
    (
        true,
        "",
        "  - {series: n, values: 010x1 1-1x2}\n  promql_expr_test: [{expr: n, eval_time: 1m, exp_samples: [{labels: n, value: 8}]}, {expr: n, eval_time: 4m, exp_samples: [{labels: n, value: -1}]}]",
    ),
    (true, "", "  - series: n\n    values: |\n      1 2"),
    (false, "", "  - {series: n, values: 1 2+3}"),
    (false, "", "  - {series: n, values: '{{count:1}}'}"),
    (false, "", "  - {series: 'n {a=\"b\"}', values: 1}"),
    (
        false,
        "",
        "  - {series: 'n{a=\"b\",a=\"c\"}', values: 1}\n  promql_expr_test: [{expr: '1', exp_samples: [{value: 1}]}]",
    ),
    (false, "", "  - {series: '', values: 1}"),
    (false, "", "  - {serie: n, values: 1}"),
    // A rule that fails ends the test.
    (
        false,
        "rule_files: ['b*.yml']",
        "  - {series: 'n{a=\"1\"}', values: _ 1}\n  - {series: 'n{a=\"2\"}', values: _ 1}\n  alert_rule_test: [{alertname: A, exp_alerts: [{}]}, {alertname: A, eval_time: 5m, exp_alerts: [{}]}]\n  promql_expr_test: [{expr: '1'}]",
    ),
    (
        true,
        "rule_files: ['b*.yml']",
        "  alert_rule_test: [{alertname: A, eval_time: 5m}]",
    ),
    (true, "rule_files: [nowhere.yml, none*.yml, '']", ""),
    (false, "rule_files: ['[']", ""),
    (false, "rule_files: [bad/rules.yml]", ""),
    (false, "rule_files: [bad]", ""),
    (false, "rule_files: r*.yml", ""),
    (
        true,
        "rule_files: ['*/../rules.yml', './r?les.yml', 'r[a-z]les.yml']",
        "  promql_expr_test: [{expr: first:m, eval_time: 1m, exp_samples: [{labels: first:m, value: 2}]}]",
    ),
];

fn written(head: &str, rest: &str) -> String {
    let rules = match head.contains("rule_files") {
        true => "",
        false => "rule_files: [rules.yml]\n",
    };
    let interval = if rest.contains("  interval:") {
        ""
    } else {
        "  interval: 1m\n"
    };
    let series = "  input_series:\n  - {series: m, values: 0 2 3 3 3 2 0 stale}\n";
    let (rest, last) = match rest.split_once("\ngroup_eval_order") {
        Some((rest, order)) => (rest, format!("group_eval_order{order}\n")),
        None => (rest, String::new()),
    };
    format!("{rules}{head}\ntests:\n- name: corner\n{interval}{series}{rest}\n{last}")
}

#[test]
fn a_corner_of_unit_tests_is_as_in_promtool() {
    let folder = TempDir::new().expect("a folder can be made");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("it has one")).expect("it can be made");
        std::fs::write(&path, text).expect("it can be written");
        path
    };
    write("rules.yml", RULES);
    write(
        "bad/rules.yml",
        "groups: [{name: g, rules: [{alert: A, expr: sum(}]}]",
    );
    write(
        "broken.yml",
        "groups: [{name: g, rules: [{alert: A, expr: m * on () group_left n}]}]",
    );
    let mut wrong = Vec::new();
    for (passes, head, rest) in FILES {
        let text = written(head, rest);
        let path = write("tests.yml", &text);
        let (ok, failures, told) = ours(&path);
        if ok != *passes {
            wrong.push(format!("expected {passes}, ours {told}\n{text}"));
        }
        if let Some((their_ok, their_failures, said)) = theirs(&path)
            && (ok, failures) != (their_ok, their_failures)
        {
            wrong.push(format!("ours {told}\ntheirs {said}\n{text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    // Without a test nobody looks into the rules, and what is empty passes.
    for text in [
        "",
        "rule_files: [bad/rules.yml]\n",
        "tests: [~]\n",
        "tests:\n",
    ] {
        let path = write("tests.yml", text);
        assert!(ours(&path).0, "{text}");
        assert!(theirs(&path).is_none_or(|theirs| theirs.0), "{text}");
    }
}
