//! What threads may see of a change: all interleavings under loom, one without.

use super::*;
use crate::sync::interleave::{model, spawn};
use crate::testing::Recorder;

#[test]
fn bad_checks_of_two_threads_make_one_run_and_one_change() {
    model(|| {
        let recorder = Arc::new(Recorder::default());
        let env = Env::manual().0.with_observer(recorder.clone());
        let parts = [("db", component(true, 2, 1))];
        let health = Health::new("app", config(&parts), &env).unwrap();
        health.checks("db", "G");
        let other = health.clone();
        let thread = spawn(move || other.checks("db", "B"));
        health.checks("db", "B");
        thread.join().unwrap();
        assert_eq!(health.system(), HealthStatus::Unhealthy);
        let events = health.history().into_iter().map(Event::HealthChanged);
        let heard = recorder.take().into_iter().map(|(_, event)| event);
        assert!(heard.eq(events));
        assert_eq!(health.snapshot().changes, 2);
    });
}

#[cfg(not(loom))]
#[test]
fn of_many_threads_reports_each_change_begins_where_the_last_one_ended() {
    let parts = [("a", component(true, 2, 2)), ("b", component(false, 1, 1))];
    let recorder = Arc::new(Recorder::default());
    let env = Env::manual().0.with_observer(recorder.clone());
    let health = Health::new("app", config(&parts), &env).unwrap();
    let one = |thread: usize| {
        for round in 0..500 {
            let component = ["a", "b"][round % 2];
            health.checks(component, ["G", "B", "D", "B"][(round / 2 + thread) % 4]);
        }
    };
    let one = &one;
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || one(thread));
        }
    });
    let seen = health.snapshot();
    assert!(
        seen.components
            .iter()
            .all(|it| it.checks == 1000 && it.failures == 500)
    );
    let mut last = std::collections::BTreeMap::new();
    let heard = recorder.take();
    assert_eq!(heard.len() as u64, seen.changes);
    for (number, (_, event)) in heard.into_iter().enumerate() {
        let Event::HealthChanged(change) = event else {
            panic!("{event:?}");
        };
        assert_eq!(change.number, number as u64 + 1);
        let from = last.insert(change.component, change.to);
        assert_eq!(from.unwrap_or(HealthStatus::Unknown), change.from);
    }
    for (name, status) in last {
        assert_eq!(health.status(name.as_str()), Some(status));
    }
}
