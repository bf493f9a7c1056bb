mod clock;
mod model;
mod switch;

use std::time::Duration;

use super::*;
use crate::alert_template::{Condition, Reading, Severity};
use crate::catalogue::{KnownMetric, Metrics};
use crate::engine::AlertState;
use crate::rule::{Escalation, RuleGroup};
use crate::samples::{FamilyKind, Samples};
use crate::{Closure, EvalError};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn manager() -> Manager {
    Manager::new(Known::default(), Options::default()).unwrap()
}

fn template(id: &str, condition: &str) -> AlertTemplate {
    AlertTemplate::new(id, condition)
}

fn scrape(text: &str) -> Samples {
    Samples::parse(text).unwrap()
}

fn ids(manager: &Manager) -> Vec<&str> {
    manager.list().map(|it| it.id).collect()
}

fn told(events: &[AlertEvent]) -> Vec<String> {
    events.iter().map(ToString::to_string).collect()
}

/// All that can be seen of a manager.
fn seen(manager: &Manager) -> String {
    let alerts: Vec<_> = manager.engine().alerts().collect();
    let rules: Vec<_> = manager.engine().rules().map(|it| it.rule).collect();
    let listed: Vec<_> = manager.list().collect();
    let channels: Vec<_> = manager.channels().collect();
    format!("{alerts:?} {rules:?} {listed:?} {channels:?}")
}

