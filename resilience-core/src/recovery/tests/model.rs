//! The state against a model that says what happens as a story, with loops.

use proptest::prelude::*;

use super::super::state::State;
use super::*;
use crate::backoff::{Backoff, BackoffKind, Jitter};
use crate::{BackoffConfig, Chance};

/// Tells the whole recovery from what each step in turn comes to; ends with how it ended, or where
/// nothing more is known of the steps, with nothing.
fn story(
    action: &RecoveryAction,
    every: Duration,
    mut results: impl Iterator<Item = bool>,
) -> (Vec<Step>, Option<bool>) {
    let backoff = Backoff::new(action.backoff.clone()).expect("it is valid");
    let chance = Chance::seeded(0);
    let mut steps = Vec::new();
    for number in 1..=action.max_attempts {
        let waits = if action.wait_first {
            number
        } else {
            number - 1
        };
        let wait = match waits {
            0 => Duration::ZERO,
            waits => backoff.delay(waits, &chance),
        };
        let act = Act::Attempt { number };
        steps.push(Step { wait, act });
        let Some(mut well) = results.next() else {
            return (steps, None);
        };
        for passed in 0..action.success_threshold {
            if !well {
                break;
            }
            let act = Act::Check { passed };
            steps.push(Step { wait: every, act });
            match results.next() {
                Some(result) => well = result,
                None => return (steps, None),
            }
        }
        if well {
            return (steps, Some(true));
        }
    }
    (steps, Some(false))
}

proptest! {
    #[test]
    fn the_state_does_what_the_story_says(
        max_attempts in 1_u32..6,
        success_threshold in 0_u32..4,
        wait_first: bool,
        kind in 0..3_usize,
        results in prop::collection::vec(any::<bool>(), 0..30),
    ) {
        let kinds = [BackoffKind::Fixed, BackoffKind::Linear, BackoffKind::Exponential];
        let backoff = BackoffConfig {
            kind: kinds[kind],
            jitter: Jitter::None,
            max: 5 * SECOND,
            ..Default::default()
        };
        let strategy = RecoveryStrategy::RestartComponent;
        let action = RecoveryAction { strategy, max_attempts, backoff, wait_first, success_threshold };
        let chance = Chance::seeded(0);
        let mut state = State::new(&action, 2 * SECOND, &chance).unwrap();
        let (steps, ended) = story(&action, 2 * SECOND, results.iter().copied());
        let mut results = results.into_iter();
        for (index, step) in steps.iter().enumerate() {
            prop_assert_eq!(state.stands(), Ok(*step), "step {}", index);
            if let Act::Attempt { number } = step.act {
                prop_assert_eq!(state.attempts(), number);
            }
            if let Some(well) = results.next() {
                state.told(well, &chance);
            }
        }
        if let Some(ended) = ended {
            prop_assert_eq!(state.stands(), Err(ended));
            state.told(!ended, &chance);
            prop_assert_eq!(state.stands(), Err(ended), "the end is the end");
        }
    }
}
