use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use parking_lot::Mutex;

use super::*;

/// Counts how often it was woken.
#[derive(Debug, Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Woken {
    /// Polls `turn`, to be woken.
    fn waits_for(turn: &mut RateLimiterTurn) -> Arc<Self> {
        let woken = Arc::new(Self::default());
        let waker = woken.clone().into();
        let polled = Pin::new(turn).poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        woken
    }

    fn times(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[test]
fn rl_7_the_wait_is_known_at_once() {
    let (limiter, clock) = limiter(gcra(10, 1));
    let mut free = enqueue(&limiter, 1);
    assert_eq!(free.due_in(), Some(Duration::ZERO));
    assert!(poll(&mut free).is_some());
    let [mut first, second] = [(); 2].map(|()| enqueue(&limiter, 1));
    assert_eq!(first.due_in(), Some(millis(100)));
    assert_eq!(second.due_in(), Some(millis(200)));
    clock.advance(millis(100) - NANO);
    assert!(poll(&mut first).is_none());
    clock.advance(NANO);
    assert!(poll(&mut first).is_some());
    assert_eq!(second.due_in(), Some(millis(100)));
}

#[test]
fn rl_7_who_would_wait_too_long_is_refused_with_the_wait() {
    let config = RateLimiterConfig {
        max_wait: Some(millis(200)),
        ..gcra(10, 1)
    };
    let (limiter, _) = limiter(config);
    let turns = [(); 3].map(|()| enqueue(&limiter, 1));
    let refused = limiter.enqueue(&Ask::default()).unwrap_err();
    assert_eq!(refused.retry_after(), Some(millis(300)));
    assert_eq!(limiter.snapshot().refused, 1);
    drop(turns);
}

#[test]
fn rl_7_a_turn_must_come_before_the_deadline() {
    let (limiter, clock) = limiter(gcra(10, 1));
    clock.advance(SECOND);
    let at = |millis| Ask::default().deadline(Time::ZERO.after(self::millis(millis)));
    let refused = limiter.enqueue(&at(1_000)).unwrap_err();
    assert_eq!(refused.retry_after(), Some(Duration::ZERO));
    drop(limiter.enqueue(&at(1_001)).unwrap());
    take(&limiter, 1).unwrap();
    let refused = limiter.enqueue(&at(1_100)).unwrap_err();
    assert_eq!(refused.retry_after(), Some(millis(100)));
    drop(limiter.enqueue(&at(1_101)).unwrap());
}

#[test]
fn rl_7_a_cost_of_0_waits_behind_those_who_wait() {
    let (limiter, clock) = limiter(gcra(10, 1));
    take(&limiter, 1).unwrap();
    let first = enqueue(&limiter, 1);
    let mut nothing = enqueue(&limiter, 0);
    assert_eq!(nothing.due_in(), first.due_in());
    clock.advance(millis(100));
    assert!(poll(&mut nothing).is_some());
}

#[test]
fn trap_27_rl_8_turns_come_in_order_and_nobody_overtakes() {
    let (limiter, clock) = limiter(gcra(10, 3));
    take(&limiter, 3).unwrap();
    let mut large = enqueue(&limiter, 3);
    clock.advance(millis(150));
    // One permit is there, and promised.
    assert_eq!(wait(&limiter, 1), Err(Some(millis(250))));
    let peeked = limiter.check(&Ask::default()).unwrap_err();
    assert_eq!(peeked.retry_after(), Some(millis(250)));
    let mut small = enqueue(&limiter, 1);
    clock.advance(millis(150));
    assert!(poll(&mut small).is_none());
    assert!(poll(&mut large).is_some());
    clock.advance(millis(100));
    assert!(poll(&mut small).is_some());
}

#[test]
fn rl_8_a_turn_is_reckoned_from_when_it_was_due_however_late_somebody_looks() {
    let (limiter, clock) = limiter(gcra(10, 1));
    take(&limiter, 1).unwrap();
    let mut turns = [(); 3].map(|()| enqueue(&limiter, 1));
    clock.advance(SECOND);
    let seen = limiter.snapshot();
    assert_eq!((seen.remaining, seen.waiting), (1, 0));
    take(&limiter, 1).unwrap();
    assert!(turns.iter_mut().all(|turn| poll(turn).is_some()));
}

#[test]
fn rl_8_any_operation_hands_out_and_wakes_what_is_due() {
    type Look = fn(&RateLimiter);
    let looks: [Look; 5] = [
        |limiter| assert!(take(limiter, 1).is_err()),
        |limiter| assert!(limiter.check(&Ask::default()).is_err()),
        |limiter| assert_eq!(limiter.snapshot().waiting, 1),
        |limiter| drop(enqueue(limiter, 1)),
        |limiter| limiter.reconfigure(gcra(10, 1)).unwrap(),
    ];
    for look in looks {
        let (limiter, clock) = limiter(gcra(10, 1));
        take(&limiter, 1).unwrap();
        let [mut first, mut second] = [(); 2].map(|()| enqueue(&limiter, 1));
        let woken = [&mut first, &mut second].map(Woken::waits_for);
        clock.advance(millis(199));
        look(&limiter);
        assert_eq!(woken.map(|it| it.times()), [1, 0]);
        assert_eq!(first.due_in(), Some(Duration::ZERO));
        assert!(poll(&mut first).is_some());
    }
}

#[test]
fn trap_28_rl_9_one_who_leaves_gives_his_turn_away() {
    let (limiter, clock) = limiter(gcra(10, 1));
    take(&limiter, 1).unwrap();
    let [first, mut second, mut third] = [(); 3].map(|()| enqueue(&limiter, 1));
    let woken = [&mut second, &mut third].map(Woken::waits_for);
    clock.advance(millis(50));
    drop(first);
    assert_eq!(woken.map(|it| it.times()), [1, 1]);
    assert_eq!(limiter.snapshot().reset_after, millis(250));
    assert_eq!(second.due_in(), Some(millis(50)));
    assert_eq!(third.due_in(), Some(millis(150)));
    clock.advance(millis(50));
    assert!(poll(&mut second).is_some());
    assert!(poll(&mut third).is_none());
    drop(third);
    assert_eq!(limiter.snapshot().reset_after, millis(100));
}

#[test]
fn rl_9_one_who_leaves_lets_a_small_call_behind_him_in_at_once() {
    let (limiter, clock) = limiter(gcra(10, 3));
    take(&limiter, 3).unwrap();
    let large = enqueue(&limiter, 3);
    let mut small = enqueue(&limiter, 1);
    clock.advance(millis(250));
    drop(large);
    assert!(poll(&mut small).is_some());
    assert_eq!(limiter.snapshot().reset_after, millis(150));
}

#[test]
fn rl_9_a_turn_that_has_come_is_a_permit_though_nobody_polled() {
    let (limiter, clock) = limiter(gcra(10, 1));
    take(&limiter, 1).unwrap();
    let [first, second] = [(); 2].map(|()| enqueue(&limiter, 1));
    clock.advance(millis(150));
    drop(first);
    // Its turn came at 100, and is not given to the one behind.
    assert_eq!(second.due_in(), Some(millis(50)));
    assert_eq!(limiter.snapshot().reset_after, millis(150));
}

#[test]
fn rl_9_a_turn_that_has_come_goes_back_as_a_permit_that_was_not_used() {
    let (limiter, clock) = limiter(gcra(10, 1));
    drop(enqueue(&limiter, 1));
    assert_eq!(limiter.snapshot().remaining, 1);
    take(&limiter, 1).unwrap();
    let waits = enqueue(&limiter, 1);
    clock.advance(millis(100));
    drop(waits);
    assert_eq!(limiter.snapshot().remaining, 1);
}

#[test]
fn one_who_saw_the_clock_earlier_does_not_give_away_a_turn_that_others_saw_come() {
    let (limiter, clock) = limiter(gcra(10, 1));
    take(&limiter, 1).unwrap();
    let first = enqueue(&limiter, 1);
    clock.advance(millis(200));
    take(&limiter, 1).unwrap();
    clock.set(Time::ZERO);
    drop(first);
    assert_eq!(limiter.snapshot().reset_after, millis(300));
}

#[test]
fn no_waker_runs_under_the_lock() {
    struct ComesBack(RateLimiter);
    impl Wake for ComesBack {
        fn wake(self: Arc<Self>) {
            assert_eq!(self.0.snapshot().waiting, 0);
        }
    }
    impl Drop for ComesBack {
        fn drop(&mut self) {
            let _ = self.0.snapshot();
        }
    }
    let (limiter, clock) = limiter(gcra(10, 1));
    take(&limiter, 1).unwrap();
    let mut turn = enqueue(&limiter, 1);
    for _ in 0..2 {
        let waker = Arc::new(ComesBack(limiter.clone())).into();
        let polled = Pin::new(&mut turn).poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
    }
    clock.advance(SECOND);
    assert_eq!(limiter.snapshot().waiting, 0);
}

#[test]
fn where_nobody_can_wait_a_turn_is_free_or_refused() {
    let config = RateLimiterConfig {
        kind: RateLimiterKind::FixedWindow,
        permits: 1,
        per: SECOND,
        ..Default::default()
    };
    let (limiter, _) = limiter(config);
    let late = Ask::default().deadline(Time::ZERO);
    assert!(limiter.enqueue(&late).is_err());
    assert!(poll(&mut enqueue(&limiter, 1)).is_some());
    let refused = limiter.enqueue(&Ask::default()).unwrap_err();
    assert_eq!(refused.retry_after(), Some(SECOND));
}

#[test]
fn who_was_admitted_behind_one_who_waits_keeps_his_permit_when_that_one_leaves() {
    /// Puts one more into the queue when it is woken, by a clock that is behind.
    struct Joins(RateLimiter, Arc<Mutex<Option<RateLimiterTurn>>>);
    impl Wake for Joins {
        fn wake(self: Arc<Self>) {
            *self.1.lock() = Some(enqueue(&self.0, 1));
        }
    }
    let (limiter, clock) = limiter(gcra(1, 1));
    take(&limiter, 1).unwrap();
    let mut first = enqueue(&limiter, 1);
    let joined = Arc::default();
    let waker = Arc::new(Joins(limiter.clone(), Arc::clone(&joined))).into();
    let polled = Pin::new(&mut first).poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());

    let ahead = Ask::default();
    clock.set(Time::ZERO.after(5 * SECOND));
    ahead.now(limiter.0.env());
    clock.set(Time::ZERO);
    // It hands the first one his turn, which brings the second, and then passes that one.
    assert!(limiter.try_acquire(&ahead).is_ok());
    assert_eq!(limiter.snapshot().reset_after, 6 * SECOND);
    drop(joined.lock().take());
    assert_eq!(limiter.snapshot().reset_after, 6 * SECOND);
}

#[test]
fn all_who_were_admitted_are_counted_once() {
    let (limiter, clock) = limiter(gcra(10, 1));
    let counts = || {
        let seen = limiter.snapshot();
        (seen.admitted, seen.refused)
    };
    limiter.try_acquire(&Ask::default()).unwrap();
    limiter.try_acquire(&Ask::default()).unwrap_err();
    assert_eq!(counts(), (1, 1));
    let [mut first, second] = [(); 2].map(|()| enqueue(&limiter, 1));
    drop(second);
    assert_eq!(counts(), (1, 1), "who waits, or left, was not admitted");
    clock.advance(millis(100));
    assert!(poll(&mut first).is_some());
    assert_eq!(counts(), (2, 1));
}
