//! Processes that are posted the same, of which one tells.

use super::*;

/// One that tells, and one that stands by.
struct Pair {
    leads: World,
    waits: World,
    told: Vec<(Duration, Batch)>,
}

impl Pair {
    fn new(answer: fn(u64) -> Option<Outcome>) -> Self {
        Self {
            leads: World::new(answer),
            waits: World::new(answer),
            told: Vec::new(),
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            // Longer than it takes to forget what was told, nobody is without news.
            Step::Wait(length) => {
                for _ in 0..length / 600 {
                    self.leads.wait(600);
                    self.waits.now = self.leads.now;
                    self.follow();
                }
                self.leads.wait(length % 600);
            }
            step => self.leads.step(step),
        }
        match step {
            Step::Post(..) | Step::Once(_) | Step::Reload(_) => self.waits.step(step),
            _ => {}
        }
        self.waits.now = self.leads.now;
    }

    fn follow(&mut self) {
        let (told, now) = (self.leads.notifier.state(), self.leads.now);
        self.waits.notifier.follow(&told, now);
        self.waits.notifier.stand_by(now);
    }

    /// The one that tells is gone, and the other one goes on.
    fn change(&mut self) {
        let (told, now) = (self.leads.notifier.state(), self.leads.now);
        self.waits.notifier.succeed(told, now);
        std::mem::swap(&mut self.leads, &mut self.waits);
        let gone = &mut self.waits;
        self.told.append(&mut gone.told);
        (self.leads.tries, self.leads.silences) = (gone.tries, gone.silences);
    }

    fn told(mut self) -> Vec<(Duration, Batch)> {
        self.told.append(&mut self.leads.told);
        self.told
    }
}

fn sure(tries: u64) -> Option<Outcome> {
    Some(match tries % 5 {
        0 => Outcome::Refused,
        _ => Outcome::Sent,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(30) })]

    #[test]
    fn those_that_follow_each_other_tell_what_one_would(
        steps in prop::collection::vec((steps(), any::<bool>(), any::<bool>()), 1..6),
    ) {
        let mut one = World::new(sure);
        let mut pair = Pair::new(sure);
        for (steps, follows, changes) in &steps {
            for step in steps {
                one.step(step);
                pair.step(step);
            }
            if *follows {
                pair.follow();
            }
            if *changes {
                pair.change();
            }
        }
        prop_assert_eq!(one.told, pair.told());
    }

    #[test]
    fn of_what_both_were_given_the_newest_word_counts(own in words(), told in words()) {
        let next = knows("own", &own).succeed(knows("told", &told), at(100.0));
        for alert in 0..6 {
            let (own, told) = (own.get(&alert), told.get(&alert));
            let expected = match own > told {
                true => own.map(|it| (*it, "own")),
                false => told.map(|it| (*it, "told")),
            };
            let expected = expected.map(|(second, by)| (at(f64::from(second)), by));
            let silence = next.silences.get(&alert.to_string());
            let silence = silence.map(|it| (it.updated_at, it.created_by.as_str()));
            prop_assert_eq!(silence, expected);
            let taken = next.acknowledgements.get(&Fingerprint::of(labels(alert).iter()));
            let taken = taken.map(|it| (it.at, it.by.as_str()));
            prop_assert_eq!(taken, expected);
        }
    }
}

/// When somebody last said something, of six alerts.
fn words() -> impl Strategy<Value = BTreeMap<u8, u8>> {
    prop::collection::btree_map(0_u8..6, 0_u8..9, 0..6)
}

/// What somebody knows who was told so.
fn knows(by: &str, words: &BTreeMap<u8, u8>) -> State {
    let mut state = State::default();
    for (&alert, &second) in words {
        let (id, when) = (alert.to_string(), at(f64::from(second)));
        let silence = Silence {
            id: id.clone(),
            updated_at: when,
            created_by: by.to_owned(),
            ..Silence::default()
        };
        state.silences.insert(id, silence);
        let posted = Posted {
            labels: labels(alert),
            ..Posted::default()
        };
        let alert = Alert::new(posted, at(0.0), LONG);
        let taken = Acknowledgement {
            by: by.to_owned(),
            at: when,
            ..Acknowledgement::default()
        };
        state.acknowledgements.insert(alert.fingerprint(), taken);
        state.alerts.insert(alert.fingerprint(), alert);
    }
    state
}
