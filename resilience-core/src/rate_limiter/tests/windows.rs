use super::*;
use crate::rate_limiter::RateLimiterKind::{FixedWindow, SlidingCounter, SlidingLog};

fn window(kind: RateLimiterKind, permits: u32) -> (RateLimiter, Arc<ManualClock>) {
    limiter(RateLimiterConfig {
        kind,
        permits,
        per: SECOND,
        ..Default::default()
    })
}

#[test]
fn rl_11_fixed_windows_are_counted_from_the_creation() {
    let (env, clock) = Env::manual();
    clock.advance(millis(250));
    let config = RateLimiterConfig {
        kind: FixedWindow,
        permits: 3,
        per: SECOND,
        ..Default::default()
    };
    let limiter = RateLimiter::new("test", config, &env).unwrap();
    clock.advance(millis(999));
    take(&limiter, 3).unwrap();
    assert_eq!(wait(&limiter, 1), Err(Some(millis(1))));
    clock.advance(millis(1));
    take(&limiter, 3).unwrap();
    assert_eq!(limiter.snapshot().reset_after, SECOND);
}

#[test]
fn rl_12_no_stretch_of_time_sees_more_than_a_sliding_log_allows() {
    let (limiter, clock) = window(SlidingLog, 10);
    clock.advance(millis(999));
    take(&limiter, 10).unwrap();
    clock.advance(SECOND - NANO);
    assert_eq!(wait(&limiter, 1), Err(Some(NANO)));
    clock.advance(NANO);
    take(&limiter, 10).unwrap();
}

#[test]
fn rl_12_an_admission_with_an_earlier_time_is_logged_at_the_newest() {
    let (limiter, clock) = window(SlidingLog, 2);
    clock.advance(SECOND);
    take(&limiter, 1).unwrap();
    clock.set(Time::ZERO);
    take(&limiter, 1).unwrap();
    assert_eq!(wait(&limiter, 1), Err(Some(2 * SECOND)));
}

#[test]
fn rl_12_costs_leave_the_log_at_their_own_times() {
    let (limiter, clock) = window(SlidingLog, 5);
    take(&limiter, 3).unwrap();
    clock.advance(millis(400));
    take(&limiter, 2).unwrap();
    clock.advance(millis(100));
    assert_eq!(wait(&limiter, 3), Err(Some(millis(500))));
    assert_eq!(wait(&limiter, 4), Err(Some(millis(900))));
}

#[test]
fn rl_13_the_window_before_is_weighed_exactly() {
    let (limiter, clock) = limiter(RateLimiterConfig {
        kind: SlidingCounter,
        permits: 50,
        per: Duration::from_secs(60),
        ..Default::default()
    });
    clock.advance(30 * SECOND);
    take(&limiter, 42).unwrap();
    clock.advance(45 * SECOND);
    take(&limiter, 18).unwrap();
    let told = Duration::from_nanos(714_285_715);
    assert_eq!(wait(&limiter, 1), Err(Some(told)));
    clock.advance(told - NANO);
    assert_eq!(wait(&limiter, 1), Err(Some(NANO)));
    clock.advance(NANO);
    take(&limiter, 1).unwrap();
}

#[test]
fn rl_14_a_full_counter_waits_into_the_next_window() {
    let (limiter, clock) = window(SlidingCounter, 10);
    take(&limiter, 10).unwrap();
    assert_eq!(wait(&limiter, 1), Err(Some(millis(1_100))));
    assert_eq!(wait(&limiter, 10), Err(Some(millis(2_000))));
    assert_eq!(limiter.snapshot().reset_after, millis(2_000));
    clock.advance(millis(1_100));
    take(&limiter, 1).unwrap();
}

#[test]
fn rl_3_a_cost_above_the_permits_of_a_window_never_fits() {
    for kind in [FixedWindow, SlidingLog, SlidingCounter] {
        let (limiter, _) = window(kind, 10);
        assert!(matches!(take(&limiter, 11), Err(Rejected::NeverFits(_))));
        take(&limiter, 10).unwrap();
        take(&limiter, 0).unwrap();
        assert_eq!(limiter.snapshot().remaining, 0);
    }
}

#[test]
fn extreme_numbers_in_windows_neither_panic_nor_overflow() {
    for kind in [FixedWindow, SlidingLog, SlidingCounter] {
        for (permits, per) in [
            (u32::MAX, NANO),
            (1, Duration::MAX),
            (u32::MAX, Duration::MAX),
        ] {
            let config = RateLimiterConfig {
                kind,
                permits,
                per,
                ..Default::default()
            };
            let (limiter, clock) = limiter(config.clone());
            for now in [Time::ZERO, Time::MAX, Time::from_nanos(5), Time::MAX] {
                clock.set(now);
                let free = limiter.snapshot().remaining;
                take(&limiter, free).unwrap();
                let _ = wait(&limiter, permits);
                limiter.reconfigure(config.clone()).unwrap();
            }
        }
    }
}
