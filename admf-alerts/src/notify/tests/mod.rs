//! What is told, when.

mod climb;
mod due;
mod happened;
mod late;
mod once;
mod reload;
mod state;

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::labels::Labels;
use crate::series::{MatchOp, Matcher};

const START: Duration = Duration::from_secs(1_700_000_000);
const LONG: Duration = Duration::from_secs(1_000_000);

fn at(seconds: f64) -> Duration {
    START + Duration::from_secs_f64(seconds)
}

fn config(integrations: usize) -> Config {
    let mut config = Config {
        resolve_timeout: LONG,
        ..Config::default()
    };
    config.route.receiver = Some("team".to_owned());
    config.route.group_wait = Some(Duration::from_secs(1));
    config.route.group_interval = Some(Duration::from_secs(10));
    let integrations = vec![Integration::default(); integrations];
    config.receivers.insert("team".to_owned(), integrations);
    config
}

fn matcher(name: &str, op: MatchOp, value: &str) -> Matcher {
    Matcher::new(name, op, value, false).expect("the matcher is sound")
}

/// A notifier, and what its integrations answer.
struct Run {
    notifier: Notifier,
    /// What each delivery comes to.
    answer: fn(&Batch, Duration) -> Outcome,
    /// Seconds, integration, names that fire, names that ended.
    told: Vec<(f64, usize, String, String)>,
}

impl Run {
    fn new(config: Config) -> Self {
        Self {
            notifier: Notifier::new(config, || 0.5).expect("the configuration is sound"),
            answer: |_, _| Outcome::Sent,
            told: Vec::new(),
        }
    }

    fn until(&mut self, seconds: f64) {
        while let Some(now) = self.notifier.next_due().filter(|due| *due <= at(seconds)) {
            for delivery in self.notifier.due(now) {
                let outcome = (self.answer)(&delivery.batch, now);
                if outcome == Outcome::Sent {
                    self.take(&delivery.batch, now);
                }
                self.notifier.finished(now, delivery.id, outcome);
            }
        }
    }

    fn take(&mut self, batch: &Batch, now: Duration) {
        let names = |ended: bool| {
            let alerts = batch
                .alerts
                .iter()
                .filter(|it| it.ends_at.is_some() == ended);
            let names = alerts.filter_map(|it| it.labels.get("alertname"));
            names.collect::<Vec<_>>().join(" ")
        };
        let seconds = (now - START).as_secs_f64();
        let integration = batch.key.integration.number;
        self.told
            .push((seconds, integration, names(false), names(true)));
    }

    fn post(&mut self, seconds: f64, name: &str, ends: Option<f64>) {
        self.until(seconds);
        let posted = Posted {
            labels: Labels::from_iter([("alertname", name)]),
            ends_at: ends.map(at),
            ..Posted::default()
        };
        let posted = self.notifier.post(at(seconds), posted);
        posted.expect("the alert is sound");
    }

    fn told(&self) -> Vec<(f64, usize, &str, &str)> {
        let told = self.told.iter();
        told.map(|(at, integration, firing, ended)| {
            (*at, *integration, firing.as_str(), ended.as_str())
        })
        .collect()
    }
}

const AGAIN: Outcome = Outcome::Again {
    after: Duration::ZERO,
};

impl Run {
    /// An alert begins and ends while nobody can be told, which lasts 300 s.
    fn outage(&mut self) {
        self.answer = |_, now| match now < at(300.0) {
            true => AGAIN,
            false => Outcome::Sent,
        };
        self.post(0.0, "Down", None);
        self.post(60.0, "Down", Some(60.0));
        self.until(400.0);
    }
}

#[test]
fn what_began_and_ended_while_nobody_could_be_told_is_told_once_with_both_times() {
    let mut run = Run::new(config(1));
    run.outage();
    let told = run.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(matches!(told[0], (300.0..320.0, 0, "", "Down")), "{told:?}");
    let alert = run
        .notifier
        .alerts()
        .next()
        .expect("it is known for a while");
    assert_eq!((alert.starts_at, alert.ends_at), (at(0.0), Some(at(60.0))));
}

