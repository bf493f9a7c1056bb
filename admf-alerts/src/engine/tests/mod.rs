mod alive;
mod clock;
mod groups;
mod hostile;
mod jumps;
mod kept;
mod model;
mod own;

use super::*;
use crate::samples::Samples;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn rule(hold: u64, keep: u64) -> Rule {
    let rule = Rule::parse("High", "a > 1").unwrap();
    rule.for_(seconds(hold)).keep_firing_for(seconds(keep))
}

/// As in Prometheus: no step is too long.
fn engine(rule: Rule) -> Engine {
    let options = Options::default().longest_step(Duration::MAX);
    Engine::with([RuleGroup::new("rules", [rule])], options).unwrap()
}

fn scrape(text: &str) -> Samples {
    Samples::parse(text).unwrap()
}

/// What a step at a time, with one series or none, makes of the alert.
struct Step(u64, Option<f64>, Seen);

#[derive(Debug, PartialEq)]
enum Seen {
    /// No alert, or a resolved one.
    Nothing,
    Pending(u64),
    /// Fires now; active since.
    Fires(u64),
    /// Has fired before; active since.
    Firing(u64),
    Resolves,
}
use Seen::{Fires, Firing, Nothing, Pending, Resolves};

fn see(engine: &mut Engine, at: u64, value: Option<f64>) -> Seen {
    let text = value.map_or(String::new(), |value| format!("a {value}\n"));
    let events = engine.step(seconds(at), &scrape(&text));
    let alive = |alert: &&Alert| alert.state != AlertState::Inactive;
    let alert = engine
        .alerts()
        .find(alive)
        .map(|alert| (alert.state, alert.active_at.as_secs()));
    match (&events[..], alert) {
        ([], None) => Nothing,
        ([], Some((AlertState::Pending, since))) => Pending(since),
        ([], Some((AlertState::Firing, since))) => Firing(since),
        ([AlertEvent::Fired(_)], Some((AlertState::Firing, since))) => Fires(since),
        ([AlertEvent::Resolved(_)], None) => Resolves,
        other => panic!("{other:?}"),
    }
}

fn run(rule: Rule, steps: impl IntoIterator<Item = Step>) {
    let mut engine = engine(rule);
    for Step(at, value, expected) in steps {
        assert_eq!(see(&mut engine, at, value), expected, "at {at} s");
    }
}

const HIGH: Option<f64> = Some(2.0);
const LOW: Option<f64> = Some(1.0);

#[test]
fn without_a_hold_it_fires_at_once_and_resolves_at_once() {
    run(
        rule(0, 0),
        [
            Step(0, LOW, Nothing),
            Step(1, HIGH, Fires(1)),
            Step(2, HIGH, Firing(1)),
            Step(3, LOW, Resolves),
        ],
    );
}

#[test]
fn it_is_pending_until_the_hold_is_over_to_the_second() {
    run(
        rule(60, 0),
        [
            Step(10, HIGH, Pending(10)),
            Step(69, HIGH, Pending(10)),
            Step(70, HIGH, Fires(10)),
            Step(71, HIGH, Firing(10)),
        ],
    );
}

#[test]
fn a_condition_that_flaps_never_fires() {
    let steps = (0..20).map(|i| {
        let at = i * 30;
        if i % 2 == 0 {
            Step(at, HIGH, Pending(at))
        } else {
            Step(at, LOW, Nothing)
        }
    });
    run(rule(60, 0), steps);
}

#[test]
fn a_series_that_vanishes_resolves_its_alert_and_forgets_a_pending_one() {
    run(
        rule(60, 0),
        [
            Step(0, HIGH, Pending(0)),
            Step(30, None, Nothing),
            Step(60, HIGH, Pending(60)),
            Step(120, HIGH, Fires(60)),
            Step(150, None, Resolves),
            Step(180, None, Nothing),
        ],
    );
}

#[test]
fn an_alert_that_comes_back_begins_anew() {
    run(
        rule(60, 0),
        [
            Step(0, HIGH, Pending(0)),
            Step(60, HIGH, Fires(0)),
            Step(90, LOW, Resolves),
            Step(120, HIGH, Pending(120)),
            Step(150, LOW, Nothing),
            Step(180, HIGH, Pending(180)),
            Step(240, HIGH, Fires(180)),
        ],
    );
}

#[test]
fn it_is_kept_firing_until_the_keep_is_over_to_the_second() {
    run(
        rule(60, 60),
        [
            Step(0, HIGH, Pending(0)),
            Step(60, HIGH, Fires(0)),
            Step(120, LOW, Firing(0)),
            Step(179, None, Firing(0)),
            Step(180, LOW, Resolves),
        ],
    );
}

#[test]
fn the_keep_begins_again_each_time_the_condition_comes_back() {
    run(
        rule(0, 120),
        [
            Step(0, HIGH, Fires(0)),
            Step(60, LOW, Firing(0)),
            Step(120, HIGH, Firing(0)),
            Step(180, LOW, Firing(0)),
            Step(240, LOW, Firing(0)),
            Step(300, LOW, Resolves),
        ],
    );
}

