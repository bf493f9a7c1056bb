use super::*;

type Config = DistributedRateLimiterConfig;

fn refused(config: Config) -> String {
    let (env, _) = Env::manual();
    let refused = DistributedRateLimiter::new("test", config, &env);
    refused.expect_err("it breaks a rule").to_string()
}

fn accepted(config: Config) {
    let (env, clock) = Env::manual();
    let limiter = DistributedRateLimiter::new("test", config, &env).expect("it keeps the rules");
    clock.advance(Duration::MAX);
    let _ = limiter.take(1);
    let _ = limiter.next_request();
    let _ = limiter.snapshot();
}

#[test]
fn the_rate_must_be_set_and_be_one_that_a_store_can_count() {
    assert_eq!(
        refused(Config::default()),
        "`permits` must be set, to at least 1, is 0"
    );
    let none = Config::new(1, Duration::ZERO);
    assert_eq!(refused(none), "`per` must be set, to at least 1 ns, is 0ns");
    accepted(Config::new(1_000_000, SECOND));
    let fast = refused(Config::new(1_000_001, SECOND));
    assert!(
        fast.starts_with("`permits` must be at most one for each microsecond"),
        "{fast}"
    );
    assert!(refused(Config::new(1, NANO)).starts_with("`permits`"));
    let year = 365 * 86_400 * SECOND;
    accepted(Config::new(1, year));
    let long = refused(Config::new(1, year + NANO));
    assert_eq!(long, "`burst` must be back within 365 days, is 1");
    assert!(refused(Config::new(1, Duration::MAX)).starts_with("`burst`"));
    assert!(refused(Config::new(u32::MAX, Duration::MAX)).starts_with("`burst`"));
    accepted(Config::new(u32::MAX, 4_294 * SECOND + SECOND));
}

#[test]
fn the_time_of_a_permit_is_rounded_up_to_a_microsecond() {
    let time = |permits| Config::new(permits, SECOND).permit_time();
    assert_eq!(time(1), SECOND);
    assert_eq!(time(3), Duration::from_micros(333_334));
    assert_eq!(time(700_000), Duration::from_micros(2));
    assert_eq!(time(1_000_000), Duration::from_micros(1));
}

#[test]
fn burst_batch_and_low_water_fit_into_one_another() {
    let with = |burst, batch, low_water| Config {
        burst,
        batch,
        low_water,
        ..Config::new(100, SECOND)
    };
    let plain = with(None, None, None);
    assert_eq!(
        (plain.burst(), plain.batch(), plain.low_water()),
        (100, 10, 5)
    );
    let least = with(Some(1), None, None);
    assert_eq!((least.batch(), least.low_water()), (1, 0));
    accepted(least);
    accepted(Config {
        permits: 1_000,
        ..with(Some(u32::MAX), Some(u32::MAX), Some(u32::MAX - 1))
    });
    accepted(with(Some(5), Some(5), Some(0)));
    let refused = |burst, batch, low_water| refused(with(burst, batch, low_water));
    assert_eq!(
        refused(Some(0), None, None),
        "`burst` must be at least 1, is 0"
    );
    assert_eq!(
        refused(None, Some(0), None),
        "`batch` must be at least 1, is 0"
    );
    let many = refused(None, Some(101), None);
    assert_eq!(many, "`batch` must be at most the burst, is 101");
    let high = refused(None, Some(8), Some(8));
    assert_eq!(high, "`low_water` must be below the batch, is 8");
}

#[test]
fn times_are_a_millisecond_at_least_and_may_be_endless() {
    let short = millis(1) - NANO;
    for (lease_for, outage_after, field) in [
        (short, SECOND, "lease_for"),
        (Duration::ZERO, SECOND, "lease_for"),
        (SECOND, short, "outage_after"),
        (SECOND, Duration::ZERO, "outage_after"),
    ] {
        let config = Config {
            lease_for,
            outage_after,
            ..Config::new(1, SECOND)
        };
        let text = refused(config);
        assert!(
            text.starts_with(&format!("`{field}` must be at least 1 ms")),
            "{text}"
        );
    }
    for long in [millis(1), Duration::MAX] {
        accepted(Config {
            lease_for: long,
            outage_after: long,
            ..Config::new(1, SECOND)
        });
    }
}

#[test]
fn local_permits_belong_to_local_outages() {
    let with = |on_outage, local_permits| Config {
        on_outage,
        local_permits,
        ..Config::new(1, SECOND)
    };
    accepted(with(OnOutage::Local, Some(1)));
    accepted(with(OnOutage::Local, Some(u32::MAX)));
    for permits in [None, Some(0)] {
        let text = refused(with(OnOutage::Local, permits));
        assert!(
            text.starts_with("`local_permits` must be set, to at least 1"),
            "{text}"
        );
    }
    for mode in [OnOutage::Open, OnOutage::Closed] {
        let text = refused(with(mode, Some(1)));
        assert!(
            text.starts_with("`local_permits` must be set only"),
            "{text}"
        );
    }
}
