//! What threads may see of a circuit: all interleavings under loom, one without.

use super::*;
use crate::sync::interleave::{JoinHandle, model, spawn};

/// Settles tickets that are taken here, one after another, in a thread of its own.
pub(super) fn settle_all<const N: usize>(
    breaker: &CircuitBreaker,
    ends: [End; N],
) -> JoinHandle<()> {
    let tickets = ends.map(|end| (breaker.ticket(), end));
    let breaker = breaker.clone();
    spawn(move || {
        for (ticket, end) in tickets {
            breaker.settle(ticket, end);
        }
    })
}

#[test]
fn a_late_success_is_not_counted_in_the_next_generation() {
    model(|| {
        let (breaker, _) = breaker(rate(2, 2, 1.0));
        let mine = [breaker.ticket(), breaker.ticket()];
        let thread = settle_all(&breaker, [PASSED]);
        mine.into_iter().for_each(|it| breaker.settle(it, FAILED));
        thread.join().unwrap();
        let seen = breaker.snapshot();
        match seen.state {
            // Failure, success, failure: the last two are in the window.
            CircuitState::Closed => assert_eq!((seen.calls, seen.failures), (2, 1)),
            _ => assert_eq!((seen.calls, seen.failures), (0, 0)),
        }
        let total = seen.total;
        assert_eq!(total.successes + total.failures + total.late, 3);
    });
}

#[test]
fn a_success_that_completes_the_minimum_sees_every_failure_before_it() {
    model(|| {
        let (breaker, _) = breaker(rate(3, 3, 0.3));
        breaker.end(FAILED);
        let mine = breaker.ticket();
        let thread = settle_all(&breaker, [PASSED, PASSED]);
        breaker.settle(mine, PASSED);
        thread.join().unwrap();
        assert_eq!(breaker.state(), CircuitState::Open);
    });
}

#[test]
fn a_success_that_is_not_written_down_belongs_before_the_failure() {
    model(|| {
        let (breaker, _) = breaker(rate(2, 2, 1.0));
        breaker.end(PASSED);
        breaker.end(PASSED);
        let thread = settle_all(&breaker, [PASSED, PASSED]);
        breaker.end(FAILED);
        thread.join().unwrap();
        // However they fell, two more successes push the failure out.
        breaker.end(PASSED);
        breaker.end(PASSED);
        let seen = breaker.snapshot();
        assert_eq!((seen.calls, seen.failures), (2, 0));
        assert_eq!((seen.total.successes, seen.total.failures), (6, 1));
    });
}

#[test]
fn a_bucket_that_ends_takes_no_success_with_it_twice() {
    model(|| {
        let config = CircuitBreakerConfig {
            failure_rate: Some(1.0),
            window: Some(WindowConfig {
                time: Some(Duration::from_secs(2)),
                buckets: 2,
                ..Default::default()
            }),
            minimum_calls: Some(1),
            ..Default::default()
        };
        let (breaker, clock) = breaker(config);
        breaker.end(PASSED);
        let thread = settle_all(&breaker, [PASSED]);
        clock.advance(Duration::from_secs(1));
        breaker.end(PASSED);
        thread.join().unwrap();
        assert_eq!(breaker.snapshot().calls, 3);
        // The first bucket goes, with one success or two.
        clock.advance(Duration::from_secs(1));
        let left = breaker.snapshot().calls;
        assert!((1..=2).contains(&left), "{left}");
        assert_eq!(breaker.snapshot().total.successes, 3);
    });
}

#[test]
fn a_success_meanwhile_is_judged_by_the_old_config_or_by_the_new() {
    model(|| {
        let (breaker, _) = breaker(rate(4, 1, 0.9));
        breaker.end(PASSED);
        breaker.end(FAILED);
        let thread = settle_all(&breaker, [PASSED]);
        breaker.reconfigure(rate(4, 1, 0.3)).unwrap();
        thread.join().unwrap();
        // One of the two is judged by the new config: 1 of 3, or 1 of 4 where both were before it.
        if breaker.state() == CircuitState::Closed {
            breaker.end(FAILED);
        }
        assert_eq!(breaker.state(), CircuitState::Open);
    });
}

#[test]
fn as_many_probes_go_through_as_there_are_places() {
    model(|| {
        let (breaker, clock) = breaker(consecutive(1));
        breaker.end(FAILED);
        clock.advance(OPEN_FOR);
        let acquire = |breaker: CircuitBreaker| {
            (0..2)
                .filter(|_| breaker.try_acquire(&Ask::default()).is_ok())
                .count()
        };
        let other = breaker.clone();
        let thread = spawn(move || acquire(other));
        assert_eq!(acquire(breaker.clone()) + thread.join().unwrap(), 3);
    });
}

#[cfg(not(loom))]
#[test]
fn trap_10_a_thousand_threads_at_the_edge_admit_exactly_as_many_as_there_are_probes() {
    let config = CircuitBreakerConfig {
        probes: 7,
        ..consecutive(1)
    };
    let (breaker, clock) = breaker(config);
    breaker.end(FAILED);
    clock.advance(OPEN_FOR);
    let barrier = std::sync::Barrier::new(1_000);
    let admitted = std::sync::atomic::AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..1_000 {
            scope.spawn(|| {
                barrier.wait();
                if breaker.try_acquire(&Ask::default()).is_ok() {
                    admitted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(admitted.into_inner(), 7);
}
