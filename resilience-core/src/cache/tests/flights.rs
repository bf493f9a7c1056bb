//! Who calls, who waits, and what becomes of those who wait.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::*;
use crate::{BulkheadFull, DeadlinePassed, Rejected};

#[test]
fn trap_38_all_who_wait_wake_once_and_are_polled_twice() {
    let (cache, _) = quotes(aging());
    let lead = lead(&cache, "a");
    let mut waits: Vec<_> = (0..100).map(|_| Driven::new(follow(&cache, "a"))).collect();
    for wait in &mut waits {
        assert!(wait.poll().is_pending());
    }
    lead.land(&7);
    for mut wait in waits {
        assert_eq!(wait.woken.count(), 1);
        assert!(matches!(wait.poll(), Poll::Ready(Followed::Landed(7))));
    }
    let seen = cache.snapshot();
    assert_eq!((seen.misses, seen.coalesced), (101, 100));
    assert_eq!(cache.0.flights(), 0);
}

#[test]
fn trap_37_a_wait_is_woken_by_nothing_but_its_end_and_by_the_last_waker() {
    let (cache, _) = quotes(aging());
    let led = lead(&cache, "a");
    let mut wait = Driven::new(follow(&cache, "a"));
    let old = wait.woken.clone();
    assert!(wait.poll().is_pending());
    wait.woken = Arc::default();
    assert!(wait.poll().is_pending());
    cache.insert("b", 1);
    lead(&cache, "c").land(&1);
    assert_eq!((old.count(), wait.woken.count()), (0, 0));
    led.land(&1);
    assert_eq!((old.count(), wait.woken.count()), (0, 1));
}

#[test]
fn a_leader_that_goes_away_hands_the_call_to_the_next_and_no_one_else_wakes() {
    let (cache, _) = quotes(aging());
    let led = lead(&cache, "a");
    let mut waits = [(); 3].map(|()| Driven::new(follow(&cache, "a")));
    for wait in &mut waits {
        assert!(wait.poll().is_pending());
    }
    drop(led);
    let woken = waits.each_ref().map(|it| it.woken.count());
    assert_eq!(woken, [1, 0, 0]);
    let [mut first, mut second, mut third] = waits;
    let Poll::Ready(Followed::Lead(led)) = first.poll() else {
        panic!("the first is next")
    };
    assert!(matches!(cache.begin(&"a"), Begun::Follow(_)));
    led.land(&7);
    for wait in [&mut second, &mut third] {
        assert!(matches!(wait.poll(), Poll::Ready(Followed::Landed(7))));
    }
    assert_eq!(cache.0.flights(), 0);
}

#[test]
fn a_lead_that_was_handed_over_and_not_fetched_goes_on() {
    let (cache, _) = quotes(aging());
    let led = lead(&cache, "a");
    let (first, mut second) = (follow(&cache, "a"), Driven::new(follow(&cache, "a")));
    assert!(second.poll().is_pending());
    drop(led);
    drop(first);
    assert_eq!(second.woken.count(), 1);
    assert!(matches!(second.poll(), Poll::Ready(Followed::Lead(_))));
    assert_eq!(cache.0.flights(), 0, "he gave it up at once");
}

#[test]
fn when_all_are_gone_the_next_begins_anew() {
    let (cache, _) = quotes(aging());
    let led = lead(&cache, "a");
    let waits = [(); 3].map(|()| follow(&cache, "a"));
    drop((led, waits));
    assert_eq!(cache.0.flights(), 0);
    drop(lead(&cache, "a"));
    let led = lead(&cache, "a");
    let mut wait = follow(&cache, "a");
    led.land(&1);
    assert_eq!(cache.0.flights(), 1, "it has not fetched its answer");
    assert!(matches!(now(&mut wait), Followed::Landed(1)));
    assert_eq!(cache.0.flights(), 0);
}

#[test]
fn a_failure_is_told_to_all_with_the_refusal_that_it_was() {
    let (cache, _) = quotes(aging());
    let full = Rejected::from(BulkheadFull::new("venue", 1, 0));
    for refused in [None, Some(full)] {
        let led = lead(&cache, "a");
        let waits = [(); 2].map(|()| follow(&cache, "a"));
        led.fail(refused.as_ref());
        for wait in waits {
            let Followed::Failed(told) = now(wait) else {
                panic!("it failed")
            };
            assert_eq!(told, refused);
        }
    }
    let said = cache.refusal(None);
    assert_eq!(said.to_string(), "call rejected by quotes");
    assert!(matches!(said, Rejected::FlightFailed(_)));
    assert_eq!(said.retry_after(), None);
}

#[test]
fn a_refusal_that_is_about_the_leader_alone_hands_over() {
    let (cache, _) = quotes(aging());
    let led = lead(&cache, "a");
    let [first, second] = [(); 2].map(|()| follow(&cache, "a"));
    led.fail(Some(&DeadlinePassed::new("total").into()));
    let Followed::Lead(led) = now(first) else {
        panic!("he makes it himself")
    };
    led.land(&1);
    assert!(matches!(now(second), Followed::Landed(1)));
}

#[test]
fn an_answer_that_is_not_for_sharing_lets_all_go_at_once() {
    let (cache, _) = quotes(aging());
    let led = lead(&cache, "a");
    let waits = [(); 3].map(|()| follow(&cache, "a"));
    led.release();
    for wait in waits {
        assert!(matches!(now(wait), Followed::Alone));
    }
    assert_eq!((cache.get(&"a"), cache.0.flights()), (None, 0));
}

#[test]
fn a_refresh_that_has_not_begun_is_overtaken_where_its_answer_is_needed() {
    let (cache, clock) = quotes(aging());
    cache.insert("a", 1);
    clock.advance(10 * SECOND);
    let Begun::Refresh(_, late) = cache.begin(&"a") else {
        panic!("it is stale")
    };
    clock.advance(5 * SECOND);
    let led = lead(&cache, "a");
    assert!(!late.start(), "another calls");
    drop(late);
    let wait = follow(&cache, "a");
    led.land(&2);
    assert!(matches!(now(wait), Followed::Landed(2)));
}

#[test]
fn a_refresh_that_has_begun_is_waited_for() {
    let (cache, clock) = quotes(aging());
    cache.insert("a", 1);
    clock.advance(10 * SECOND);
    let Begun::Refresh(_, refresh) = cache.begin(&"a") else {
        panic!("it is stale")
    };
    assert!(refresh.start());
    clock.advance(5 * SECOND);
    let wait = follow(&cache, "a");
    refresh.land(&2);
    assert!(matches!(now(wait), Followed::Landed(2)));
}

#[test]
fn a_size_that_panics_fails_its_own_caller_and_hands_over() {
    let (cache, _) = quotes(aging());
    let cache = cache.with_size(|_, value| match value {
        0 => resume_unwind(Box::new("no size")),
        _ => 1,
    });
    let led = lead(&cache, "a");
    let wait = follow(&cache, "a");
    assert!(catch_unwind(AssertUnwindSafe(|| led.land(&0))).is_err());
    assert!(matches!(now(wait), Followed::Lead(_)));
    assert_eq!(cache.0.flights(), 0);
}

#[test]
fn trap_40_needs_no_runtime() {
    let (cache, _) = quotes(CacheConfig::default());
    cache.insert("a", 1);
    assert_eq!(cache.get(&"a"), Some(1));
}