#[test]
fn s2_061_templates_come_change_and_go_while_others_keep_their_states() {
    let mut manager = manager();
    let for_a_while = |it: AlertTemplate| it.timeframe(seconds(20));
    manager
        .add_template(for_a_while(template("a", "x > 1")))
        .unwrap();
    let both = scrape("x 2\ny 2\n");
    assert!(manager.step(seconds(0), &both).is_empty());
    manager.add_template(template("b", "y > 1")).unwrap();
    assert_eq!(ids(&manager), ["a", "b"]);
    assert_eq!(
        told(&manager.step(seconds(10), &both)),
        [r#"FIRING   b{severity="warning"} value=2 since 10s"#]
    );
    // The pending alert of `a` goes on through each change of the others, and through one of its own expression.
    manager.update_template(template("b", "y > 1.5")).unwrap();
    manager
        .update_template(for_a_while(template("a", "x > 1.5")))
        .unwrap();
    assert_eq!(
        told(&manager.step(seconds(20), &both)),
        [r#"FIRING   a{severity="warning"} value=2 since 0ns"#]
    );
    assert_eq!(manager.get("b").unwrap().rule.expr, "y > 1.5");
    assert_eq!(
        told(&manager.remove("a").unwrap()),
        [r#"DROPPED  a{severity="warning"} value=2 since 0ns"#]
    );
    assert_eq!(ids(&manager), ["b"]);
    assert!(manager.get("a").is_none());
    let status = manager.get("b").unwrap().status.unwrap();
    assert_eq!(status.state, Some(AlertState::Firing));
    assert!(manager.step(seconds(30), &both).is_empty());
}

#[test]
fn s2_061_an_alert_that_is_disabled_is_kept_and_withdrawn_and_begins_anew() {
    let mut manager = manager();
    manager.add_template(template("a", "x > 1")).unwrap();
    let high = scrape("x 2\n");
    assert_eq!(manager.step(seconds(0), &high).len(), 1);
    let withdrawn = manager.disable("a").unwrap();
    assert!(matches!(&withdrawn[..], [AlertEvent::Withdrawn(_)]));
    let shown = manager.get("a").unwrap();
    assert!(!shown.enabled && !shown.template.unwrap().enabled);
    assert!(shown.status.is_none());
    assert_eq!(manager.disable("a").unwrap(), []);
    assert_eq!(manager.step(seconds(10), &high), []);
    assert_eq!(manager.engine().alerts().count(), 0);
    assert_eq!(manager.notices(seconds(10)), []);

    assert_eq!(manager.enable("a").unwrap(), []);
    let fired = manager.step(seconds(20), &high);
    assert_eq!(fired[0].alert().active_at, seconds(20));
}

#[test]
fn s2_061_a_change_that_is_refused_leaves_all_as_it_was() {
    let mut manager = manager();
    manager
        .add_channel(Channel::new("slack", "ops").set("url", "1"))
        .unwrap();
    manager
        .add_template(template("a", "x > 1").channel("ops"))
        .unwrap();
    manager
        .set_groups(
            "f",
            [RuleGroup::new("g", [Rule::new("G", "z > 1").id("g")])],
        )
        .unwrap();
    manager.step(seconds(0), &scrape("x 2\nz 2\n"));
    let before = seen(&manager);
    let other = Channel::new("slack", "ops").set("url", "2");
    let refused = [
        manager.add_template(template("a", "y > 1")),
        manager.add_template(template("b", "y >")),
        manager.add_template(template("", "y > 1")),
        manager.add_template(template("g", "y > 1")),
        manager.add_template(template("b", "y > 1").channel("nobody")),
        manager.add_template(template("b", "y > 1").channel(other)),
        manager.update_template(template("b", "y > 1")),
        manager.update_template(template("a", "sum(").enabled(false)),
        manager.add_rule(Rule::new("R", "y > 1")),
        manager.add_rule(Rule::new("R", "y > 1").id("a")),
        manager.add_rule(Rule::new("R", "y > 1").id("r").receivers(["nobody"])),
        manager.update_rule(Rule::new("R", "y >").id("a")),
        manager.load("file", [template("b", "y > 1"), template("a", "y > 1")]),
        manager.set_groups(
            "h",
            [RuleGroup::new("g", [Rule::new("G", "z > 1").id("a")])],
        ),
        manager.set_groups(
            "h",
            [RuleGroup::new("g", [Rule::new("G", "z > 1").id("g")])],
        ),
        manager.set_groups("h", [RuleGroup::new("g", []), RuleGroup::new("g", [])]),
        manager.enable("b"),
        manager.disable("g"),
        manager.remove("b"),
        manager
            .add_channel(Channel::new("fax", "f"))
            .map(|()| Vec::new()),
    ];
    let errors = refused.map(|it| it.unwrap_err().to_string());
    assert_eq!(seen(&manager), before);
    assert_eq!(errors[0], "template `a`: id `a`: another alert has this id");
    assert_eq!(errors[3], "template `g`: id `g`: another alert has this id");
    assert_eq!(
        errors[4],
        "template `b`: channels[0] `nobody`: unknown channel; there are `ops`"
    );
    assert_eq!(
        errors[5],
        "template `b`: channels `ops`: is set up in another way elsewhere"
    );
    assert_eq!(
        errors[10],
        "rule `R`: channels `nobody`: unknown channel; there are `ops`"
    );
    assert_eq!(errors[16], "template `b`: id `b`: no alert has this id");
    assert!(manager.step(seconds(10), &scrape("x 2\nz 2\n")).is_empty());
}

#[test]
fn s2_061_validate_says_what_a_change_would_and_changes_nothing() {
    let ratio = KnownMetric::new("win_ratio", FamilyKind::Gauge);
    let known = Known::new(Metrics::default().with(ratio));
    let mut manager = Manager::new(known, Options::default()).unwrap();
    manager
        .add_template(template("a", "win_ratio < 1"))
        .unwrap();
    let before = seen(&manager);
    assert_eq!(manager.validate(&template("a", "win_ratio < 2")), Ok(()));
    assert_eq!(manager.validate(&template("b", "win.ratio < 2")), Ok(()));
    let absent = Condition::Absence {
        of: Reading::new("win_ration"),
    };
    let error = manager
        .validate(&AlertTemplate::new("b", absent))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "template `b`: condition.metric `win_ration`: unknown metric `win_ration`; near it is `win_ratio`"
    );
    assert_eq!(seen(&manager), before);
}

#[test]
fn alerts_of_one_name_each_keep_their_own_state() {
    let mut manager = manager();
    for (id, at) in [("first", 10), ("second", 20)] {
        let template = template(id, "x > 1").name("Same").timeframe(seconds(at));
        manager.add_template(template).unwrap();
    }
    let high = scrape("x 2\n");
    manager.step(seconds(0), &high);
    manager.step(seconds(10), &high);
    // What is left does not take over the alert of the other, which fired.
    assert_eq!(manager.remove("first").unwrap().len(), 1);
    assert_eq!(manager.step(seconds(15), &high), []);
    assert_eq!(manager.step(seconds(20), &high).len(), 1);
}

#[test]
fn sources_stand_side_by_side_and_a_reload_has_the_last_word() {
    let mut manager = manager();
    let mut group = RuleGroup::new("g", [Rule::record("x:double", "x * 2")]);
    group.file = "rules.yml".to_owned();
    manager.set_groups("rules.yml", [group]).unwrap();
    manager
        .add_template(template("own", "x:double > 3"))
        .unwrap();
    let file = || [template("a", "x > 1"), template("b", "x > 5")];
    manager.load("alerts.yml", file()).unwrap();
    let fired = manager.step(seconds(0), &scrape("x 2\n"));
    let names: Vec<_> = fired.iter().map(|it| it.alert().name()).collect();
    assert_eq!(names, ["a", "own"]);
    let sources: Vec<_> = manager.list().map(|it| (it.id, it.source)).collect();
    assert_eq!(
        sources,
        [("a", "alerts.yml"), ("b", "alerts.yml"), ("own", "")]
    );

    manager.disable("b").unwrap();
    manager.update_template(template("a", "x > 0")).unwrap();
    assert_eq!(manager.load("alerts.yml", file()).unwrap(), []);
    assert!(manager.get("b").unwrap().enabled);
    assert_eq!(manager.get("a").unwrap().rule.expr, "x > 1");
    let withdrawn = manager
        .load("alerts.yml", [template("b", "x > 5")])
        .unwrap();
    assert_eq!(withdrawn[0].alert().name(), "a");
    assert_eq!(ids(&manager), ["b", "own"]);
    manager.set_groups("rules.yml", []).unwrap();
    assert_eq!(manager.engine().rules().count(), 2);
}

#[test]
fn s0_081_an_alert_is_added_by_name_condition_severity_and_channels() {
    let mut manager = manager();
    let high = || {
        Closure::new(|view| {
            let rows = view.query("x")?.into_iter();
            Ok::<_, EvalError>(rows.filter(|row| row.value > 1.0).collect::<Vec<_>>())
        })
    };
    let refused = manager.add_alert_rule("code", high(), Severity::High, ["email"], None);
    assert_eq!(
        refused.unwrap_err().to_string(),
        "template `code`: channels[0] `email`: unknown channel; there are none"
    );
    manager.add_channel(Channel::new("email", "email")).unwrap();
    manager
        .add_alert_rule("code", high(), Severity::High, ["email"], None)
        .unwrap();
    manager
        .add_alert_rule(
            "text",
            "x > 1",
            Severity::Critical,
            ["email"],
            Some(seconds(60)),
        )
        .unwrap();
    let again = manager.add_alert_rule("text", "x > 1", Severity::High, ["email"], None);
    assert!(
        again
            .unwrap_err()
            .to_string()
            .ends_with("another alert has this id")
    );
    let fired = manager.step(seconds(0), &scrape("x 2\n"));
    let labels: Vec<_> = fired
        .iter()
        .map(|it| it.alert().labels.to_string())
        .collect();
    assert_eq!(
        labels,
        [
            r#"{alertname="code",severity="high"}"#,
            r#"{alertname="text",severity="critical"}"#
        ]
    );
    let notify = |id| manager.get(id).unwrap().rule.notify.clone();
    assert_eq!(notify("code").cooldown, seconds(300));
    assert_eq!(notify("text").cooldown, seconds(60));
    assert_eq!(notify("text").receivers, ["email"]);
}

#[test]
fn s0_087_rules_of_all_sources_may_name_only_channels_that_there_are() {
    let mut manager = manager();
    let rule = |id: &str| {
        let mut rule = Rule::new("R", "x > 1").id(id);
        rule.notify.escalation = vec![Escalation {
            level: 1,
            delay: seconds(60),
            receivers: vec!["pager".to_owned()],
        }];
        rule
    };
    assert!(manager.add_rule(rule("r")).is_err());
    let group = || [RuleGroup::new("g", [rule("")])];
    assert!(manager.set_groups("f", group()).is_err());
    let own = Channel::new("pagerduty", "pager").retry(2, seconds(15));
    let sets_up = template("t", "x > 1").channel(own.clone());
    manager.add_template(sets_up).unwrap();
    manager.add_rule(rule("r")).unwrap();
    manager.set_groups("f", group()).unwrap();
    assert_eq!(manager.channels().collect::<Vec<_>>(), [&own]);
    // While others name it, the template that sets it up stays.
    let error = manager.remove("t").unwrap_err().to_string();
    assert_eq!(
        error,
        "rule `R`: channels `pager`: unknown channel; there are none"
    );
}

#[test]
fn a_rule_that_is_updated_while_it_is_disabled_stays_disabled() {
    let mut manager = manager();
    manager.add_rule(Rule::new("R", "x > 1").id("r")).unwrap();
    manager.disable("r").unwrap();
    assert!(manager.update_rule(Rule::new("R", "x >").id("r")).is_err());
    manager
        .update_rule(Rule::new("R", "x > 2").id("r"))
        .unwrap();
    let shown = manager.get("r").unwrap();
    assert_eq!((shown.enabled, shown.rule.expr.as_str()), (false, "x > 2"));
}

#[test]
fn what_was_pending_or_fired_goes_on_in_the_next_process() {
    let begin = || {
        let mut manager = manager();
        let slow = template("slow", "x > 1").timeframe(seconds(1_200));
        manager.add_template(slow).unwrap();
        manager
    };
    let (mut first, mut next) = (begin(), begin());
    let high = scrape("x 2\n");
    first.step(seconds(0), &high);
    first.step(seconds(300), &high);
    next.restore(first.snapshot());
    next.step(seconds(310), &high);
    assert_eq!(
        next.engine().alerts().next().unwrap().active_at,
        seconds(10)
    );
}

#[test]
fn some_of_the_last_evaluations_need_an_interval() {
    let mut some = template("t", "x > 1");
    some.consecutive = Some(crate::AtLeast { times: 2, of: 3 });
    let error = manager().add_template(some.clone()).unwrap_err();
    assert_eq!(error.field(), "at_least");
    let mut manager = manager().interval(seconds(10));
    manager.add_template(some).unwrap();
    let values = [2, 0, 2, 0, 0, 0];
    let mut told = Vec::new();
    for second in 0..60 {
        let text = format!("x {}\n", values[second / 10]);
        let events = manager.step(seconds(1_000 + second as u64), &scrape(&text));
        told.extend(
            events
                .into_iter()
                .map(|it| matches!(it, AlertEvent::Fired(_))),
        );
    }
    assert_eq!(told, [true, false]);
}
