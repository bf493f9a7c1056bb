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
