//! Groups: when they are due, and what they write.

use super::*;
use crate::promql::{Query, Settings, Value};

fn ask(engine: &Engine, expr: &str, at: u64) -> Vec<String> {
    let settings = Settings::default();
    let query = Query::parse(expr, &settings).unwrap();
    let Value::Vector(rows) = query
        .instant(engine.store(), &settings, at as i64 * 1000)
        .unwrap()
    else {
        panic!("{expr} is no vector");
    };
    rows.iter()
        .map(|row| format!("{} {}", row.labels, row.value))
        .collect()
}

fn due(interval: u64) -> Engine {
    let group = RuleGroup::new("g", [Rule::new("Always", "vector(1)")]);
    let group = group.interval(Duration::from_millis(interval));
    Engine::with([group], Options::default()).unwrap()
}

#[test]
fn a_group_is_evaluated_once_in_a_slot_and_at_the_time_of_the_slot() {
    let mut engine = due(10_000);
    engine.advance(seconds(1_000));
    let first = engine.groups().next().unwrap().slot.unwrap();
    assert!(first <= seconds(1_000) && seconds(1_000) - first < seconds(10));
    assert_eq!(engine.rules().next().unwrap().evaluations, 0);
    let events = engine.advance(first + Duration::from_millis(13_500));
    assert_eq!(events[0].alert().active_at, first + seconds(10));
    for later in [14_000, 19_999] {
        engine.advance(first + Duration::from_millis(later));
    }
    assert_eq!(engine.rules().next().unwrap().evaluations, 1);
    engine.advance(first + seconds(20));
    assert_eq!(engine.rules().next().unwrap().evaluations, 2);
}

#[test]
fn slots_that_are_missed_are_counted_and_never_made_up_for() {
    let mut engine = due(10_000);
    engine.advance(seconds(1_000));
    let first = engine.groups().next().unwrap().slot.unwrap();
    engine.advance(first + seconds(45));
    let group = engine.groups().next().unwrap();
    assert_eq!((group.missed, group.slot), (3, Some(first + seconds(40))));
    assert_eq!(engine.rules().next().unwrap().evaluations, 1);
    // Back, and nothing is due until the next slot of the new time.
    engine.advance(seconds(505));
    let next = engine.groups().next().unwrap().slot.unwrap() + seconds(10);
    engine.advance(next - seconds(1));
    assert_eq!(engine.rules().next().unwrap().evaluations, 1);
    engine.advance(next);
    assert_eq!(engine.rules().next().unwrap().evaluations, 2);
    assert_eq!(engine.groups().next().unwrap().missed, 3);
}

#[test]
fn groups_of_one_interval_are_spread_over_it() {
    let groups = (0..20).map(|i| RuleGroup::new(format!("g{i}"), []).interval(seconds(60)));
    let mut engine = Engine::with(groups, Options::default()).unwrap();
    engine.advance(seconds(6_000));
    let slots: std::collections::BTreeSet<_> = engine.groups().map(|it| it.slot).collect();
    assert!(slots.len() > 15, "{slots:?}");
}

#[test]
fn later_rules_see_what_earlier_ones_record() {
    let group = RuleGroup::new(
        "g",
        [
            Rule::record("job:a:sum", "sum by (job) (a)")
                .label("level", "job")
                .label("book", ""),
            Rule::new("High", "job:a:sum > 4"),
        ],
    );
    let mut engine = Engine::with([group], Options::default()).unwrap();
    let events = engine.step(
        seconds(9),
        &scrape("a{job=\"x\",i=\"1\"} 2\na{job=\"x\",i=\"2\"} 3\n"),
    );
    assert_eq!(
        events[0].alert().labels.to_string(),
        "{alertname=\"High\",job=\"x\",level=\"job\"}"
    );
    assert_eq!(
        ask(&engine, "job:a:sum", 9),
        ["{__name__=\"job:a:sum\",job=\"x\",level=\"job\"} 5"]
    );
    // What is recorded no more has ended.
    engine.step(seconds(10), &Samples::default());
    assert!(ask(&engine, "job:a:sum", 10).is_empty());
}

