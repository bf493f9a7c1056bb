//! Costs, limits of one call, and word of retries further in.

use std::cell::Cell;
use std::future::ready;

use super::*;
use crate::RetryLimits;

/// A failure whose repetition costs so much.
fn costing(cost: u32) -> Verdict {
    Verdict {
        cost,
        ..Outcome::Failure.into()
    }
}

/// Returns settings with a budget of `retries` in ten seconds.
fn with_budget(retries: f64) -> RetryConfig {
    let budget = RetryBudgetConfig {
        ratio: 0.0,
        floor_per_second: retries / 10.0,
        ..Default::default()
    };
    RetryConfig {
        max_attempts: 99,
        budget: Some(budget),
        ..fixed()
    }
}

#[test]
fn a_timeout_takes_more_from_the_budget_than_a_throttled_call() {
    let (timed_out, throttled) = (costing(5), costing(1));
    let (retry, _, _) = retry(with_budget(7.0));
    let mut attempts = start(&retry);
    let granted = [throttled, timed_out, timed_out].map(|it| attempts.after(it).is_some());
    assert_eq!(granted, [true, true, false]);
    assert_eq!(attempts.gave_up(), Some(Cause::Budget));
    let budget = retry.0.budget.any().unwrap();
    assert_eq!((budget.snapshot().retries, budget.balance()), (6, 1));
    // What does not cost the callee anything goes on.
    assert!(start(&retry).after(costing(0)).is_some());
}

#[test]
fn a_call_may_bring_smaller_limits_of_its_own_and_no_larger_ones() {
    for (own, sent) in [(0, 1), (1, 1), (2, 2), (3, 3), (4, 3), (u32::MAX, 3)] {
        let (retry, _, _) = retry(fixed());
        let limits = RetryLimits {
            max_attempts: own,
            ..Default::default()
        };
        let mut attempts = retry.start(&Ask::default().retries(limits)).unwrap();
        while fail(&mut attempts).is_some() {}
        assert_eq!(attempts.sent(), sent, "{own}");
        assert_eq!(attempts.gave_up(), Some(Cause::Attempts));
    }
}

#[test]
fn the_total_time_of_a_call_is_the_shortest_of_the_policys_its_own_and_its_deadline() {
    let millis = Duration::from_millis;
    for (policy, own, deadline, begins) in [
        (Some(2_500), Duration::MAX, None, 3),
        (Some(2_500), millis(1_500), None, 2),
        (Some(1_500), millis(2_500), None, 2),
        (None, millis(1_500), None, 2),
        (None, millis(3_500), Some(1_500), 2),
        (None, Duration::ZERO, None, 1),
        (None, Duration::MAX, None, 5),
    ] {
        let (retry, _, clock) = retry(RetryConfig {
            max_attempts: 5,
            max_total: policy.map(millis),
            ..fixed()
        });
        let limits = RetryLimits {
            max_total: own,
            ..Default::default()
        };
        let mut ask = Ask::default().retries(limits);
        ask.deadline = deadline.map(|it| Time::ZERO.after(millis(it)).into());
        let mut attempts = retry.start(&ask).unwrap();
        while let Some(wait) = fail(&mut attempts) {
            clock.advance(wait);
        }
        assert_eq!(attempts.sent(), begins, "{policy:?} {own:?} {deadline:?}");
    }
}

#[test]
fn the_smaller_of_two_limits_holds_for_each() {
    let one = RetryLimits {
        max_attempts: 2,
        max_total: SECOND,
    };
    assert_eq!(one.and(RetryLimits::default()), one);
    let both = one.and(RetryLimits::NONE);
    assert_eq!((both.max_attempts, both.max_total), (1, SECOND));
}

#[test]
fn a_retry_around_a_retry_that_gave_up_does_not_repeat_it() {
    let (env, _) = Env::manual();
    let [inner, middle, outer] = ["inner", "middle", "outer"]
        .map(|name: &'static str| Retry::new(name, fixed(), &env).unwrap());
    let calls = Cell::new(0);
    let down = || {
        calls.set(calls.get() + 1);
        Err::<(), _>(std::io::Error::from(std::io::ErrorKind::TimedOut))
    };
    let get = || {
        inner
            .call_blocking(|_| (), down)
            .map_err(|it| std::io::Error::other(it.last))
    };
    let error = outer
        .call_blocking(
            |_| (),
            || middle.call_blocking(|_| (), get).map_err(|it| it.last),
        )
        .unwrap_err();
    // One layer of the three repeats: not 27.
    assert_eq!(calls.get(), 3);
    assert_eq!((error.attempts, error.cause), (1, Some(Cause::DoNotRetry)));
    let told = [&inner, &middle, &outer].map(|it| it.snapshot().gave_up.do_not_retry);
    assert_eq!(told, [0, 1, 1]);
}

#[test]
fn what_a_retry_further_in_told_is_forgotten_by_the_next_attempt() {
    let (env, _) = Env::manual();
    let [inner, outer] =
        ["inner", "outer"].map(|name: &'static str| Retry::new(name, fixed(), &env).unwrap());
    let mut attempts = start(&outer);
    // An attempt that is a success in spite of it says nothing further out.
    let (next, told) = listen(|| {
        attempts.step(|| fail_for_good(&inner));
        attempts.next(Outcome::Success, false, Hint::None)
    });
    assert_eq!((next, told), (None, None));
    assert!(fail(&mut attempts).is_some());

    // One that cannot be repeated for another reason passes it on.
    let (_, told) = listen(|| {
        attempts.step(|| fail_for_good(&inner));
        attempts.end(Outcome::Failure.into());
    });
    let given_up = GivenUp {
        attempts: 3,
        cause: Cause::Attempts,
    };
    assert_eq!(told, Some(given_up));
    assert_eq!(outer.snapshot().gave_up, GaveUp::default());
}

fn fail_for_good(retry: &Retry) {
    let mut attempts = start(retry);
    while fail(&mut attempts).is_some() {}
}

#[test]
fn an_attempt_is_gone_while_the_next_one_is_waited_for() {
    struct Gone<'a>(&'a Cell<bool>);
    impl Drop for Gone<'_> {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    let (retry, _, _) = retry(fixed());
    let gone = Cell::new(false);
    let op = || {
        gone.set(false);
        let held = Gone(&gone);
        async move {
            let _held = held;
            Err::<(), _>(std::fmt::Error)
        }
    };
    let sleep = |_| {
        assert!(gone.get());
        ready(())
    };
    let mut call = std::pin::pin!(retry.call_with(sleep, op));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let polled = std::future::Future::poll(call.as_mut(), &mut context);
    assert!(polled.is_ready());
}
