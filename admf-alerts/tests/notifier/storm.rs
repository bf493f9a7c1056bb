//! A storm of alerts, failures, silences and reloads, against what must always hold.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use admf_alerts::Labels;
use admf_alerts::notify::{
    Config, Delivery, GroupBy, InhibitRule, Integration, LogKey, Notifier, Outcome, Posted, Route,
    Silence,
};
use proptest::prelude::*;

use super::harness::{START, at, matcher, names};

const AGAIN: Outcome = Outcome::Again {
    after: Duration::ZERO,
};

#[derive(Clone, Debug)]
enum Act {
    Fire(u8),
    End(u8),
    /// The clock goes on by so many milliseconds, and what is due is taken at each moment at which something is.
    Wait(u64),
    /// One of the deliveries that are out comes to something.
    Finish(usize, Outcome),
    Silence(u8),
    Lift,
    Reload(bool),
}

fn act() -> impl Strategy<Value = Act> {
    let outcome =
        prop_oneof![3 => Just(Outcome::Sent), 1 => Just(AGAIN), 1 => Just(Outcome::Refused)];
    prop_oneof![
        4 => (0..6_u8).prop_map(Act::Fire),
        3 => (0..6_u8).prop_map(Act::End),
        5 => (1..20_000_u64).prop_map(Act::Wait),
        5 => (0..8_usize, outcome).prop_map(|(at, outcome)| Act::Finish(at, outcome)),
        1 => (0..6_u8).prop_map(Act::Silence),
        1 => Just(Act::Lift),
        1 => any::<bool>().prop_map(Act::Reload),
    ]
}

fn labels(number: u8) -> Labels {
    Labels::from_iter([
        ("alertname", format!("A{number}")),
        ("zone", (number % 3).to_string()),
    ])
}

/// Two receivers, one of which continues; the other groups by zone, and its second integration takes no ends.
fn config(inhibits: bool, other: bool) -> Config {
    let mut config = super::harness::config(1);
    let mut book = Route::default();
    book.receiver = Some("book".to_owned());
    book.r#continue = true;
    book.group_by = Some(GroupBy::Labels(["zone".to_owned()].into()));
    let mut rest = Route::default();
    rest.receiver = Some("team".to_owned());
    config.route.routes = vec![book, rest];
    if other {
        config.route.routes.reverse();
        config.route.routes[0].r#continue = true;
    }
    let quiet = Integration {
        send_resolved: false,
        ..Integration::default()
    };
    let book = vec![Integration::default(), quiet];
    config.receivers.insert("book".to_owned(), book);
    if inhibits {
        config.inhibit_rules.push(InhibitRule {
            source: vec![matcher("alertname", "A0")],
            target: vec![matcher("alertname", "A[3-5]")],
            equal: ["zone".to_owned()].into(),
        });
    }
    config
}

struct Storm {
    notifier: Notifier,
    inhibits: bool,
    /// Whether ends are told once nothing keeps them quiet.
    late: bool,
    now: Duration,
    out: Vec<Delivery>,
    fires: BTreeSet<u8>,
    /// What each integration was told fires, and not that it ended.
    known: BTreeMap<LogKey, BTreeSet<String>>,
    /// What each was to be told fires, arrived or not, since it was told that all is over.
    offered: BTreeMap<LogKey, BTreeSet<String>>,
    silence: Option<String>,
    /// Whether there ever was a silence.
    silenced: bool,
}

