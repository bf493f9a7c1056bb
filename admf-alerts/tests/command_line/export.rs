//! What files declare, as Prometheus reads it.

use std::process::Command;

use serde_json::json;

use crate::Here;
use crate::forms::{METRICS, here};
use crate::promtool::promtool;

const ALL: [&str; 6] = [
    "rules.yml",
    "templates.yml",
    "short.yml",
    "slos.yml",
    "--metrics",
    "m.prom",
];

/// What a template says beyond Prometheus.
const BEYOND: &str = r#"
templates:
- id: slow
  condition: {type: threshold, metric: performance_custom_metric, operator: lt, value: 0.5}
  cooldownPeriod: 60
  channels:
  - {type: slack, name: ops, config: {webhookUrl: "${SLACK_URL}"}}
"#;

const SCENARIOS: &str = r#"
rule_files: [whatever.yml]
evaluation_interval: 1m
tests:
- name: disks
  interval: 1m
  input_series:
  - {series: 'disk_free_ratio{job="a",disk="b"}', values: '0.5x2 0.05x9 0.5x5'}
  - {series: 'performance_custom_metric', values: '1x3 0.1x12'}
  - {series: 'admf_circuit_breaker_state{state="open"}', values: '0x4 1x12'}
  - {series: 'calls_total{code="500"}', values: '0+60x15'}
  alert_rule_test:
  - {alertname: DiskFull, eval_time: 4m}
  - {alertname: DiskFull, eval_time: 5m}
  - {alertname: Slow, eval_time: 14m}
- interval: 30s
  alert_rule_test: [{alertname: Slow, eval_time: 10m}]
"#;

fn export(here: &Here, args: &[&str]) -> crate::Ran {
    here.run(&[&["export"], args].concat())
}

fn passes(here: &Here, command: &str, file: &str) {
    let mut called = Command::new("promtool");
    let called = called
        .args([command, "rules", file])
        .current_dir(here.path());
    if let Some((passed, said)) = promtool(called) {
        assert!(passed, "{said}");
    }
}

#[test]
fn files_of_all_forms_become_one_rule_file_that_promtool_reads() {
    let here = here();
    let ran = export(&here, &[&ALL[..], &["--interval", "1m"]].concat());
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    for rule in [
        "- name: disks\n  interval: 1m\n",
        "- name: templates\n  interval: 1m\n",
        "  - alert: DiskFull\n    expr: job:free:min < 0.1\n    for: 2m\n",
        "(performance_custom_metric < 0.5) or label_replace(absent(performance_custom_metric), ",
        "count_over_time((job:free:min < 0.2)[2m59s999ms:1m]) >= 3",
        "expr: admf_circuit_breaker_state{state=\"open\"} == 1\n    for: 2m\n",
        "  - alert: ApiBudgetBurnPage\n",
    ] {
        assert!(ran.out.contains(rule), "{rule}: {}", ran.out);
    }
    let written = export(
        &here,
        &[&ALL[..], &["--interval", "1m", "-o", "alert_rules.yml"]].concat(),
    );
    written.is(0, "alert_rules.yml: 10 rules in 5 groups\n", "");
    let text = std::fs::read_to_string(here.path().join("alert_rules.yml"));
    assert_eq!(text.expect("it is there"), ran.out);
    passes(&here, "check", "alert_rules.yml");
    // And so do we, and there is nothing more to be exported of it.
    let again = export(&here, &["alert_rules.yml"]);
    assert_eq!((again.code, &again.out), (Some(0), &ran.out));
}

#[test]
fn what_prometheus_cannot_say_stops_it_with_file_rule_and_field_unless_it_is_lossy() {
    let here = Here::new(&[("t.yml", BEYOND), ("m.prom", METRICS)]);
    let place = "t.yml: group `t`: rule `slow`:";
    let reason = "rules say nothing of notices there";
    let losses = [
        format!("{place} cooldown `3600s`: {reason}"),
        format!("{place} receivers `ops`: {reason}"),
    ];
    export(&here, &["t.yml", "-o", "out.yml"]).is(1, "", &(losses.join("\n") + "\n"));
    assert!(!here.path().join("out.yml").exists());

    let ran = export(&here, &["t.yml", "--lossy", "-o", "out.yml"]);
    let told = losses.map(|loss| loss + " [loss]\n").concat();
    ran.is(0, "out.yml: 1 rule in 1 group\n", &told);
    passes(&here, "check", "out.yml");
    let text = std::fs::read_to_string(here.path().join("out.yml")).expect("it is there");
    assert!(text.contains("  # lost: cooldown `3600s`: "), "{text}");

    let ran = export(&here, &["t.yml", "--json"]);
    assert_eq!(ran.code, Some(1));
    let mut told = ran.json();
    assert_eq!(told["rules"], json!(null));
    assert_eq!(told["written"], json!([]));
    assert_eq!(
        told["problems"][0].take(),
        json!({
            "severity": "error", "file": "t.yml", "line": null, "column": null, "rule": "slow", "field": "cooldown",
            "problem": format!("`3600s`: {reason}"),
        })
    );
    let told = export(&here, &["t.yml", "--json", "--lossy"]).json();
    assert_eq!(told["problems"][1]["severity"], "loss");
    assert!(
        told["rules"]
            .as_str()
            .is_some_and(|it| it.contains("- alert: slow\n"))
    );
}

