//! What Prometheus has not: code as a condition, policies, a separate clear threshold.

use super::*;
use crate::labels::Labels;
use crate::rule::{NoData, OnError};

fn group(rules: impl IntoIterator<Item = Rule>) -> RuleGroup {
    RuleGroup::new("g", rules)
}

fn shown(events: &[AlertEvent]) -> Vec<String> {
    events.iter().map(ToString::to_string).collect()
}

fn step(engine: &mut Engine, at: u64, text: &str) -> Vec<String> {
    shown(&engine.step(seconds(at), &scrape(text)))
}

#[test]
fn code_may_say_whether_with_which_value_or_for_which_labels_it_holds() {
    let rules = [
        Rule::when("Yes", |view| view.value("a", &[("b", "1")]) == Some(2.0)),
        Rule::when("Value", |view| view.value("a", &[("b", "2")])),
        Rule::when("Rows", |view| view.rows("a", &[])).label("severity", "page"),
        Rule::when("Asks", |view| view.query("sum(a) > 4")),
        Rule::when("Several", |view| view.value("a", &[])),
        Rule::when("Time", |view| Some(view.now().as_secs_f64())),
    ];
    let mut engine = Engine::new(rules).unwrap();
    let events = step(&mut engine, 7, "a{b=\"1\"} 2\na{b=\"2\"} 3\n");
    assert_eq!(
        events,
        [
            "FIRING   Yes value=1 since 7s",
            "FIRING   Value value=3 since 7s",
            "FIRING   Rows{b=\"1\",severity=\"page\"} value=2 since 7s",
            "FIRING   Rows{b=\"2\",severity=\"page\"} value=3 since 7s",
            "FIRING   Asks value=5 since 7s",
            "FIRING   Time value=7 since 7s",
        ]
    );
    // What has ended is not there for code either.
    let events = step(&mut engine, 8, "a{b=\"2\"} 3\n");
    assert_eq!(events[0], "RESOLVED Yes value=1 after 1s");
    assert!(
        events.contains(&"FIRING   Several value=3 since 8s".to_owned()),
        "{events:?}"
    );
}

#[test]
fn code_that_panics_fails_its_own_rule_and_loses_nothing() {
    let broken = Rule::when("Broken", |view| {
        let value = view.value("a", &[]).expect("there is an a");
        assert!(value < 9.0, "a is {value}");
        value > 1.0
    });
    let mut engine = Engine::new([broken, rule(0, 0)]).unwrap();
    assert_eq!(step(&mut engine, 0, "a 2\n").len(), 2);
    assert_eq!(step(&mut engine, 1, "a 9\n"), [] as [&str; 0]);
    let rules: Vec<_> = engine.rules().collect();
    let [broken, other] = [&rules[0], &rules[1]];
    let error = broken.error.unwrap().to_string();
    assert_eq!(error, "the condition panicked: a is 9");
    assert_eq!(
        (broken.failures, broken.state),
        (1, Some(AlertState::Firing))
    );
    assert_eq!((other.failures, other.evaluations), (0, 2));
    assert_eq!(
        step(&mut engine, 2, "a 1\n"),
        [
            "RESOLVED Broken value=1 after 2s",
            "RESOLVED High value=9 after 2s"
        ]
    );
    step(&mut engine, 3, "");
    let error = engine.rules().next().unwrap().error.unwrap().to_string();
    assert_eq!(error, "the condition panicked: there is an a");
}

#[test]
fn code_that_fails_says_why() {
    let rule = Rule::when("R", |view| -> Result<bool, EvalError> {
        Ok(!view.query("sum(")?.is_empty())
    });
    let mut engine = engine(rule);
    step(&mut engine, 0, "");
    let error = engine.rules().next().unwrap().error.unwrap().to_string();
    assert!(error.starts_with("query failed: "), "{error}");
}

/// A rule over `a` that fails where `b` has two series.
fn fragile(on_error: OnError) -> Rule {
    let rule = Rule::new("R", "a * on () group_left () b > 1");
    rule.on_error(on_error)
}

const FAILS: &str = "a 2\nb{x=\"1\"} 1\nb{x=\"2\"} 1\n";

