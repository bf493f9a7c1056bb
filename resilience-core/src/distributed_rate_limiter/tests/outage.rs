//! What happens while the store is silent.

use super::*;
use crate::Event;
use crate::testing::Recorder;

fn local(permits: u32) -> DistributedRateLimiterConfig {
    DistributedRateLimiterConfig {
        local_permits: Some(permits),
        ..config(OnOutage::Local)
    }
}

#[test]
fn leased_permits_are_used_up_before_an_outage_is_felt() {
    let (limiter, _) = full(OnOutage::Closed);
    limiter.take(4).unwrap();
    limiter.fail(millis(50));
    assert!(limiter.snapshot().store_silent);
    limiter.take(4).unwrap();
    assert_eq!(
        limiter.wait(1),
        Some(millis(51)),
        "the pause and a round trip"
    );
    let seen = limiter.snapshot();
    assert_eq!(
        (seen.used, seen.admitted_in_outage, seen.refused),
        (8, 0, 1)
    );
    assert_eq!((seen.store_errors, seen.outages), (1, 1));
}

#[test]
fn open_admits_all_and_counts_them() {
    let (limiter, _) = limiter(config(OnOutage::Open));
    assert!(
        limiter.take(1).is_err(),
        "the store is asked and not silent yet"
    );
    limiter.fail(millis(50));
    assert!((0..1_000).all(|_| limiter.take(8).is_ok()));
    let seen = limiter.snapshot();
    assert_eq!((seen.admitted_in_outage, seen.used), (1_000, 0));
}

#[test]
fn local_keeps_to_a_rate_of_its_own_through_all_outages() {
    let (limiter, clock) = limiter(local(2));
    limiter.fail(Duration::ZERO);
    limiter.take(1).unwrap();
    limiter.take(1).unwrap();
    assert_eq!(limiter.wait(1), Some(millis(500)));
    // Another outage is not another allowance.
    limiter.answer(0, Duration::ZERO);
    assert!(limiter.take(1).is_err());
    limiter.fail(Duration::ZERO);
    assert_eq!(limiter.wait(1), Some(millis(500)));
    clock.advance(millis(500));
    limiter.take(1).unwrap();
    let seen = limiter.snapshot();
    assert_eq!((seen.outages, seen.admitted_in_outage), (2, 3));
}

#[test]
fn a_local_permit_that_was_not_used_goes_back_to_the_local_limiter() {
    let (limiter, _) = limiter(local(1));
    limiter.fail(Duration::ZERO);
    drop(limiter.permit(&Ask::default()).unwrap());
    assert!(limiter.check(&Ask::default()).is_ok());
    limiter.take(1).unwrap();
    assert!(limiter.check(&Ask::default()).is_err());
}

#[test]
fn a_limiter_without_a_driver_finds_its_store_silent() {
    let (limiter, clock) = limiter(config(OnOutage::Open));
    assert!(limiter.take(1).is_err());
    clock.advance(SECOND - NANO);
    assert!(limiter.take(1).is_err());
    clock.advance(NANO);
    assert!(limiter.take(1).is_ok());
    assert_eq!(limiter.snapshot().outages, 1);
}

#[test]
fn an_answer_that_does_not_come_is_an_outage_and_the_store_is_asked_again() {
    let (limiter, clock) = full(OnOutage::Open);
    limiter.take(8).unwrap();
    let lost = limiter.next_request().unwrap();
    assert_eq!(limiter.next_request(), None, "one at a time");
    clock.advance(SECOND - NANO);
    assert!(limiter.take(1).is_err());
    clock.advance(NANO);
    assert!(limiter.take(1).is_ok());
    let again = limiter.next_request().unwrap();
    // Too late: it may be void, and nobody reckons with it.
    let answer = StoreAnswer {
        granted: 8,
        retry_after: Duration::ZERO,
    };
    limiter.granted(&lost, answer);
    assert!(limiter.snapshot().store_silent);
    assert_eq!(limiter.left(), 0);
    limiter.granted(&again, answer);
    assert!(!limiter.snapshot().store_silent);
    assert_eq!(limiter.left(), 8);
}

#[test]
fn a_wait_that_the_store_asked_for_is_not_silence() {
    let (limiter, clock) = limiter(config(OnOutage::Open));
    assert!(limiter.take(1).is_err());
    limiter.answer(0, 10 * SECOND);
    assert!(limiter.take(1).is_err());
    clock.advance(10 * SECOND);
    assert!(limiter.take(1).is_err(), "it is due now, and not late yet");
    clock.advance(SECOND);
    assert!(limiter.take(1).is_ok(), "it was not asked for a second");
}