#[test]
fn what_began_and_ended_before_the_first_flush_is_not_told() {
    let mut run = Run::new(config(1));
    run.post(0.0, "Blip", None);
    run.post(0.5, "Blip", Some(0.5));
    run.until(100.0);
    assert_eq!(run.told(), []);
    assert_eq!(run.notifier.groups().count(), 0);
}

#[test]
fn what_ended_too_long_ago_is_dropped_and_counted() {
    let mut config = config(1);
    config.max_age = Duration::from_secs(120);
    let mut run = Run::new(config);
    run.outage();
    assert_eq!(run.told(), []);
    assert_eq!(run.notifier.dropped(), 1);
}

#[test]
fn a_refusal_ends_the_flush_for_its_integration_alone_and_the_next_one_asks_again() {
    let mut run = Run::new(config(2));
    run.answer = |batch, now| match batch.key.integration.number == 1 && now < at(15.0) {
        true => Outcome::Refused,
        false => Outcome::Sent,
    };
    run.post(0.0, "Down", None);
    run.until(40.0);
    assert_eq!(run.told(), [(1.0, 0, "Down", ""), (21.0, 1, "Down", "")]);
}

#[test]
fn a_delivery_that_nobody_ended_holds_its_group_back_and_no_other() {
    let mut config = config(1);
    config.route.group_by = Some(GroupBy::All);
    let mut run = Run::new(config);
    run.post(0.0, "Slow", None);
    let slow = run.notifier.due(at(1.0)).remove(0);
    run.post(2.0, "Quick", None);
    run.until(30.0);
    assert_eq!(run.told(), [(3.0, 0, "Quick", "")]);
    run.notifier.finished(at(31.0), slow.id, Outcome::Sent);
    assert_eq!(run.notifier.next_due(), Some(at(11.0)), "its flush is late");
    run.until(60.0);
    assert_eq!(run.told().len(), 1, "and has nothing to tell");
}

#[test]
fn a_node_is_quiet_in_its_mute_intervals_and_outside_of_its_active_ones() {
    let day = |from, to| TimeInterval {
        times: vec![(from, to)],
        ..TimeInterval::default()
    };
    // 1,700,000,000 s is 22:13:20.
    let [during, before] = [day(22 * 60, 24 * 60), day(0, 22 * 60)];
    for (mute, active, told) in [
        (None, None, 1),
        (Some(&during), None, 0),
        (Some(&before), None, 1),
        (None, Some(&during), 1),
        (None, Some(&before), 0),
    ] {
        let mut config = config(1);
        let mut route = Route::default();
        for (name, interval, names) in [
            ("mute", mute, &mut route.mute_time_intervals),
            ("active", active, &mut route.active_time_intervals),
        ] {
            let Some(interval) = interval else { continue };
            names.push(name.to_owned());
            let intervals = &mut config.time_intervals;
            intervals.insert(name.to_owned(), vec![interval.clone()]);
        }
        config.route.routes.push(route);
        let mut run = Run::new(config);
        run.post(0.0, "Down", None);
        run.until(30.0);
        assert_eq!(run.told().len(), told, "{mute:?} {active:?}");
    }
}

#[test]
fn a_cooldown_is_of_each_receiver() {
    let mut config = config(1);
    config.cooldowns.push(Cooldown {
        matchers: vec![matcher("alertname", MatchOp::Equal, "Flaps")],
        length: Duration::from_secs(100),
    });
    config
        .receivers
        .insert("other".to_owned(), vec![Integration::default()]);
    for receiver in ["team", "other"] {
        let route = Route {
            receiver: Some(receiver.to_owned()),
            r#continue: true,
            ..Route::default()
        };
        config.route.routes.push(route);
    }
    let mut run = Run::new(config);
    for (begin, end) in [(0.0, 5.0), (20.0, 25.0), (200.0, 205.0)] {
        run.post(begin, "Flaps", None);
        run.post(end, "Flaps", Some(end));
        run.until(end + 15.0);
    }
    let times: Vec<f64> = run.told().iter().map(|it| it.0).collect();
    assert_eq!(times, [1.0, 1.0, 11.0, 11.0, 201.0, 201.0, 211.0, 211.0]);
}

