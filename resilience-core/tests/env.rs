//! What policies share through their environment.
#![cfg(not(loom))]

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use resilience_core::{
    Env, Event, Failover, FailoverConfig, Fallback, FallbackConfig, ManualClock, Name, Observer,
    Outcome, Snapshot,
};

fn fragile() -> FailoverConfig {
    FailoverConfig {
        targets: vec!["a".into(), "b".into()],
        switch_after: 1,
        fail_back_after: 1,
    }
}

fn observed(observer: Arc<dyn Observer>) -> (Failover, Arc<ManualClock>) {
    let (env, clock) = Env::manual();
    let env = env.with_observer(observer);
    let failover = Failover::new("venue", fragile(), &env).unwrap();
    (failover, clock)
}

fn fail(failover: &Failover) {
    failover.record(failover.begin(), Outcome::Failure);
}

#[derive(Debug, Default)]
struct Loud(Mutex<Vec<(Name, Event)>>);

impl Observer for Loud {
    fn on_event(&self, policy: &Name, event: &Event) {
        self.0.lock().unwrap().push((policy.clone(), event.clone()));
        std::panic::resume_unwind(Box::new("an observer's panic"));
    }
}

#[test]
fn an_observer_hears_changes_of_state_and_its_panic_hurts_nobody() {
    let loud = Arc::new(Loud::default());
    let (failover, clock) = observed(loud.clone());
    fail(&failover);
    clock.advance(Duration::from_secs(1));
    fail(&failover);
    failover.check("a", true);
    let told = |switch| ("venue".into(), Event::Switched(switch));
    let expected: Vec<_> = failover.history().into_iter().map(told).collect();
    assert_eq!(expected.len(), 2);
    assert_eq!(*loud.0.lock().unwrap(), expected);
}

/// Uses the handle of the policy that it hears.
#[derive(Debug, Default)]
struct Nosy {
    failover: OnceLock<Failover>,
    heard: Mutex<Vec<u64>>,
}

impl Observer for Nosy {
    fn on_event(&self, _: &Name, event: &Event) {
        let Event::Switched(switch) = event else {
            return;
        };
        let failover = self.failover.get().expect("it was set first");
        assert!(failover.snapshot().last_switch.is_some());
        if switch.number == 1 {
            failover.check("a", true);
            assert_eq!(failover.active().as_str(), "a");
        }
        // Were it told at once, the second would be written down first.
        self.heard.lock().unwrap().push(switch.number);
    }
}

#[test]
fn an_observer_may_use_the_handle_and_what_it_does_is_told_after() {
    let nosy = Arc::new(Nosy::default());
    let (failover, _) = observed(nosy.clone());
    nosy.failover.set(failover.clone()).unwrap();
    fail(&failover);
    assert_eq!(*nosy.heard.lock().unwrap(), [1, 2]);
}

/// Says that it has begun, and waits until it may go on.
#[derive(Debug)]
struct Slow {
    begun: Sender<u64>,
    go_on: Mutex<Receiver<()>>,
}

impl Observer for Slow {
    fn on_event(&self, _: &Name, event: &Event) {
        let Event::Switched(switch) = event else {
            return;
        };
        self.begun.send(switch.number).unwrap();
        self.go_on.lock().unwrap().recv().unwrap();
    }
}

#[test]
fn an_observer_that_blocks_holds_up_nobody_but_the_thread_that_tells() {
    let ((begun, told), (go, go_on)) = (channel(), channel());
    let go_on = Mutex::new(go_on);
    let (failover, _) = observed(Arc::new(Slow { begun, go_on }));
    let other = failover.clone();
    let telling = thread::spawn(move || fail(&other));
    assert_eq!(told.recv().unwrap(), 1);

    // Were one of these to wait, the test would hang.
    failover.check("a", true);
    fail(&failover);
    assert_eq!(failover.history().len(), 3);
    assert!(told.try_recv().is_err(), "events come one at a time");

    for number in [2, 3] {
        go.send(()).unwrap();
        assert_eq!(told.recv().unwrap(), number);
    }
    go.send(()).unwrap();
    telling.join().unwrap();
}

/// Checks that it hears the switches in their order, one at a time.
#[derive(Debug, Default)]
struct Strict {
    inside: AtomicU32,
    heard: Mutex<Vec<u64>>,
}

impl Observer for Strict {
    fn on_event(&self, _: &Name, event: &Event) {
        let alone = self.inside.fetch_add(1, Ordering::SeqCst) == 0;
        if let Event::Switched(switch) = event {
            let number = if alone { switch.number } else { u64::MAX };
            self.heard.lock().unwrap().push(number);
        }
        thread::yield_now();
        self.inside.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn events_of_many_threads_come_one_at_a_time_and_in_order() {
    let strict = Arc::new(Strict::default());
    let (failover, _) = observed(strict.clone());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    fail(&failover);
                    failover.check("a", true);
                    failover.check("b", true);
                }
            });
        }
    });
    let seen = failover.snapshot();
    let heard = strict.heard.lock().unwrap();
    let numbers: Vec<_> = (1..=seen.switches_over + seen.switches_back).collect();
    assert_eq!(*heard, numbers);
}

#[test]
fn a_name_is_taken_as_long_as_its_policy_lives() {
    let env = Env::default();
    let first = Failover::new("venue", fragile(), &env).unwrap();
    let error = Failover::new(String::from("venue"), fragile(), &env).unwrap_err();
    let text = "`name` must not be that of a living policy of this kind, is \"venue\"";
    assert_eq!(error.to_string(), text);

    fail(&first);
    let same = Failover::get_or_new("venue", fragile(), &env).unwrap();
    assert_eq!(same.active().as_str(), "b");
    let other = Failover::get_or_new("another", fragile(), &env).unwrap();
    assert_eq!(other.active().as_str(), "a");
    Failover::new("venue", fragile(), &Env::default()).expect("another list has other names");

    drop((first, other));
    assert_eq!(env.registry().list().len(), 1);
    drop(same);
    assert!(env.registry().list().is_empty());
    let fresh = Failover::new("venue", fragile(), &env).unwrap();
    assert_eq!(fresh.active().as_str(), "a");
}

#[test]
fn a_policy_is_found_by_kind_and_name() {
    let env = Env::default();
    let failover = Failover::new("venue", fragile(), &env).unwrap();
    let fallback = Fallback::<u32>::new("venue", FallbackConfig::default(), &env).unwrap();
    let listed = env.registry().list();
    let kinds: Vec<_> = listed.iter().map(|it| it.kind()).collect();
    assert_eq!(kinds, ["failover", "fallback"]);

    let found = env.registry().find("failover", "venue").unwrap();
    assert_eq!(found.name().as_str(), "venue");
    assert_eq!(found.snapshot(), Snapshot::Failover(failover.snapshot()));
    let found = env.registry().find("fallback", "venue").unwrap();
    assert_eq!(found.snapshot(), Snapshot::Fallback(fallback.snapshot()));
    assert!(env.registry().find("failover", "another").is_none());
    assert!(env.registry().find("bulkhead", "venue").is_none());
}
