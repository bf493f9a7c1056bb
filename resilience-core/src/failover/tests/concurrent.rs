//! What threads may see of a switch: all interleavings under loom, one without.

use super::*;
use crate::sync::interleave::{model, spawn};
use crate::testing::Recorder;

#[test]
fn two_threads_that_fail_at_once_switch_once() {
    model(|| {
        let failover = failover(&["a", "b", "c"], 1, 1);
        let (mine, theirs) = (failover.begin(), failover.begin());
        let other = failover.clone();
        let thread = spawn(move || other.record(theirs, Outcome::Failure));
        failover.record(mine, Outcome::Failure);
        thread.join().unwrap();
        assert_eq!(failover.active().as_str(), "b");
        assert_eq!(failover.history().len(), 1);
        assert_eq!(failover.snapshot().failures_in_a_row, 0);
    });
}

#[test]
fn failures_of_two_threads_make_one_run() {
    model(|| {
        let failover = failover(&["a", "b"], 2, 1);
        let other = failover.clone();
        let thread = spawn(move || other.calls("F"));
        failover.calls("F");
        thread.join().unwrap();
        assert_eq!(failover.active().as_str(), "b");
        assert_eq!(failover.history().len(), 1);
    });
}

#[test]
fn a_success_comes_before_or_after_a_failure_and_never_half() {
    model(|| {
        let failover = failover(&["a", "b"], 2, 1);
        failover.calls("F");
        let other = failover.clone();
        let thread = spawn(move || other.calls("S"));
        failover.calls("F");
        thread.join().unwrap();
        let seen = failover.snapshot();
        match (seen.active.as_str(), seen.switches_over) {
            // The success came first: one failure since.
            ("a", 0) => assert_eq!(seen.failures_in_a_row, 1),
            // It came second, and belongs to the period before or was one for the backup.
            ("b", 1) => assert_eq!(seen.failures_in_a_row, 0),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_check_that_goes_back_and_a_failure_leave_no_better_target_uncalled() {
    model(|| {
        let failover = failover(&["a", "b", "c"], 1, 1);
        failover.calls("F");
        let other = failover.clone();
        let thread = spawn(move || other.check("a", true));
        failover.calls("F");
        thread.join().unwrap();
        let seen = failover.snapshot();
        let well = seen.targets.iter().find(|it| !it.failed);
        assert_eq!(well.map(|it| &it.name), Some(&seen.active), "{seen:?}");
        assert_eq!(
            seen.switches_over + seen.switches_back,
            failover.history().len() as u64
        );
    });
}

#[test]
fn the_observer_hears_every_switch_in_order_whichever_thread_tells() {
    model(|| {
        let recorder = Arc::new(Recorder::default());
        let env = Env::manual().0.with_observer(recorder.clone());
        let failover = Failover::new("venue", config(&["a", "b"], 1, 1), &env).unwrap();
        let other = failover.clone();
        let thread = spawn(move || other.calls("F"));
        failover.calls("F");
        failover.check("a", true);
        thread.join().unwrap();
        let events = failover.history().into_iter().map(Event::Switched);
        let heard = recorder.take().into_iter().map(|(_, event)| event);
        assert!(heard.eq(events));
    });
}