#[test]
fn a_cooldown_does_not_hold_back_the_end_of_what_was_told() {
    let mut config = config(1);
    config.cooldowns.push(Cooldown {
        matchers: Vec::new(),
        length: Duration::from_secs(1_000),
    });
    let mut run = Run::new(config);
    run.post(0.0, "Down", None);
    run.post(5.0, "Down", Some(5.0));
    // It fires again before anybody was told of its end.
    run.post(6.0, "Down", None);
    run.post(30.0, "Down", Some(30.0));
    run.until(60.0);
    assert_eq!(run.told(), [(1.0, 0, "Down", ""), (31.0, 0, "", "Down")]);
}

#[test]
fn tries_are_spread_and_end_with_the_flush() {
    let mut config = config(1);
    config.route.group_interval = Some(Duration::from_secs(1_000));
    let mut run = Run::new(config);
    run.answer = |_, _| AGAIN;
    run.post(0.0, "Down", None);
    let mut tries = Vec::new();
    while let Some(now) = run.notifier.next_due().filter(|due| *due < at(1_001.0)) {
        for delivery in run.notifier.due(now) {
            tries.push((now - at(1.0)).as_secs_f64());
            run.notifier.finished(now, delivery.id, AGAIN);
        }
    }
    assert_eq!(tries[..5], [0.0, 0.5, 1.25, 2.375, 4.0625]);
    let waits: Vec<f64> = tries.windows(2).map(|it| it[1] - it[0]).collect();
    assert!(waits.iter().all(|wait| *wait < 60.001), "{waits:?}");
    assert!(tries.len() < 40, "{}", tries.len());
}

#[test]
fn a_hint_of_the_other_side_lengthens_the_wait() {
    let mut run = Run::new(config(1));
    run.answer = |_, now| match now < at(5.0) {
        true => Outcome::Again {
            after: Duration::from_secs(7),
        },
        false => Outcome::Sent,
    };
    run.post(0.0, "Down", None);
    run.until(20.0);
    assert_eq!(run.told(), [(8.0, 0, "Down", "")]);
}

#[test]
fn an_alert_without_labels_or_with_an_end_before_its_start_is_refused() {
    let mut run = Run::new(config(1));
    let refused = run.notifier.post(at(0.0), Posted::default()).unwrap_err();
    assert_eq!(refused, "at least one label pair required");
    let posted = Posted {
        labels: Labels::from_iter([("alertname", "Down")]),
        starts_at: Some(at(1.0)),
        ends_at: Some(at(0.0)),
        ..Posted::default()
    };
    let refused = run.notifier.post(at(0.0), posted).unwrap_err();
    assert_eq!(refused, "start time must be before end time");
    assert_eq!(run.notifier.alerts().count(), 0);
}

#[test]
fn what_is_over_is_forgotten() {
    let mut config = config(1);
    config.route.repeat_interval = Some(Duration::from_secs(60));
    config.inhibit_rules.push(InhibitRule {
        source: vec![matcher("alertname", MatchOp::Equal, "A1")],
        target: vec![matcher("alertname", MatchOp::Matches, "A.*")],
        equal: ["zone".to_owned()].into(),
    });
    let mut run = Run::new(config);
    for number in 0..50 {
        let begin = f64::from(number) * 100.0;
        let name = format!("A{number}");
        run.post(begin, &name, None);
        run.post(begin + 50.0, &name, Some(begin + 50.0));
    }
    run.post(20_000.0, "Last", None);
    run.until(20_010.0);
    assert_eq!(run.notifier.alerts().count(), 1);
    assert_eq!(run.notifier.groups().count(), 1);
    assert_eq!(run.notifier.log().iter().count(), 1);
}

#[test]
fn an_id_of_a_group_tells_its_route_and_labels() {
    let route = Route {
        matchers: vec![
            matcher("b", MatchOp::NotEqual, "1"),
            matcher("a", MatchOp::Matches, "x|\"y"),
        ],
        ..Route::default()
    };
    let root = Route {
        receiver: Some("team".to_owned()),
        routes: vec![route],
        ..Route::default()
    };
    let routes = Routes::new(&root).expect("it is sound");
    let (_, node) = routes.nodes().last().expect("there are two");
    let labels = Labels::from_iter([("a", "1"), ("a1", "tab\t")]);
    let key = r#"{}/{a=~"x|\"y",b!="1"}:{a1="tab\t", a="1"}"#;
    assert_eq!(node.group_key(&labels), key);
}