#[test]
fn an_evaluation_that_fails_keeps_raises_or_resolves_as_the_rule_says() {
    for (on_error, at_error, after) in [
        (
            OnError::KeepLast,
            vec![],
            vec!["RESOLVED R value=2 after 2s"],
        ),
        (
            OnError::Alert,
            vec!["FIRING   R{alert_reason=\"error\"} value=1 since 1s"],
            vec![
                "RESOLVED R{alert_reason=\"error\"} value=1 after 1s",
                "RESOLVED R value=2 after 2s",
            ],
        ),
        (OnError::Ok, vec!["RESOLVED R value=2 after 1s"], vec![]),
    ] {
        let mut engine = engine(fragile(on_error));
        let fired = step(&mut engine, 0, "a 2\nb 1\n");
        assert_eq!(fired, ["FIRING   R value=2 since 0ns"], "{on_error:?}");
        assert_eq!(step(&mut engine, 1, FAILS), at_error, "{on_error:?}");
        let status = engine.rules().next().unwrap();
        assert_eq!((status.failures, status.health), (1, Health::Err));
        // What is to be sent goes out where the rule says what it means.
        let sent = engine.notices(seconds(1)).len();
        assert_eq!(sent, [0, 2, 1][on_error as usize], "{on_error:?}");
        assert_eq!(step(&mut engine, 2, "a 0\nb 1\n"), after, "{on_error:?}");
    }
}

#[test]
fn an_alert_of_an_error_carries_it_and_waits_as_long_as_the_rule_does() {
    let mut engine = engine(fragile(OnError::Alert).for_(seconds(5)));
    assert_eq!(step(&mut engine, 0, FAILS), [] as [&str; 0]);
    step(&mut engine, 5, FAILS);
    let alert = engine.alerts().next().unwrap();
    assert_eq!(alert.state, AlertState::Firing);
    assert!(
        alert.annotations["error"].starts_with("query failed: "),
        "{alert:?}"
    );
}

#[test]
fn what_was_restored_waits_for_an_evaluation_that_does_not_fail() {
    let held = || fragile(OnError::Alert).for_(seconds(1_500));
    let mut before = engine(held());
    step(&mut before, 0, "a 2\nb 1\n");
    let mut after = engine(held());
    after.restore(before.snapshot());
    step(&mut after, 10, FAILS);
    step(&mut after, 20, "a 2\nb 1\n");
    let since: Vec<_> = after.alerts().map(|it| it.active_at.as_secs()).collect();
    assert_eq!(since, [20], "since 0, and 20 s down");
}

#[test]
fn without_data_it_resolves_fires_or_stays_as_the_rule_says() {
    for (no_data, gone, back) in [
        (NoData::Ok, vec!["RESOLVED R value=2 after 1s"], vec![]),
        (
            NoData::Alert,
            vec![
                "RESOLVED R{b=\"x\"} value=2 after 1s",
                "FIRING   R{alert_reason=\"no_data\",b=\"x\"} value=1 since 1s",
            ],
            vec!["RESOLVED R{alert_reason=\"no_data\",b=\"x\"} value=1 after 1s"],
        ),
        (
            NoData::KeepLast,
            vec![],
            vec!["RESOLVED R{b=\"x\"} value=2 after 2s"],
        ),
    ] {
        let mut engine = engine(Rule::new("R", "a{b=\"x\"} > 1").no_data(no_data));
        assert_eq!(step(&mut engine, 0, "a{b=\"x\"} 2\n").len(), 1);
        let gone: Vec<_> = gone
            .iter()
            .map(|it| it.replace("R value", "R{b=\"x\"} value"))
            .collect();
        let mut events = step(&mut engine, 1, "");
        events.sort_by_key(|it| it.starts_with("FIRING"));
        assert_eq!(events, gone, "{no_data:?}");
        assert!(engine.rules().all(|it| it.error.is_none()), "{no_data:?}");
        assert_eq!(step(&mut engine, 2, "a{b=\"x\"} 0\n"), back, "{no_data:?}");
    }
}

#[test]
fn where_the_last_state_is_kept_a_pending_alert_fires_once_there_is_data_again() {
    let rule = Rule::new("R", "a > 1").no_data(NoData::KeepLast);
    let mut engine = engine(rule.for_(seconds(10)));
    step(&mut engine, 0, "a 2\n");
    assert_eq!(step(&mut engine, 10, ""), [] as [&str; 0]);
    assert_eq!(
        step(&mut engine, 20, "a 2\n"),
        ["FIRING   R value=2 since 0ns"]
    );
    // One series of several that goes is no lack of data.
    step(&mut engine, 21, "a 2\na{b=\"x\"} 2\n");
    assert_eq!(
        step(&mut engine, 22, "a{b=\"x\"} 2\n"),
        ["RESOLVED R value=2 after 2s"]
    );
}

