//! That the runner can fail.

use serde_json::{Value, json};

use super::report::Verdict;
use super::{Report, run, run_text};

/// Runs one case of `resilience.json`, given what follows its id; returns why it failed.
fn failure(rest: &str) -> Option<String> {
    let text = format!(r#"{{"meta": {{}}, "cases": [{{"id": "x", {rest}}}]}}"#);
    let report = run_text("resilience.json", &text).unwrap();
    report.failed().first().map(|(_, why)| why.clone())
}

/// The same with a back-off of 1 s, given its steps.
fn steps(steps: &str) -> Option<String> {
    let config = r#"{"kind": "fixed", "jitter": "none"}"#;
    failure(&format!(
        r#""policy": "backoff", "config": {config}, "steps": [{steps}]"#
    ))
}

#[test]
fn a_case_that_agrees_passes() {
    let step = r#"{"at_ms": 0, "op": "next", "expect": {"delay_ms": 1000}}"#;
    assert_eq!(steps(step), None);
    let refused = r#""policy": "backoff", "config": {"base_ms": 0}, "refused": "base_ms""#;
    assert_eq!(failure(refused), None);
}

#[test]
fn a_wrong_expectation_fails() {
    for (expect, why) in [
        ("1001", "step 1: `delay_ms` should be 1001, is Length(1s)"),
        (
            "1000.000003",
            "step 1: `delay_ms` should be 1000.000003, is Length(1s)",
        ),
        ("null", "step 1: `delay_ms` should be null, is Length(1s)"),
        (
            r#""1000""#,
            r#"step 1: `delay_ms` should be "1000", is Length(1s)"#,
        ),
    ] {
        let step = format!(r#"{{"at_ms": 0, "op": "next", "expect": {{"delay_ms": {expect}}}}}"#);
        assert_eq!(steps(&step).as_deref(), Some(why));
    }
}

#[test]
fn times_agree_within_a_nanosecond_or_a_billionth() {
    for expect in ["1000.000001", "999.999999", "1000.0"] {
        let step = format!(r#"{{"at_ms": 0, "op": "next", "expect": {{"delay_ms": {expect}}}}}"#);
        assert_eq!(steps(&step), None);
    }
}

#[test]
fn an_upper_bound_agrees_with_what_is_not_above_it() {
    let bound = |bound: &str| {
        failure(&format!(
            r#""policy": "keyed", "config": {{"gate": {{"policy": "circuit_breaker", "config": {{}}}}}},
            "steps": [{{"at_ms": 0, "op": "flood", "keys": 3, "expect": {{"keys_at_most": {bound}}}}}]"#
        ))
    };
    assert_eq!((bound("4"), bound("3")), (None, None));
    for wrong in ["2", "3.5", "null"] {
        let why = bound(wrong).expect("it must fail");
        assert!(why.ends_with(&format!("{wrong}, is AtMost(3)")), "{why}");
    }
}

#[test]
fn what_a_keyed_case_may_not_say_fails_by_name() {
    let circuits = r#""policy": "circuit_breaker", "config": {}"#;
    let limiters = r#""policy": "rate_limiter", "config": {"permits": 1, "per_ms": 1}"#;
    for (gate, step, named) in [
        (
            r#""policy": "retry", "config": {}"#,
            "",
            "unknown word `retry`",
        ),
        (r#""policy": "rate_limiter""#, "", "lacks `config`"),
        (
            r#""policy": "rate_limiter", "config": {"probes": 1}"#,
            "",
            "unknown key `probes`",
        ),
        (
            circuits,
            r#""at_ms": 0, "op": "acquire", "key": "a""#,
            "unknown op `acquire`",
        ),
        (
            circuits,
            r#""at_ms": 0, "op": "calls", "outcomes": "S""#,
            "lacks `key`",
        ),
        (
            circuits,
            r#""at_ms": 0, "op": "read", "expect": {"state": "closed"}"#,
            "unknown key `state`",
        ),
        (
            limiters,
            r#""at_ms": 0, "op": "flood", "keys": 1"#,
            "unknown op `flood`",
        ),
        (
            limiters,
            r#""at_ms": 0, "op": "read", "key": "a""#,
            "unknown key `key`",
        ),
    ] {
        let why = failure(&format!(
            r#""policy": "keyed", "config": {{"gate": {{{gate}}}}}, "steps": [{{{step}}}]"#
        ));
        let why = why.expect("it must fail");
        assert!(why.contains(named), "{why}");
    }
}

#[test]
fn what_the_schema_does_not_define_fails_by_name() {
    for (rest, named) in [
        (r#""policy": "hedge""#, "unknown policy `hedge`"),
        (
            r#""policy": "backoff", "colour": 1"#,
            "unknown key `colour`",
        ),
        (
            r#""policy": "backoff", "config": {"bse_ms": 1}"#,
            "unknown key `bse_ms`",
        ),
        (
            r#""policy": "backoff", "config": {"kind": "cubic"}"#,
            "unknown word `cubic`",
        ),
        (
            r#""policy": "backoff", "config": {"base_ms": "1"}"#,
            "`base_ms` of `config` must be",
        ),
        (
            r#""policy": "backoff", "config": []"#,
            "`config` must be an object",
        ),
        (
            r#""policy": "backoff", "refused": "bse_ms", "config": {"base_ms": 0}"#,
            "`bse_ms`",
        ),
        (r#""policy": 3"#, "`policy` must be a text"),
        (r#""policy": "backoff", "draws": ["1"]"#, "`draws` must be"),
    ] {
        let why = failure(rest).expect("it must fail");
        assert!(why.contains(named), "{why}");
    }
}

#[test]
fn what_a_step_may_not_say_fails_by_name() {
    let expect = r#""expect": {"delay_ms": 1000}"#;
    for (step, named) in [
        (r#""at_ms": 0, "op": "previous""#, "unknown op `previous`"),
        (
            r#""at_ms": 0, "op": "next", "cost": 1"#,
            "unknown key `cost`",
        ),
        (r#""at_ms": 0, "op": "delay""#, "lacks `attempt`"),
        (
            r#""at_ms": 0, "op": "delay", "attempt": "1""#,
            "`attempt` of the step must be",
        ),
        (
            r#""at_ms": 0, "op": "delay", "attempt": 1.5"#,
            "`attempt` of the step must be",
        ),
        (
            r#""at_ms": "0", "op": "next""#,
            "`at_ms` of the step must be",
        ),
        (
            r#""at_ms": -1, "op": "next""#,
            "`at_ms` of the step must be",
        ),
        (r#""op": "next""#, "lacks `at_ms`"),
    ] {
        let why = steps(&format!("{{{step}, {expect}}}")).expect("it must fail");
        assert!(why.contains(named), "{why}");
    }
    let unknown = steps(r#"{"at_ms": 0, "op": "next", "expect": {"delay": 1}}"#);
    assert!(
        unknown
            .expect("it must fail")
            .contains("unknown key `delay`")
    );
    let letter = r#""policy": "window", "config": {"count": 1},
        "steps": [{"at_ms": 0, "op": "calls", "outcomes": "SX", "expect": {"calls": 1}}]"#;
    assert!(
        failure(letter)
            .expect("it must fail")
            .contains("letter `X`")
    );
}

#[test]
fn nothing_compared_fails() {
    let nothing = Some("nothing was compared".to_owned());
    assert_eq!(steps(""), nothing);
    assert_eq!(steps(r#"{"at_ms": 0, "op": "next"}"#), nothing);
    assert_eq!(
        steps(r#"{"at_ms": 0, "op": "next", "expect": {}}"#),
        nothing
    );
}

#[test]
fn a_refusal_must_come_and_name_the_key() {
    for (config, key, named) in [
        (
            r#"{"base_ms": 1}"#,
            "base_ms",
            "should be refused, and is not",
        ),
        (
            r#"{"base_ms": 0}"#,
            "max_ms",
            "should be refused, not: `base`",
        ),
    ] {
        let rest = format!(r#""policy": "backoff", "config": {config}, "refused": "{key}""#);
        let why = failure(&rest).expect("it must fail");
        assert!(why.contains(named), "{why}");
    }
    let unexpected = failure(r#""policy": "backoff", "config": {"base_ms": 0}"#);
    assert!(
        unexpected
            .expect("it must fail")
            .contains("the config is refused")
    );
    let step = r#""policy": "backoff", "config": {"base_ms": 0}, "refused": "base_ms",
        "steps": [{"at_ms": 0, "op": "next"}]"#;
    assert!(
        failure(step)
            .expect("it must fail")
            .contains("has no steps")
    );
}

#[test]
fn a_panic_fails_its_case_alone() {
    let text = r#"{"meta": {}, "cases": [
        {"id": "a", "policy": "backoff", "steps": [{"at_ms": 0, "op": "next"}]},
        {"id": "b", "policy": "backoff", "draws": [0],
         "steps": [{"at_ms": 0, "op": "next", "expect": {"delay_ms": 500}}]}]}"#;
    let report = run_text("resilience.json", text).unwrap();
    let [(id, why)] = report.failed() else {
        panic!("{report:?}")
    };
    assert_eq!(id, "a");
    assert!(why.contains("the scripted chance has run out"), "{why}");
}

#[test]
fn a_second_case_of_the_same_id_fails() {
    for (name, list, by) in [
        (
            "resilience.json",
            "cases",
            r#""policy": "backoff", "config": {"base_ms": 0}, "refused": "base_ms""#,
        ),
        (
            "alerts.json",
            "vectors",
            r#""kind": "matcher", "op": "=", "pattern": "a", "value": "a", "expect": true"#,
        ),
    ] {
        let case = format!(r#"{{"id": "x", {by}}}"#);
        let text = format!(r#"{{"meta": {{}}, "{list}": [{case}, {case}]}}"#);
        assert_eq!(run_text(name, &text).unwrap().failed().len(), 1);
    }
}

#[test]
fn a_file_that_holds_no_cases_is_a_failure() {
    for text in [
        "",
        "[]",
        "{}",
        r#"{"cases": [], "more": 1}"#,
        r#"{"cases": 1}"#,
    ] {
        assert_eq!(run_text("resilience.json", text).unwrap().failed().len(), 1);
    }
    let nameless = r#"{"cases": [{"policy": "backoff"}]}"#;
    assert_eq!(
        run_text("resilience.json", nameless)
            .unwrap()
            .failed()
            .len(),
        1
    );
    assert!(run_text("dialects.json", "{}").is_err());
    assert!(run("no such folder".as_ref()).is_err());
    let empty = run("src".as_ref()).unwrap();
    assert!(empty.check(&[], false).is_err());
}

#[test]
fn an_unknown_kind_fails_and_a_known_one_is_not_built() {
    let text = r#"{"vectors": [{"id": "a", "kind": "zscore"}, {"id": "b", "kind": "guess"}]}"#;
    let files = vec![run_text("metrics.json", text).unwrap()];
    let shown = Report { files }.to_string();
    assert!(
        shown.contains("metrics.json, not built: zscore (1)\n"),
        "{shown}"
    );
    assert!(
        shown.ends_with("vectors: 0 passed, 1 failed, 1 not built\n"),
        "{shown}"
    );
}

#[test]
fn the_table_of_wrong_cases_must_hold() {
    let text = r#"{"cases": [
        {"id": "good", "policy": "backoff", "config": {"base_ms": 0}, "refused": "base_ms"},
        {"id": "bad", "policy": "backoff"}]}"#;
    let files = vec![run_text("resilience.json", text).unwrap()];
    let report = Report { files };
    let bad = ("resilience.json", "bad", "it compares nothing");
    let gone = ("resilience.json", "gone", "it is not there");
    let good = ("resilience.json", "good", "it passes");
    assert_eq!(report.check(&[bad], true), Ok(()));
    assert!(
        report.check(&[], true).is_err(),
        "a failure outside the table"
    );
    assert!(
        report.check(&[bad, good], false).is_err(),
        "an entry that passes"
    );
    assert!(
        report.check(&[bad, gone], true).is_err(),
        "an entry that is gone"
    );
    assert_eq!(report.check(&[bad, gone], false), Ok(()));
}

#[test]
fn any_expectation_of_the_suite_fails_when_it_is_changed() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/resilience.json");
    let suite: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases = suite["cases"].as_array().unwrap();
    assert_eq!(suite["meta"]["count"], cases.len());
    let mut changes = 0;
    for case in cases {
        let steps = case["steps"].as_array().unwrap();
        for (step, key) in expectations(steps) {
            let mut wrong = case.clone();
            let wanted = &mut wrong["steps"][step]["expect"][key];
            *wanted = changed(key, wanted);
            let verdict = super::case::verdict(&wrong);
            assert_ne!(
                verdict,
                Verdict::Passed,
                "{}: {key} of step {step}",
                case["id"]
            );
            changes += 1;
        }
    }
    assert!(changes > 2_000, "{changes}");
}

fn expectations(steps: &[Value]) -> impl Iterator<Item = (usize, &String)> {
    let steps = steps.iter().enumerate();
    steps.flat_map(|(index, step)| {
        let expect = step.get("expect").and_then(Value::as_object);
        expect
            .into_iter()
            .flat_map(move |it| it.keys().map(move |key| (index, key)))
    })
}

fn changed(key: &str, wanted: &Value) -> Value {
    match wanted {
        // An upper bound is wrong only where it is too small.
        _ if key == "keys_at_most" => json!(0),
        Value::Null => json!(0),
        Value::Bool(it) => json!(!it),
        Value::Number(it) if it.is_u64() => json!(it.as_u64().unwrap() * 2 + 1),
        Value::Number(it) => json!(it.as_f64().unwrap() * 1.001 + 0.000_003),
        Value::String(it) => json!(format!("{it}s")),
        Value::Array(it) => json!([it.as_slice(), &[json!(0)]].concat()),
        Value::Object(it) => {
            let more = [("one more".to_owned(), json!(0))];
            Value::Object(it.clone().into_iter().chain(more).collect())
        }
    }
}
