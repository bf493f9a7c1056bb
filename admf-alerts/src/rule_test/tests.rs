use super::*;
use crate::promql::Semantics;
use crate::rule_file;

const RULES: &str = r#"
groups:
- name: g
  rules:
  - alert: High
    expr: m > 1
    labels: {severity: page}
    annotations: {summary: "{{ $labels.i }} is\nat {{ $value }}"}
"#;

fn settings() -> Settings {
    Settings::default().semantics(Semantics::Prometheus2)
}

fn report(text: &str, settings: &Settings) -> Report {
    let groups = rule_file::parse("rules.yml", RULES, settings).expect("the rules are good");
    let file = TestFile::parse("tests.yml", text, settings).expect("the tests are good");
    file.run(&groups)
}

#[test]
fn a_failure_says_where_when_what_was_expected_and_what_is_there() {
    let text = r#"
tests:
- name: high load
  interval: 1m
  input_series:
  - series: m{i="a"}
    values: 1 2
  - series: m{i="b"}
    values: 3x1
  alert_rule_test:
  - alertname: High
    eval_time: 1m
    exp_alerts:
    - exp_labels: {severity: page, i: a}
    - exp_labels: {severity: page, i: b}
      exp_annotations: {summary: "b is\nat 3"}
  promql_expr_test:
  - {expr: m, eval_time: 1m, exp_samples: [{labels: 'm{i="b"}', value: 3}]}
  - {expr: m > 5, eval_time: 1m, exp_samples: [{labels: m, value: .nan}]}
  - {expr: sum(, eval_time: 1m}
- input_series: [{series: m, values: 5 five}]
"#;
    assert_eq!(
        report(text, &settings()).to_string(),
        r#"tests.yml: FAILED (2 tests, 4 cases, 5 failures)
  tests.yml:11: test `high load`: alert `High` at 1m: something else fires besides 1 as expected
    expected {i="a", severity="page"}
    got      {i="a", severity="page"} says {summary="a is\nat 2"}
  tests.yml:18: test `high load`: `m` at 1m: something else is there besides 1 as expected
    expected nothing else
    got      {__name__="m",i="a"} 2
  tests.yml:19: test `high load`: `m > 5` at 1m: something else is there; NaN is equal to nothing, not even to NaN
    expected {__name__="m"} NaN
    got      nothing else
  tests.yml:20: test `high load`: `sum(` at 1m: at 3: it is not closed
  tests.yml:21: tests[1]: input_series[0]: `five` is no number"#,
    );
}

#[test]
fn what_is_wrong_with_the_file_is_told_with_line_and_field() {
    for (text, error) in [
        (
            "tests:\n- interval: 1\n",
            "2:13: tests[0].interval: `1` is no length of time such as `30s` or `1h30m`",
        ),
        (
            "tests:\n- inputs: []\n",
            "2:3: tests[0].inputs: unknown field; there are `interval`, `input_series`, `alert_rule_test`, `promql_expr_test`, `external_labels`, `external_url`, `name`",
        ),
        (
            "tests:\n- alert_rule_test:\n  - eval_time: 5m\n",
            "3:5: tests[0].alert_rule_test[0]: `alertname` must be set",
        ),
        (
            "group_eval_order: [a, a]",
            "1:23: group_eval_order[1]: the group `a` is there twice",
        ),
        (
            "tests: [{promql_expr_test: [{exp_samples: [{value: \"1\"}]}]}]",
            "1:52: tests[0].promql_expr_test[0].exp_samples[0].value: must be a number",
        ),
        ("tests: {a: b}", "1:8: tests: must be a list"),
    ] {
        let refused = TestFile::parse("t.yml", text, &settings()).expect_err("it is wrong");
        assert_eq!(refused.to_string(), format!("t.yml:{error}"));
    }
}

#[test]
fn three_knows_lenient_comparisons_and_takes_its_interval_from_evaluation() {
    let text = r#"
evaluation_interval: 30s
fuzzy_compare: true
tests:
- input_series: [{series: m, values: 0.1 0.2}]
  promql_expr_test:
  - {expr: m + 0.1, eval_time: 30s, exp_samples: [{value: 0.3}]}
  - {expr: m * NaN, eval_time: 30s, exp_samples: [{value: .nan}]}
"#;
    let strict = text.replace("true", "false");
    let told = report(text, &Settings::default());
    assert!(told.passed(), "{told}");
    assert_eq!(report(&strict, &Settings::default()).failures.len(), 2);
    assert!(TestFile::parse("t.yml", text, &settings()).is_err());
}

#[test]
fn what_would_take_for_ever_is_refused() {
    for (text, problem) in [
        (
            "evaluation_interval: 1ms\ntests: [{promql_expr_test: [{expr: m, eval_time: 290y}]}]",
            "it asks for more than 1000000 evaluations",
        ),
        (
            "tests: [{input_series: [{series: m, values: 1x999999999}]}]",
            "is not repeated a number of times below 1000000",
        ),
        (
            "tests: [{input_series: [{series: m, values: \"1\\n\"}, {series: n, values: 1}]}]",
            "a line feed, after which promtool reads another series or none; write `>-`",
        ),
    ] {
        let told = report(text, &settings()).to_string();
        assert!(told.ends_with(problem), "{told}");
    }
    let series: Vec<_> = (0..6)
        .map(|i| format!("{{series: m{i}, values: 1x900000}}"))
        .collect();
    let text = format!("tests: [{{input_series: [{}]}}]", series.join(", "));
    let told = report(&text, &settings()).to_string();
    assert!(told.ends_with("more than 5000000 values"), "{told}");
}

#[test]
fn what_cannot_be_read_fails_in_one_line() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("bytes.yml"), b"tests: \xff").expect("it can be written");
    std::fs::write(
        path("rules.yml"),
        "groups: [{name: g, rules: [{alert: A, expr: sum(}]}]",
    )
    .expect("it can be written");
    std::fs::write(
        path("tests.yml"),
        "rule_files: [rules.yml, none.yml]\ntests: [{}]",
    )
    .expect("it can be written");
    for name in ["bytes.yml", "missing.yml", ""] {
        let told = run(&path(name), &settings());
        assert_eq!(told.to_string().lines().count(), 2, "{told}");
        let line = (name == "bytes.yml").then_some(1);
        assert_eq!(told.failures[0].line, line, "{told}");
    }
    let told = run(&path("tests.yml"), &settings());
    assert_eq!(told.warnings, ["no file fits `none.yml`"]);
    let shown = told.to_string();
    let rules = path("rules.yml").display().to_string();
    let last = format!("  {rules}:1: groups[0].rules[0].expr: `sum(`: at 3: it is not closed");
    assert!(shown.ends_with(&last), "{shown}");
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[ \\-\\[\\]{}:,&*!|>'\"a-c\n#%@?~]{0,60}") {
        if let Ok(file) = TestFile::parse("t.yml", &text, &settings()) {
            let _ = file.run(&[]);
        }
    }
}
