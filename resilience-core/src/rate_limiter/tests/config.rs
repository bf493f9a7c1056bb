use super::*;

fn refused_field(config: RateLimiterConfig) -> &'static str {
    RateLimiter::new("test", config, &Env::default())
        .expect_err("the config breaks a rule")
        .field()
}

#[test]
fn rl_15_a_config_that_breaks_a_rule_is_refused_by_the_name_of_its_field() {
    assert_eq!(refused_field(RateLimiterConfig::default()), "permits");
    assert_eq!(refused_field(gcra(0, 1)), "permits");
    assert_eq!(refused_field(gcra(1, 0)), "burst");
    let per = Duration::ZERO;
    assert_eq!(
        refused_field(RateLimiterConfig { per, ..gcra(1, 1) }),
        "per"
    );
    for kind in [
        RateLimiterKind::FixedWindow,
        RateLimiterKind::SlidingLog,
        RateLimiterKind::SlidingCounter,
    ] {
        let window = RateLimiterConfig {
            kind,
            permits: 10,
            per: SECOND,
            ..Default::default()
        };
        let (burst, max_wait) = (Some(0), Some(Duration::ZERO));
        let config = RateLimiterConfig { burst, ..window };
        assert_eq!(refused_field(config), "burst");
        let config = RateLimiterConfig { max_wait, ..window };
        assert_eq!(refused_field(config), "max_wait");
    }
}

#[test]
fn an_error_names_the_field_the_rule_and_the_value() {
    let error = RateLimiter::new("test", gcra(1, 0), &Env::default()).unwrap_err();
    assert_eq!(error.to_string(), "`burst` must be at least 1, is 0");
}

#[test]
fn a_refused_change_changes_nothing() {
    let (limiter, _) = limiter(gcra(10, 3));
    let before = limiter.snapshot();
    assert!(limiter.reconfigure(gcra(0, 1)).is_err());
    let kind = RateLimiterKind::FixedWindow;
    let fixed = RateLimiterConfig {
        kind,
        permits: 5,
        per: SECOND,
        ..Default::default()
    };
    assert_eq!(limiter.reconfigure(fixed).unwrap_err().field(), "kind");
    assert_eq!(limiter.snapshot(), before);
}

#[test]
fn a_name_belongs_to_one_limiter_and_finds_it() {
    let (env, _) = Env::manual();
    let first = RateLimiter::new("fred", gcra(10, 1), &env).unwrap();
    let second = RateLimiter::new("fred", gcra(10, 1), &env).unwrap_err();
    assert_eq!(second.field(), "name");
    let same = RateLimiter::get_or_new("fred", gcra(99, 99), &env).unwrap();
    take(&same, 1).unwrap();
    assert_eq!(first.snapshot().remaining, 0);
    let listed = env.registry().find("rate_limiter", "fred").unwrap();
    let seen = crate::Snapshot::RateLimiter(first.snapshot());
    assert_eq!(listed.snapshot(), seen);
}

#[test]
fn extreme_numbers_neither_panic_nor_overflow() {
    let day = Duration::from_secs(86_400);
    for per in [NANO, SECOND, day, Duration::MAX] {
        for permits in [1, 7, u32::MAX] {
            for burst in [1, 1_000_000, u32::MAX] {
                let config = RateLimiterConfig {
                    per,
                    ..gcra(permits, burst)
                };
                let (limiter, clock) = limiter(config.clone());
                for now in [Time::ZERO, Time::from_nanos(1 << 61), Time::MAX] {
                    clock.set(now);
                    let free = limiter.snapshot().remaining;
                    assert!(free <= burst);
                    assert!(free == 0 || take(&limiter, free).is_ok());
                    let _ = wait(&limiter, burst);
                    let turns = [burst, 1].map(|cost| limiter.enqueue(&Ask::default().cost(cost)));
                    limiter.reconfigure(gcra(1, 1)).unwrap();
                    limiter.reconfigure(config.clone()).unwrap();
                    drop(turns);
                }
            }
        }
    }
}

#[test]
fn trap_24_a_burst_of_a_million_days_is_a_million() {
    let config = RateLimiterConfig {
        per: Duration::from_secs(86_400),
        ..gcra(1, 1_000_000)
    };
    let (limiter, clock) = limiter(config);
    assert_eq!(limiter.snapshot().remaining, 1_000_000);
    for (cost, left) in [(1, 999_999), (499_999, 500_000), (500_000, 0)] {
        take(&limiter, cost).unwrap();
        assert_eq!(limiter.snapshot().remaining, left);
    }
    let day = Duration::from_secs(86_400);
    assert_eq!(wait(&limiter, 1), Err(Some(day)));
    assert_eq!(limiter.snapshot().reset_after, 1_000_000 * day);
    clock.advance(day - NANO);
    assert_eq!(wait(&limiter, 1), Err(Some(NANO)));
    clock.advance(NANO);
    assert_eq!(wait(&limiter, 1), Ok(()));
    assert_eq!(wait(&limiter, 1_000_001), Err(None));
}
