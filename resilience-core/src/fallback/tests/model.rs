//! The kept answers against a list that is searched from end to end.

use proptest::prelude::*;

use super::super::state::State;
use super::*;
use crate::Time;

#[derive(Clone, Copy, Debug)]
enum Step {
    Keep(u8),
    Find(u8),
    Resize(usize),
}

fn step() -> impl Strategy<Value = (Step, u64)> {
    let step = prop_oneof![
        8 => (0_u8..12).prop_map(Step::Keep),
        8 => (0_u8..12).prop_map(Step::Find),
        1 => (1_usize..8).prop_map(Step::Resize),
    ];
    (step, 0_u64..40)
}

/// Keys with their answers and times, the last used last.
#[derive(Default)]
struct Model(Vec<(u8, u32, u64)>);

impl Model {
    fn take(&mut self, key: u8) -> Option<(u8, u32, u64)> {
        let at = self.0.iter().position(|it| it.0 == key)?;
        Some(self.0.remove(at))
    }

    fn keep(&mut self, key: u8, value: u32, now: u64) {
        self.take(key);
        self.0.push((key, value, now));
    }

    fn find(&mut self, key: u8, now: u64, max_age: u64) -> Option<(u32, u64)> {
        let (_, value, at) = self.take(key)?;
        self.0.push((key, value, at));
        let age = now.saturating_sub(at);
        (age < max_age).then_some((value, age))
    }

    fn trim(&mut self, room: usize) {
        self.0.drain(..self.0.len().saturating_sub(room));
    }
}

proptest! {
    #[test]
    fn the_kept_answers_equal_those_of_a_list(
        mut max_keys in 1_usize..8,
        max_age in 0_u64..200,
        steps in prop::collection::vec(step(), 0..300),
    ) {
        let config = |max_keys| FallbackConfig {
            max_age: Some(Duration::from_nanos(max_age)),
            max_keys,
            ..Default::default()
        };
        let (mut state, mut model) = (State::new(config(max_keys)), Model::default());
        let mut now = 0_u64;
        for (number, (step, moved)) in (0..).zip(steps) {
            // Every eighth step the clock goes back.
            now = if number % 8 == 7 { now.saturating_sub(moved) } else { now + moved };
            let time = Time::from_nanos(now);
            match step {
                Step::Keep(key) => {
                    state.keep(&key.to_string(), Arc::new(number), time);
                    model.keep(key, number, now);
                }
                Step::Find(key) => {
                    let found = state.find(&key.to_string(), time);
                    let found = found.map(|(value, age)| (*value, age.as_nanos() as u64));
                    prop_assert_eq!(found, model.find(key, now, max_age));
                }
                Step::Resize(room) => {
                    max_keys = room;
                    let before = state.kept();
                    let gone = state.reconfigure(config(room)).len();
                    prop_assert_eq!(state.kept(), before - gone);
                }
            }
            model.trim(max_keys);
            prop_assert_eq!(state.kept(), model.0.len());
        }
    }
}
