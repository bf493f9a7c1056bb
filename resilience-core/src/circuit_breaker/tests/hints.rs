//! What advances a window, and whose hint counts.

use super::*;

fn at(millis: u64) -> Time {
    Time::ZERO.after(Duration::from_millis(millis))
}

#[test]
fn the_hint_of_the_outcome_that_opens_counts_on_a_slow_success_too() {
    let config = CircuitBreakerConfig {
        slow_rate: Some(1.0),
        slow_call: Some(Duration::from_millis(100)),
        window: Some(WindowConfig::count(1)),
        open_for: Some(OPEN_FOR),
        ..Default::default()
    };
    let (breaker, clock) = breaker(config);
    let mut permit = breaker.permit(&Ask::default()).unwrap();
    permit.waiting();
    clock.advance(Duration::from_millis(101));
    permit.record_hinted(Outcome::Success, Some(2 * OPEN_FOR));
    assert_eq!(breaker.snapshot().retry_after, Some(2 * OPEN_FOR));
}

#[test]
fn an_ignored_or_late_outcome_does_not_advance_the_window() {
    for (late, shadow) in [(false, false), (false, true), (true, false), (true, true)] {
        let config = CircuitBreakerConfig {
            window: Some(WindowConfig::time(Duration::from_secs(1))),
            ..consecutive(5)
        };
        let (breaker, clock) = breaker(config);
        let old = breaker.ticket();
        if shadow {
            breaker.shadow();
        } else {
            breaker.reset();
        }
        clock.set(at(950));
        if late {
            breaker.settle(old, PASSED);
        } else {
            breaker.end(done(Outcome::Ignored));
        }
        clock.set(at(0));
        breaker.end(FAILED);
        clock.set(at(1_000));
        assert_eq!(breaker.snapshot().calls, 0, "late {late} shadow {shadow}");
    }
}
