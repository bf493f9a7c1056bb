//! What threads may see of a recovery: all interleavings under loom, one without.

use super::*;
use crate::sync::interleave::{model, spawn};

#[test]
fn of_two_errors_at_once_one_begins_a_recovery_and_the_other_joins_it() {
    model(|| {
        let (recovery, _) = recovery(RecoveryConfig::default());
        let other = recovery.clone();
        let thread = spawn(move || other.start(failure("feed")).ok());
        let mine = recovery.start(failure("feed")).ok();
        let theirs = thread.join().unwrap();
        assert!(mine.is_some() != theirs.is_some());
        let seen = recovery.snapshot();
        assert_eq!((seen.under_way.len(), seen.joined), (1, 1));
        drop((mine, theirs));
        assert!(recovery.snapshot().under_way.is_empty());
        assert_eq!(recovery.history().len(), 1);
    });
}

#[cfg(not(loom))]
#[test]
fn errors_of_many_threads_are_counted_as_the_history_says() {
    let recorder = Arc::new(crate::testing::Recorder::default());
    let env = Env::manual().0.with_observer(recorder.clone());
    let config = RecoveryConfig {
        component_failure: RecoveryAction::once(RecoveryStrategy::RestartComponent),
        ..Default::default()
    };
    let recovery = Recovery::new("app", config, &env).unwrap();
    let one = |thread: usize| {
        for round in 0..200 {
            let component = ["a", "b", "c"][round % 3];
            let Ok(mut run) = recovery.start(failure(component)) else {
                continue;
            };
            assert!(recovery.snapshot().under_way.contains(&component.into()));
            match (thread + round) % 3 {
                0 => run.told(Ok(())),
                1 => run.told(Err("no".into())),
                _ => drop(run),
            }
        }
    };
    let one = &one;
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || one(thread));
        }
    });
    let seen = recovery.snapshot();
    let restarts = &seen.counts[0];
    let ended = restarts.recovered + restarts.gave_up + restarts.abandoned;
    assert_eq!(seen.errors[2].errors, 800);
    assert_eq!(ended + seen.joined, 800);
    assert_eq!(seen.last.map(|it| it.number), Some(ended));
    assert!(seen.under_way.is_empty());
    // Of each component a beginning and an end take turns.
    let mut under_way = std::collections::BTreeSet::new();
    let mut number = 0;
    for (_, event) in recorder.take() {
        match event {
            Event::RecoveryBegan { component, .. } => assert!(under_way.insert(component)),
            Event::RecoveryEnded(it) => {
                assert!(under_way.remove(&it.incident.component));
                number += 1;
                assert_eq!(it.number, number);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(number, ended);
}
