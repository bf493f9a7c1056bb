//! What outlives the process.

mod follow;

use proptest::prelude::*;

use super::*;

/// Something that happens.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Wait(u32),
    Post(u8, bool),
    Once(u8),
    Silence(u8, u32),
    Expire(u8),
    Acknowledge(u8),
    Unacknowledge(u8),
    Reload(bool),
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0_u32..40).prop_map(Step::Wait),
        1 => (100_u32..4_000).prop_map(Step::Wait),
        6 => (0_u8..6, any::<bool>()).prop_map(|(alert, ends)| Step::Post(alert, ends)),
        1 => (0_u8..6).prop_map(Step::Once),
        1 => (0_u8..6, 1_u32..100).prop_map(|(alert, length)| Step::Silence(alert, length)),
        1 => (0_u8..6).prop_map(Step::Expire),
        1 => (0_u8..6).prop_map(Step::Acknowledge),
        1 => (0_u8..6).prop_map(Step::Unacknowledge),
        1 => any::<bool>().prop_map(Step::Reload),
    ];
    prop::collection::vec(step, 1..60)
}

pub(super) fn varied(other: bool) -> Config {
    let mut config = config(2);
    config.resolve_timeout = Duration::from_secs(3_000);
    config.receivers.get_mut("team").expect("it is there")[1].send_resolved = false;
    let boss = vec![Integration::default()];
    config.receivers.insert("boss".to_owned(), boss);
    let route = Route {
        matchers: vec![matcher("zone", MatchOp::Equal, "1")],
        group_by: Some(GroupBy::All),
        ..Route::default()
    };
    config.route.routes.push(route);
    config.cooldowns.push(Cooldown {
        matchers: vec![matcher("alertname", MatchOp::Equal, "A1")],
        length: Duration::from_secs(60),
    });
    let level = |delay| Level {
        delay: Duration::from_secs(delay),
        receivers: vec!["boss".to_owned()],
    };
    config.ladders.push(Ladder {
        levels: vec![level(5), level(if other { 50 } else { 20 })],
        repeat: 1,
        acknowledged_for: Some(Duration::from_secs(30)),
        ..Ladder::default()
    });
    config.inhibit_rules.push(InhibitRule {
        source: vec![matcher("alertname", MatchOp::Equal, "A0")],
        target: vec![matcher("alertname", MatchOp::Equal, "A2")],
        equal: ["zone".to_owned()].into(),
    });
    config
}

fn labels(alert: u8) -> Labels {
    Labels::from_iter([
        ("alertname", format!("A{}", alert % 3)),
        ("zone", (alert / 3).to_string()),
        (
            "severity",
            if alert == 3 { "critical" } else { "" }.to_owned(),
        ),
    ])
}

pub(super) struct World {
    pub(super) notifier: Notifier,
    pub(super) now: Duration,
    /// Of each try, what it comes to.
    answer: fn(u64) -> Option<Outcome>,
    tries: u64,
    out: Vec<u64>,
    told: Vec<(Duration, Batch)>,
    silences: u32,
}

impl World {
    pub(super) fn new(answer: fn(u64) -> Option<Outcome>) -> Self {
        Self {
            notifier: Notifier::new(varied(false), || 0.5).expect("it is sound"),
            now: at(0.0),
            answer,
            tries: 0,
            out: Vec::new(),
            told: Vec::new(),
            silences: 0,
        }
    }

    fn wait(&mut self, length: u32) {
        let end = self.now + Duration::from_secs(length.into());
        for id in std::mem::take(&mut self.out) {
            self.notifier.finished(self.now, id, Outcome::Sent);
        }
        while let Some(due) = self.notifier.next_due().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            for delivery in self.notifier.due(self.now) {
                self.tries += 1;
                self.told.push((self.now, Batch::clone(&delivery.batch)));
                match (self.answer)(self.tries) {
                    Some(outcome) => self.notifier.finished(self.now, delivery.id, outcome),
                    None => self.out.push(delivery.id),
                }
            }
        }
        self.now = end;
    }

    pub(super) fn step(&mut self, step: &Step) {
        let now = self.now;
        let print = |alert: u8| Fingerprint::of(labels(alert).iter());
        match *step {
            Step::Wait(length) => self.wait(length),
            Step::Post(alert, ends) => {
                let posted = Posted {
                    labels: labels(alert),
                    ends_at: ends.then_some(now),
                    ..Posted::default()
                };
                self.notifier.post(now, posted).expect("it is sound");
            }
            Step::Once(alert) => {
                let posted = Posted {
                    labels: labels(alert),
                    ..Posted::default()
                };
                self.notifier.post_once(now, posted).expect("it is sound");
            }
            Step::Silence(alert, length) => {
                self.silences += 1;
                let silence = Silence {
                    matchers: vec![matcher("alertname", MatchOp::Matches, &format!("A{alert}"))],
                    starts_at: Some(now),
                    ends_at: Some(now + Duration::from_secs(length.into())),
                    ..Silence::default()
                };
                let id = || self.silences.to_string();
                let set = self.notifier.silences_mut().set(silence, now, id);
                set.expect("it is sound");
            }
            // Those that are not there change nothing.
            Step::Expire(id) => drop(self.notifier.silences_mut().expire(&id.to_string(), now)),
            Step::Acknowledge(alert) => {
                drop(self.notifier.acknowledge(now, print(alert), "me", "why"));
            }
            Step::Unacknowledge(alert) => drop(self.notifier.unacknowledge(now, print(alert))),
            Step::Reload(other) => {
                let reloaded = self.notifier.reload(varied(other), now);
                reloaded.expect("it is sound");
            }
        }
    }
}

