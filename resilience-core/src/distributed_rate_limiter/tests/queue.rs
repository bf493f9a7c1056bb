//! Calls that wait for their permits.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake};

use super::*;
use crate::{Clock, Queue, Turn};

#[derive(Debug, Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A turn, and whether it was woken since it was polled.
struct Waits(DistributedRateLimiterTurn, Arc<Woken>);

impl Waits {
    fn of(limiter: &DistributedRateLimiter, ask: &Ask) -> Self {
        Self(limiter.enqueue(ask).unwrap(), Arc::default())
    }

    fn poll(&mut self) -> Option<Result<Ticket, Rejected>> {
        self.1 = Arc::default();
        let waker = self.1.clone().into();
        match Pin::new(&mut self.0).poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(end) => Some(end),
            Poll::Pending => None,
        }
    }

    fn woken(&self) -> bool {
        self.1.0.load(Ordering::SeqCst)
    }
}

/// Turns of calls that cost so much, each polled once.
fn waiting<const N: usize>(limiter: &DistributedRateLimiter, costs: [u32; N]) -> [Waits; N] {
    costs.map(|cost| {
        let mut turn = Waits::of(limiter, &Ask::default().cost(cost));
        assert!(turn.poll().is_none());
        turn
    })
}

#[test]
fn the_first_call_after_a_quiet_time_waits_for_its_permits() {
    let (limiter, clock) = full(OnOutage::Closed);
    clock.advance(10 * SECOND);
    let [mut turn] = waiting(&limiter, [3]);
    assert_eq!(turn.0.due_in(), Some(SECOND), "then the store is silent");
    limiter.answer(8, Duration::ZERO);
    assert!(turn.woken());
    assert!(turn.poll().unwrap().is_ok());
    let seen = limiter.snapshot();
    assert_eq!((seen.left, seen.used, seen.refused), (5, 3, 0));
    // What is there is taken at once.
    let mut turn = Waits::of(&limiter, &Ask::default());
    assert!(turn.poll().unwrap().is_ok());
}

#[test]
fn permits_go_in_order_until_the_store_asks_for_a_wait() {
    let (limiter, clock) = limiter(config(OnOutage::Closed));
    let [mut first, mut second, mut third] = waiting(&limiter, [5, 4, 1]);
    let by = clock.now().after(millis(100));
    let mut patient = Waits::of(&limiter, &Ask::default().deadline(by));
    assert!(patient.poll().is_none());
    limiter.answer(8, Duration::ZERO);
    assert!(first.poll().unwrap().is_ok());
    assert!(second.poll().is_none(), "three are left");
    assert!(third.poll().is_none(), "not before the second");
    limiter.answer(0, millis(50));
    assert!(second.woken());
    let refused = second.poll().unwrap().unwrap_err();
    assert_eq!(refused.retry_after(), Some(millis(51)));
    // Three are left, and go to those behind.
    for turn in [&mut third, &mut patient] {
        assert!(turn.woken());
        assert!(turn.poll().unwrap().is_ok());
    }
    assert_eq!((limiter.left(), limiter.snapshot().refused), (1, 1));
}

#[test]
fn a_deadline_that_leaves_time_for_the_stores_wait_is_waited_for_and_no_longer() {
    let (limiter, clock) = limiter(config(OnOutage::Closed));
    let by = |left| Ask::default().deadline(clock.now().after(millis(left)));
    let [mut soon, mut later] = [51, 52].map(|left| Waits::of(&limiter, &by(left)));
    assert!(soon.poll().is_none() && later.poll().is_none());
    limiter.answer(0, millis(50));
    let refused = soon.poll().unwrap().unwrap_err();
    assert_eq!(refused.retry_after(), Some(millis(51)));
    assert!(later.poll().is_none());
    assert_eq!(later.0.due_in(), Some(millis(52)));
    clock.advance(millis(52));
    let late = later.poll().unwrap().unwrap_err();
    assert!(matches!(late, Rejected::DeadlinePassed(_)), "{late}");
    assert_eq!(limiter.snapshot().refused, 2);
}

#[test]
fn who_waits_for_a_silent_store_is_decided_as_any_call_then() {
    for (on_outage, admitted) in [(OnOutage::Open, true), (OnOutage::Closed, false)] {
        let (limiter, clock) = limiter(config(on_outage));
        let [mut failed] = waiting(&limiter, [1]);
        limiter.fail(millis(50));
        assert!(failed.woken());
        assert_eq!(failed.poll().unwrap().is_ok(), admitted);
        clock.advance(millis(50));
        limiter.answer(0, Duration::ZERO);
        let [mut overdue] = waiting(&limiter, [1]);
        let due = overdue.0.due_in().unwrap();
        clock.advance(due - NANO);
        assert!(overdue.poll().is_none());
        clock.advance(NANO);
        assert_eq!(overdue.poll().unwrap().is_ok(), admitted);
        assert_eq!(limiter.snapshot().outages, 2);
    }
}

#[test]
fn what_one_was_handed_and_did_not_fetch_goes_to_the_next() {
    let (limiter, _) = limiter(config(OnOutage::Closed));
    let [first, gone, mut last] = waiting(&limiter, [8, 8, 6]);
    drop(gone);
    limiter.answer(8, Duration::ZERO);
    assert!(first.woken() && !last.woken());
    drop(first);
    assert!(last.woken());
    assert!(last.poll().unwrap().is_ok());
    let seen = limiter.snapshot();
    assert_eq!((seen.left, seen.used, seen.refused), (2, 6, 0));
}

#[test]
fn who_never_fits_does_not_wait_nor_does_who_wants_nothing() {
    let (limiter, _) = limiter(config(OnOutage::Closed));
    let mut free = Waits::of(&limiter, &Ask::default().cost(0));
    assert!(free.poll().unwrap().is_ok());
    let mut much = Waits::of(&limiter, &Ask::default().cost(9));
    let never = much.poll().unwrap().unwrap_err();
    assert!(matches!(never, Rejected::NeverFits(it) if it.most == 8));
    let [mut big, mut small] = waiting(&limiter, [5, 2]);
    let smaller = DistributedRateLimiterConfig {
        batch: Some(3),
        ..config(OnOutage::Closed)
    };
    limiter.reconfigure(smaller).unwrap();
    assert!(big.woken());
    assert!(matches!(big.poll(), Some(Err(Rejected::NeverFits(_)))));
    limiter.answer(3, Duration::ZERO);
    assert!(small.poll().unwrap().is_ok());
}