impl Storm {
    fn new(inhibits: bool, late: bool) -> Self {
        let mut config = config(inhibits, false);
        config.ends_after_quiet = late;
        let notifier = Notifier::new(config, || 0.5).expect("it is sound");
        Self {
            notifier,
            inhibits,
            late,
            now: START,
            out: Vec::new(),
            fires: BTreeSet::new(),
            known: BTreeMap::new(),
            offered: BTreeMap::new(),
            silence: None,
            silenced: false,
        }
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Fire(number) => self.post(number, true),
            Act::End(number) => self.post(number, false),
            Act::Wait(millis) => self.wait(self.now + Duration::from_millis(millis)),
            Act::Finish(at, outcome) => {
                if at < self.out.len() {
                    self.finish(at, outcome);
                }
            }
            Act::Silence(number) => {
                let silence = Silence {
                    matchers: vec![matcher("alertname", &format!("A{number}"))],
                    starts_at: Some(self.now),
                    ends_at: Some(self.now + Duration::from_secs(60)),
                    ..Silence::default()
                };
                let silences = self.notifier.silences_mut();
                let fresh = || format!("{number} {:?}", self.now);
                self.silenced = true;
                self.silence = silences.set(silence, self.now, fresh).ok();
            }
            Act::Lift => {
                if let Some(id) = self.silence.take() {
                    let lifted = self.notifier.silences_mut().expire(&id, self.now);
                    lifted.expect("it was set");
                }
            }
            Act::Reload(other) => {
                let mut config = config(self.inhibits, other);
                config.ends_after_quiet = self.late;
                self.notifier.reload(config, self.now).expect("it is sound");
            }
        }
        self.check();
    }

    fn post(&mut self, number: u8, fires: bool) {
        let posted = Posted {
            labels: labels(number),
            starts_at: fires.then_some(self.now),
            ends_at: (!fires).then_some(self.now),
            ..Posted::default()
        };
        self.notifier.post(self.now, posted).expect("it is sound");
        match fires {
            true => self.fires.insert(number),
            false => self.fires.remove(&number),
        };
    }

    fn wait(&mut self, until: Duration) {
        let mut looks = 0;
        while let Some(due) = self.notifier.next_due().filter(|due| *due <= until) {
            looks = if due > self.now { 0 } else { looks + 1 };
            // A flush that is given up lets one begin that is late.
            assert!(looks < 3, "it spins");
            self.now = self.now.max(due);
            self.look();
        }
        self.now = self.now.max(until);
    }

    fn look(&mut self) {
        for delivery in self.notifier.due(self.now) {
            let key = &delivery.batch.key;
            let twice = self.out.iter().any(|it| it.batch.key == *key);
            assert!(!twice, "two at a time of {key:?}");
            assert!(delivery.deadline > self.now, "{delivery:?}");
            let (firing, ended) = names(&delivery.batch);
            assert!(!firing.is_empty() || !ended.is_empty(), "an empty batch");
            let offered = self.offered.entry(key.clone()).or_default();
            assert!(
                !firing.is_empty() || !offered.is_empty(),
                "an end of nothing: {delivery:?}"
            );
            assert!(
                ended.is_empty() || key.receiver == "team" || key.integration.number == 0,
                "it takes no ends"
            );
            offered.extend(firing);
            self.out.push(delivery);
        }
    }

    fn finish(&mut self, at: usize, outcome: Outcome) {
        let delivery = self.out.remove(at);
        self.notifier.finished(self.now, delivery.id, outcome);
        if outcome == Outcome::Sent {
            let (firing, ended) = names(&delivery.batch);
            if self.late {
                // Of others the end may still be told.
                let offered = self.offered.entry(delivery.batch.key.clone());
                offered.or_default().retain(|name| !ended.contains(name));
            } else if firing.is_empty() {
                self.offered.remove(&delivery.batch.key);
            }
            let known = self.known.entry(delivery.batch.key.clone()).or_default();
            known.extend(firing);
            known.retain(|name| !ended.contains(name));
        }
    }

    fn check(&self) {
        let keys: BTreeSet<&LogKey> = self.out.iter().map(|it| &it.batch.key).collect();
        assert_eq!(keys.len(), self.out.len());
        assert!(self.notifier.alerts().count() <= 6);
        assert!(self.notifier.groups().count() <= 4);
        assert!(self.notifier.log().iter().count() <= 3 + 6);
    }

    /// Everything works again, no silence holds: whoever should know does.
    fn calm(&mut self) {
        while !self.out.is_empty() {
            self.finish(0, Outcome::Refused);
        }
        let end = self.now + Duration::from_secs(120);
        while let Some(due) = self.notifier.next_due().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.look();
            while !self.out.is_empty() {
                self.finish(0, Outcome::Sent);
            }
        }
        let inhibited = |number: u8| {
            let labels = labels(number);
            self.notifier
                .inhibited_by(&labels, self.now)
                .next()
                .is_some()
        };
        let fires: BTreeSet<String> = (self.fires.iter())
            .filter(|number| !inhibited(**number))
            .map(|number| format!("A{number}"))
            .collect();
        let told = self.notifier.log().iter();
        let mut knows: BTreeMap<(&str, usize), BTreeSet<String>> = BTreeMap::new();
        for (key, _) in told {
            let known = self.known.get(key).cloned().unwrap_or_default();
            let who = (key.receiver.as_str(), key.integration.number);
            knows.entry(who).or_default().extend(known);
        }
        for (who, send_resolved) in [
            (("team", 0), true),
            (("book", 0), true),
            (("book", 1), false),
        ] {
            let known = knows.remove(&who).unwrap_or_default();
            assert!(
                known.is_superset(&fires),
                "{who:?} knows {known:?}, {fires:?} fire"
            );
            let over: Vec<_> = known
                .iter()
                .filter(|name| !self.fires.iter().any(|it| **name == format!("A{it}")))
                .collect();
            // Nobody is told of what ended while it was quiet, or not yet.
            let still = |name: &String| (0..6).any(|it| *name == format!("A{it}") && inhibited(it));
            let quiet = match self.late {
                true => over.iter().all(|it| still(it)),
                false => self.inhibits || self.silenced,
            };
            assert!(
                !send_resolved || quiet || over.is_empty(),
                "{who:?} was not told that {over:?} ended"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_told_what_is_not_so_and_all_are_told_what_is(
        acts in prop::collection::vec(act(), 1..120),
        inhibits in any::<bool>(),
        late in any::<bool>(),
    ) {
        let mut storm = Storm::new(inhibits, late);
        for act in acts {
            storm.act(act);
        }
        storm.calm();
    }

    /// A clock that jumps, odd intervals and odd ends: no panic, no spin.
    #[test]
    fn a_clock_that_jumps_and_odd_lengths_do_no_harm(
        acts in prop::collection::vec((0..6_u8, any::<u64>(), any::<u64>(), 0..4_u8), 1..60),
        interval in prop_oneof![Just(1_u64), Just(u64::MAX), 1..10_000_000_000_u64],
    ) {
        let mut config = config(true, false);
        config.route.group_interval = Some(Duration::from_nanos(interval));
        config.route.repeat_interval = Some(Duration::from_nanos(interval));
        let mut notifier = Notifier::new(config, || 1.0).expect("it is sound");
        for (number, now, end, what) in acts {
            let now = match what {
                0 => Duration::from_secs(now),
                1 => Duration::from_nanos(now),
                _ => at((now % 1_000) as f64),
            };
            let ends_at = [None, Some(Duration::from_secs(end)), Some(now)];
            let posted = Posted {
                labels: labels(number),
                ends_at: ends_at[usize::try_from(end % 3).expect("it is small")],
                ..Posted::default()
            };
            notifier.post(now, posted).expect("it is sound");
            for delivery in notifier.due(now) {
                let after = Duration::from_secs(end);
                let outcome = [Outcome::Sent, Outcome::Again { after }, Outcome::Refused];
                notifier.finished(now, delivery.id, outcome[usize::from(what % 3)]);
                notifier.finished(now, delivery.id, Outcome::Sent);
            }
            notifier.due(now);
        }
        prop_assert!(notifier.alerts().count() <= 6);
    }
}

#[test]
fn nothing_is_left_of_a_flood() {
    let mut config = config(true, false);
    config.retention = Duration::from_secs(60);
    let mut notifier = Notifier::new(config, || 0.5).expect("it is sound");
    let all = |notifier: &mut Notifier, from: f64, to: f64| {
        let mut now = at(from);
        while let Some(due) = notifier.next_due().filter(|due| *due <= at(to)) {
            now = now.max(due);
            for delivery in notifier.due(now) {
                notifier.finished(now, delivery.id, Outcome::Sent);
            }
        }
    };
    for (seconds, end) in [(0.0, None), (20.0, Some(at(20.0)))] {
        for number in 0..2_000 {
            let posted = Posted {
                labels: Labels::from_iter([
                    ("alertname", format!("A{number}")),
                    ("zone", format!("{}", number / 10)),
                ]),
                ends_at: end,
                ..Posted::default()
            };
            notifier.post(at(seconds), posted).expect("it is sound");
        }
        all(&mut notifier, seconds, seconds + 15.0);
    }
    assert_eq!(notifier.groups().count(), 0);
    notifier.due(at(4_000.0));
    assert_eq!(notifier.alerts().count(), 0);
    assert_eq!(notifier.log().iter().count(), 0);
}
