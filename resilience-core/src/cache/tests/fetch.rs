//! The cache around plain functions.

use std::cell::Cell;
use std::future::{pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::*;
use crate::{CircuitOpen, CircuitState, Elapsed, Rejected};

const DOWN: Fetched = Err(Failed::Inner("down"));

fn missing(cache: &Quotes, result: Fetched) -> Fetched {
    now(cache.get_or_fetch(&"a", || ready(result)))
}

#[test]
fn a_fresh_answer_is_not_fetched() {
    let (cache, clock) = quotes(aging());
    assert_eq!(missing(&cache, Ok(1)), Ok(1));
    clock.advance(9 * SECOND);
    let unreached = || -> std::future::Ready<Fetched> { unreachable!("it is fresh") };
    assert_eq!(now(cache.get_or_fetch(&"a", unreached)), Ok(1));
}

#[test]
fn failures_refusals_and_time_limits_get_the_stale_answer_until_it_is_too_old() {
    let (cache, clock) = quotes(aging());
    assert_eq!(missing(&cache, Ok(1)), Ok(1));
    let open = CircuitOpen::new("venue", CircuitState::Open, None);
    let errors = [
        Failed::Inner("down"),
        Rejected::from(open).into(),
        Elapsed::new(SECOND).into(),
    ];
    clock.advance(20 * SECOND);
    for error in &errors {
        assert_eq!(missing(&cache, Err(error.clone())), Ok(1));
    }
    assert_eq!(cache.snapshot().stale_if_error, 3);
    clock.advance(10 * SECOND);
    for error in errors {
        assert_eq!(missing(&cache, Err(error.clone())), Err(error));
    }
}

#[test]
fn a_stale_answer_is_served_at_once_to_all_but_the_one_who_refreshes() {
    let (cache, clock) = quotes(aging());
    assert_eq!(missing(&cache, Ok(1)), Ok(1));
    clock.advance(10 * SECOND);
    let open = Cell::new(false);
    let fetch = || {
        poll_fn(|_| match open.get() {
            true => Poll::Ready(Fetched::Ok(2)),
            false => Poll::Pending,
        })
    };
    let mut refresh = Driven::new(cache.get_or_fetch(&"a", fetch));
    assert!(refresh.poll().is_pending());
    assert_eq!(missing(&cache, DOWN), Ok(1));
    open.set(true);
    assert_eq!(refresh.poll(), Poll::Ready(Ok(2)));
    assert_eq!(cache.get(&"a"), Some(2));
    clock.advance(10 * SECOND);
    assert_eq!(
        missing(&cache, DOWN),
        Ok(2),
        "a refresh that fails hurts nobody"
    );
    let seen = cache.snapshot();
    assert_eq!((seen.refreshes_ok, seen.refreshes_failed), (1, 1));
}

#[test]
fn a_caller_that_goes_away_at_any_point_fails_and_hangs_nobody() {
    for polls in 0..3 {
        let (cache, _) = quotes(aging());
        let mut first = Driven::new(cache.get_or_fetch(&"a", pending::<Fetched>));
        let mut second = Driven::new(cache.get_or_fetch(&"a", pending::<Fetched>));
        let mut third = Driven::new(cache.get_or_fetch(&"a", || ready(Fetched::Ok(3))));
        for _ in 0..polls {
            assert!(first.poll().is_pending());
        }
        assert!(second.poll().is_pending());
        if polls > 0 {
            assert!(third.poll().is_pending());
        }
        drop(first);
        let _ = second.poll();
        drop(second);
        assert_eq!(third.poll(), Poll::Ready(Ok(3)));
        assert_eq!(cache.0.flights(), 0);
    }
}

#[test]
fn a_panic_is_its_own_callers_alone() {
    let (cache, _) = quotes(aging());
    let panics = || poll_fn(|_| -> Poll<Fetched> { resume_unwind(Box::new("fetch")) });
    let wait = {
        let led = lead(&cache, "a");
        let mut first = Driven::new(cache.get_or_fetch(&"a", panics));
        let mut wait = Driven::new(cache.get_or_fetch(&"a", || ready(Fetched::Ok(2))));
        assert!(first.poll().is_pending() && wait.poll().is_pending());
        drop(led);
        assert!(catch_unwind(AssertUnwindSafe(|| first.poll())).is_err());
        wait
    };
    let mut wait = wait;
    assert_eq!(wait.woken.count(), 1, "the panic handed over");
    assert_eq!(wait.poll(), Poll::Ready(Ok(2)));
}

#[test]
fn those_who_wait_for_a_failed_call_are_refused_and_nothing_of_theirs_is_sent() {
    let (cache, _) = quotes(aging());
    let led = lead(&cache, "a");
    let unreached = || -> std::future::Ready<Fetched> { unreachable!("it failed") };
    let mut wait = Driven::new(cache.get_or_fetch(&"a", unreached));
    assert!(wait.poll().is_pending());
    led.fail(None);
    let Poll::Ready(Err(Failed::Rejected(reason))) = wait.poll() else {
        panic!("it is refused")
    };
    assert_eq!(reason, cache.refusal(None));
}

#[test]
fn with_a_ttl_of_0_calls_are_shared_and_nothing_is_kept() {
    let config = CacheConfig {
        ttl: Duration::ZERO,
        ..Default::default()
    };
    let (cache, _) = quotes(config);
    for round in 0..2 {
        let led = lead(&cache, "a");
        let mut wait = Driven::new(cache.get_or_fetch(&"a", || ready(DOWN)));
        assert!(wait.poll().is_pending());
        led.land(&round);
        assert_eq!(wait.poll(), Poll::Ready(Ok(round)));
        assert_eq!(cache.snapshot().entries, 0);
    }
}

#[test]
fn the_future_can_be_sent() {
    fn is_send(_: &impl Send) {}
    let (cache, _) = quotes(aging());
    is_send(&cache.get_or_fetch(&"a", || ready(DOWN)));
}
