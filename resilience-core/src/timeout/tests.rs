//! The limit of a call, by the numbered rules of a timeout.

use super::*;
use crate::Time;

fn at(nanos: u64) -> Time {
    Time::from_nanos(nanos)
}

fn timeout(nanos: u64) -> (Timeout, std::sync::Arc<crate::ManualClock>) {
    let (env, clock) = Env::manual();
    let timeout = Duration::from_nanos(nanos);
    let timeout = Timeout::new("timeout", TimeoutConfig { timeout }, &env).unwrap();
    (timeout, clock)
}

#[test]
fn the_earlier_of_timeout_and_deadline_is_the_limit() {
    let (timeout, clock) = timeout(100);
    clock.set(at(1_000));
    let limit = |deadline| timeout.limit(&Ask::default().deadline(at(deadline)));
    assert_eq!(limit(1_001), Ok(Duration::from_nanos(1)));
    assert_eq!(limit(1_100), Ok(Duration::from_nanos(100)));
    assert_eq!(limit(u64::MAX), Ok(Duration::from_nanos(100)));
    assert_eq!(timeout.limit(&Ask::default()), limit(1_100));
}

#[test]
fn a_deadline_that_is_reached_or_passed_is_refused_and_counted() {
    let (timeout, clock) = timeout(100);
    clock.set(at(1_000));
    for deadline in [1_000, 10, 0] {
        let refused = timeout.limit(&Ask::default().deadline(at(deadline)));
        assert!(
            matches!(refused, Err(Rejected::DeadlinePassed(it)) if it.policy == *timeout.name())
        );
    }
    assert_eq!(timeout.snapshot().late, 3);
}

#[test]
fn without_a_deadline_no_clock_is_read() {
    #[derive(Debug)]
    struct Unread;
    impl crate::Clock for Unread {
        fn now(&self) -> Time {
            panic!("nobody may ask for the time")
        }
    }
    let env = Env::default().with_clock(Arc::new(Unread));
    let second = Duration::from_secs(1);
    let timeout = Timeout::new("timeout", TimeoutConfig { timeout: second }, &env).unwrap();
    assert_eq!(timeout.limit(&Ask::default()), Ok(second));
}

#[test]
fn a_timeout_that_is_not_set_is_refused() {
    let (env, _) = Env::manual();
    let error = Timeout::new("timeout", TimeoutConfig::default(), &env).unwrap_err();
    assert_eq!(error.to_string(), "`timeout` must be at least 1 ns, is 0ns");
}

#[test]
fn reconfiguring_reaches_every_clone_and_the_registry_and_keeps_the_counts() {
    let (env, _) = Env::manual();
    let config = |secs| TimeoutConfig {
        timeout: Duration::from_secs(secs),
    };
    let timeout = Timeout::new("order", config(1), &env).unwrap();
    let clone = Timeout::get_or_new("order", config(9), &env).unwrap();
    clone.elapsed();
    assert!(timeout.reconfigure(config(0)).is_err());
    timeout.reconfigure(config(2)).unwrap();
    assert_eq!(clone.limit(&Ask::default()), Ok(Duration::from_secs(2)));
    let snapshot = TimeoutSnapshot {
        timeout: Duration::from_secs(2),
        elapsed: 1,
        late: 0,
    };
    let found = env.registry().find("timeout", "order").unwrap();
    assert_eq!(found.snapshot(), crate::Snapshot::Timeout(snapshot));
}

#[test]
fn the_longest_time_that_can_be_typed_is_the_end_of_the_clock() {
    let (env, clock) = Env::manual();
    let timeout = Duration::MAX;
    let timeout = Timeout::new("timeout", TimeoutConfig { timeout }, &env).unwrap();
    clock.set(Time::MAX);
    let left = timeout.limit(&Ask::default()).unwrap();
    assert_eq!(Time::MAX.after(left), Time::MAX);
}
