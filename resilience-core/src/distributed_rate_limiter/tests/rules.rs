use super::*;
use crate::{Clock, Outcome, Permit};

#[test]
fn a_lease_is_void_when_its_time_from_the_sending_of_the_request_is_over() {
    let (limiter, clock) = limiter(config(OnOutage::Closed));
    let request = limiter.next_request().unwrap();
    clock.advance(millis(400));
    let answer = StoreAnswer {
        granted: 8,
        retry_after: Duration::ZERO,
    };
    limiter.granted(&request, answer);
    assert_eq!(limiter.snapshot().void_in, millis(600));
    clock.advance(millis(600) - NANO);
    assert!(limiter.take(1).is_ok());
    clock.advance(NANO);
    assert!(limiter.take(1).is_err());
    let seen = limiter.snapshot();
    assert_eq!((seen.leased, seen.used, seen.expired), (8, 1, 7));
}

#[test]
fn a_lease_that_is_over_before_its_answer_gives_nothing() {
    let (limiter, clock) = limiter(config(OnOutage::Closed));
    let request = limiter.next_request().unwrap();
    clock.advance(millis(999));
    // Still in time for the answer, and no more for its permits.
    clock.advance(millis(1));
    limiter.granted(
        &request,
        StoreAnswer {
            granted: 8,
            retry_after: Duration::ZERO,
        },
    );
    assert!(limiter.take(1).is_err());
    assert_eq!(limiter.snapshot().expired, 8);
}

#[test]
fn the_permits_that_are_void_first_are_used_first() {
    let (limiter, clock) = full(OnOutage::Closed);
    limiter.take(5).unwrap();
    clock.advance(millis(900));
    limiter.take(1).unwrap();
    limiter.answer(6, Duration::ZERO);
    assert_eq!(limiter.left(), 8);
    limiter.take(2).unwrap();
    clock.advance(millis(100));
    assert_eq!(limiter.left(), 6);
    assert_eq!(limiter.snapshot().expired, 0);
}

#[test]
fn a_refusal_says_the_stores_wait_and_the_time_of_a_round_trip() {
    let (limiter, clock) = limiter(config(OnOutage::Closed));
    // Nothing is known yet: the shortest wait.
    assert_eq!(limiter.wait(1), Some(millis(1)));
    let request = limiter.next_request().unwrap();
    clock.advance(millis(3));
    let retry_after = millis(200);
    limiter.granted(
        &request,
        StoreAnswer {
            granted: 0,
            retry_after,
        },
    );
    assert_eq!(limiter.wait(1), Some(millis(203)));
    clock.advance(millis(150));
    assert_eq!(limiter.wait(1), Some(millis(53)));
    assert_eq!(limiter.next_request(), None, "not before the store said so");
    clock.advance(millis(50));
    // Asked again by itself, so that he who obeys the wait finds his permit.
    let request = limiter.next_request().unwrap();
    clock.advance(millis(3));
    limiter.granted(
        &request,
        StoreAnswer {
            granted: 1,
            retry_after: millis(10),
        },
    );
    assert!(limiter.take(1).is_ok());
}

#[test]
fn a_call_that_needs_many_is_asked_for_as_a_whole() {
    let (limiter, _) = full(OnOutage::Closed);
    limiter.take(5).unwrap();
    limiter.answer(0, Duration::ZERO);
    assert_eq!(limiter.left(), 3);
    assert!(limiter.take(7).is_err());
    let request = limiter.next_request().unwrap();
    assert_eq!((request.want(), request.need()), (5, 4));
}

#[test]
fn who_is_refused_and_does_not_come_back_is_asked_for_twice_and_no_more() {
    let (limiter, clock) = limiter(config(OnOutage::Closed));
    assert!(limiter.take(1).is_err());
    for _ in 0..2 {
        limiter.answer(0, millis(10));
        clock.advance(millis(10));
    }
    assert_eq!(limiter.next_request(), None);
    assert!(limiter.take(1).is_err());
    assert!(limiter.next_request().is_some());
}