#[test]
fn a_silent_store_is_asked_again_though_nobody_calls() {
    let (limiter, clock) = limiter(config(OnOutage::Closed));
    limiter.fail(millis(50));
    assert_eq!(limiter.next_request(), None);
    clock.advance(millis(50));
    limiter.answer(8, Duration::ZERO);
    assert!(!limiter.snapshot().store_silent);
    assert_eq!(limiter.left(), 8);
}

#[test]
fn single_calls_feel_an_outage_and_its_end() {
    let (limiter, _) = full(OnOutage::Closed);
    let failed = StoreFailed {
        retry_in: millis(9),
    };
    let ask = Ask::default();
    let refused = limiter.exact_answer(&ask, Err(failed)).unwrap_err();
    assert_eq!(refused.retry_after(), Some(millis(9)));
    assert!(limiter.snapshot().store_silent);
    let answer = StoreAnswer {
        granted: 1,
        retry_after: Duration::ZERO,
    };
    limiter.exact_answer(&ask, Ok(answer)).unwrap();
    let seen = limiter.snapshot();
    assert!(!seen.store_silent);
    assert_eq!((seen.store_errors, seen.outages, seen.left), (1, 1, 8));
}

#[test]
fn an_observer_hears_of_each_loss_once_and_of_each_return() {
    let (env, clock) = Env::manual();
    let heard = Arc::new(Recorder::default());
    let env = env.with_observer(heard.clone());
    let limiter = DistributedRateLimiter::new("test", config(OnOutage::Open), &env).unwrap();
    limiter.fail(Duration::ZERO);
    limiter.fail(Duration::ZERO);
    limiter.answer(0, Duration::ZERO);
    assert!(limiter.take(1).is_err());
    clock.advance(SECOND);
    assert!(limiter.take(1).is_ok());
    let events: Vec<_> = heard.take().into_iter().map(|(_, event)| event).collect();
    assert_eq!(
        events,
        [Event::StoreLost, Event::StoreBack, Event::StoreLost]
    );
}

#[test]
fn the_local_limiter_comes_and_goes_with_the_config() {
    let (limiter, _) = limiter(local(1));
    limiter.fail(Duration::ZERO);
    limiter.take(1).unwrap();
    // A local rate that goes on keeps what is in use.
    limiter.reconfigure(local(4)).unwrap();
    assert!((0..3).all(|_| limiter.take(1).is_ok()));
    assert!(limiter.take(1).is_err());
    limiter.reconfigure(config(OnOutage::Open)).unwrap();
    assert!(limiter.take(8).is_ok());
    limiter.reconfigure(local(1)).unwrap();
    limiter.take(1).unwrap();
    assert!(limiter.take(1).is_err());
}

#[test]
fn a_limiter_of_single_calls_has_no_driver_and_misses_none() {
    let (env, clock) = Env::manual();
    let heard = Arc::new(Recorder::default());
    let env = env.with_observer(heard.clone());
    let limiter = DistributedRateLimiter::new("test", config(OnOutage::Open), &env).unwrap();
    clock.advance(10 * SECOND);
    assert!(!limiter.snapshot().store_silent, "nobody asked it");
    let answer = StoreAnswer {
        granted: 1,
        retry_after: Duration::ZERO,
    };
    limiter.exact_answer(&Ask::default(), Ok(answer)).unwrap();
    assert_eq!(limiter.snapshot().outages, 0);
    assert!(heard.take().is_empty());
}

#[test]
fn single_calls_do_not_stand_in_for_a_driver_that_is_missing() {
    let (limiter, clock) = limiter(config(OnOutage::Open));
    let answer = StoreAnswer {
        granted: 1,
        retry_after: Duration::ZERO,
    };
    for _ in 0..3 {
        assert!(limiter.take(1).is_err());
        clock.advance(millis(333));
        limiter.exact_answer(&Ask::default(), Ok(answer)).unwrap();
    }
    clock.advance(millis(1));
    for _ in 0..3 {
        assert!(limiter.take(1).is_ok(), "its permits do not come");
        limiter.exact_answer(&Ask::default(), Ok(answer)).unwrap();
    }
    assert_eq!(limiter.snapshot().outages, 1);
}
