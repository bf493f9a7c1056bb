//! What outlives a step: reloads, restarts, notices.

use super::*;
use crate::labels::Labels;
use crate::promql::{Semantics, Settings};

fn group(rules: impl IntoIterator<Item = Rule>) -> RuleGroup {
    RuleGroup::new("case", rules)
}

fn with(group: RuleGroup, semantics: Semantics) -> Engine {
    let options = Options::default().promql(Settings::default().semantics(semantics));
    Engine::with([group], options.longest_step(Duration::MAX)).unwrap()
}

fn states(engine: &Engine) -> Vec<(AlertState, u64)> {
    let alerts = engine.alerts();
    alerts
        .map(|it| (it.state, it.active_at.as_secs()))
        .collect()
}

fn names(events: &[AlertEvent]) -> Vec<String> {
    events
        .iter()
        .map(|event| event.to_string().split(" value").next().unwrap().to_owned())
        .collect()
}

#[test]
fn a_longer_hold_sends_a_firing_alert_back_to_pending_in_three_and_not_in_two() {
    for (semantics, state) in [
        (Semantics::Prometheus2, AlertState::Firing),
        (Semantics::Prometheus3, AlertState::Pending),
    ] {
        let mut engine = with(group([rule(10, 0)]), semantics);
        engine.step(seconds(0), &scrape("a 2\n"));
        engine.step(seconds(10), &scrape("a 2\n"));
        assert!(engine.reload([group([rule(100, 0)])]).unwrap().is_empty());
        let events = engine.step(seconds(20), &scrape("a 2\n"));
        assert_eq!(states(&engine), [(state, 0)]);
        let dropped = names(&events) == ["DROPPED  High"];
        assert_eq!(dropped, state == AlertState::Pending, "{events:?}");
        let fires = !engine.step(seconds(100), &scrape("a 2\n")).is_empty();
        assert_eq!(fires, dropped);
    }
}

#[test]
fn a_reload_that_is_refused_changes_nothing() {
    let mut engine = with(group([rule(0, 0)]), Semantics::Prometheus3);
    engine.step(seconds(0), &scrape("a 2\n"));
    assert!(
        engine
            .reload([group([rule(0, 0), Rule::new("Bad", "sum(")])])
            .is_err()
    );
    assert_eq!(states(&engine), [(AlertState::Firing, 0)]);
    assert_eq!(engine.rules().count(), 1);
}

#[test]
fn a_rule_that_is_gone_takes_its_alerts_and_series_with_it() {
    let other = || Rule::new("Other", "count(ALERTS) > 0");
    let mut engine = with(group([rule(0, 0), other()]), Semantics::Prometheus3);
    engine.step(seconds(0), &scrape("a 2\n"));
    let events = engine.reload([group([other()])]).unwrap();
    assert_eq!(names(&events), ["DROPPED  High"]);
    // Its own series is what is left at first, and then that is marked as ended with itself.
    engine.step(seconds(1), &scrape("a 2\n"));
    let ended =
        crate::series::Matcher::new("alertname", crate::series::MatchOp::Equal, "High", true);
    for series in engine.store().select(&[ended.unwrap()]) {
        assert!(series.at(1_000, 0).is_none(), "{}", series.labels());
    }
    assert_eq!(engine.alerts().filter(|it| it.name() == "High").count(), 0);
}

