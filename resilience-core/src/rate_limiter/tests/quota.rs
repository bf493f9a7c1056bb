//! What a limiter tells of itself is true: who obeys it is never refused.

use proptest::prelude::*;

use super::*;

const NANOS: u64 = 1_000_000_000;

fn seconds_up(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs() + u64::from(time.subsec_nanos() > 0))
}

fn configs() -> impl Strategy<Value = RateLimiterConfig> {
    let kind = prop_oneof![
        Just(RateLimiterKind::Gcra),
        Just(RateLimiterKind::FixedWindow),
        Just(RateLimiterKind::SlidingLog),
        Just(RateLimiterKind::SlidingCounter),
    ];
    let burst = prop::option::of(1..9_u32);
    (kind, 1..9_u32, 1..20 * NANOS, burst).prop_map(|(kind, permits, per, burst)| {
        RateLimiterConfig {
            kind,
            permits,
            per: Duration::from_nanos(per),
            burst: burst.filter(|_| kind == RateLimiterKind::Gcra),
            max_wait: None,
        }
    })
}

/// Costs, and what a client does besides between two calls, in nanoseconds.
fn calls() -> impl Strategy<Value = Vec<(u32, u64)>> {
    let pause = prop_oneof![Just(0), 0..2 * NANOS, 0..90 * NANOS];
    prop::collection::vec((1..9_u32, pause), 1..80)
}

proptest! {
    #[test]
    fn trap_29_a_client_that_obeys_remaining_and_reset_in_whole_seconds_is_never_refused(
        config in configs(), calls in calls(), created in 0..5 * NANOS,
    ) {
        let (limiter, clock) = limiter_at(config, created);
        let mut told = limiter.quota();
        for (cost, pause) in calls {
            clock.advance(Duration::from_nanos(pause));
            let cost = cost.min(told.limit);
            if cost > told.remaining {
                clock.advance(seconds_up(told.reset_after));
            }
            prop_assert!(limiter.try_acquire(&Ask::default().cost(cost)).is_ok());
            told = limiter.quota();
        }
    }

    #[test]
    fn trap_29_a_client_that_obeys_retry_after_in_whole_seconds_is_refused_once_at_most(
        config in configs(), calls in calls(),
    ) {
        let (limiter, clock) = limiter_at(config, 0);
        let limit = limiter.quota().limit;
        for (cost, pause) in calls {
            clock.advance(Duration::from_nanos(pause));
            let ask = || Ask::default().cost(cost.min(limit));
            if let Err(refused) = limiter.try_acquire(&ask()) {
                clock.advance(seconds_up(refused.retry_after().unwrap()));
                prop_assert!(limiter.try_acquire(&ask()).is_ok());
            }
        }
    }

    #[test]
    fn a_quota_is_what_the_snapshot_shows_and_asking_for_it_changes_nothing(
        config in configs(), calls in calls(),
    ) {
        let (limiter, clock) = limiter_at(config, 7);
        for (cost, pause) in calls {
            clock.advance(Duration::from_nanos(pause));
            let _ = limiter.try_acquire(&Ask::default().cost(cost));
            let (quota, seen) = (limiter.quota(), limiter.snapshot());
            prop_assert_eq!(quota.limit, seen.burst);
            prop_assert_eq!(quota.remaining, seen.remaining);
            prop_assert_eq!(quota.reset_after, seen.reset_after);
            prop_assert_eq!(limiter.quota(), quota);
        }
    }
}

fn limiter_at(
    config: RateLimiterConfig,
    created: u64,
) -> (RateLimiter, std::sync::Arc<ManualClock>) {
    let (env, clock) = Env::manual();
    clock.set(Time::from_nanos(created));
    (RateLimiter::new("test", config, &env).unwrap(), clock)
}

#[test]
fn the_window_is_the_time_in_which_the_limit_comes_back() {
    let (minute, _) = limiter(RateLimiterConfig {
        burst: Some(2),
        ..RateLimiterConfig::new(60, 60 * SECOND)
    });
    let quota = minute.quota();
    assert_eq!((quota.limit, quota.window), (2, 2 * SECOND));
    let (fixed, _) = limiter(RateLimiterConfig {
        kind: RateLimiterKind::FixedWindow,
        ..RateLimiterConfig::new(60, 60 * SECOND)
    });
    let quota = fixed.quota();
    assert_eq!((quota.limit, quota.window), (60, 60 * SECOND));
}

#[test]
fn a_window_of_whole_seconds_is_told_as_such_though_a_permit_takes_part_of_a_nanosecond() {
    for (permits, seconds) in [(3, 1), (7, 60), (999, 1), (700_000, 60), (86_399, 86_400)] {
        let per = Duration::from_secs(seconds);
        let (limiter, _) = limiter(RateLimiterConfig::new(permits, per));
        assert_eq!(limiter.quota().window, per, "{permits} in {seconds} s");
    }
    for per in [10, 999_999_999, 1_500_000_000, 1_000_000_010].map(Duration::from_nanos) {
        let (limiter, _) = limiter(RateLimiterConfig::new(10, per));
        let window = limiter.quota().window;
        assert!(window >= per && window < per + Duration::from_nanos(10));
    }
}

#[test]
fn those_who_wait_count_as_if_they_had_had_their_turn() {
    let (limiter, clock) = limiter(gcra(1, 1));
    limiter.try_acquire(&Ask::default()).unwrap();
    let turn = limiter.enqueue(&Ask::default()).unwrap();
    let quota = limiter.quota();
    assert_eq!((quota.remaining, quota.reset_after), (0, 2 * SECOND));
    clock.advance(SECOND);
    assert_eq!(limiter.quota().reset_after, SECOND);
    drop(turn);
}

#[test]
fn trap_24_a_tail_that_is_beyond_its_word_is_told_too() {
    let day = 86_400 * SECOND;
    let config = RateLimiterConfig {
        burst: Some(1_000_000),
        ..RateLimiterConfig::new(1, day)
    };
    let (limiter, _) = limiter(config);
    limiter
        .try_acquire(&Ask::default().cost(1_000_000))
        .unwrap();
    let quota = limiter.quota();
    assert_eq!((quota.limit, quota.remaining), (1_000_000, 0));
    assert_eq!(
        (quota.window, quota.reset_after),
        (1_000_000 * day, 1_000_000 * day)
    );
}
