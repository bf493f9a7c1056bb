//! Levels that are told one after another.

use super::*;
use crate::rule::{Escalation as RuleLevel, Rule};

/// `team` by the route; `first` at once, `second` after 300 s of active time.
fn ladder() -> Config {
    let mut config = config(1);
    for receiver in ["first", "second"] {
        let integrations = vec![Integration::default()];
        config.receivers.insert(receiver.to_owned(), integrations);
    }
    let level = |delay, receiver: &str| Level {
        delay: Duration::from_secs(delay),
        receivers: vec![receiver.to_owned()],
    };
    config.ladders.push(Ladder {
        matchers: vec![matcher("alertname", MatchOp::Equal, "Down")],
        levels: vec![level(0, "first"), level(300, "second")],
        ..Ladder::default()
    });
    config.route.repeat_interval = Some(Duration::from_secs(1_000_000));
    config
}

/// Who was told when, and whether that it fires.
fn told(config: Config, steps: impl FnOnce(&mut Climber)) -> Vec<(f64, String, bool)> {
    let mut climber = Climber {
        notifier: Notifier::new(config, || 0.5).expect("the configuration is sound"),
        told: Vec::new(),
    };
    steps(&mut climber);
    let mut told = climber.told;
    told.retain(|it| it.1 != "team");
    told
}

struct Climber {
    notifier: Notifier,
    told: Vec<(f64, String, bool)>,
}

impl Climber {
    fn until(&mut self, seconds: f64) {
        while let Some(now) = self.notifier.next_due().filter(|due| *due <= at(seconds)) {
            for delivery in self.notifier.due(now) {
                let seconds = (now - START).as_secs_f64();
                let receiver = delivery.batch.key.receiver.clone();
                self.told
                    .push((seconds, receiver, delivery.batch.is_firing()));
                self.notifier.finished(now, delivery.id, Outcome::Sent);
            }
        }
    }

    fn post(&mut self, seconds: f64, severity: &str, ends: Option<f64>) -> Fingerprint {
        self.until(seconds);
        let labels = Labels::from_iter([("alertname", "Down"), ("severity", severity)]);
        let fingerprint = Fingerprint::of(labels.iter());
        let posted = Posted {
            labels,
            ends_at: ends.map(at),
            ..Posted::default()
        };
        let posted = self.notifier.post(at(seconds), posted);
        posted.expect("the alert is sound");
        fingerprint
    }

    fn acknowledge(&mut self, seconds: f64, alert: Fingerprint) -> Result<(), String> {
        self.until(seconds);
        self.notifier.acknowledge(at(seconds), alert, "me", "")
    }

    fn silence(&mut self, from: f64, to: f64) {
        self.until(from);
        let silence = Silence {
            matchers: vec![matcher("alertname", MatchOp::Equal, "Down")],
            starts_at: Some(at(from)),
            ends_at: Some(at(to)),
            ..Silence::default()
        };
        let silences = self.notifier.silences_mut();
        let id = silences.set(silence, at(from), || "1".to_owned());
        id.expect("the silence is sound");
    }
}

fn is(told: &[(f64, String, bool)], wanted: &[(f64, &str, bool)]) {
    let told: Vec<_> = told.iter().map(|it| (it.0, it.1.as_str(), it.2)).collect();
    assert_eq!(told, wanted);
}

#[test]
fn levels_are_told_one_after_another_and_all_of_them_that_it_has_ended() {
    let told = told(ladder(), |it| {
        it.post(0.0, "warning", None);
        it.post(400.0, "warning", Some(400.0));
        it.until(5_000.0);
    });
    is(
        &told,
        &[
            (1.0, "first", true),
            (301.0, "second", true),
            (401.0, "first", false),
            (401.0, "second", false),
        ],
    );
}

#[test]
fn a_level_that_was_not_reached_is_not_told_of_the_end() {
    let told = told(ladder(), |it| {
        it.post(0.0, "warning", None);
        it.post(250.0, "warning", Some(250.0));
        it.until(5_000.0);
    });
    is(&told, &[(1.0, "first", true), (251.0, "first", false)]);
}

#[test]
fn an_acknowledged_alert_does_not_climb_until_it_is_let_go() {
    let told = told(ladder(), |it| {
        let alert = it.post(0.0, "warning", None);
        it.acknowledge(101.0, alert).expect("it fires");
        assert!(it.notifier.acknowledged(at(102.0), alert).is_some());
        it.until(1_001.0);
        let gone = it.notifier.unacknowledge(at(1_001.0), alert);
        gone.expect("it was acknowledged");
        it.until(5_000.0);
    });
    is(&told, &[(1.0, "first", true), (1_201.0, "second", true)]);
}

