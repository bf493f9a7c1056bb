//! Retries around a plain async function.

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::fmt;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::circuit_breaker::CircuitState;
use crate::{CircuitOpen, Failed};

#[derive(Clone, Debug, PartialEq)]
struct Broken(u32);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "broken {}", self.0)
    }
}

impl Error for Broken {}

/// Returns what a future gives that never has to wait.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(out) => out,
        Poll::Pending => panic!("the future waits"),
    }
}

/// Lets the time pass at once.
fn sleep(clock: &ManualClock) -> impl FnMut(Duration) -> Ready<()> {
    move |delay| {
        clock.advance(delay);
        ready(())
    }
}

fn open(retry_after: Option<Duration>) -> Failed<Broken> {
    let policy = "breaker".into();
    let state = CircuitState::Open;
    Failed::Rejected(Rejected::CircuitOpen(CircuitOpen {
        policy,
        state,
        retry_after,
    }))
}

#[test]
fn a_call_that_fails_for_good_returns_its_last_error_as_source() {
    let (retry, env, clock) = retry(fixed());
    let calls = Cell::new(0);
    let op = async || {
        calls.set(calls.get() + 1);
        Err::<(), _>(Broken(calls.get()))
    };
    let error = at_once(retry.call_with(sleep(&clock), op)).unwrap_err();
    assert_eq!((error.attempts, &error.last), (3, &Broken(3)));
    assert_eq!(error.to_string(), "failed after 3 attempts");
    assert_eq!(error.source().unwrap().to_string(), "broken 3");
    assert_eq!(env.now(), Time::ZERO.after(2 * SECOND));
}

#[test]
fn a_refusal_is_not_tried_again_and_replaces_no_result_that_was_sent() {
    let (retry, _, _) = retry(fixed());
    let answers = RefCell::new(vec![open(None), Failed::Inner(Broken(1))]);
    let op = || ready(Err::<(), _>(answers.borrow_mut().pop().unwrap()));
    let error = at_once(retry.call_with(|_| ready(()), op)).unwrap_err();
    assert_eq!((error.attempts, error.last), (1, Failed::Inner(Broken(1))));
    assert!(answers.borrow().is_empty());
}

#[test]
fn a_refusal_is_waited_out_where_the_settings_say_so() {
    let (retry, env, clock) = retry(RetryConfig {
        retry_rejected: true,
        ..fixed()
    });
    let op = || {
        let now = env.now();
        ready(match now >= Time::ZERO.after(5 * SECOND) {
            true => Ok(now),
            false => Err(open(Some(5 * SECOND))),
        })
    };
    let got = at_once(retry.call_with(sleep(&clock), op));
    assert_eq!(got, Ok(Time::ZERO.after(5 * SECOND)));
}

#[test]
fn a_rule_of_the_callers_own_decides_for_any_type_of_error() {
    let (retry, _, _) = retry(fixed());
    let rule = |result: &Result<u32, &str>| match result {
        Ok(503) => Outcome::Failure.into(),
        Ok(_) => Outcome::Success.into(),
        Err(_) => Verdict {
            hint: Hint::DoNotRetry,
            ..Outcome::Failure.into()
        },
    };
    let run = |answers: [Result<u32, &'static str>; 2]| {
        let mut answers = answers.into_iter();
        let op = || ready(answers.next().unwrap());
        at_once(start(&retry).run(rule, |_| ready(()), op))
    };
    assert_eq!(run([Ok(503), Ok(200)]), Ok(200));
    let (attempts, cause, last) = (2, Some(Cause::DoNotRetry), "gone");
    assert_eq!(
        run([Ok(503), Err("gone")]),
        Err(Exhausted {
            attempts,
            cause,
            last
        })
    );
}

#[test]
fn an_answer_that_counts_as_a_failure_is_returned_when_attempts_are_used_up() {
    let (retry, _, _) = retry(fixed());
    let rule = |_: &Result<u32, Broken>| Outcome::Failure.into();
    let got = at_once(start(&retry).run(rule, |_| ready(()), || ready(Ok(503))));
    assert_eq!((got, retry.snapshot().gave_up.attempts), (Ok(503), 1));
}

#[test]
fn the_future_of_a_call_can_be_sent_to_another_thread() {
    let (retry, _, _) = retry(fixed());
    let call = retry.call_with(|_| ready(()), || ready(Ok::<_, Broken>(7)));
    let join = std::thread::scope(|scope| scope.spawn(|| at_once(call)).join());
    assert_eq!(join.unwrap(), Ok(7));
}

#[test]
fn after_a_timer_that_was_late_no_attempt_begins_past_the_deadline() {
    let (retry, env, clock) = retry(fixed());
    for (oversleeps, attempts) in [(Duration::ZERO, 2), (SECOND, 1)] {
        let deadline = env.now().after(2 * SECOND);
        let run = retry.start(&Ask::default().deadline(deadline)).unwrap();
        let late = |delay| {
            clock.advance(delay + oversleeps);
            ready(())
        };
        let op = || ready(Err::<(), _>(Broken(1)));
        let error = at_once(run.run(Verdict::of, late, op)).unwrap_err();
        assert_eq!(error.attempts, attempts);
    }
    assert_eq!(retry.snapshot().gave_up.time, 2);
}