#[test]
fn a_root_that_would_not_take_every_alert_is_refused() {
    let refused = |change: fn(&mut Route)| {
        let mut root = Route {
            receiver: Some("team".to_owned()),
            ..Route::default()
        };
        change(&mut root);
        Routes::new(&root).map(drop).unwrap_err()
    };
    assert!(refused(|it| it.receiver = None).contains("no receiver"));
    let taken = |it: &mut Route| it.matchers = vec![matcher("a", MatchOp::Equal, "b")];
    assert!(refused(taken).contains("every alert"));
    assert!(refused(|it| it.r#continue = true).contains("every alert"));
    let mute = |it: &mut Route| it.mute_time_intervals = vec!["night".to_owned()];
    assert!(refused(mute).contains("time intervals"));
}

#[test]
fn a_silence_that_cannot_be_changed_stays_as_it_was() {
    let mut silences = Silences::default();
    let silence = Silence {
        matchers: vec![matcher("a", MatchOp::Equal, "b")],
        starts_at: Some(at(0.0)),
        ends_at: Some(at(100.0)),
        ..Silence::default()
    };
    let id = silences.set(silence.clone(), at(0.0), || "1".to_owned());
    assert_eq!(id.as_deref(), Ok("1"));
    let gone = Silence {
        id: "1".to_owned(),
        ends_at: Some(at(10.0)),
        ..silence.clone()
    };
    let refused = silences.set(gone, at(50.0), || "2".to_owned());
    assert_eq!(
        refused.unwrap_err(),
        "end time must not be before start time"
    );
    let kept = silences.get("1").expect("it is there");
    assert_eq!(kept.state(at(50.0)), SilenceState::Active);
    let unknown = Silence {
        id: "3".to_owned(),
        ..silence
    };
    let refused = silences.set(unknown, at(50.0), || "4".to_owned());
    assert_eq!(refused.unwrap_err(), "silence not found");
    assert_eq!(silences.iter().count(), 1);
}

#[test]
fn an_escalation_without_levels_never_climbs_and_one_that_ended_no_more() {
    let mut none = Escalation::new([], at(0.0)).repeating(5, Duration::ZERO);
    assert_eq!(
        (none.next(), none.due(at(1e6)), none.resolve()),
        (None, vec![], vec![])
    );
    let seconds = Duration::from_secs;
    let mut two = Escalation::new([seconds(0), seconds(60)], at(0.0)).repeating(1, seconds(30));
    assert_eq!(two.due(at(60.0)), [1, 2]);
    assert_eq!(two.next(), Some(at(90.0)));
    assert_eq!(two.due(at(1_000.0)), [1, 2]);
    assert_eq!(two.next(), None);
    two.reopen(at(2_000.0));
    assert_eq!(two.resolve(), [1, 2]);
    two.acknowledge(at(2_000.0), false);
    assert!(two.due(at(9_000.0)).is_empty());
}

#[test]
fn counts_by_name_are_of_the_alerts_that_a_batch_holds() {
    let mut run = Run::new(config(1));
    for name in ["B", "A", "C"] {
        run.post(0.0, name, None);
    }
    let delivery = run.notifier.due(at(1.0)).remove(0);
    let names = delivery
        .batch
        .alerts
        .iter()
        .map(|it| it.labels.get("alertname"));
    assert_eq!(names.collect::<Vec<_>>(), [Some("A"), Some("B"), Some("C")]);
    let entry = Entry::of(delivery.batch.alerts.iter().map(AsRef::as_ref));
    assert_eq!((entry.firing.len(), entry.resolved.len()), (3, 0));
    let groups: BTreeMap<_, _> = run
        .notifier
        .groups()
        .map(|it| (it.key(), (it.node().receiver.clone(), it.alerts().len())))
        .collect();
    assert_eq!(groups["{}:{}"], ("team".to_owned(), 3));
}
