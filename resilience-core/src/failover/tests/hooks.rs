//! What is done at a switch, and in which order.

use std::sync::{Mutex, OnceLock};

use super::*;
use crate::BoxError;
use crate::testing::Recorder;

/// A service that writes down what is done to it.
#[derive(Debug, Default)]
struct Service {
    done: Mutex<Vec<String>>,
    failover: OnceLock<Failover>,
    /// A target that cannot be stopped, and one whose start panics.
    broken: Option<(&'static str, &'static str)>,
}

impl Service {
    fn done(&self) -> Vec<String> {
        std::mem::take(&mut self.done.lock().unwrap())
    }

    fn note(&self, verb: &str, target: &Name) {
        self.done.lock().unwrap().push(format!("{verb} {target}"));
    }
}

impl Hooks for Service {
    fn stop(&self, target: &Name) -> Result<(), BoxError> {
        self.note("stop", target);
        match self.broken {
            Some((it, _)) if it == target.as_str() => Err("no such process".into()),
            _ => Ok(()),
        }
    }

    fn start(&self, target: &Name) -> Result<(), BoxError> {
        self.note("start", target);
        if let Some(failover) = self.failover.get() {
            assert_eq!(
                failover.snapshot().last_switch.unwrap().result,
                SwitchResult::Pending
            );
            failover.fail_over();
        }
        if self.broken.is_some_and(|(_, it)| it == target.as_str()) {
            std::panic::resume_unwind(Box::new("a hook's panic"));
        }
        Ok(())
    }
}

#[test]
fn hooks_stop_the_old_target_and_then_start_the_new_one_once_each() {
    let service = Arc::new(Service::default());
    let failover = failover(&["a", "b"], 1, 1).with_hooks(service.clone());
    assert!(service.done().is_empty());
    failover.calls("FF");
    assert_eq!(service.done(), ["stop a", "start b"]);
    assert!(
        !failover.fail_back(),
        "refused while the primary is unhealthy"
    );
    assert!(service.done().is_empty());
    failover.check("a", true);
    assert_eq!(service.done(), ["stop b", "start a"]);
    let results = failover.history().into_iter().map(|it| it.result);
    assert!(results.eq([SwitchResult::Success, SwitchResult::Success]));
}

#[test]
fn what_hooks_say_goes_into_the_history_and_the_switch_stands() {
    let recorder = Arc::new(Recorder::default());
    let env = Env::manual().0.with_observer(recorder.clone());
    let service = Arc::new(Service {
        broken: Some(("a", "b")),
        ..Default::default()
    });
    let failover = Failover::new("venue", config(&["a", "b"], 1, 1), &env).unwrap();
    let failover = failover.with_hooks(service.clone());
    failover.calls("F");
    assert_eq!(service.done(), ["stop a", "start b"]);
    assert_eq!(failover.active().as_str(), "b");
    let text = "stop a: no such process, start b: the hook panicked";
    let history = failover.history();
    assert_eq!(history[0].result, SwitchResult::Failed(text.into()));
    assert!(history[0].to_string().ends_with(text));
    // The observer hears of it after the hooks, with what they said.
    let heard = recorder.take();
    assert_eq!(
        heard,
        [("venue".into(), Event::Switched(history[0].clone()))]
    );

    failover.check("a", true);
    assert_eq!(service.done(), ["stop b", "start a"]);
    assert_eq!(failover.history()[1].result, SwitchResult::Success);
}

#[test]
fn a_hook_that_switches_is_followed_by_the_hooks_of_that_switch() {
    let service = Arc::new(Service::default());
    let failover = failover(&["a", "b", "c"], 1, 1).with_hooks(service.clone());
    service.failover.set(failover.clone()).unwrap();
    failover.calls("F");
    assert_eq!(service.done(), ["stop a", "start b", "stop b", "start c"]);
    let results = failover.history().into_iter().map(|it| it.result);
    assert!(results.eq([SwitchResult::Success, SwitchResult::Success]));
}