#[test]
fn nothing_is_written_of_files_that_are_wrong_or_of_two_that_agree_on_a_name() {
    let here = here();
    here.write(
        "bad.yml",
        b"groups:\n- name: g\n  rules: [{alert: A, expr: 'sum('}]\n",
    );
    let ran = export(
        &here,
        &["rules.yml", "bad.yml", "none.yml", "-o", "out.yml"],
    );
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.lines().count()),
        (Some(1), "", 2)
    );
    let ran = export(
        &here,
        &["slos.yml", "rules.yml", "rules.yml", "-o", "out.yml"],
    );
    let problem = "rules.yml: group `disks`: name `disks`: another group has this name, and a file takes each once\n";
    ran.is(1, "", problem);
    let ran = export(
        &here,
        &["short.yml", "templates.yml", "--metrics", "none.prom"],
    );
    assert_eq!(
        ran.err,
        "none.prom: cannot be read: No such file or directory (os error 2)\n"
    );
    let ran = export(
        &here,
        &["templates.yml", "rules.yml", "--metrics", "m.prom"],
    );
    let problem = "templates.yml: group `templates`: rule `fuller`: at_least `3 of 3`: the group must have an interval\n";
    ran.is(1, "", problem);
    assert!(!here.path().join("out.yml").exists());
}

#[test]
fn what_is_read_is_not_written_over_and_what_cannot_be_written_is_one_line() {
    let here = here();
    let same = "is read, or written, by the same call; write another file\n";
    for output in ["rules.yml", "./rules.yml"] {
        let ran = export(&here, &["rules.yml", "-o", output]);
        ran.is(1, "", &format!("{output}: {same}"));
    }
    let ran = export(&here, &["rules.yml", "-o", "none/out.yml"]);
    let problem =
        "none/out.yml: cannot be written: its folder: No such file or directory (os error 2)\n";
    ran.is(1, "", problem);
    let ran = export(&here, &["rules.yml", "-o", "/"]);
    ran.is(1, "", "/: is no name of a file\n");
    std::fs::create_dir(here.path().join("folder")).expect("it can be made");
    let ran = export(&here, &["rules.yml", "-o", "folder"]);
    assert_eq!((ran.code, ran.err.lines().count()), (Some(1), 1), "{ran:?}");
    assert!(
        ran.err.starts_with("folder: cannot be written: "),
        "{ran:?}"
    );
}

#[test]
fn unit_tests_are_made_of_scenarios_and_passed_by_promtool_and_by_us() {
    let here = here();
    here.write("scenarios.yml", SCENARIOS.as_bytes());
    std::fs::create_dir(here.path().join("out[1]")).expect("it can be made");
    let more = ["--interval", "1m", "-o", "out[1]/alert_rules.yml"];
    let tests = ["--tests", "tests.yml", "--scenarios", "scenarios.yml"];
    let ran = export(&here, &[&ALL[..], &more, &tests].concat());
    let written = "out[1]/alert_rules.yml: 10 rules in 5 groups\ntests.yml: 2 scenarios\n";
    ran.is(0, written, "");
    let text = std::fs::read_to_string(here.path().join("tests.yml")).expect("it is there");
    for part in [
        "rule_files:\n- out\\[1]/alert_rules.yml\n",
        "name: test `disks` of scenarios.yml\n",
        "        job: a\n        severity: page\n      exp_annotations:\n        summary: at 0.05\n",
        "alertname: ApiBudgetBurnPage\n",
        "alert_reason: no_data\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    passes(&here, "test", "tests.yml");
    let ran = here.run(&["test", "tests.yml"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn what_is_no_scenario_has_its_line_and_nothing_is_written() {
    let here = here();
    for (from, to, problem) in [
        (
            "values: '1x3 0.1x12'",
            "values: 'one'",
            "s.yml:9: test `disks`: input_series[1]: ",
        ),
        (
            "  interval: 1m\n",
            "  interval: soon\n",
            "s.yml:6:13: tests[0].interval: ",
        ),
        (
            "  interval: 1m\n",
            "  interval: 1m\n  external_labels: {dc: eu}\n",
            "s.yml:5: test `disks`: external_labels: scenarios have none",
        ),
        (
            "  interval: 1m\n",
            "",
            "scenario `test `disks` of s.yml`: interval `0s`: must be at least a millisecond",
        ),
    ] {
        here.write("s.yml", SCENARIOS.replacen(from, to, 1).as_bytes());
        let args = [
            "rules.yml",
            "-o",
            "out.yml",
            "--tests",
            "t.yml",
            "--scenarios",
            "s.yml",
        ];
        let ran = export(&here, &args);
        assert_eq!((ran.code, ran.err.lines().count()), (Some(1), 1), "{ran:?}");
        assert!(ran.err.starts_with(problem), "{ran:?}");
        assert!(!here.path().join("out.yml").exists());
    }
    let args = [
        "rules.yml",
        "-o",
        "out.yml",
        "--tests",
        "out.yml",
        "--scenarios",
        "s.yml",
    ];
    here.write("s.yml", SCENARIOS.as_bytes());
    let ran = export(&here, &args);
    ran.is(
        1,
        "",
        "out.yml: is read, or written, by the same call; write another file\n",
    );
}
