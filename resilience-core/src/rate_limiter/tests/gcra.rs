use super::*;

#[test]
fn rl_1_a_limiter_starts_full_and_gets_its_permits_back_one_by_one() {
    let (limiter, clock) = limiter(gcra(10, 3));
    for left in [2, 1, 0] {
        take(&limiter, 1).unwrap();
        assert_eq!(limiter.snapshot().remaining, left);
    }
    for _ in 0..5 {
        assert!(take(&limiter, 1).is_err());
        clock.advance(millis(100));
        assert!(take(&limiter, 1).is_ok());
    }
    clock.advance(SECOND);
    assert_eq!(limiter.snapshot().remaining, 3);
}

#[test]
fn rl_1_an_interval_is_rounded_up_so_that_no_second_sees_one_more() {
    let (limiter, clock) = limiter(gcra(7, 1));
    let mut admitted = 0;
    for _ in 0..=10_000 {
        admitted += u32::from(take(&limiter, 1).is_ok());
        clock.advance(SECOND / 10_000);
    }
    assert_eq!(admitted, 7);
}

#[test]
fn rl_2_a_refused_call_fits_exactly_when_it_was_told_to_come_back() {
    for cost in 1..=5 {
        let (limiter, clock) = limiter(gcra(3, 5));
        take(&limiter, 5).unwrap();
        let told = wait(&limiter, cost).unwrap_err().unwrap();
        clock.advance(told - NANO);
        assert_eq!(wait(&limiter, cost), Err(Some(NANO)));
        clock.advance(NANO);
        assert_eq!(wait(&limiter, cost), Ok(()));
    }
}

#[test]
fn rl_3_a_cost_above_the_burst_never_fits() {
    let (limiter, _) = limiter(gcra(3, 5));
    assert!(
        matches!(take(&limiter, 6), Err(Rejected::NeverFits(it)) if it.cost == 6 && it.most == 5)
    );
    let turn = limiter.enqueue(&Ask::default().cost(6));
    assert!(matches!(turn, Err(Rejected::NeverFits(_))));
    assert_eq!(limiter.snapshot().remaining, 5);
}

#[test]
fn rl_4_what_remains_counts_those_who_wait_as_served() {
    let (limiter, clock) = limiter(gcra(10, 2));
    take(&limiter, 2).unwrap();
    let turns = [(); 3].map(|()| enqueue(&limiter, 1));
    let seen = limiter.snapshot();
    assert_eq!((seen.remaining, seen.waiting), (0, 3));
    assert_eq!(seen.reset_after, millis(500));
    clock.advance(millis(400));
    let seen = limiter.snapshot();
    assert_eq!((seen.remaining, seen.waiting), (1, 0));
    drop(turns);
}

#[test]
fn trap_25_rl_5_a_peek_and_a_refusal_take_nothing() {
    let (limiter, _) = limiter(gcra(10, 2));
    let before = limiter.snapshot();
    limiter.check(&Ask::default().cost(2)).unwrap();
    assert!(limiter.check(&Ask::default().cost(3)).is_err());
    assert_eq!(limiter.snapshot(), before);
    take(&limiter, 1).unwrap();
    let peeked = limiter.check(&Ask::default().cost(2)).unwrap_err();
    assert_eq!(peeked.retry_after(), Some(millis(100)));
    assert_eq!(peeked, take(&limiter, 2).unwrap_err());
    take(&limiter, 1).unwrap();
}

#[test]
fn rl_5_a_cost_of_0_is_always_admitted() {
    let (limiter, _) = limiter(gcra(10, 1));
    take(&limiter, 1).unwrap();
    let _turn = enqueue(&limiter, 1);
    let before = limiter.snapshot();
    limiter.check(&Ask::default().cost(0)).unwrap();
    take(&limiter, 0).unwrap();
    let admitted = before.admitted + 1;
    assert_eq!(
        limiter.snapshot(),
        RateLimiterSnapshot { admitted, ..before }
    );
}

