//! Gates of the caller's own, alone and in tuples, and the errors that come of them.
#![cfg(not(loom))]

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilience_core::{
    Ask, BoxError, CallError, Elapsed, End, Env, Failed, Gate, ManualClock, Outcome, Permit,
    RateLimited, Rejected, Time,
};

const SECOND: Duration = Duration::from_secs(1);

/// A gate that writes down what it hears, and refuses when it is shut.
#[derive(Debug)]
struct Door {
    name: &'static str,
    env: Option<Env>,
    shut: AtomicBool,
    heard: Mutex<Vec<Heard>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Heard {
    Asked(Option<Time>),
    Pending(Time),
    Ended(End),
}

use Heard::{Asked, Ended, Pending};

impl Door {
    fn new(name: &'static str, env: Option<Env>) -> Self {
        Self {
            name,
            env,
            shut: AtomicBool::new(false),
            heard: Mutex::default(),
        }
    }

    fn timed(name: &'static str) -> (Self, Arc<ManualClock>) {
        let (env, clock) = Env::manual();
        (Self::new(name, Some(env)), clock)
    }

    fn shut(self) -> Self {
        self.shut.store(true, Ordering::SeqCst);
        self
    }

    fn note(&self, heard: Heard) {
        self.heard.lock().unwrap().push(heard);
    }

    fn heard(&self) -> Vec<Heard> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

impl Gate for Door {
    type Ticket = &'static str;

    fn check(&self, _: &Ask) -> Result<(), Rejected> {
        match self.shut.load(Ordering::SeqCst) {
            true => Err(RateLimited::new(self.name, SECOND).into()),
            false => Ok(()),
        }
    }

    fn try_acquire(&self, ask: &Ask) -> Result<Self::Ticket, Rejected> {
        self.check(ask)?;
        self.note(Asked(self.env.as_ref().map(|env| ask.now(env))));
        Ok(self.name)
    }

    fn pending(&self, ticket: &Self::Ticket, now: Time) {
        assert_eq!(*ticket, self.name);
        self.note(Pending(now));
    }

    fn settle(&self, ticket: Self::Ticket, end: End) {
        assert_eq!(ticket, self.name);
        self.note(Ended(end));
    }

    fn timed_by(&self) -> Option<&Env> {
        self.env.as_ref()
    }
}

fn done(outcome: Outcome, held: Option<Duration>) -> Heard {
    Ended(End::Done {
        outcome,
        held,
        hint: None,
    })
}

fn at(seconds: u64) -> Time {
    Time::ZERO.after(Duration::from_secs(seconds))
}

#[test]
fn a_tuple_gives_back_what_it_took_before_a_refusal() {
    let open = ["a", "b", "c"].map(|name| Door::new(name, None));
    let shut = Door::new("shut", None).shut();
    let [a, b, c] = &open;
    let refused = (a, b, c, &shut).try_acquire(&Ask::default()).unwrap_err();
    assert_eq!(refused, RateLimited::new("shut", SECOND).into());
    for door in &open {
        assert_eq!(door.heard(), [Asked(None), Ended(End::Unused)]);
    }
    let refused = (a, &shut, b).try_acquire(&Ask::default()).unwrap_err();
    assert_eq!(refused.policy().as_str(), "shut");
    assert_eq!(a.heard(), [Asked(None), Ended(End::Unused)]);
    assert_eq!((b.heard(), shut.heard()), (vec![], vec![]));
}

#[test]
fn a_check_takes_nothing() {
    let (open, shut) = (Door::new("open", None), Door::new("shut", None).shut());
    assert!((&open, &open).check(&Ask::default()).is_ok());
    let refused = (&open, &shut, &open).check(&Ask::default()).unwrap_err();
    assert_eq!(refused.policy().as_str(), "shut");
    assert_eq!((open.heard(), shut.heard()), (vec![], vec![]));
}

#[test]
fn a_permit_tells_every_gate_of_a_tuple_how_the_call_ended() {
    let doors = ["a", "b", "c"].map(|name| Arc::new(Door::new(name, None)));
    let [a, b, c] = &doors;
    let gates = (a.clone(), b.clone(), c.clone());
    gates
        .permit(&Ask::default())
        .unwrap()
        .record(Outcome::Success);
    let mut given_up = Permit::acquire(gates, &Ask::default()).unwrap();
    given_up.waiting();
    drop(given_up);
    for door in &doors {
        let first = [Asked(None), done(Outcome::Success, None)];
        let second = [Asked(None), Ended(End::Abandoned { held: None })];
        assert_eq!(door.heard(), [first, second].concat());
    }
}

#[test]
fn a_permit_dropped_before_the_call_is_unused_and_in_a_step_failed() {
    let door = Door::new("door", None);
    drop(door.permit(&Ask::default()).unwrap());
    let mut permit = door.permit(&Ask::default()).unwrap();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        permit.step(|| std::panic::resume_unwind(Box::new("the call's panic")));
    }));
    assert!(panicked.is_err());
    let unused = [Asked(None), Ended(End::Unused)];
    let failed = [Asked(None), done(Outcome::Failure, None)];
    assert_eq!(door.heard(), [unused, failed].concat());
}

#[test]
fn gates_with_clocks_of_their_own_are_not_told_each_others_time() {
    let (early, _) = Door::timed("early");
    let (late, clock) = Door::timed("late");
    let untimed = Door::new("untimed", None);
    clock.set(at(9));
    let gates = (&untimed, &early, &late);
    let mut permit = gates.permit(&Ask::default()).unwrap();
    clock.advance(SECOND);
    permit.waiting();
    clock.advance(SECOND);
    permit.waiting();
    permit.record(Outcome::Failure);

    // How long the call was pending is told by the first that has a clock.
    let held = done(Outcome::Failure, Some(Duration::ZERO));
    assert_eq!(early.heard(), [Asked(Some(at(0))), Pending(at(0)), held]);
    assert_eq!(late.heard(), [Asked(Some(at(9))), Pending(at(10)), held]);
    assert_eq!(untimed.heard(), [Asked(None), held]);
}

#[test]
fn gates_of_one_clock_read_it_once_for_an_ask() {
    let (env, clock) = Env::manual();
    let ask = Ask::default();
    assert_eq!(ask.now(&env), at(0));
    clock.advance(SECOND);
    assert_eq!(ask.now(&env.clone()), at(0));
    assert_eq!(Ask::default().now(&env), at(1));
    let (other, _) = Env::manual();
    assert_eq!(ask.now(&other), at(0));
    assert_eq!(ask.now(&env), at(1), "it remembers one clock, the last");
}

#[test]
fn a_boxed_error_finds_a_reason_among_its_sources() {
    let shut = Door::new("venue", None).shut();
    let rejected = shut.try_acquire(&Ask::default()).unwrap_err();
    let wrapped = BoxError::from(Failed::Inner(rejected.clone()));
    assert_eq!(wrapped.rejected(), Some(&rejected));
    assert_eq!(wrapped.elapsed(), None);
    assert_eq!(rejected.to_string(), "call rejected by venue");
    assert_eq!(rejected.source().unwrap().to_string(), "Wait 1.0s");
    assert_eq!(rejected.retry_after(), Some(SECOND));

    let elapsed = Elapsed::new(SECOND);
    let wrapped = BoxError::from(Failed::<Elapsed>::Elapsed(elapsed.clone()));
    assert_eq!(wrapped.elapsed(), Some(&elapsed));
    assert_eq!(BoxError::from(rejected.clone()).rejected(), Some(&rejected));
    assert!(BoxError::from("another error").rejected().is_none());
}
