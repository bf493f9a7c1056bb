use super::*;

#[test]
fn rl_10_as_many_permits_are_in_use_after_a_change_as_before() {
    let (limiter, clock) = limiter(gcra(10, 10));
    take(&limiter, 8).unwrap();
    clock.advance(millis(350));
    limiter.reconfigure(gcra(1, 5)).unwrap();
    let seen = limiter.snapshot();
    assert_eq!(seen.reset_after, millis(4_500));
    assert_eq!((seen.remaining, seen.permits, seen.burst), (0, 1, 5));
    assert_eq!(wait(&limiter, 1), Err(Some(millis(500))));
    limiter.reconfigure(gcra(1_000, 5)).unwrap();
    assert_eq!(limiter.snapshot().reset_after, Duration::from_micros(4_500));
    clock.advance(SECOND);
    limiter.reconfigure(gcra(3, 7)).unwrap();
    assert_eq!(limiter.snapshot().remaining, 7);
}

#[test]
fn rl_10_those_who_wait_keep_their_order_and_are_reckoned_anew() {
    let (limiter, clock) = limiter(gcra(1, 1));
    take(&limiter, 1).unwrap();
    let [mut first, mut second] = [(); 2].map(|()| enqueue(&limiter, 1));
    clock.advance(millis(500));
    limiter.reconfigure(gcra(10, 1)).unwrap();
    assert_eq!(limiter.snapshot().reset_after, millis(250));
    assert_eq!(first.due_in(), Some(millis(50)));
    assert_eq!(second.due_in(), Some(millis(150)));
    clock.advance(millis(50));
    assert!(poll(&mut second).is_none());
    assert!(poll(&mut first).is_some());
}

#[test]
fn rl_10_nobody_is_thrown_out_by_a_smaller_burst_or_wait() {
    let (limiter, clock) = limiter(gcra(10, 3));
    take(&limiter, 3).unwrap();
    let [mut large, small] = [3, 1].map(|cost| enqueue(&limiter, cost));
    let config = RateLimiterConfig {
        max_wait: None,
        ..gcra(10, 1)
    };
    limiter.reconfigure(config).unwrap();
    assert_eq!(large.due_in(), Some(millis(500)));
    assert_eq!(small.due_in(), Some(millis(600)));
    clock.advance(millis(500));
    assert!(poll(&mut large).is_some());
    assert!(limiter.enqueue(&Ask::default()).is_err());
}

#[test]
fn rl_10_a_larger_burst_lets_those_who_wait_in_at_once() {
    let (limiter, _) = limiter(gcra(10, 1));
    take(&limiter, 1).unwrap();
    let mut turns = [(); 3].map(|()| enqueue(&limiter, 1));
    limiter.reconfigure(gcra(10, 3)).unwrap();
    let came = turns.each_mut().map(|turn| poll(turn).is_some());
    assert_eq!(came, [true, true, false]);
}

#[test]
fn rl_10_the_same_config_again_changes_no_decision() {
    let (limiter, clock) = limiter(gcra(3, 2));
    let ticket = take(&limiter, 1).unwrap();
    clock.advance(NANO);
    let before = limiter.snapshot();
    limiter.reconfigure(gcra(3, 2)).unwrap();
    assert_eq!(limiter.snapshot(), before);
    limiter.settle(ticket, End::Unused);
    assert_eq!(limiter.snapshot().remaining, 2);
}

#[test]
fn a_permit_of_the_rate_before_does_not_go_back() {
    let (limiter, _) = limiter(gcra(1, 4));
    let ticket = take(&limiter, 1).unwrap();
    limiter.reconfigure(gcra(2, 4)).unwrap();
    // By its old price it would be two.
    limiter.settle(ticket, End::Unused);
    assert_eq!(limiter.snapshot().remaining, 3);
}

fn window(kind: RateLimiterKind, permits: u32, per: Duration) -> RateLimiterConfig {
    RateLimiterConfig {
        kind,
        permits,
        per,
        ..Default::default()
    }
}

#[test]
fn rl_10_a_fixed_window_keeps_its_use_in_the_window_that_now_holds() {
    let kind = RateLimiterKind::FixedWindow;
    let (limiter, clock) = limiter(window(kind, 10, SECOND));
    clock.advance(millis(950));
    take(&limiter, 7).unwrap();
    limiter.reconfigure(window(kind, 5, millis(300))).unwrap();
    let seen = limiter.snapshot();
    assert_eq!((seen.remaining, seen.reset_after), (0, millis(250)));
    limiter.reconfigure(window(kind, 12, millis(300))).unwrap();
    assert_eq!(limiter.snapshot().remaining, 5);
}

#[test]
fn rl_10_a_sliding_counter_keeps_both_its_windows() {
    let kind = RateLimiterKind::SlidingCounter;
    let (limiter, clock) = limiter(window(kind, 10, SECOND));
    take(&limiter, 8).unwrap();
    clock.advance(millis(1_500));
    take(&limiter, 2).unwrap();
    limiter
        .reconfigure(window(kind, 20, millis(2_000)))
        .unwrap();
    // A quarter of the window is left: 2 + 8 / 4.
    assert_eq!(limiter.snapshot().remaining, 16);
    assert_eq!(limiter.snapshot().reset_after, millis(2_500));
}

#[test]
fn rl_10_a_sliding_log_keeps_what_is_younger_than_the_new_length() {
    let kind = RateLimiterKind::SlidingLog;
    let (limiter, clock) = limiter(window(kind, 10, SECOND));
    take(&limiter, 3).unwrap();
    clock.advance(millis(500));
    take(&limiter, 2).unwrap();
    limiter.reconfigure(window(kind, 4, millis(501))).unwrap();
    assert_eq!(limiter.snapshot().remaining, 0);
    assert_eq!(wait(&limiter, 1), Err(Some(millis(1))));
    limiter.reconfigure(window(kind, 4, millis(500))).unwrap();
    assert_eq!(limiter.snapshot().remaining, 2);
}

#[test]
fn whose_turn_a_slower_rate_moves_past_his_deadline_waits_up_to_that_and_leaves() {
    let (limiter, clock) = limiter(gcra(10, 1));
    take(&limiter, 1).unwrap();
    let ask = Ask::default().deadline(Time::ZERO.after(millis(150)));
    let mut late = limiter.enqueue(&ask).unwrap();
    let behind = enqueue(&limiter, 1);
    limiter.reconfigure(gcra(1, 1)).unwrap();
    assert_eq!(late.due_in(), Some(millis(150)));
    clock.advance(millis(150) - Duration::from_nanos(1));
    assert!(!in_vain(&mut late));
    clock.advance(Duration::from_nanos(1));
    assert!(in_vain(&mut late));
    assert_eq!(behind.due_in(), Some(millis(850)));
    assert_eq!(limiter.snapshot().refused, 1);
}