#[test]
fn trap_26_rl_6_a_permit_that_was_not_used_goes_back_while_it_is_the_last() {
    let (limiter, _) = limiter(gcra(10, 3));
    let [first, second] = [1, 2].map(|cost| take(&limiter, cost).unwrap());
    limiter.settle(first, End::Unused);
    assert_eq!(limiter.snapshot().remaining, 0);
    limiter.settle(second, End::Unused);
    assert_eq!(limiter.snapshot().remaining, 2);
    drop(limiter.permit(&Ask::default().cost(2)).unwrap());
    assert_eq!(limiter.snapshot().remaining, 2);
}

#[test]
fn rl_6_a_call_that_was_made_gives_nothing_back() {
    let (limiter, _) = limiter(gcra(10, 3));
    for outcome in [crate::Outcome::Success, crate::Outcome::Failure] {
        limiter.permit(&Ask::default()).unwrap().record(outcome);
    }
    let ticket = take(&limiter, 1).unwrap();
    limiter.settle(ticket, End::Abandoned { held: None });
    assert_eq!(limiter.snapshot().remaining, 0);
}

#[test]
fn rl_6_a_permit_does_not_go_back_while_somebody_waits_behind_it() {
    for cost in [0, 1] {
        let (limiter, _) = limiter(gcra(10, 2));
        let ticket = take(&limiter, 2).unwrap();
        limiter.reconfigure(gcra(10, 1)).unwrap();
        // Who takes nothing leaves the tail where it is, and waits all the same.
        let _turn = enqueue(&limiter, cost);
        let before = limiter.snapshot();
        assert_eq!(before.waiting, 1);
        limiter.settle(ticket, End::Unused);
        assert_eq!(limiter.snapshot(), before);
    }
}

#[test]
fn refusals_are_counted() {
    let (limiter, _) = limiter(gcra(10, 1));
    take(&limiter, 1).unwrap();
    for _ in 0..3 {
        assert!(take(&limiter, 1).is_err());
    }
    assert!(limiter.check(&Ask::default()).is_err());
    assert_eq!(limiter.snapshot().refused, 3);
}

#[test]
fn a_clock_that_goes_back_neither_frees_nor_destroys_a_permit() {
    let (limiter, clock) = limiter(gcra(1, 2));
    clock.advance(SECOND);
    take(&limiter, 1).unwrap();
    clock.set(Time::ZERO.after(SECOND / 2));
    assert_eq!(wait(&limiter, 1), Err(Some(SECOND / 2)));
    clock.set(Time::ZERO.after(SECOND));
    take(&limiter, 1).unwrap();
}

#[test]
fn the_clock_is_read_once_a_call() {
    #[derive(Debug, Default)]
    struct Counting(std::sync::atomic::AtomicU64);
    impl crate::Clock for Counting {
        fn now(&self) -> Time {
            Time::from_nanos(self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst))
        }
    }
    let clock = Arc::new(Counting::default());
    let env = Env::default().with_clock(clock.clone());
    let limiter = RateLimiter::new("test", gcra(1, 1), &env).unwrap();
    let before = env.now();
    for _ in 0..2 {
        let _ = limiter
            .permit(&Ask::default())
            .map(|it| it.record(crate::Outcome::Success));
    }
    assert_eq!(env.now().as_nanos() - before.as_nanos(), 3);
}

#[test]
fn a_permit_goes_back_by_a_clock_that_counts_from_1970() {
    let (env, clock) = Env::manual();
    let now = Time::from_nanos(1_795_000_000_000_000_000);
    clock.set(now);
    let limiter = RateLimiter::new("test", gcra(1, 1), &env).unwrap();
    let ticket = take(&limiter, 1).unwrap();
    limiter.settle(ticket, End::Unused);
    assert_eq!(limiter.snapshot().remaining, 1);
}
