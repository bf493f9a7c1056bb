//! What threads may see of the kept answers: all interleavings under loom, one without.

use super::*;
use crate::sync::interleave::{model, spawn};

#[test]
fn a_success_that_meets_the_switching_off_is_not_kept() {
    model(|| {
        let (fallback, _) = fallback(FallbackConfig::default());
        let other = fallback.clone();
        let thread = spawn(move || other.succeed("a", &1));
        let off = FallbackConfig {
            last_good: false,
            ..Default::default()
        };
        fallback.reconfigure(off).unwrap();
        thread.join().unwrap();
        assert_eq!(fallback.snapshot().keys, 0);
    });
}

#[test]
fn of_two_answers_at_once_one_is_kept() {
    model(|| {
        let (fallback, _) = fallback(FallbackConfig {
            max_keys: 1,
            ..Default::default()
        });
        let other = fallback.clone();
        let thread = spawn(move || other.succeed("b", &2));
        fallback.succeed("a", &1);
        thread.join().unwrap();
        let answers = ["a", "b"].map(|key| fallback.rescue(key).map(|it| it.value));
        assert!(
            [[Some(1), None], [None, Some(2)]].contains(&answers),
            "{answers:?}"
        );
    });
}