#[test]
fn nothing_is_asked_for_while_nobody_calls() {
    let (limiter, clock) = full(OnOutage::Closed);
    assert_eq!(limiter.next_request(), None);
    clock.advance(SECOND);
    assert_eq!(limiter.left(), 0);
    assert_eq!(limiter.next_request(), None);
    clock.advance(1_000 * SECOND);
    assert!(!limiter.snapshot().store_silent, "nobody asked it");
    assert!(limiter.take(1).is_err());
    assert!(limiter.next_request().is_some());
}

#[test]
fn what_was_not_used_goes_back_while_it_is_good() {
    let (limiter, clock) = full(OnOutage::Closed);
    let permit = |cost| Permit::acquire(&limiter, &Ask::default().cost(cost)).unwrap();
    drop(permit(3));
    assert_eq!(limiter.left(), 8);
    permit(3).record(Outcome::Failure);
    assert_eq!(limiter.left(), 5, "it was used, whatever came of it");
    let late = permit(2);
    clock.advance(SECOND);
    drop(late);
    let seen = limiter.snapshot();
    assert_eq!((seen.left, seen.used, seen.expired), (0, 3, 5));
}

#[test]
fn what_comes_back_never_lifts_a_client_above_its_batch() {
    let (limiter, _) = full(OnOutage::Closed);
    let permit = Permit::acquire(&limiter, &Ask::default().cost(6)).unwrap();
    limiter.answer(6, Duration::ZERO);
    assert_eq!(limiter.left(), 8);
    drop(permit);
    let seen = limiter.snapshot();
    assert_eq!((seen.left, seen.used, seen.expired), (8, 0, 6));
}

#[test]
fn a_store_that_grants_more_than_was_wanted_is_not_believed() {
    let (limiter, _) = limiter(config(OnOutage::Closed));
    limiter.answer(u32::MAX, Duration::MAX);
    assert_eq!((limiter.left(), limiter.snapshot().leased), (8, 8));
}

#[test]
fn a_cost_of_nothing_is_always_there_and_one_above_the_batch_never() {
    let (limiter, _) = limiter(config(OnOutage::Closed));
    assert!(limiter.take(0).is_ok());
    assert!(limiter.check(&Ask::default().cost(0)).is_ok());
    for result in [
        limiter.take(9).map(drop),
        limiter.check(&Ask::default().cost(9)),
    ] {
        let Err(Rejected::NeverFits(never)) = result else {
            panic!("{result:?}")
        };
        assert_eq!((never.cost, never.most), (9, 8));
    }
    let exact = limiter
        .exact_request(&Ask::default().cost(101))
        .unwrap_err();
    assert!(matches!(exact, Rejected::NeverFits(never) if never.most == 100));
    assert!(limiter.exact_request(&Ask::default().cost(100)).is_ok());
    assert_eq!(limiter.snapshot().refused, 2);
}

#[test]
fn a_check_says_what_an_attempt_would_and_takes_nothing() {
    let (limiter, _) = full(OnOutage::Closed);
    for cost in [8, 8] {
        assert!(limiter.check(&Ask::default().cost(cost)).is_ok());
    }
    limiter.take(8).unwrap();
    let refused = limiter.check(&Ask::default()).unwrap_err();
    assert_eq!(refused.retry_after(), limiter.wait(1));
    assert_eq!(limiter.snapshot().refused, 1);
}

#[test]
fn single_calls_leave_leases_alone() {
    let (limiter, _) = full(OnOutage::Closed);
    let ask = Ask::default().cost(20);
    let request = limiter.exact_request(&ask).unwrap();
    assert_eq!((request.want(), request.need()), (20, 20));
    assert_eq!((request.permit_time(), request.burst()), (millis(10), 100));
    let answer = |granted| StoreAnswer {
        granted,
        retry_after: millis(7),
    };
    // Nor may its answer be taken for a lease.
    limiter.granted(&request, answer(20));
    assert_eq!(limiter.left(), 8);
    assert!(limiter.exact_answer(&ask, Ok(answer(20))).is_ok());
    let refused = limiter.exact_answer(&ask, Ok(answer(0))).unwrap_err();
    assert_eq!(refused.retry_after(), Some(millis(7)));
    let seen = limiter.snapshot();
    assert_eq!(
        (seen.left, seen.leased, seen.used, seen.refused),
        (8, 28, 20, 1)
    );
}

