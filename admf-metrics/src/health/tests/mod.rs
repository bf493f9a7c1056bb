mod metrics;
#[cfg(feature = "resilience")]
mod resilience;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::*;
use ComponentState::{Degraded, Healthy, Unhealthy, Unknown};

/// A health on a clock in seconds that the test sets.
fn driven() -> (Health, Arc<AtomicU64>) {
    let now = Arc::<AtomicU64>::default();
    let read = Arc::clone(&now);
    let clock = Clock::new(move || Duration::from_secs(read.load(Ordering::Relaxed)));
    (Health::with_clock(clock), now)
}

fn one(name: &str, state: ComponentState) -> ComponentHealth {
    ComponentHealth {
        critical: true,
        state,
        ..ComponentHealth::new(name)
    }
}

#[test]
fn the_verdict_is_that_of_the_critical_ones_before_that_of_the_others() {
    let cases = [
        ([Healthy, Healthy], Healthy, Verdict::Healthy),
        ([Healthy, Healthy], Unknown, Verdict::Healthy),
        ([Healthy, Healthy], Unhealthy, Verdict::Degraded),
        ([Healthy, Healthy], Degraded, Verdict::Degraded),
        ([Healthy, Degraded], Healthy, Verdict::Degraded),
        ([Degraded, Unknown], Unhealthy, Verdict::Unknown),
        ([Unknown, Unknown], Healthy, Verdict::Unknown),
        ([Unhealthy, Unknown], Healthy, Verdict::Unhealthy),
        ([Unhealthy, Healthy], Unhealthy, Verdict::Unhealthy),
    ];
    for ([a, b], other, expected) in cases {
        let health = Health::new();
        health.critical("a").unwrap().report(a, "");
        health.critical("b").unwrap().report(b, "");
        health.optional("c").unwrap().report(other, "");
        assert_eq!(health.verdict(), expected, "{a} {b} {other}");
    }
    assert_eq!(Health::new().verdict(), Verdict::Healthy);
}

#[test]
fn a_state_lasts_from_its_first_report_and_a_report_is_as_old_as_it_is() {
    let (health, now) = driven();
    let broker = health.critical("broker").unwrap();
    let seen = || {
        let it = health.components().remove(0);
        let secs = |it: Option<Duration>| it.map(|it| it.as_secs());
        (
            it.state,
            secs(it.lasted),
            secs(it.age),
            it.checks,
            it.failures,
        )
    };
    assert_eq!(seen(), (Unknown, None, None, 0, 0));
    now.store(10, Ordering::Relaxed);
    broker.report(Healthy, "");
    now.store(15, Ordering::Relaxed);
    broker.report(Healthy, "slow");
    now.store(16, Ordering::Relaxed);
    assert_eq!(seen(), (Healthy, Some(6), Some(1), 2, 0));
    broker.report(Unhealthy, "refused");
    assert_eq!(seen(), (Unhealthy, Some(0), Some(0), 3, 1));
    // A clock that goes backwards makes nothing negative.
    now.store(2, Ordering::Relaxed);
    assert_eq!(seen(), (Unhealthy, Some(0), Some(0), 3, 1));
}

#[test]
fn it_is_ready_between_the_first_pass_and_the_shutdown_while_all_that_is_critical_works() {
    let health = Health::new();
    let broker = health.critical("broker").unwrap();
    let cache = health.optional("cache").unwrap();
    let failing = || match health.readiness() {
        Readiness::Failing(failing) => failing.into_iter().map(|c| c.name).collect(),
        _ => Vec::new(),
    };
    broker.report(Healthy, "");
    assert_eq!(health.readiness(), Readiness::Starting);
    let feed = health.critical("feed").unwrap();
    health.started();
    assert_eq!(failing(), ["feed"], "it was never checked");
    feed.report(Degraded, "");
    cache.report(Unhealthy, "");
    assert_eq!(health.readiness(), Readiness::Ready);
    feed.report(Unhealthy, "");
    broker.report(Unhealthy, "");
    assert_eq!(failing(), ["broker", "feed"]);
    feed.report(Healthy, "");
    broker.report(Healthy, "");
    health.shutting_down();
    health.started();
    assert_eq!(health.readiness(), Readiness::ShuttingDown);
}

#[test]
fn a_name_is_taken_once_and_not_empty() {
    let health = Health::new();
    health.critical("a").unwrap();
    assert_eq!(
        health.optional("a").unwrap_err().to_string(),
        "component `a` exists already"
    );
    assert_eq!(
        health.critical("").unwrap_err().to_string(),
        "name of a component is empty"
    );
    assert_eq!(health.components().len(), 1);
}