#[test]
fn a_label_of_the_rule_replaces_what_absent_says() {
    let rule = Rule::new("R", "a{b=\"x\",c=\"y\"} > 1").no_data(NoData::Alert);
    let rule = rule.label("b", "of {{ $labels.b }}").label("c", "");
    let mut engine = engine(rule);
    let events = engine.step(seconds(1), &Samples::default());
    assert_eq!(
        events[0].alert().labels.to_string(),
        "{alert_reason=\"no_data\",alertname=\"R\",b=\"of x\"}"
    );
}

#[test]
fn n_of_m_evaluations_fire_and_resolve_it_and_its_value_is_their_number() {
    let rule = Rule::new("R", "a > 1").at_least(2, 3);
    let group = group([rule]).interval(seconds(10));
    let mut engine = Engine::with([group], Options::default()).unwrap();
    let mut events = Vec::new();
    for (index, value) in [2, 0, 2, 0, 0, 0].into_iter().enumerate() {
        let at = seconds(1_000 + 10 * index as u64);
        engine.step(at, &scrape(&format!("a {value}\n")));
        events.push(shown(&engine.evaluate(at)).join(" "));
    }
    let fired = "FIRING   R value=2 since 1020s";
    assert_eq!(
        events,
        ["", "", fired, "RESOLVED R value=2 after 10s", "", ""]
    );
}

#[test]
fn a_firing_alert_goes_on_above_its_own_clear_threshold_and_no_other_begins() {
    let rule = Rule::new("R", "a > 5")
        .hold("a > 3")
        .label("at", "{{ $value }}");
    let mut engine = engine(rule.keep_firing_for(seconds(10)));
    assert_eq!(
        step(&mut engine, 0, "a{b=\"x\"} 6\na{b=\"y\"} 4\n").len(),
        1
    );
    for (at, value) in [(10, 4), (20, 2), (25, 4), (30, 2), (39, 2)] {
        let text = format!("a{{b=\"x\"}} {value}\na{{b=\"y\"}} 4\n");
        assert_eq!(step(&mut engine, at, &text), [] as [&str; 0], "{at}");
    }
    // It holds, then it is held, and then it is kept: from the 30th second on, for ten.
    let resolved = step(&mut engine, 40, "a{b=\"x\"} 2\na{b=\"y\"} 4\n");
    assert_eq!(resolved, ["RESOLVED R{at=\"6\",b=\"x\"} value=6 after 40s"]);
    // Resolved, it needs the condition again.
    assert_eq!(step(&mut engine, 50, "a{b=\"x\"} 4\n"), [] as [&str; 0]);
}

#[test]
fn a_clear_threshold_does_not_hold_what_is_only_pending() {
    let rule = rule(10, 0).hold("a > 0");
    run(
        rule,
        [
            Step(0, HIGH, Pending(0)),
            Step(5, LOW, Nothing),
            Step(6, HIGH, Pending(6)),
            Step(16, HIGH, Fires(6)),
            Step(17, LOW, Firing(6)),
            Step(18, Some(0.0), Resolves),
        ],
    );
}

#[test]
fn a_clear_threshold_that_fails_is_a_failure_of_its_rule() {
    let rule = rule(0, 0).hold("a * on () group_left () b > 0");
    let mut engine = engine(rule);
    step(&mut engine, 0, "a 2\nb 1\n");
    assert_eq!(
        step(&mut engine, 1, "a 0\nb{x=\"1\"} 1\nb{x=\"2\"} 1\n"),
        [] as [&str; 0]
    );
    assert_eq!(engine.rules().next().unwrap().failures, 1);
    assert_eq!(step(&mut engine, 2, "a 0\n").len(), 1);
}

#[test]
fn an_id_is_that_of_one_rule_in_the_engine_and_both_are_named() {
    let rule = |name: &str| Rule::new(name, "a").id("x-1");
    let groups = [
        RuleGroup::new("g", [rule("A")]),
        RuleGroup::new("h", [rule("B")]),
    ];
    let refused = Engine::with(groups, Options::default()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "rule `B`: id `x-1`: rule `A` of group `g` has it too, and this is of group `h`"
    );
}

