use serde_json::json;

use crate::Here;

const GOOD: &str = "
groups:
- name: disks
  rules:
  - record: job:free:min
    expr: min by (job) (disk_free_ratio)
  - alert: DiskFull
    expr: job:free:min < 0.1
    labels: {severity: page}
    annotations: {summary: full}
";
const BAD: &str = "
groups:
- name: calls
  rules:
  - alert: A
    expr: sum(
";
const METRICS: &str = "# TYPE disk_free_ratio gauge\ndisk_free_ratio 0.5\n# TYPE calls_total counter\ncalls_total 1\n";

#[test]
fn good_files_are_counted_and_the_first_error_of_each_other_is_one_line() {
    let here = Here::new(&[("good.yml", GOOD), ("bad.yml", BAD), ("none.yml", "")]);
    here.run(&["check", "good.yml", "none.yml"]).is(
        0,
        "good.yml: 2 rules in 1 group\nnone.yml: 0 rules in 0 groups\n",
        "",
    );
    here.run(&["check", "bad.yml", "good.yml"]).is(
        1,
        "good.yml: 2 rules in 1 group\n",
        "bad.yml:6:11: groups[0].rules[0].expr: `sum(`: at 3: it is not closed\n",
    );
    here.run_with(&["check", "-"], GOOD.as_bytes())
        .is(0, "-: 2 rules in 1 group\n", "");
}

#[test]
fn semantics_are_those_of_two_unless_asked_otherwise() {
    let three = GOOD.replace("  rules:", "  query_offset: 1m\n  rules:");
    let here = Here::new(&[("three.yml", &three)]);
    here.run(&["check", "three.yml"]).is(
        1,
        "",
        "three.yml:4:3: groups[0].query_offset: unknown field; there are `name`, `interval`, `limit`, `rules`\n",
    );
    here.run(&["check", "--semantics", "prometheus3", "three.yml"])
        .is(0, "three.yml: 2 rules in 1 group\n", "");
}

#[test]
fn names_and_kinds_are_held_against_a_scrape() {
    let wrong = GOOD.replace("min by (job) (disk_free_ratio)", "rate(disk_fre_ratio[5m])");
    let gauge = wrong.replace("disk_fre_ratio[", "disk_free_ratio[");
    let other = GOOD.replace("job:free:min <", "job:other:min <");
    let recorded = "groups: [{name: o, rules: [{record: job:other:min, expr: '{job=\"a\"}'}]}]";
    let here = Here::new(&[
        ("good.yml", GOOD),
        ("wrong.yml", &wrong),
        ("gauge.yml", &gauge),
        ("other.yml", &other),
        ("recorded.yml", recorded),
        ("metrics.txt", METRICS),
        ("torn.txt", "a{ 1\n"),
    ]);
    let check =
        |files: &[&str]| here.run(&[&["check", "--metrics", "metrics.txt"], files].concat());
    check(&["good.yml"]).is(0, "good.yml: 2 rules in 1 group\n", "");
    check(&["wrong.yml"]).is(
        1,
        "wrong.yml: 2 rules in 1 group\n",
        "wrong.yml:6:11: groups[0].rules[0].expr: `job:free:min`: unknown metric `disk_fre_ratio`; near it is `disk_free_ratio`\n",
    );
    let ran = check(&["gauge.yml"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.err.contains("`rate` of the gauge `disk_free_ratio`"),
        "{ran:?}"
    );
    // What another file records is known; what cannot be looked at is said, and fails nothing.
    assert_eq!(check(&["other.yml"]).code, Some(1));
    let ran = check(&["other.yml", "recorded.yml"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(
        ran.err,
        "recorded.yml:1:58: groups[0].rules[0].expr: `job:other:min`: `{job=\"a\"}` names no metric, and is not checked [skipped]\n",
    );
    let ran = here.run(&["check", "--metrics", "torn.txt", "good.yml"]);
    assert_eq!((ran.code, ran.err.lines().count()), (Some(1), 1), "{ran:?}");
    assert!(ran.err.starts_with("torn.txt: line 1: "), "{ran:?}");
}

#[test]
fn a_lint_fails_only_where_it_is_asked_for() {
    let here = Here::new(&[("good.yml", GOOD)]);
    assert_eq!(here.run(&["check", "good.yml"]).code, Some(0));
    here.run(&["check", "--lint", "good.yml"]).is(
        1,
        "good.yml: 2 rules in 1 group\n",
        "good.yml:8:11: groups[0].rules[1]: `DiskFull`: the annotation `runbook_url` is missing [lint]\n",
    );
}

#[test]
fn json_says_the_same() {
    let here = Here::new(&[("good.yml", GOOD), ("bad.yml", BAD)]);
    let ran = here.run(&["check", "--json", "good.yml", "bad.yml", "none.yml"]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(
        ran.json(),
        json!({
            "files": [{"file": "good.yml", "form": "rules", "groups": 1, "rules": 2}],
            "problems": [
                {
                    "severity": "error", "file": "bad.yml", "line": 6, "column": 11, "rule": null, "field": "groups[0].rules[0].expr",
                    "problem": "`sum(`: at 3: it is not closed",
                },
                {
                    "severity": "error", "file": "none.yml", "line": null, "column": null, "rule": null, "field": null,
                    "problem": "cannot be read: No such file or directory (os error 2)",
                },
            ],
        })
    );
}
