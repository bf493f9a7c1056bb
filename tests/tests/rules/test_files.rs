//! Unit tests of rules, in our runner and in promtool: both pass a file or both fail it, with as many failures.
//!
//! `RULE_TESTS` says how many are made by chance (100), `RULE_TESTS_SEED` with which seed (1).

use std::path::Path;

use admf_alerts::promql::{Semantics, Settings};
use admf_alerts::rule_test;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::chance::Chance;

use crate::number;
use crate::scenario::Scenario;
use crate::unit_tests::expected;
use tests::promtool::promtool;

/// How many things fail; `None` where the file cannot be run.
pub(crate) type Failures = Option<usize>;

pub(crate) fn ours(path: &Path) -> (bool, Failures, String) {
    let settings = Settings::default().semantics(Semantics::Prometheus2);
    let report = rule_test::run(path, &settings);
    let told = report.failures.iter();
    let cases = told.clone().filter(|it| it.time.is_some()).count();
    let stopped = told.clone().any(|it| it.time.is_none());
    let failures = (!stopped).then_some(cases);
    (report.passed(), failures, report.to_string())
}

pub(crate) fn theirs(path: &Path) -> Option<(bool, Failures, String)> {
    let done = promtool(["test".as_ref(), "rules".as_ref(), path.as_os_str()])?;
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    let begins = ["    alertname: ", "    expr: ", "    rule: "];
    let mut cases = 0;
    for line in said.lines() {
        cases += usize::from(begins.iter().any(|it| line.starts_with(it)));
    }
    let stopped = !done.status.success() && cases == 0;
    Some((done.status.success(), (!stopped).then_some(cases), said))
}

/// Puts something else in a test file, wherever chance has it.
fn spoil(chance: &mut Chance, file: &mut Value) {
    let test = &mut file["tests"][0];
    match chance.below(12) {
        0 => {
            if let Some(series) = any(chance, &mut test["input_series"]) {
                series["values"] = "1 2 3".into();
            }
        }
        1 => test["interval"] = chance.pick(&["15s", "45s", "2m"]).into(),
        2 => file["evaluation_interval"] = chance.pick(&["20s", "90s", "7s"]).into(),
        3..6 => alert(chance, &mut test["alert_rule_test"]),
        6 => later(chance, &mut test["alert_rule_test"], 40),
        7 => later(chance, &mut test["promql_expr_test"], 400),
        8..10 => expr(chance, &mut test["promql_expr_test"]),
        10 => {
            let list = test["alert_rule_test"]
                .as_array_mut()
                .expect("it is a list");
            list.truncate(usize::try_from(chance.below(9)).expect("it is small"));
        }
        // A series that is given twice.
        _ => {
            let mut twin = test["input_series"][0].clone();
            if twin.is_object() {
                twin["values"] = "7x20 stale 3".into();
                push(&mut test["input_series"], twin);
            }
        }
    }
}

fn alert(chance: &mut Chance, cases: &mut Value) {
    let Some(case) = any(chance, cases) else {
        return;
    };
    match chance.below(3) {
        0 => case["exp_alerts"] = json!([]),
        1 => push(
            &mut case["exp_alerts"],
            json!({"exp_labels": {"job": "x", "i": "1"}}),
        ),
        _ => {
            if let Some(alert) = any(chance, &mut case["exp_alerts"]) {
                alert["exp_annotations"] = json!({"summary": "another"});
            }
        }
    }
}

fn expr(chance: &mut Chance, cases: &mut Value) {
    const EXPRS: &[&str] = &[
        "a + on (job) b",
        "sum(",
        "a[5m]",
        "b > 2",
        "rate(c[5m] offset -2m)",
    ];
    let Some(case) = any(chance, cases) else {
        return;
    };
    if chance.one_in(2) {
        case["expr"] = chance.pick(EXPRS).into();
    } else if let Some(sample) = any(chance, &mut case["exp_samples"]) {
        sample["value"] = 4711.into();
    }
}

fn later(chance: &mut Chance, cases: &mut Value, most: u64) {
    for case in cases.as_array_mut().expect("it is a list") {
        let time = case["eval_time"].as_str().unwrap_or_default();
        let seconds: u64 = time.trim_end_matches('s').parse().expect("it is a number");
        case["eval_time"] = format!("{}s", seconds + chance.below(most)).into();
    }
}

fn push(list: &mut Value, value: Value) {
    list.as_array_mut().expect("it is a list").push(value);
}

fn any<'v>(chance: &mut Chance, list: &'v mut Value) -> Option<&'v mut Value> {
    let list = list.as_array_mut()?;
    let place = chance.below(list.len().max(1) as u64);
    list.get_mut(usize::try_from(place).expect("it is below the length"))
}

#[test]
fn a_file_of_tests_made_by_chance_passes_or_fails_as_in_promtool() {
    let (count, seed) = (number("RULE_TESTS", 100), number("RULE_TESTS_SEED", 1));
    let mut chance = Chance::new(seed);
    let folder = TempDir::new().expect("a folder can be made");
    let write = |name: &str, value: &Value| {
        let path = folder.path().join(name);
        std::fs::write(&path, value.to_string()).expect("it can be written");
        path
    };
    let (mut made, mut passed) = (0, 0);
    while made < count {
        let scenario = Scenario::new(&mut chance);
        let mut rules = scenario.rules.clone();
        let Some(mut test) = expected(&scenario, "rules.json", &mut rules, &mut [0; 3]) else {
            continue;
        };
        write("rules.json", &rules);
        for _ in 0..made % 3 {
            spoil(&mut chance, &mut test);
        }
        made += 1;
        let path = write("tests.yml", &test);
        let (ok, failures, told) = ours(&path);
        passed += u64::from(ok);
        let Some((their_ok, their_failures, said)) = theirs(&path) else {
            return;
        };
        let same = (ok, failures) == (their_ok, their_failures);
        assert!(
            same,
            "{failures:?} {their_failures:?}\n{told}\n{said}\n{test}\n{rules}"
        );
    }
    // Both kinds are there, or it shows nothing.
    assert!(passed > count / 4 && passed < count * 3 / 4, "{passed}");
}