fn text(state: &State) -> String {
    serde_json::to_string(state).expect("it can be written")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn all_changes_together_are_the_whole_state(steps in steps(), every in 1_usize..5) {
        let mut world = World::new(|tries| match tries % 5 {
            0 => Some(Outcome::Refused),
            1 => Some(AGAIN),
            2 => None,
            _ => Some(Outcome::Sent),
        });
        let mut kept = State::default();
        let mut rows = BTreeMap::new();
        for (number, step) in steps.iter().enumerate() {
            world.step(step);
            if number % every == 0 {
                let changes = world.notifier.take_changes();
                if changes.whole {
                    rows.clear();
                }
                for (table, key, value) in changes.rows() {
                    match value {
                        Some(value) => drop(rows.insert((table, key), value)),
                        None => drop(rows.remove(&(table, key))),
                    }
                }
                kept.apply(changes);
                let whole = text(&world.notifier.state());
                prop_assert_eq!(&text(&kept), &whole);
                let mut read = State::default();
                for ((table, key), value) in &rows {
                    read.read(table, key, value).expect("it was written so");
                }
                prop_assert_eq!(&text(&read), &whole);
                let read: State = serde_json::from_str(&whole).expect("it was written so");
                prop_assert_eq!(&text(&read), &whole);
            }
        }
    }

    #[test]
    fn the_next_process_tells_what_the_one_before_would_have_told(
        before in steps(),
        after in steps(),
    ) {
        let sure = |tries| Some(if tries % 5 == 0 { Outcome::Refused } else { Outcome::Sent });
        let mut world = World::new(sure);
        let mut other = false;
        for step in &before {
            world.step(step);
            if let Step::Reload(it) = step {
                other = *it;
            }
        }
        let mut next = World::new(sure);
        next.notifier = Notifier::new(varied(other), || 0.5).expect("it is sound");
        next.notifier.restore(world.notifier.state(), world.now);
        (next.now, next.tries, next.silences) = (world.now, world.tries, world.silences);
        world.told.clear();
        for step in &after {
            world.step(step);
            next.step(step);
        }
        prop_assert_eq!(&world.told, &next.told);
        // But for when somebody looked at climbs.
        let [left, right] = [&world, &next].map(|world| {
            let mut state = world.notifier.state();
            state.escalations.clear();
            text(&state)
        });
        prop_assert_eq!(left, right);
    }
}

#[test]
fn what_was_about_to_be_told_is_told_again_under_the_same_key() {
    let mut run = Run::new(config(1));
    run.post(0.0, "Down", None);
    let first = run.notifier.due(at(1.0)).remove(0);
    run.notifier = next(&run.notifier, 1.5);
    let again = run.notifier.due(at(1.5)).remove(0);
    assert_eq!(first.batch.alerts, again.batch.alerts);
    assert_eq!(first.batch.idempotency_key, again.batch.idempotency_key);
    run.notifier.finished(at(1.5), again.id, Outcome::Sent);
    assert!(next(&run.notifier, 2.0).due(at(2.0)).is_empty());
    run.post(5.0, "Down", Some(5.0));
    let end = run.notifier.due(at(12.0)).remove(0);
    assert_ne!(first.batch.idempotency_key, end.batch.idempotency_key);
}

#[test]
fn who_may_have_been_told_that_it_fires_is_told_that_it_has_ended() {
    let mut run = Run::new(config(1));
    run.post(0.0, "Down", None);
    assert_eq!(run.notifier.due(at(1.0)).len(), 1);
    run.notifier = next(&run.notifier, 1.5);
    let posted = Posted {
        labels: Labels::from_iter([("alertname", "Down")]),
        ends_at: Some(at(1.5)),
        ..Posted::default()
    };
    run.notifier.post(at(1.5), posted).expect("it is sound");
    let told = run.notifier.due(at(1.5)).remove(0);
    run.take(&told.batch, at(1.5));
    run.notifier.finished(at(1.5), told.id, Outcome::Sent);
    run.until(100.0);
    assert_eq!(run.told(), [(1.5, 0, "", "Down")]);
}

#[test]
fn who_may_have_been_told_that_it_has_ended_is_told_that_it_fires_again() {
    let mut run = Run::new(config(1));
    run.post(0.0, "Down", None);
    run.post(5.0, "Down", Some(5.0));
    assert_eq!(run.notifier.due(at(11.0)).len(), 1);
    run.notifier = next(&run.notifier, 11.0);
    let posted = Posted {
        labels: Labels::from_iter([("alertname", "Down")]),
        ..Posted::default()
    };
    run.notifier.post(at(11.0), posted).expect("it is sound");
    run.until(100.0);
    assert_eq!(run.told(), [(1.0, 0, "Down", ""), (11.0, 0, "Down", "")]);
}

/// What a process that is killed leaves to the next one.
fn next(notifier: &Notifier, seconds: f64) -> Notifier {
    let mut next = Notifier::new(config(1), || 0.5).expect("it is sound");
    next.restore(notifier.state(), at(seconds));
    next
}