#[test]
fn a_keep_does_not_hold_what_is_only_pending() {
    run(
        rule(60, 60),
        [Step(0, HIGH, Pending(0)), Step(60, LOW, Nothing)],
    );
}

#[test]
fn a_clock_that_is_set_back_neither_fires_nor_loses_anything() {
    run(
        rule(60, 60),
        [
            Step(1000, HIGH, Pending(1000)),
            Step(1030, HIGH, Pending(1000)),
            // Half of the hold is over, before and after.
            Step(500, HIGH, Pending(470)),
            Step(529, HIGH, Pending(470)),
            Step(530, HIGH, Fires(470)),
            Step(540, LOW, Firing(470)),
            Step(300, LOW, Firing(230)),
            Step(359, LOW, Firing(230)),
            Step(360, LOW, Resolves),
        ],
    );
}

#[test]
fn a_clock_that_is_set_back_past_what_it_can_say_does_not_panic() {
    let mut engine = engine(rule(60, 60));
    assert_eq!(see(&mut engine, u64::MAX, HIGH), Pending(u64::MAX));
    assert_eq!(see(&mut engine, 0, HIGH), Pending(0));
    assert_eq!(see(&mut engine, u64::MAX, LOW), Nothing);
    assert!(engine.step(Duration::MAX, &Samples::default()).is_empty());
}

#[test]
fn each_label_set_is_an_alert_of_its_own() {
    let mut engine = engine(rule(10, 0).label("severity", "page"));
    let both = scrape("a{book=\"x\"} 2\na{book=\"y\"} 3\na{book=\"z\"} 1\n");
    assert!(
        engine
            .step(seconds(0), &scrape("a{book=\"y\"} 2\n"))
            .is_empty()
    );
    let fired = |events: &[AlertEvent]| {
        let labels = events.iter().map(|event| event.alert().labels.to_string());
        labels.collect::<Vec<_>>()
    };
    let labels = |book| format!("{{alertname=\"High\",book=\"{book}\",severity=\"page\"}}");
    assert_eq!(fired(&engine.step(seconds(10), &both)), [labels("y")]);
    assert_eq!(fired(&engine.step(seconds(20), &both)), [labels("x")]);
    let values: Vec<_> = engine.alerts().map(|alert| alert.value).collect();
    assert_eq!(values, [2.0, 3.0]);
}

#[test]
fn a_label_of_the_rule_replaces_that_of_the_series_and_an_empty_one_removes_it() {
    let rule = rule(0, 0)
        .label("alertname", "Fake")
        .label("severity", "critical")
        .label("book", "")
        .label("team", "{{ $labels.owner }}-{{ $labels.book }}");
    let samples = "a{severity=\"overwrite-me\",book=\"x\",owner=\"desk\"} 2\n";
    let events = engine(rule).step(seconds(0), &scrape(samples));
    assert_eq!(
        events[0].alert().labels.to_string(),
        "{alertname=\"High\",owner=\"desk\",severity=\"critical\",team=\"desk-x\"}"
    );
    assert_eq!(events[0].alert().name(), "High");
}

#[test]
fn an_alert_whose_text_cannot_be_rendered_fires_and_says_so() {
    let mut engine = engine(rule(0, 0).annotation("summary", "{{ first (query `b`) }}"));
    let fired = engine.step(seconds(1), &scrape("a 2\n")).remove(0);
    let said = &fired.alert().annotations["summary"];
    assert!(
        said.starts_with("<error expanding template: line 1, column 4: "),
        "{said}"
    );
}

#[test]
fn a_text_may_ask_for_other_series_at_the_same_time() {
    let text = "{{ with query `sum(b)` }}{{ . | first | value }} in all{{ end }}";
    let mut engine = engine(rule(0, 0).annotation("summary", text));
    let fired = engine.step(seconds(1), &scrape("a 2\nb{x=\"1\"} 3\nb{x=\"2\"} 4\n"));
    assert_eq!(fired[0].alert().annotations["summary"], "7 in all");
}

#[test]
fn an_alert_is_refreshed_while_it_lasts_and_keeps_what_it_last_said() {
    let mut engine = engine(rule(0, 0).annotation("summary", "a is {{ $value }}"));
    let times = |alert: &Alert| (alert.active_at, alert.fired_at, alert.resolved_at);
    let fired = engine.step(seconds(1), &scrape("a 2\n")).remove(0);
    assert_eq!(fired.alert().annotations["summary"], "a is 2");
    assert_eq!(times(fired.alert()), (seconds(1), Some(seconds(1)), None));
    assert!(engine.step(seconds(2), &scrape("a 7\n")).is_empty());
    let resolved = engine.step(seconds(3), &scrape("a 0\n")).remove(0);
    assert_eq!(resolved.alert().annotations["summary"], "a is 7");
    assert_eq!(resolved.alert().value, 7.0);
    assert_eq!(
        times(resolved.alert()),
        (seconds(1), Some(seconds(1)), Some(seconds(3)))
    );
}