#[test]
fn an_acknowledgement_counts_only_for_so_long() {
    let mut config = ladder();
    config.ladders[0].acknowledged_for = Some(Duration::from_secs(500));
    let told = told(config, |it| {
        let alert = it.post(0.0, "warning", None);
        it.acknowledge(101.0, alert).expect("it fires");
        it.until(5_000.0);
    });
    is(&told, &[(1.0, "first", true), (801.0, "second", true)]);
}

#[test]
fn a_new_episode_is_not_acknowledged_and_begins_at_the_first_level() {
    let told = told(ladder(), |it| {
        let alert = it.post(0.0, "warning", None);
        it.acknowledge(101.0, alert).expect("it fires");
        it.post(200.0, "warning", Some(200.0));
        let refused = it.acknowledge(201.0, alert).unwrap_err();
        assert_eq!(refused, format!("no alert {alert} fires"));
        it.post(1_000.0, "warning", None);
        assert!(it.notifier.acknowledged(at(1_000.0), alert).is_none());
        assert!(it.notifier.unacknowledge(at(1_000.0), alert).is_err());
        it.until(5_000.0);
    });
    is(
        &told,
        &[
            (1.0, "first", true),
            (201.0, "first", false),
            (1_001.0, "first", true),
            (1_301.0, "second", true),
        ],
    );
}

#[test]
fn a_silenced_alert_does_not_climb_and_who_was_told_is_not_told_again_after_the_silence() {
    let told = told(ladder(), |it| {
        it.post(0.0, "warning", None);
        it.silence(101.0, 1_101.0);
        it.until(5_000.0);
    });
    is(&told, &[(1.0, "first", true), (1_301.0, "second", true)]);
}

#[test]
fn an_alert_that_becomes_more_severe_begins_again_though_it_was_acknowledged() {
    let told = told(ladder(), |it| {
        let alert = it.post(0.0, "warning", None);
        it.acknowledge(101.0, alert).expect("it fires");
        it.post(501.0, "critical", None);
        it.until(5_000.0);
    });
    is(
        &told,
        &[
            (1.0, "first", true),
            (511.0, "first", true),
            (811.0, "second", true),
        ],
    );
}

#[test]
fn levels_are_gone_through_again_as_often_as_is_said() {
    let mut config = ladder();
    (config.ladders[0].repeat, config.ladders[0].gap) = (1, Duration::from_secs(100));
    let told = told(config, |it| {
        it.post(0.0, "warning", None);
        it.until(5_000.0);
    });
    is(
        &told,
        &[
            (1.0, "first", true),
            (301.0, "second", true),
            (401.0, "first", true),
            (701.0, "second", true),
        ],
    );
}

#[test]
fn a_climb_goes_on_in_the_next_process_and_what_came_due_meanwhile_is_told_once() {
    let told = told(ladder(), |it| {
        it.post(0.0, "warning", None);
        it.until(100.0);
        let state = it.notifier.state();
        it.notifier = Notifier::new(ladder(), || 0.5).expect("it is sound");
        it.notifier.restore(state, at(900.0));
        it.notifier.due(at(900.0)).into_iter().for_each(|delivery| {
            let receiver = delivery.batch.key.receiver.clone();
            it.told.push((900.0, receiver, true));
            it.notifier.finished(at(900.0), delivery.id, Outcome::Sent);
        });
        it.post(1_000.0, "warning", Some(1_000.0));
        it.until(5_000.0);
    });
    is(
        &told,
        &[
            (1.0, "first", true),
            (900.0, "second", true),
            (1_010.0, "first", false),
            (1_010.0, "second", false),
        ],
    );
}

#[test]
fn a_ladder_is_made_of_the_escalation_of_a_rule_in_the_order_of_its_levels() {
    let mut rule = Rule::new("Down", "up == 0");
    assert!(Ladder::of(&rule).is_none());
    let level = |level, seconds| RuleLevel {
        level,
        delay: Duration::from_secs(seconds),
        receivers: vec![format!("level {level}")],
    };
    rule.notify.escalation = vec![level(2, 300), level(1, 0)];
    let ladder = Ladder::of(&rule).expect("it has levels");
    let delays: Vec<_> = ladder.levels.iter().map(|it| it.delay.as_secs()).collect();
    assert_eq!(delays, [0, 300]);
    assert_eq!(ladder.matchers[0].to_string(), "alertname=\"Down\"");
}

#[test]
fn a_ladder_whose_delays_fall_or_that_names_an_unknown_receiver_is_refused() {
    let mut config = ladder();
    config.ladders[0].levels.reverse();
    let refused = Notifier::new(config, || 0.5).map(drop).unwrap_err();
    let wanted = "the delays of an escalation must not fall from level to level";
    assert_eq!(refused, wanted);
    let mut config = ladder();
    config.receivers.remove("second");
    let refused = Notifier::new(config, || 0.5).map(drop).unwrap_err();
    assert_eq!(refused, "undefined receiver `second` used in route");
}