#[test]
fn a_snapshot_goes_through_text_and_finds_rules_that_are_alike_by_their_order() {
    let hold = seconds(1_500);
    let rules = || [rule(0, 0), rule(0, 0)].map(|rule| rule.for_(hold));
    let mut before = with(group(rules()), Semantics::Prometheus3);
    let mut which = 0;
    before.step_with(seconds(0), |_| {
        which += 1;
        let holds = (which == 2).then(|| Row {
            labels: Labels::new(),
            value: 1.0,
        });
        Ok(holds.into_iter().collect())
    });
    let text = serde_json::to_string(&before.snapshot()).unwrap();
    let mut after = with(group(rules()), Semantics::Prometheus3);
    after.restore(serde_json::from_str(&text).unwrap());
    // Before the first evaluation it is not lost by another restart.
    assert_eq!(after.snapshot(), before.snapshot());
    after.step_with(seconds(60), |_| {
        Ok(vec![Row {
            labels: Labels::new(),
            value: 1.0,
        }])
    });
    // The second was pending, so that it goes on from there; the first begins.
    assert_eq!(
        states(&after),
        [(AlertState::Pending, 60), (AlertState::Pending, 60)]
    );
    after.step_with(seconds(1_560), |_| {
        Ok(vec![Row {
            labels: Labels::new(),
            value: 1.0,
        }])
    });
    assert_eq!(
        states(&after),
        [(AlertState::Firing, 60), (AlertState::Firing, 60)]
    );
}

#[test]
fn an_alert_that_fired_before_a_restart_fires_at_once_after_it() {
    let mut before = with(group([rule(1_500, 0)]), Semantics::Prometheus3);
    for at in [0, 1_500] {
        before.step(seconds(at), &scrape("a 2\n"));
    }
    let mut after = with(group([rule(1_500, 0)]), Semantics::Prometheus3);
    after.restore(before.snapshot());
    assert_eq!(
        names(&after.step(seconds(1_600), &scrape("a 2\n"))),
        ["FIRING   High"]
    );
    assert_eq!(states(&after), [(AlertState::Firing, 0)]);
}

#[test]
fn what_fired_and_ended_while_nothing_ran_is_resolved_at_the_first_evaluation_with_data() {
    let rules = |rule: Rule| with(group([rule]), Semantics::Prometheus3);
    let fires = |rule: Rule| {
        let mut before = rules(rule);
        for at in [0, 60] {
            before.step(seconds(at), &scrape("a{i=\"x\"} 2\na{i=\"y\"} 0\n"));
        }
        before.snapshot()
    };
    let mut after = rules(rule(60, 0));
    after.restore(fires(rule(60, 0)));
    let told = after.step(seconds(100), &scrape("a{i=\"x\"} 0\n"));
    assert_eq!(names(&told), ["RESOLVED High{i=\"x\"}"]);
    let notices = after.notices(seconds(100));
    let times: Vec<_> = notices
        .iter()
        .map(|it| (it.starts_at, it.ends_at))
        .collect();
    assert_eq!(times, [(seconds(60), seconds(100))]);
    // A series that is gone has ended, where others are there.
    let mut after = rules(rule(60, 0));
    after.restore(fires(rule(60, 0)));
    let told = after.step(seconds(100), &scrape("a{i=\"y\"} 0\n"));
    assert_eq!(names(&told), ["RESOLVED High{i=\"x\"}"]);
    // Without data nobody knows.
    let mut after = rules(rule(60, 0));
    after.restore(fires(rule(60, 0)));
    assert_eq!(after.step(seconds(100), &scrape("")), []);
    assert!(after.notices(seconds(100)).is_empty());
    // What is kept firing is so here too.
    let mut after = rules(rule(60, 30));
    after.restore(fires(rule(60, 30)));
    let calm = scrape("a{i=\"x\"} 0\n");
    assert_eq!(after.step(seconds(100), &calm), []);
    assert_eq!(states(&after), [(AlertState::Firing, 0)]);
    assert_eq!(
        names(&after.step(seconds(130), &calm)),
        ["RESOLVED High{i=\"x\"}"]
    );
}

