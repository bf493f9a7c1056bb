use serde_json::json;

use crate::Here;

const RULES: &str = "
groups:
- name: disks
  rules:
  - alert: DiskFull
    expr: disk_free_ratio < 0.1
    for: 1m
    annotations: {summary: 'at {{ $value }}'}
";
const TESTS: &str = "
rule_files: ['*rules.yml']
tests:
- name: full
  interval: 1m
  input_series: [{series: 'disk_free_ratio{disk=\"a\"}', values: 0.5 0.05x3}]
  alert_rule_test:
  - {alertname: DiskFull, eval_time: 1m}
  - alertname: DiskFull
    eval_time: 2m
    exp_alerts: [{exp_labels: {disk: a}, exp_annotations: {summary: at 0.05}}]
";

#[test]
fn a_file_of_tests_passes_or_says_what_is_otherwise() {
    let wrong = TESTS.replace("at 0.05", "at 5%");
    let here = Here::new(&[
        ("my_rules.yml", RULES),
        ("tests.yml", TESTS),
        ("wrong.yml", &wrong),
    ]);
    here.run(&["test", "tests.yml"])
        .is(0, "tests.yml: passed (1 tests, 2 cases)\n", "");
    here.run(&["test", "tests.yml", "wrong.yml"]).is(
        1,
        "tests.yml: passed (1 tests, 2 cases)
wrong.yml: FAILED (1 tests, 2 cases, 1 failures)
  wrong.yml:9: test `full`: alert `DiskFull` at 2m: something else fires
    expected {disk=\"a\"} says {summary=\"at 5%\"}
    got      {disk=\"a\"} says {summary=\"at 0.05\"}
",
        "",
    );
    let ran = here.run(&["test", "--json", "wrong.yml"]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(
        ran.json(),
        json!({
            "passed": false,
            "files": [{
                "file": "wrong.yml", "passed": false, "tests": 1, "cases": 2, "warnings": [],
                "failures": [{
                    "file": "wrong.yml", "line": 9, "test": "test `full`", "alertname": "DiskFull", "expr": null, "time": 120.0,
                    "problem": "something else fires",
                    "expected": ["{disk=\"a\"} says {summary=\"at 5%\"}"],
                    "got": ["{disk=\"a\"} says {summary=\"at 0.05\"}"],
                }],
            }],
        })
    );
}

#[test]
fn semantics_decide_what_a_window_holds() {
    let tests = "
tests:
- interval: 1m
  input_series: [{series: m, values: 1x5}]
  promql_expr_test: [{expr: 'count_over_time(m[2m])', eval_time: 5m, exp_samples: [{value: 3}]}]
";
    let here = Here::new(&[("t.yml", tests)]);
    assert_eq!(here.run(&["test", "t.yml"]).code, Some(0));
    let three = here.run(&["test", "t.yml", "--semantics", "prometheus3"]);
    assert_eq!(three.code, Some(1), "{three:?}");
}

#[test]
fn what_is_wrong_in_a_file_has_its_line() {
    let here = Here::new(&[
        (
            "t.yml",
            "rule_files: [none.yml]\ntests:\n- interval: soon\n",
        ),
        ("u.yml", "rule_files: [none.yml]\n"),
        ("rules.yml", RULES),
    ]);
    here.run(&["test", "rules.yml", "t.yml", "u.yml"]).is(
        1,
        "rules.yml: FAILED (0 tests, 0 cases, 1 failures)
  rules.yml:2: is a rule file, and holds no tests: it is for `check`
t.yml: FAILED (0 tests, 0 cases, 1 failures)
  t.yml:3: tests[0].interval: `soon` is no length of time such as `30s` or `1h30m`
u.yml: warning: no file fits `none.yml`
u.yml: passed (0 tests, 0 cases)
",
        "",
    );
}
