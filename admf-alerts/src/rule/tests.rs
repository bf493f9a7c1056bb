//! What rules are compiled to.

use std::time::Duration;

use super::*;
use crate::engine::EvalError;
use crate::labels::Labels;
use crate::promql::{Semantics, Value};
use crate::series::{Limits, Store};

const BOTH: [Semantics; 2] = [Semantics::Prometheus2, Semantics::Prometheus3];

fn settings(semantics: Semantics) -> Settings {
    Settings::default().semantics(semantics)
}

fn compiled(rule: &Rule, seconds: Option<u64>) -> Result<CompiledExpr, RuleError> {
    compile(rule, seconds.map(Duration::from_secs), &Settings::default())
}

fn no_data(expr: &str, no_data: NoData) -> Rule {
    Rule::new("R", expr).no_data(no_data)
}

/// What `absent` is asked of.
fn data(expr: &str) -> String {
    let compiled = compiled(&no_data(expr, NoData::Alert), None).unwrap();
    let (_, absent) = compiled
        .expr
        .rsplit_once("or label_replace(absent(")
        .unwrap();
    let end = r#"), "alert_reason", "no_data", "", "")"#;
    absent.strip_suffix(end).unwrap().to_owned()
}

#[test]
fn a_rule_of_prometheus_is_its_own_expression_and_loses_nothing() {
    let rule = Rule::new("R", "a  >  1 # high").for_(Duration::from_secs(5));
    let compiled = compiled(&rule, None).unwrap();
    assert_eq!(
        (compiled.expr.as_str(), compiled.losses),
        ("a  >  1 # high", vec![])
    );
}

#[test]
fn an_alert_of_no_data_asks_for_the_expression_without_its_comparisons() {
    for (expr, expected) in [
        ("a > 1", "a"),
        ("1 < a", "a"),
        ("((a)) > 1", "a"),
        (
            "a{z=\"1\",b=~\"x|y\"} offset 5m > 1",
            "a{b=~\"x|y\",z=\"1\"} offset 5m",
        ),
        (
            "a > on (job) group_left (x) b",
            "a + on (job) group_left (x) b",
        ),
        ("a > b + c * d", "a + (b + c * d)"),
        ("a > bool b > c", "(a > bool b) + c"),
        ("a > b > 5", "a + b"),
        ("a == bool 1", "a == bool 1"),
        (
            "sum by (job) (rate(a[5m]) > 0) > 3",
            "sum by (job) (rate(a[5m]))",
        ),
        ("sum by () (a > 1)", "sum(a)"),
        ("topk(3, a > 1)", "topk(3, a)"),
        (
            "max_over_time((a > 1)[5m:1m]) > 2",
            "max_over_time((a)[5m:1m])",
        ),
        ("a > 1 and b < 2", "a and b"),
        ("a > 1 or b < 2", "a or b"),
        ("a > 1 unless on (x) b == 1", "a"),
        ("a > scalar(b > 1)", "a"),
        ("-(a > 1) * 2", "-(a) * 2"),
        ("a > 1 and absent(b{x=\"$1\"} > 1)", "a and vector(1)"),
        (
            "a and absent(b{x=\"$1\",y!=\"2\",z=\"3\",z=\"4\"})",
            "a and label_replace(vector(1), \"x\", \"$$1\", \"\", \"\")",
        ),
        ("a > ignoring () b", "a + b"),
    ] {
        assert_eq!(data(expr), expected, "{expr}");
        assert_eq!(data(expected), expected);
    }
}

#[test]
fn a_comment_swallows_nothing() {
    let rule = no_data("a > 1 # high", NoData::Alert).at_least(2, 3);
    let compiled = compiled(&rule, Some(60)).unwrap();
    assert_eq!(
        compiled.expr,
        "(count_over_time((a > 1 # high\n)[3m:1m]) >= 2\n) or label_replace(absent(a), \"alert_reason\", \"no_data\", \"\", \"\")"
    );
}

#[test]
fn exactly_as_many_evaluations_count_as_are_asked_for_at_any_time_and_in_both_versions() {
    let store = Store::new(Limits::default()).unwrap();
    for semantics in BOTH {
        let settings = settings(semantics);
        for (interval, of) in [(1, 2), (7, 1), (7, 3), (10, 5), (15_000, 4)] {
            let rule = Rule::new("R", "vector(1)").at_least(1, of);
            let compiled = compile(&rule, Some(Duration::from_millis(interval)), &settings);
            let query = Query::parse(&compiled.unwrap().expr, &settings).unwrap();
            let times = (0..3 * interval.min(10) as i64).chain([interval as i64 - 1]);
            for time in times.map(|it| 1_000_000 * interval as i64 + it) {
                let Value::Vector(rows) = query.instant(&store, &settings, time).unwrap() else {
                    panic!("a count is a vector");
                };
                assert_eq!(
                    rows[0].value,
                    f64::from(of),
                    "{semantics:?} {interval} {of} {time}"
                );
            }
        }
    }
}