#[test]
fn two_rows_that_become_one_alert_fail_the_evaluation_and_change_nothing() {
    let mut engine = engine(rule(0, 0).label("book", "all"));
    engine.step(seconds(0), &scrape("a{book=\"x\"} 2\n"));
    let events = engine.step(seconds(1), &scrape("a{book=\"x\"} 2\na{book=\"y\"} 2\n"));
    assert!(events.is_empty());
    let status = engine.rules().next().unwrap();
    assert_eq!((status.evaluations, status.failures), (2, 1));
    assert_eq!(status.state, Some(AlertState::Firing));
    assert_eq!(
        status.error.unwrap().to_string(),
        "vector contains metrics with the same labelset after applying alert labels: \
         {alertname=\"High\",book=\"all\"}"
    );
}

#[test]
fn a_query_that_fails_leaves_its_alerts_and_those_of_others_alone() {
    let other = Rule {
        name: "Other".to_owned(),
        ..rule(0, 0)
    };
    let mut engine = Engine::new([rule(0, 0), other]).unwrap();
    assert_eq!(
        engine
            .rules()
            .map(|status| status.state)
            .collect::<Vec<_>>(),
        [None, None]
    );
    engine.step(seconds(0), &scrape("a 2\n"));
    let events = engine.step_with(seconds(1), |rule| match rule.name.as_str() {
        "High" => Err(EvalError::query("timeout")),
        _ => Ok(Vec::new()),
    });
    assert!(matches!(&events[..], [AlertEvent::Resolved(alert)] if alert.name() == "Other"));
    let failed: Vec<_> = engine
        .rules()
        .map(|status| (status.state, status.failures))
        .collect();
    assert_eq!(
        failed,
        [
            (Some(AlertState::Firing), 1),
            (Some(AlertState::Inactive), 0)
        ]
    );
    let error = engine.rules().next().unwrap().error.unwrap().to_string();
    assert_eq!(error, "query failed: timeout");
    engine.step(seconds(2), &scrape("a 2\n"));
    assert!(engine.rules().all(|status| status.error.is_none()));
}

#[test]
fn a_rule_that_is_wrong_is_refused_with_rule_field_and_value() {
    let refusal = |rule| Engine::new([rule]).unwrap_err().to_string();
    assert_eq!(
        Rule::parse("High", "a >").unwrap_err().to_string(),
        "rule `High`: expr `a >`: invalid promql query"
    );
    assert_eq!(
        refusal(Rule {
            name: String::new(),
            ..rule(0, 0)
        }),
        "rule ``: name ``: must not be empty"
    );
    assert_eq!(
        refusal(rule(0, 0).label("a-b", "x")),
        "rule `High`: labels `a-b`: name must match [a-zA-Z_][a-zA-Z0-9_]* and not be `__name__`"
    );
    assert_eq!(
        refusal(rule(0, 0).annotation("a-b", "x")),
        "rule `High`: annotations `a-b`: name must match [a-zA-Z_][a-zA-Z0-9_]*"
    );
    assert_eq!(
        refusal(rule(0, 0).label("__name__", "x")),
        "rule `High`: labels `__name__`: name must match [a-zA-Z_][a-zA-Z0-9_]* and not be `__name__`"
    );
    let error = Engine::new([rule(0, 0).annotation("summary", "{{ $value")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "rule `High`: annotations.summary `{{ $value`: line 1, column 1: `{{` is not closed by `}}`"
    );
    assert_eq!(
        (error.rule(), error.field(), error.value()),
        ("High", "annotations.summary", "{{ $value")
    );
    assert_eq!(
        refusal(Rule::new("High", "sum(")),
        "rule `High`: expr `sum(`: at 3: it is not closed"
    );
}

#[test]
fn an_event_is_one_line_that_people_can_read() {
    let rule = rule(0, 0).annotation("summary", "a of {{ $labels.name }}");
    let mut engine = engine(rule);
    let text = "a{name=\"primary\\n\u{1b}[2J\"} 2.5\n";
    let fired = engine
        .step(Duration::from_millis(12_300), &scrape(text))
        .remove(0)
        .to_string();
    assert_eq!(
        fired,
        "FIRING   High{name=\"primary\\n\u{fffd}[2J\"} value=2.5 since 12.3s: a of primary\u{fffd}\u{fffd}[2J"
    );
    let resolved = engine
        .step(seconds(20), &Samples::default())
        .remove(0)
        .to_string();
    assert!(resolved.starts_with("RESOLVED High{name="), "{resolved}");
    assert!(
        resolved.contains(" value=2.5 after 7.7s: a of primary"),
        "{resolved}"
    );
}
