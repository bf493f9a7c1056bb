//! Where circuit breakers are known to break.

use super::*;
use crate::{Event, Observer};

#[test]
fn trap_1_after_ten_thousand_successes_half_of_the_last_ten_opens() {
    let (breaker, _) = breaker(rate(10, 10, 0.5));
    (0..10_000).for_each(|_| breaker.end(PASSED));
    (0..4).for_each(|_| breaker.end(FAILED));
    assert_eq!(breaker.state(), CircuitState::Closed);
    breaker.end(FAILED);
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(breaker.snapshot().total.successes, 10_000);
}

#[test]
fn trap_2_a_minimum_below_the_window_is_honoured_while_it_fills() {
    let (breaker, _) = breaker(rate(100, 5, 0.5));
    (0..4).for_each(|_| breaker.end(FAILED));
    assert_eq!(breaker.state(), CircuitState::Closed);
    // The fifth may be a success: four of five failed.
    breaker.end(PASSED);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn trap_4_no_number_panics_or_builds_a_circuit_that_is_stuck() {
    let base = CircuitBreakerConfig::default;
    let rated = || rate(10, 5, 0.5);
    let zero = Some(Duration::ZERO);
    let refused = [
        ("consecutive", consecutive(0)),
        ("consecutive", consecutive(1_000_001)),
        (
            "consecutive",
            CircuitBreakerConfig {
                consecutive: Some(1),
                ..rated()
            },
        ),
        ("failure_rate", rate(10, 5, 0.0)),
        ("failure_rate", rate(10, 5, f64::NAN)),
        (
            "slow_rate",
            CircuitBreakerConfig {
                slow_rate: Some(1.1),
                ..rated()
            },
        ),
        (
            "slow_call",
            CircuitBreakerConfig {
                slow_rate: Some(1.0),
                ..rated()
            },
        ),
        (
            "slow_call",
            CircuitBreakerConfig {
                slow_call: zero,
                ..rated()
            },
        ),
        ("count", rate(0, 1, 0.5)),
        ("minimum_calls", rate(10, 11, 0.5)),
        ("minimum_calls", rate(10, 0, 0.5)),
        (
            "minimum_calls",
            CircuitBreakerConfig {
                minimum_calls: Some(0),
                ..base()
            },
        ),
        (
            "open_for",
            CircuitBreakerConfig {
                open_for: zero,
                ..base()
            },
        ),
        (
            "probe_timeout",
            CircuitBreakerConfig {
                probe_timeout: Duration::ZERO,
                ..base()
            },
        ),
        (
            "probes",
            CircuitBreakerConfig {
                probes: 0,
                ..base()
            },
        ),
    ];
    for (field, config) in refused {
        let error = CircuitBreaker::new("test", config, &Env::default()).unwrap_err();
        assert_eq!(error.field(), field, "{error}");
    }
    let most = CircuitBreakerConfig {
        consecutive: Some(1),
        open_for: Some(Duration::MAX),
        retry_after_max: Duration::MAX,
        probes: u32::MAX,
        probe_timeout: Duration::MAX,
        abandoned: Some(Abandoned::FailureAfter(Duration::MAX)),
        ..base()
    };
    let (breaker, clock) = breaker(most);
    clock.set(Time::from_nanos(u64::MAX - 1));
    breaker.end(FAILED);
    assert_eq!(
        breaker.snapshot().retry_after,
        Some(Duration::from_nanos(1))
    );
    clock.set(Time::MAX);
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
}

#[test]
fn trap_5_a_late_result_from_an_earlier_period_is_ignored() {
    let (breaker, clock) = breaker(consecutive(1));
    let late = [(); 3].map(|()| breaker.ticket());
    breaker.end(FAILED);
    clock.advance(OPEN_FOR);
    let mut late = late.into_iter();
    breaker.settle(late.next().unwrap(), FAILED);
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    (0..2).for_each(|_| breaker.end(PASSED));
    breaker.settle(late.next().unwrap(), PASSED);
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    breaker.end(PASSED);
    breaker.settle(late.next().unwrap(), FAILED);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn trap_7_a_call_that_panics_is_a_failure() {
    let (breaker, _) = breaker(consecutive(1));
    let call = || {
        let mut permit = breaker.permit(&Ask::default()).unwrap();
        permit.step(|| panic!("the dependency's client"));
    };
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).unwrap_err();
    assert_eq!(breaker.state(), CircuitState::Open);
}

/// An observer that uses the circuit that it hears of.
#[derive(Debug, Default)]
struct Meddler {
    circuit: std::sync::OnceLock<CircuitBreaker>,
    heard: std::sync::Mutex<Vec<Event>>,
}

impl Observer for Meddler {
    fn on_event(&self, _: &Name, event: &Event) {
        let circuit = self.circuit.get().unwrap();
        let first = self.heard.lock().unwrap().is_empty();
        self.heard.lock().unwrap().push(event.clone());
        if first {
            assert_eq!(circuit.state(), CircuitState::Open);
            circuit.isolate();
            // Told when this event is done with.
            assert_eq!(self.heard.lock().unwrap().len(), 1);
            panic!("an observer's panic");
        }
    }
}

#[test]
fn trap_9_an_observer_may_call_the_handle_and_panic() {
    let meddler = Arc::new(Meddler::default());
    let env = Env::manual().0.with_observer(meddler.clone());
    let breaker = CircuitBreaker::new("test", consecutive(1), &env).unwrap();
    meddler.circuit.set(breaker.clone()).unwrap();
    breaker.end(FAILED);
    let at = Time::ZERO;
    let moved = |from, to| Event::CircuitMoved { from, to, at };
    let events = [
        moved(CircuitState::Closed, CircuitState::Open),
        moved(CircuitState::Open, CircuitState::Isolated),
    ];
    assert_eq!(*meddler.heard.lock().unwrap(), events);
}

#[test]
fn trap_11_a_clock_that_goes_back_or_stands_still_ends_nothing_early() {
    let (breaker, clock) = breaker(consecutive(1));
    clock.set(Time::from_nanos(1_000_000_000));
    breaker.end(FAILED);
    clock.set(Time::ZERO);
    let left = OPEN_FOR + Duration::from_secs(1);
    assert_eq!(breaker.snapshot().retry_after, Some(left));
    clock.advance(left);
    let mut probe = breaker.permit(&Ask::default()).unwrap();
    probe.waiting();
    clock.set(Time::ZERO);
    drop(probe);
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
}

#[test]
fn trap_11_a_quiet_time_that_was_over_stays_over() {
    let (breaker, clock) = breaker(consecutive(1));
    breaker.shadow();
    breaker.end(FAILED);
    clock.advance(OPEN_FOR);
    assert_eq!(breaker.snapshot().would_trip, 1);
    clock.set(Time::ZERO.after(OPEN_FOR - Duration::from_nanos(1)));
    breaker.end(FAILED);
    assert_eq!(breaker.snapshot().would_trip, 2);
}

#[test]
fn trap_12_what_is_in_flight_when_the_operator_steps_in_counts_no_more() {
    for verb in [
        CircuitBreaker::reset,
        CircuitBreaker::isolate,
        CircuitBreaker::disable,
        CircuitBreaker::shadow,
    ] {
        let (breaker, _) = breaker(consecutive(1));
        let call = breaker.ticket();
        verb(&breaker);
        let state = breaker.state();
        breaker.settle(call, FAILED);
        let seen = breaker.snapshot();
        assert_eq!((seen.state, seen.would_trip), (state, 0));
        assert_eq!(seen.total.late, 1);
    }
}

#[test]
fn records_are_numbered_anew_before_their_number_wears_out() {
    for window in [WindowConfig::count(4), WindowConfig::time(OPEN_FOR)] {
        let config = CircuitBreakerConfig {
            window: Some(window),
            ..rate(4, 2, 0.9)
        };
        let (breaker, _) = breaker(config);
        [FAILED, PASSED, PASSED]
            .into_iter()
            .for_each(|end| breaker.end(end));
        breaker.0.wear_out();
        breaker.end(FAILED);
        assert!(breaker.0.head.records() < 1 << 22);
        let seen = breaker.snapshot();
        assert_eq!((seen.failures, seen.consecutive_failures), (2, 1));
        breaker.end(FAILED);
        assert_eq!(breaker.snapshot().consecutive_failures, 2);
    }
}
