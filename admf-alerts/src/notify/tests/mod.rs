//! What is told, when.

mod climb;
mod due;
mod happened;
mod late;
mod once;
mod quiet;
mod reload;
mod send;
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