#[test]
fn what_is_compiled_for_two_counts_one_less_in_three_only_right_before_a_step() {
    let store = Store::new(Limits::default()).unwrap();
    let rule = Rule::new("R", "vector(1)").at_least(1, 3);
    let two = settings(Semantics::Prometheus2);
    let compiled = compile(&rule, Some(Duration::from_millis(7)), &two).unwrap();
    assert_eq!(compiled.expr, "count_over_time((vector(1))[20ms:7ms]) >= 1");
    let three = Settings::default();
    let query = Query::parse(&compiled.expr, &three).unwrap();
    for time in 7_000..7_070 {
        let Value::Vector(rows) = query.instant(&store, &three, time).unwrap() else {
            panic!("a count is a vector");
        };
        let counted = if time % 7 == 6 { 2.0 } else { 3.0 };
        assert_eq!(rows[0].value, counted, "{time}");
    }
}

#[test]
fn a_condition_that_held_at_n_of_m_evaluations_need_not_hold_now() {
    let settings = Settings::default();
    let mut store = Store::new(Limits::default()).unwrap();
    let series = Labels::from_iter([("__name__", "a"), ("job", "x")]);
    for (minute, value) in [9.0, 9.0, 0.0, 9.0, 0.0, 0.0, 0.0].into_iter().enumerate() {
        store
            .append(&series, minute as i64 * 60_000, value)
            .unwrap();
    }
    let rule = Rule::new("R", "a > 5").at_least(2, 3);
    let compiled = compiled(&rule, Some(60)).unwrap();
    let query = Query::parse(&compiled.expr, &settings).unwrap();
    let counts: Vec<_> = (0..7)
        .map(
            |minute| match query.instant(&store, &settings, minute * 60_000) {
                Ok(Value::Vector(rows)) => rows.first().map(|it| it.value),
                other => panic!("{other:?}"),
            },
        )
        .collect();
    let two = Some(2.0);
    assert_eq!(counts, [None, two, two, two, None, None, None]);
}

#[test]
fn what_prometheus_cannot_say_is_told_by_field_and_value() {
    let rule = no_data("a > 1", NoData::KeepLast)
        .hold("a > 0.5")
        .on_error(OnError::Alert)
        .cooldown(Duration::from_secs(300))
        .receivers(["ops", "risk"])
        .escalate(1, Duration::from_secs(60), ["lead"])
        .escalate(2, Duration::from_secs(120), ["head"]);
    let compiled = compiled(&rule, None).unwrap();
    assert_eq!(compiled.expr, "a > 1");
    let losses = compiled.losses.iter();
    let losses: Vec<_> = losses
        .map(|it| format!("{} {}", it.field, it.value))
        .collect();
    assert_eq!(
        losses,
        [
            "hold a > 0.5",
            "on_error alert",
            "cooldown 300s",
            "receivers ops, risk",
            "escalation 1 after 60s: lead; 2 after 120s: head",
            "no_data keep_last",
        ]
    );
    // Nothing is lost where the choice makes no difference.
    let always = no_data("absent(a)", NoData::KeepLast);
    assert_eq!(self::compiled(&always, None).unwrap().losses, []);
    let code = Rule::when("R", |_| -> Result<bool, EvalError> { Ok(true) });
    let code = self::compiled(&code, None).unwrap();
    assert_eq!((code.expr.as_str(), code.losses[0].field), ("", "closure"));
}

#[test]
fn what_cannot_be_compiled_is_refused_with_its_field() {
    let refused = |rule: &Rule, seconds| compiled(rule, seconds).unwrap_err().to_string();
    let a = || Rule::new("R", "a > 1");
    let mut both = Rule::when("R", |_| true);
    both.expr = "a".to_owned();
    for (rule, seconds, expected) in [
        (
            a().at_least(2, 3),
            None,
            "at_least `2 of 3`: the group must have an interval",
        ),
        (
            a().at_least(0, 3),
            Some(1),
            "at_least `0 of 3`: is from 1 to the number of evaluations",
        ),
        (
            a().at_least(4, 3),
            Some(1),
            "at_least `4 of 3`: is from 1 to the number of evaluations",
        ),
        (
            Rule::new("R", "1").at_least(1, 3),
            Some(1),
            "at_least `1 of 3`: a number holds at every evaluation",
        ),
        (
            a().at_least(1, u32::MAX),
            Some(u64::MAX / 1_000),
            "at_least `1 of 4294967295`: is too many evaluations",
        ),
        (
            no_data("absent(a)", NoData::Alert),
            None,
            "no_data `alert`: the expression has data at all times",
        ),
        (
            no_data("sum(a > 1) or vector(0)", NoData::Alert),
            None,
            "no_data `alert`: the expression has data at all times",
        ),
        (
            no_data("a @ -5 > 1", NoData::KeepLast),
            None,
            "no_data `keep_last`: what is left without its comparisons cannot be written: a @ 0.000",
        ),
        (Rule::new("R", "a >"), None, "expr `a >`: "),
        (
            Rule::record("r", "a").no_data(NoData::Alert),
            None,
            "no_data `alert`: a rule that records has none",
        ),
        (
            Rule::record("r", "a").hold("a"),
            None,
            "hold `a`: a rule that records has none",
        ),
        (
            Rule::when("R", |_| true).at_least(1, 2),
            Some(1),
            "at_least `1 of 2`: a rule with a closure has none: the closure decides",
        ),
        (both, None, "expr `a`: a rule with a closure has none"),
    ] {
        let said = refused(&rule, seconds);
        let name = &rule.name;
        assert!(
            said.starts_with(&format!("rule `{name}`: {expected}")),
            "{said}"
        );
    }
}
