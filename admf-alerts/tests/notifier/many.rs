//! Ten thousand alerts at once, with an integration that works and one that is dead: in counts, not in times.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use admf_alerts::notify::{Delivery, GroupBy, Notifier, Outcome, Posted};
use allocation_counter::measure;

use crate::harness::{at, config, named};

const AGAIN: Outcome = Outcome::Again {
    after: Duration::ZERO,
};

/// Who tells by two integrations, each alert in a group of its own, or all in one.
struct Many {
    notifier: Notifier,
    now: Duration,
    /// By integration, how often each alert was told of, tried or not.
    tries: [BTreeMap<String, usize>; 2],
    /// Who does not answer, and what is out there.
    dead: bool,
    out: Vec<Delivery>,
}

impl Many {
    fn new(group_by: GroupBy) -> Self {
        let mut config = config(2);
        config.route.group_by = Some(group_by);
        Self {
            notifier: Notifier::new(config, || 0.5).expect("it is sound"),
            now: at(0.0),
            tries: [BTreeMap::new(), BTreeMap::new()],
            dead: true,
            out: Vec::new(),
        }
    }

    fn post(&mut self, count: usize, ends: bool) {
        for number in 0..count {
            let posted = Posted {
                labels: named(&format!("A{number}")),
                ends_at: ends.then_some(self.now),
                ..Posted::default()
            };
            self.notifier.post(self.now, posted).expect("it is sound");
        }
    }

    /// What is due at a time; the dead one takes all and answers nothing, until it has been waited for long enough.
    fn round(&mut self, seconds: f64) {
        let end = at(seconds);
        for late in std::mem::take(&mut self.out) {
            self.notifier.finished(self.now, late.id, AGAIN);
        }
        while let Some(due) = self.notifier.next_due().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            for delivery in self.notifier.due(self.now) {
                let who = delivery.batch.key.integration.number;
                for alert in &delivery.batch.alerts {
                    let name = alert.labels.get("alertname").unwrap_or_default();
                    *self.tries[who].entry(name.to_owned()).or_default() += 1;
                }
                match who == 1 && self.dead {
                    true => self.out.push(delivery),
                    false => self.notifier.finished(self.now, delivery.id, Outcome::Sent),
                }
            }
        }
        self.now = end;
    }
}

fn all(count: usize) -> BTreeSet<String> {
    (0..count).map(|it| format!("A{it}")).collect()
}

#[test]
fn of_ten_thousand_alerts_nobody_misses_one_and_a_dead_channel_holds_up_no_other() {
    const COUNT: usize = 10_000;
    for group_by in [GroupBy::All, GroupBy::default()] {
        let mut many = Many::new(group_by.clone());
        many.post(COUNT, false);
        many.round(1.0);
        let told: BTreeSet<String> = many.tries[0].keys().cloned().collect();
        assert_eq!(told, all(COUNT), "at once, {group_by:?}");
        assert!(many.tries[0].values().all(|times| *times == 1));
        let slots = many.notifier.owed().len();
        // They end and fire again, and the dead one is told nothing: that is a slot for each group, and no list.
        for round in 1..4 {
            let start = f64::from(round) * 20.0;
            many.post(COUNT, round % 2 == 1);
            many.round(start);
            assert_eq!(many.notifier.owed().len(), slots, "{group_by:?}");
            assert!(many.out.len() <= slots);
        }
        many.post(COUNT, true);
        many.round(90.0);
        many.dead = false;
        many.tries = [BTreeMap::new(), BTreeMap::new()];
        many.round(200.0);
        let told: BTreeSet<String> = many.tries[1].keys().cloned().collect();
        assert_eq!(told, all(COUNT), "{group_by:?}");
        assert_eq!(many.tries[0], BTreeMap::new(), "it was told before");
        assert_eq!(many.notifier.owed().len(), 0);
        assert_eq!(
            (many.notifier.groups().count(), many.notifier.dropped()),
            (0, 0)
        );
    }
}

/// A place where each looks at all would make a hundred times as many of ten times the alerts.
#[test]
fn ten_times_the_alerts_take_ten_times_the_room_and_the_work() {
    for group_by in [GroupBy::All, GroupBy::default()] {
        let [small, large] = [1_000, 10_000].map(|count| {
            measure(|| {
                let mut many = Many::new(group_by.clone());
                many.post(count, false);
                for round in [1.0, 20.0, 40.0] {
                    many.round(round);
                }
                drop(many.notifier.take_changes());
            })
        });
        for (what, small, large) in [
            ("allocations", small.count_total, large.count_total),
            ("bytes", small.bytes_total, large.bytes_total),
            ("bytes at once", small.bytes_max, large.bytes_max),
        ] {
            assert!(large < 15 * small, "{what}: {small}, then {large}");
        }
    }
}