#[test]
fn a_reconfiguration_keeps_what_is_leased_as_far_as_the_new_batch_goes() {
    let (limiter, _) = full(OnOutage::Closed);
    let smaller = DistributedRateLimiterConfig {
        batch: Some(3),
        ..config(OnOutage::Open)
    };
    limiter.reconfigure(smaller).unwrap();
    assert_eq!((limiter.left(), limiter.snapshot().expired), (3, 5));
    let bad = DistributedRateLimiterConfig {
        batch: Some(0),
        ..config(OnOutage::Local)
    };
    limiter.reconfigure(bad).unwrap_err();
    assert_eq!(limiter.snapshot().batch, 3);
    limiter.reconfigure(config(OnOutage::Closed)).unwrap();
    limiter.take(3).unwrap();
    assert_eq!(limiter.next_request().unwrap().want(), 8);
}

#[test]
fn who_lacked_more_than_a_smaller_batch_is_asked_for_as_far_as_that_goes() {
    let (limiter, _) = limiter(config(OnOutage::Closed));
    limiter.answer(1, Duration::ZERO);
    assert!(limiter.take(8).is_err());
    let smaller = DistributedRateLimiterConfig {
        batch: Some(3),
        ..config(OnOutage::Closed)
    };
    limiter.reconfigure(smaller).unwrap();
    let request = limiter.next_request().unwrap();
    assert_eq!((request.want(), request.need()), (2, 2));
}

#[test]
fn what_comes_back_to_the_largest_batch_does_not_overflow() {
    let largest = DistributedRateLimiterConfig {
        burst: Some(u32::MAX),
        batch: Some(u32::MAX),
        low_water: Some(u32::MAX - 1),
        ..DistributedRateLimiterConfig::new(1_000, SECOND)
    };
    let (limiter, clock) = limiter(largest);
    limiter.answer(u32::MAX, Duration::ZERO);
    let permit = Permit::acquire(&limiter, &Ask::default().cost(9)).unwrap();
    // At once, and so in the same lease, and later.
    limiter.answer(9, Duration::ZERO);
    drop(permit);
    assert_eq!(limiter.left(), u32::MAX);
    let permit = Permit::acquire(&limiter, &Ask::default().cost(9)).unwrap();
    clock.advance(millis(1));
    limiter.answer(9, Duration::ZERO);
    drop(permit);
    let seen = limiter.snapshot();
    assert_eq!((seen.left, seen.used, seen.expired), (u32::MAX, 0, 18));
}

#[test]
fn it_is_listed_and_found_by_name() {
    let (env, _) = Env::manual();
    let limiter = DistributedRateLimiter::new("shared", config(OnOutage::Open), &env).unwrap();
    let taken = DistributedRateLimiter::new("shared", config(OnOutage::Open), &env).unwrap_err();
    assert_eq!(taken.field(), "name");
    let found = env
        .registry()
        .find("distributed_rate_limiter", "shared")
        .unwrap();
    let snapshot = crate::Snapshot::DistributedRateLimiter(limiter.snapshot());
    assert_eq!(found.snapshot(), snapshot);
    let same = DistributedRateLimiter::get_or_new("shared", config(OnOutage::Closed), &env);
    assert_eq!(same.unwrap().snapshot().on_outage, OnOutage::Open);
}

#[test]
fn a_single_call_says_how_long_its_answer_is_of_use() {
    let (limiter, clock) = limiter(config(OnOutage::Open));
    let within = |deadline| limiter.exact_request(&Ask::default().deadline(deadline));
    let soon = clock.now().after(millis(5));
    assert_eq!(within(soon).unwrap().within(), Some(millis(5)));
    let request = limiter.exact_request(&Ask::default()).unwrap();
    assert_eq!(request.within(), None);
    clock.advance(millis(5));
    let late = within(soon).unwrap_err();
    assert!(matches!(late, Rejected::DeadlinePassed(_)), "{late}");
    assert!(matches!(limiter.exact_late(), Rejected::DeadlinePassed(_)));
    assert_eq!(limiter.snapshot().refused, 2);
}
