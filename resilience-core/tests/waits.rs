//! What is told of calls that wait their turn, by every policy that has a queue.
#![cfg(all(feature = "testing", not(loom)))]

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilience_core::distributed_rate_limiter::{OnOutage, StoreAnswer, StoreFailed};
use resilience_core::testing::{ManualClock, Panicking, Recorder};
use resilience_core::{
    Ask, Bulkhead, BulkheadConfig, DistributedRateLimiter, DistributedRateLimiterConfig, Env,
    Event, Gate, Keyed, KeyedConfig, Outcome, Permit, Queue, RateLimiter, RateLimiterConfig,
    Rejected,
};

const MILLI: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// An environment with somebody who listens.
fn heard() -> (Env, Arc<ManualClock>, Arc<Recorder>) {
    let ((env, clock), heard) = (Env::manual(), Arc::new(Recorder::default()));
    (env.with_observer(heard.clone()), clock, heard)
}

/// What was heard since the last time: policy, kind and milliseconds of each wait.
fn waits(heard: &Recorder) -> Vec<(String, &'static str, u128)> {
    let wait = |(name, event): (resilience_core::Name, Event)| match event {
        Event::Waited { kind, lasted } => {
            Some((name.as_str().to_owned(), kind, lasted.as_millis()))
        }
        _ => None,
    };
    heard.take().into_iter().filter_map(wait).collect()
}

fn of(name: &str, kind: &'static str, millis: u128) -> Vec<(String, &'static str, u128)> {
    vec![(name.to_owned(), kind, millis)]
}

fn poll<T, F: Future<Output = Result<T, Rejected>> + Unpin>(
    turn: &mut F,
) -> Option<Result<T, Rejected>> {
    match Pin::new(turn).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(end) => Some(end),
        Poll::Pending => None,
    }
}

/// Ten permits a second, one at a time, for whoever waits half a second at most.
fn ten_a_second() -> RateLimiterConfig {
    RateLimiterConfig {
        permits: 10,
        per: SECOND,
        burst: Some(1),
        max_wait: Some(500 * MILLI),
        ..Default::default()
    }
}

fn one_slot() -> BulkheadConfig {
    BulkheadConfig {
        max_in_flight: 1,
        max_waiting: 2,
        max_wait: Some(SECOND),
    }
}

#[test]
fn a_limiter_tells_how_long_each_call_waited_that_it_admitted_and_nothing_of_others() {
    let (env, clock, heard) = heard();
    let limiter = RateLimiter::new("venue", ten_a_second(), &env).unwrap();
    let enqueue = || limiter.enqueue(&Ask::default());
    let mut free = enqueue().unwrap();
    assert!(matches!(poll(&mut free), Some(Ok(_))));
    let mut first = enqueue().unwrap();
    let mut second = enqueue().unwrap();
    let left = enqueue().unwrap();
    assert!(limiter.try_acquire(&Ask::default()).is_err());
    assert!(poll(&mut first).is_none());
    assert_eq!(waits(&heard), [], "nobody has his permit yet");

    clock.advance(100 * MILLI);
    assert!(matches!(poll(&mut first), Some(Ok(_))));
    assert_eq!(waits(&heard), of("venue", "rate_limiter", 100));
    // The wait is his who comes late for what is his.
    clock.advance(130 * MILLI);
    assert!(matches!(poll(&mut second), Some(Ok(_))));
    assert_eq!(waits(&heard), of("venue", "rate_limiter", 230));
    drop(left);
    assert_eq!(waits(&heard), [], "who leaves was not admitted");
}

#[test]
fn a_limiter_tells_nothing_of_a_wait_that_ends_at_its_deadline() {
    let (env, clock, heard) = heard();
    let limiter = RateLimiter::new("venue", ten_a_second(), &env).unwrap();
    limiter.try_acquire(&Ask::default()).unwrap();
    let by = env.now().after(200 * MILLI);
    let mut turn = limiter.enqueue(&Ask::default().deadline(by)).unwrap();
    let slower = RateLimiterConfig {
        permits: 1,
        ..ten_a_second()
    };
    limiter.reconfigure(slower).unwrap();
    clock.advance(200 * MILLI);
    assert!(matches!(
        poll(&mut turn),
        Some(Err(Rejected::DeadlinePassed(_)))
    ));
    assert_eq!(waits(&heard), []);
}