#[test]
fn a_component_that_nobody_reports_any_more_stays_as_it_was() {
    let health = Health::new();
    let broker = health.critical("broker").unwrap();
    broker.report(Unhealthy, "refused");
    drop(broker);
    assert_eq!(health.verdict(), Verdict::Unhealthy);
}

#[test]
fn checks_that_are_disabled_leave_all_unknown_and_readiness_to_the_phase() {
    let health = Health::new();
    health.critical("broker").unwrap().report(Unhealthy, "gone");
    health.add_source(|| vec![one("feed", Healthy)]);
    health.started();
    health.enable_checks(false);
    let report = health.report();
    let seen = report.components.iter();
    let seen: Vec<_> = seen
        .map(|it| (it.name.as_str(), it.state, it.enabled, it.message.as_str()))
        .collect();
    let expected = ["broker", "feed"].map(|name| (name, Unknown, false, "disabled"));
    assert_eq!(seen, expected);
    assert_eq!(
        (report.verdict, report.readiness, report.enabled),
        (Verdict::Unknown, Readiness::Ready, false)
    );
    health.enable_checks(true);
    assert_eq!(health.verdict(), Verdict::Unhealthy);
}

#[test]
fn sources_are_asked_each_time_and_outside_of_the_lock() {
    let health = Health::new();
    let again = health.clone();
    let asked = AtomicU64::default();
    health.add_source(move || {
        // A deadlock, were a lock held.
        again.started();
        let times = asked.fetch_add(1, Ordering::Relaxed);
        vec![one("feed", [Healthy, Unhealthy][(times % 2) as usize])]
    });
    assert_eq!(health.verdict(), Verdict::Healthy);
    assert_eq!(health.verdict(), Verdict::Unhealthy);
}

#[test]
fn of_two_that_say_something_of_one_name_the_worse_counts() {
    let health = Health::new();
    health.optional("feed").unwrap().report(Healthy, "");
    health.add_source(|| vec![one("feed", Degraded)]);
    health.started();
    let seen = health.components();
    assert_eq!(
        (seen.len(), seen[0].state, seen[0].critical),
        (1, Degraded, true)
    );
    health.add_source(|| {
        let mut it = one("feed", Unhealthy);
        it.critical = false;
        vec![it]
    });
    assert!(matches!(health.readiness(), Readiness::Failing(_)));
}

#[test]
fn a_source_that_panics_is_shown_and_hides_nothing() {
    struct Bad;
    impl HealthSource for Bad {
        fn components(&self) -> Vec<ComponentHealth> {
            panic!("it panics")
        }
        fn circuits(&self) -> Vec<CircuitHealth> {
            panic!("it panics")
        }
        fn errors(&self) -> Vec<ErrorCount> {
            panic!("it panics")
        }
    }
    let health = Health::new();
    health.add_source(Bad);
    health.add_source(|| vec![one("feed", Healthy)]);
    let report = health.report();
    assert_eq!(report.verdict, Verdict::Unhealthy);
    assert_eq!(report.components.len(), 2);
}

#[test]
fn circuits_come_once_by_name_and_errors_are_added_up_by_category() {
    struct Other(f64);
    impl HealthSource for Other {
        fn circuits(&self) -> Vec<CircuitHealth> {
            let one = |name| CircuitHealth::new(name, "closed", Some(self.0));
            vec![one("b"), one("a")]
        }
        fn errors(&self) -> Vec<ErrorCount> {
            vec![
                ErrorCount::new("network", 2),
                ErrorCount::new("data", u64::MAX),
            ]
        }
    }
    let health = Health::new();
    health.add_source(Other(0.5));
    health.add_source(Other(1.0));
    let report = health.report();
    let circuits = report.circuits.iter();
    let circuits: Vec<_> = circuits
        .map(|it| (it.name.as_str(), it.success_rate))
        .collect();
    assert_eq!(circuits, [("a", Some(0.5)), ("b", Some(0.5))]);
    let errors = [
        ErrorCount::new("data", u64::MAX),
        ErrorCount::new("network", 4),
    ];
    assert_eq!(report.errors, errors);
}

#[test]
fn a_heartbeat_is_missed_after_its_limit_and_comes_back() {
    let now = Arc::<AtomicU64>::default();
    let read = Arc::clone(&now);
    let clock = Clock::new(move || Duration::from_secs(read.load(Ordering::Relaxed)));
    let heart = Heartbeat::new(Duration::from_secs(10), clock);
    for (at, age, alive) in [(10, 10, true), (11, 11, false)] {
        now.store(at, Ordering::Relaxed);
        assert_eq!((heart.age().as_secs(), heart.is_alive()), (age, alive));
    }
    heart.clone().beat();
    assert!(heart.is_alive());
    now.store(3, Ordering::Relaxed);
    assert_eq!(heart.age(), Duration::ZERO);
}
