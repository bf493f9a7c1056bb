//! That the cases of rules can fail.

use crate::vectors::run_text;

fn failure(rest: &str) -> Option<String> {
    let text = format!(r#"{{"meta": {{}}, "vectors": [{{"id": "x", {rest}}}]}}"#);
    let report = run_text("alerts.json", &text).unwrap();
    report.failed().first().map(|(_, why)| why.clone())
}

#[test]
fn an_alert_that_is_not_as_expected_fails_its_case() {
    let case = |alert: &str| {
        failure(&format!(
            r#""kind": "rule_eval", "rule": {{"alert": "A", "for_s": 10}}, "steps": [{{"t_s": -5, "result":
            [{{"labels": {{}}, "value": 1}}], "expect": [{alert}]}}]"#
        ))
    };
    let alert = |state: &str, at: &str| {
        format!(r#"{{"labels": {{"alertname": "A"}}, "state": "{state}", "active_at_s": {at}}}"#)
    };
    assert_eq!(case(&alert("pending", "-5")), None);
    for (wrong, why) in [
        (
            alert("firing", "-5"),
            "`state` should be \"firing\", is \"pending\"",
        ),
        (alert("pending", "-4"), "`active_at_s` should be"),
        (String::new(), "the number of alerts should be 0, is 1"),
        (alert("pending", "-5").replace('A', "B"), "is not among"),
        (
            alert("pending", "-5").replace("state", "stat"),
            "lacks `state`",
        ),
    ] {
        let shown = case(&wrong).expect("it must fail");
        assert!(shown.contains(why), "{shown}");
    }
}

#[test]
fn a_rule_case_with_an_unknown_key_fails_by_it() {
    let burn = r#""kind": "burn_factor", "budget_percent": 2, "long_s": 3600, "period_s": 2592000, "expect": 14.4"#;
    assert_eq!(failure(burn), None);
    let wrong = failure(&burn.replace("14.4", "14.5")).expect("it must fail");
    assert!(
        wrong.starts_with("`expect` should be 14.5, is 14.4"),
        "{wrong}"
    );
    let unknown = failure(&format!("{burn}, \"more\": 1")).expect("it must fail");
    assert_eq!(unknown, "the case has the unknown key `more`");
}

#[test]
fn each_other_kind_fails_by_what_it_expects() {
    for (case, why) in [
        (
            r#""kind": "rule_state_max", "instances": ["pending"], "expect": "firing""#,
            "`expect` should be",
        ),
        (
            r#""kind": "rule_restore", "outage_tolerance_s": 60, "for_grace_period_s": 10, "for_s": 60,
            "active_at_s": 0, "last_sample_s": 10, "restore_at_s": 20, "expect_active_at_s": 0"#,
            "`expect_active_at_s` should be",
        ),
        (
            r#""kind": "rule_reload", "old": [{"alert": "a"}], "new": [{"alert": "a"}], "expect_carried": [null]"#,
            "`expect_carried` should be [None], is [Some(0)]",
        ),
        (
            r#""kind": "rule_send", "rule": {"alert": "a"}, "resend_delay_s": 1, "interval_s": 1,
            "steps": [{"t_s": 0, "result": [], "expect_sent": 1}]"#,
            "step 1: `expect_sent` should be 1, is 0",
        ),
        (
            r#""kind": "rule_eval_error", "rule": {"alert": "a"}, "result": [], "expect_error": "no""#,
            "`expect_error` should be",
        ),
        (
            r#""kind": "burn_rate", "slo": 0.9, "factor": 1, "error_ratio_long": null,
            "error_ratio_short": 1, "expect": true"#,
            "`expect` should be true, is false",
        ),
    ] {
        let shown = failure(case).expect("it must fail");
        assert!(shown.contains(why), "{shown}");
    }
}