#[test]
fn a_bulkhead_tells_how_long_each_call_waited_for_its_slot() {
    let (env, clock, heard) = heard();
    let bulkhead = Bulkhead::new("venue", one_slot(), &env).unwrap();
    let mut free = bulkhead.enqueue(&Ask::default()).unwrap();
    let Some(Ok(slot)) = poll(&mut free) else {
        panic!("a slot is free");
    };
    let mut first = bulkhead.enqueue(&Ask::default()).unwrap();
    let mut in_vain = bulkhead.enqueue(&Ask::default()).unwrap();
    assert!(bulkhead.enqueue(&Ask::default()).is_err());
    clock.advance(40 * MILLI);
    Permit::from_ticket(&bulkhead, slot).record(Outcome::Success);
    clock.advance(2 * MILLI);
    assert!(matches!(poll(&mut first), Some(Ok(_))));
    assert_eq!(waits(&heard), of("venue", "bulkhead", 42));
    clock.advance(SECOND);
    assert!(matches!(
        poll(&mut in_vain),
        Some(Err(Rejected::WaitTooLong(_)))
    ));
    assert_eq!(waits(&heard), []);
}

#[test]
fn a_distributed_limiter_tells_how_long_a_call_waited_for_permits_of_the_store() {
    let (env, clock, heard) = heard();
    let config = DistributedRateLimiterConfig {
        batch: Some(8),
        on_outage: OnOutage::Open,
        ..DistributedRateLimiterConfig::new(100, SECOND)
    };
    let limiter = DistributedRateLimiter::new("venue", config, &env).unwrap();
    let mut first = limiter.enqueue(&Ask::default().cost(7)).unwrap();
    assert!(poll(&mut first).is_none());
    let request = limiter.next_request().unwrap();
    clock.advance(3 * MILLI);
    let answer = StoreAnswer {
        granted: 8,
        retry_after: Duration::ZERO,
    };
    limiter.granted(&request, answer);
    assert!(matches!(poll(&mut first), Some(Ok(_))));
    assert_eq!(waits(&heard), of("venue", "distributed_rate_limiter", 3));

    // What is there is taken at once, however late it is fetched.
    let mut at_once = limiter.enqueue(&Ask::default()).unwrap();
    clock.advance(MILLI);
    assert!(matches!(poll(&mut at_once), Some(Ok(_))));
    let mut free = limiter.enqueue(&Ask::default().cost(0)).unwrap();
    assert!(matches!(poll(&mut free), Some(Ok(_))));
    assert_eq!(waits(&heard), []);

    // Admitted without the store, but not at once.
    let mut outage = limiter.enqueue(&Ask::default().cost(2)).unwrap();
    let request = limiter.next_request().unwrap();
    clock.advance(5 * MILLI);
    let retry_in = SECOND;
    limiter.failed(&request, StoreFailed { retry_in });
    assert!(matches!(poll(&mut outage), Some(Ok(_))));
    assert_eq!(waits(&heard), of("venue", "distributed_rate_limiter", 5));
}

#[test]
fn a_gate_by_key_tells_of_waits_under_the_name_of_its_key() {
    let (env, clock, heard) = heard();
    let config = KeyedConfig {
        gate: (ten_a_second(), one_slot()),
        ..Default::default()
    };
    let venues = Keyed::new("venue", config, &env).unwrap();
    let (limiter, bulkhead) = venues.gate("XNYS");
    limiter.try_acquire(&Ask::default()).unwrap();
    let slot = bulkhead.try_acquire(&Ask::default()).unwrap();
    let mut permit = limiter.enqueue(&Ask::default()).unwrap();
    let mut place = bulkhead.enqueue(&Ask::default()).unwrap();
    clock.advance(100 * MILLI);
    Permit::from_ticket(bulkhead.clone(), slot).record(Outcome::Success);
    assert!(matches!(poll(&mut permit), Some(Ok(_))));
    assert!(matches!(poll(&mut place), Some(Ok(_))));
    let both = [
        of("venue[XNYS]", "rate_limiter", 100),
        of("venue[XNYS]", "bulkhead", 100),
    ];
    assert_eq!(waits(&heard), both.concat());
}

#[test]
fn an_observer_that_panics_takes_no_permit_from_who_waited_for_it() {
    let (env, clock) = Env::manual();
    let env = env.with_observer(Arc::new(Panicking));
    let limiter = RateLimiter::new("venue", ten_a_second(), &env).unwrap();
    limiter.try_acquire(&Ask::default()).unwrap();
    let mut turn = limiter.enqueue(&Ask::default()).unwrap();
    clock.advance(100 * MILLI);
    assert!(matches!(poll(&mut turn), Some(Ok(_))));
    assert_eq!(limiter.snapshot().admitted, 2);
}
