//! What becomes of tries to tell.

use super::*;

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