#[test]
fn the_watchdog_fires_at_all_times_and_no_reload_takes_it_away() {
    let mut engine = Engine::with([group([])], Options::default().watchdog(true)).unwrap();
    let fired =
        "FIRING   Watchdog{severity=\"none\"} value=1 since 1s: Alerts are evaluated and sent";
    assert_eq!(step(&mut engine, 1, ""), [fired]);
    assert!(engine.reload([group([rule(0, 0)])]).unwrap().is_empty());
    assert_eq!(step(&mut engine, 2, ""), [] as [&str; 0]);
    assert_eq!(engine.notices(seconds(2)).len(), 1);
    // And so where other rules fail.
    engine.step_with(seconds(3), |rule| match rule.name.as_str() {
        "High" => Err(EvalError::query("timeout")),
        _ => Ok(vec![Row {
            labels: Labels::new(),
            value: 1.0,
        }]),
    });
    assert_eq!(
        engine
            .alerts()
            .filter(|it| it.state == AlertState::Firing)
            .count(),
        1
    );
}

#[test]
fn who_says_it_is_in_texts_and_in_what_is_sent_and_not_in_the_alert() {
    let external = Labels::from_iter([("cluster", "eu"), ("severity", "none")]);
    let rule = rule(0, 0).label("severity", "page");
    let rule = rule.annotation("summary", "a of {{ $externalLabels.cluster }}");
    let options = Options::default().external_labels(external);
    let mut engine = Engine::with([group([rule])], options).unwrap();
    let events = step(&mut engine, 1, "a 2\n");
    assert_eq!(
        events,
        ["FIRING   High{severity=\"page\"} value=2 since 1s: a of eu"]
    );
    let notice = engine.notices(seconds(1)).remove(0);
    assert_eq!(
        notice.alert.labels.to_string(),
        "{alertname=\"High\",cluster=\"eu\",severity=\"page\"}"
    );
    assert_eq!(engine.alerts().next().unwrap().labels.get("cluster"), None);
}

#[test]
fn a_row_of_code_with_a_label_whose_name_is_none_fails_its_rule_and_no_other() {
    for (name, ok) in [
        ("ok", true),
        ("_a1", true),
        ("a b", false),
        ("1a", false),
        ("ä", false),
        ("a\n{", false),
    ] {
        let rows = move |_: &View<'_>| {
            let labels = Labels::from_iter([(name, "x")]);
            vec![Row { labels, value: 1.0 }]
        };
        let rules = [Rule::when("Code", rows), Rule::new("Other", "a > 1")];
        let mut engine = Engine::new(rules).unwrap();
        let fired = engine.step(seconds(1), &scrape("a 2\n")).len();
        assert_eq!(fired, 1 + usize::from(ok), "{name}");
        let status = engine.rules().next().unwrap();
        assert_eq!(status.error.is_none(), ok, "{name}");
        // So does what a caller's query says.
        let asked = engine.step_with(seconds(2), |_| {
            let labels = Labels::from_iter([(name, "y")]);
            Ok(vec![Row { labels, value: 1.0 }])
        });
        assert_eq!(asked.is_empty(), !ok, "{name}");
    }
    let error = EvalError::LabelName {
        name: "a\nb".to_owned(),
    };
    assert_eq!(
        error.to_string(),
        "label `a\u{fffd}b` of a row: name must match [a-zA-Z_][a-zA-Z0-9_]*"
    );
}

#[test]
fn what_only_a_clear_threshold_or_code_asks_for_is_kept_too() {
    let rule = rule(0, 0)
        .hold("max_over_time(c[1h]) > 1")
        .no_data(NoData::KeepLast);
    let mut engine = engine(rule);
    for at in (0..3_000).step_by(10) {
        engine.step(seconds(at), &scrape("c 1\nunused 1\n"));
    }
    assert_eq!(engine.store().counts().samples, 300);
    let code = group([Rule::when("R", |_| false)]);
    engine.reload([code]).unwrap();
    engine.step(seconds(3_000), &scrape("unused 1\n"));
    assert!(engine.store().counts().samples > 300);
}
