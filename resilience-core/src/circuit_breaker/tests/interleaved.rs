//! Successes that count themselves beside what changes the circuit under the lock.

use super::concurrent::settle_all;
use super::*;
use crate::sync::interleave::model;

/// Says that every call that ended is counted once.
fn assert_ended(breaker: &CircuitBreaker, calls: u64) {
    let total = breaker.snapshot().total;
    let ended = total.successes + total.failures + total.ignored + total.late;
    assert_eq!(ended, calls, "{total:?}");
}

fn timed(failures: u32) -> CircuitBreakerConfig {
    CircuitBreakerConfig {
        window: Some(WindowConfig {
            time: Some(Duration::from_secs(2)),
            buckets: 2,
            ..Default::default()
        }),
        ..consecutive(failures)
    }
}

#[test]
fn a_success_between_failures_ends_their_run_whoever_else_records() {
    let reader = |window| CircuitBreakerConfig {
        window: Some(WindowConfig::count(window)),
        ..consecutive(3)
    };
    for config in [consecutive(3), reader(1), reader(2)] {
        model(move || {
            let (breaker, _) = breaker(config.clone());
            breaker.end(FAILED);
            let mine = breaker.ticket();
            // Its failure comes after its success, so no three failures are in a row.
            let thread = settle_all(&breaker, [PASSED, FAILED]);
            breaker.settle(mine, FAILED);
            thread.join().unwrap();
            assert_eq!(breaker.state(), CircuitState::Closed);
            assert_ended(&breaker, 4);
        });
    }
}

#[test]
fn a_success_ends_the_run_also_where_a_bucket_begins_meanwhile() {
    model(|| {
        let (breaker, clock) = breaker(timed(3));
        breaker.end(FAILED);
        let mine = breaker.ticket();
        let thread = settle_all(&breaker, [PASSED, FAILED]);
        clock.advance(Duration::from_secs(1));
        breaker.settle(mine, FAILED);
        thread.join().unwrap();
        let seen = breaker.snapshot();
        assert_eq!(
            (seen.state, seen.calls, seen.failures),
            (CircuitState::Closed, 4, 3)
        );
        assert_ended(&breaker, 4);
    });
}

#[test]
fn what_ends_during_a_reset_counts_before_it_or_is_late() {
    for config in [consecutive(2), rate(2, 1, 1.0)] {
        model(move || {
            let (breaker, _) = breaker(config.clone());
            breaker.end(PASSED);
            let thread = settle_all(&breaker, [PASSED, PASSED]);
            breaker.reset();
            breaker.end(FAILED);
            thread.join().unwrap();
            let seen = breaker.snapshot();
            // The period after the reset has seen one failure and nothing else.
            if seen.state == CircuitState::Closed {
                assert_eq!(seen.consecutive_failures, 1);
                assert!(seen.calls <= 1);
            }
            assert_ended(&breaker, 4);
        });
    }
}

#[test]
fn a_success_during_a_change_of_the_window_ends_the_run_all_the_same() {
    let changes = [
        (rate(2, 2, 1.0), consecutive(3)),
        (consecutive(3), rate(2, 2, 1.0)),
        (rate(3, 3, 1.0), rate(1, 1, 1.0)),
        (consecutive(3), timed(3)),
        (timed(3), consecutive(3)),
    ];
    for (before, after) in changes {
        model(move || {
            let (breaker, _) = breaker(before.clone());
            breaker.end(FAILED);
            let thread = settle_all(&breaker, [PASSED]);
            breaker.reconfigure(after.clone()).unwrap();
            thread.join().unwrap();
            let seen = breaker.snapshot();
            assert_eq!(
                (seen.state, seen.consecutive_failures),
                (CircuitState::Closed, 0)
            );
            assert_ended(&breaker, 2);
        });
    }
}

#[test]
fn a_late_failure_neither_trips_nor_shows_in_the_period_after() {
    model(|| {
        let (breaker, clock) = breaker(CircuitBreakerConfig {
            probes: 1,
            ..consecutive(2)
        });
        let thread = settle_all(&breaker, [FAILED, PASSED]);
        let mine = breaker.ticket();
        breaker.settle(mine, FAILED);
        thread.join().unwrap();
        assert_ended(&breaker, 3);
        clock.advance(OPEN_FOR);
        breaker.end(PASSED);
        let seen = breaker.snapshot();
        assert_eq!(
            (seen.state, seen.consecutive_failures),
            (CircuitState::Closed, 0)
        );
        assert_ended(&breaker, 4);
    });
}

#[test]
fn probes_that_end_together_are_each_counted_once() {
    model(|| {
        let (breaker, clock) = breaker(CircuitBreakerConfig {
            probes: 2,
            ..consecutive(1)
        });
        breaker.end(FAILED);
        clock.advance(OPEN_FOR);
        let mine = breaker.ticket();
        let thread = settle_all(&breaker, [PASSED]);
        breaker.settle(mine, PASSED);
        thread.join().unwrap();
        assert_eq!(breaker.state(), CircuitState::Closed);
        assert_ended(&breaker, 3);
    });
}