#[test]
fn a_record_over_its_limit_or_twice_the_same_records_nothing() {
    for (rule, error) in [
        (Rule::record("r", "a"), "exceeded limit of 1 with 2 series"),
        (
            Rule::record("r", "a").label("b", "x"),
            "vector contains metrics with the same labelset after applying rule labels: {__name__=\"r\",b=\"x\"}",
        ),
        (
            Rule::record("r", "a[5m]"),
            "query failed: rule result is not a vector or scalar",
        ),
    ] {
        let group = RuleGroup::new("g", [rule]).limit(1);
        let mut engine = Engine::with([group], Options::default()).unwrap();
        engine.step(seconds(9), &scrape("a{b=\"1\"} 2\na{b=\"2\"} 3\n"));
        let status = engine.rules().next().unwrap();
        assert_eq!(status.error.unwrap().to_string(), error);
        assert_eq!((status.health, status.state), (Health::Err, None));
        assert!(ask(&engine, "r", 9).is_empty());
    }
}

#[test]
fn alerts_are_series_until_they_are_resolved() {
    let rule = rule(10, 0)
        .label("severity", "page")
        .label("gone", "{{ $labels.none }}");
    let mut engine = engine(rule);
    engine.step(seconds(100), &scrape("a 2\n"));
    let labels = "alertname=\"High\"";
    // As in Prometheus, a label that came out empty is there as it is written in the rule.
    let more = "gone=\"{{ $labels.none }}\",severity=\"page\"";
    let alerts =
        |state| format!("{{__name__=\"ALERTS\",{labels},alertstate=\"{state}\",{more}}} 1");
    assert_eq!(ask(&engine, "ALERTS", 100), [alerts("pending")]);
    engine.step(seconds(110), &scrape("a 2\n"));
    assert_eq!(ask(&engine, "ALERTS", 110), [alerts("firing")]);
    assert_eq!(
        ask(&engine, "ALERTS_FOR_STATE", 110),
        [format!(
            "{{__name__=\"ALERTS_FOR_STATE\",{labels},{more}}} 100"
        )]
    );
    engine.step(seconds(120), &scrape("a 0\n"));
    assert!(ask(&engine, "{__name__=~\"ALERTS.*\"}", 120).is_empty());
}

#[test]
fn a_query_offset_asks_of_the_past_and_alerts_of_now() {
    let group = RuleGroup::new("g", [rule(0, 0), Rule::record("r", "a")]).query_offset(seconds(10));
    let mut engine = Engine::with([group], Options::default()).unwrap();
    assert!(engine.step(seconds(100), &scrape("a 2\n")).is_empty());
    let events = engine.step(seconds(110), &scrape("a 0\n"));
    assert_eq!(events[0].alert().active_at, seconds(110));
    assert_eq!(ask(&engine, "r", 99), [] as [&str; 0]);
    assert_eq!(ask(&engine, "timestamp(r)", 110), ["{} 100"]);
}

#[test]
fn the_store_keeps_what_rules_ask_for_and_as_long_as_they_look_back() {
    let mut engine = engine(Rule::new("Up", "delta(a[2m]) > 1"));
    for second in (0..3_000).step_by(10) {
        let text = format!("a {second}\nunused 1\n");
        engine.step(seconds(second), &scrape(&text));
    }
    assert_eq!(ask(&engine, "unused", 2_990), [] as [&str; 0]);
    // Five minutes of lookback, an eighth more, and what is not yet a chunk of its own.
    assert!(
        engine.store().counts().samples < 150,
        "{:?}",
        engine.store().counts()
    );
    engine
        .reload([RuleGroup::new(
            "rules",
            [Rule::new("Up", "delta(unused[40m]) > 1")],
        )])
        .unwrap();
    for second in (3_000..6_000).step_by(10) {
        engine.step(seconds(second), &scrape("unused 1\n"));
    }
    assert_eq!(
        ask(&engine, "count_over_time(unused[40m])", 5_990),
        ["{} 240"]
    );
}

#[test]
fn a_group_that_is_wrong_is_refused_by_its_name() {
    let refusal = |groups: Vec<RuleGroup>| {
        let refused = Engine::with(groups, Options::default()).unwrap_err();
        refused.to_string()
    };
    let g = || RuleGroup::new("g", []);
    assert_eq!(
        refusal(vec![g(), g()]),
        "group `g`: name `g`: another group of the file has this name"
    );
    assert_eq!(
        refusal(vec![g().interval(Duration::ZERO)]),
        "group `g`: interval `0ns`: must be at least a millisecond"
    );
    assert_eq!(
        refusal(vec![RuleGroup::new("g", [Rule::record("a-b", "1")])]),
        "rule `a-b`: name `a-b`: a recorded series must be named [a-zA-Z_:][a-zA-Z0-9_:]*"
    );
    let held = Rule::record("a", "1").for_(seconds(1));
    assert_eq!(
        refusal(vec![RuleGroup::new("g", [held])]),
        "rule `a`: for `1s`: a rule that records has none"
    );
}