#[test]
fn what_fired_before_a_restart_fires_after_it_however_short_its_for_is() {
    let mut before = with(group([rule(60, 0)]), Semantics::Prometheus3);
    for at in [0, 60, 70] {
        before.step(seconds(at), &scrape("a 2\n"));
    }
    let mut after = with(group([rule(60, 0)]), Semantics::Prometheus3);
    after.restore(before.snapshot());
    assert_eq!(
        names(&after.step(seconds(90), &scrape("a 2\n"))),
        ["FIRING   High"]
    );
    assert_eq!(
        after.notices(seconds(90))[0].starts_at,
        seconds(60),
        "as before"
    );
    // Where it has to hold for longer by now, it is pending.
    let mut after = with(group([rule(100, 0)]), Semantics::Prometheus3);
    after.restore(before.snapshot());
    assert_eq!(after.step(seconds(90), &scrape("a 2\n")), []);
    assert_eq!(states(&after), [(AlertState::Pending, 90)]);
}

#[test]
fn of_a_rule_that_fails_nothing_is_sent_and_then_what_is_due() {
    let mut engine = with(group([rule(0, 0)]), Semantics::Prometheus3);
    engine.step(seconds(0), &scrape("a 2\n"));
    assert_eq!(engine.notices(seconds(0)).len(), 1);
    engine.step_with(seconds(100), |_| Err(EvalError::query("timeout")));
    assert!(engine.notices(seconds(100)).is_empty());
    engine.step(seconds(110), &scrape("a 2\n"));
    let notices = engine.notices(seconds(110));
    assert_eq!(notices.len(), 1);
    assert_eq!(
        (notices[0].starts_at, notices[0].ends_at),
        (seconds(0), seconds(350))
    );
    assert!(engine.notices(seconds(111)).is_empty());
}

#[test]
fn more_alerts_than_the_limit_are_all_dropped_and_those_that_fired_are_told() {
    let mut engine = with(group([rule(0, 0)]).limit(1), Semantics::Prometheus3);
    let fired = engine.step(seconds(0), &scrape("a{b=\"1\"} 2\n"));
    assert_eq!(names(&fired), ["FIRING   High{b=\"1\"}"]);
    let events = engine.step(seconds(1), &scrape("a{b=\"1\"} 2\na{b=\"2\"} 2\n"));
    assert_eq!(names(&events), ["DROPPED  High{b=\"1\"}"]);
    let status = engine.rules().next().unwrap();
    assert_eq!(
        status.error.unwrap().to_string(),
        "exceeded limit of 1 with 2 alerts"
    );
    assert_eq!((status.health, status.alerts().count()), (Health::Err, 0));
    assert_eq!(status.state, Some(AlertState::Inactive));
}

#[test]
fn a_resolved_alert_is_remembered_for_fifteen_minutes() {
    let mut engine = engine(rule(0, 0));
    engine.step(seconds(0), &scrape("a 2\n"));
    engine.step(seconds(100), &scrape("a 0\n"));
    let mut states = |at| {
        engine.step(seconds(at), &scrape("a 0\n"));
        engine.alerts().map(|alert| alert.state).collect::<Vec<_>>()
    };
    assert_eq!(states(1000), [AlertState::Inactive]);
    assert_eq!(states(1001), []);
}

#[test]
fn a_snapshot_takes_no_alert_away_that_is_there() {
    let snapshot = |hold: u64, text: &str| {
        let mut before = engine(rule(hold, 0));
        before.step(seconds(0), &scrape(text));
        before.step(seconds(600), &scrape(text));
        before.snapshot()
    };
    let mut engine = engine(rule(1_200, 0));
    engine.step(seconds(700), &scrape("a{i=\"1\"} 2\n"));
    engine.restore(snapshot(1_200, "a{i=\"1\"} 2\na{i=\"2\"} 2\n"));
    assert_eq!(engine.alerts().count(), 1);
    engine.step(seconds(900), &scrape("a{i=\"1\"} 2\na{i=\"2\"} 2\n"));
    let since: Vec<_> = engine.alerts().map(|it| it.active_at.as_secs()).collect();
    // The one goes on since it was seen here, the other takes over the ten minutes that it had lasted.
    assert_eq!(since, [700, 300]);
    assert_eq!(engine.rules().next().unwrap().evaluations, 2);
}
