use super::*;

fn half_open(config: CircuitBreakerConfig) -> (CircuitBreaker, Arc<ManualClock>) {
    let (breaker, clock) = breaker(config);
    while breaker.state() == CircuitState::Closed {
        breaker.end(FAILED);
    }
    clock.advance(OPEN_FOR);
    (breaker, clock)
}

#[test]
fn refusals_say_exactly_how_long_the_circuit_stays_open() {
    let (breaker, clock) = breaker(consecutive(1));
    breaker.end(FAILED);
    clock.advance(OPEN_FOR - Duration::from_nanos(1));
    let refused = breaker.try_acquire(&Ask::default()).unwrap_err();
    assert_eq!(refused.retry_after(), Some(Duration::from_nanos(1)));
    assert_eq!(refused.policy().as_str(), "test");
    clock.advance(Duration::from_nanos(1));
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
}

#[test]
fn in_a_row_one_failed_probe_opens_and_all_passed_close() {
    let (breaker, _) = half_open(consecutive(2));
    let probes = [(); 3].map(|()| breaker.ticket());
    let refused = breaker.try_acquire(&Ask::default()).unwrap_err();
    assert_eq!(refused.retry_after(), None);
    for (number, probe) in probes.into_iter().enumerate() {
        assert_eq!(breaker.state(), CircuitState::HalfOpen, "{number}");
        breaker.settle(probe, PASSED);
    }
    assert_eq!(breaker.state(), CircuitState::Closed);

    let (breaker, _) = half_open(consecutive(2));
    breaker.end(FAILED);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn by_rate_the_verdict_falls_as_soon_as_it_cannot_change() {
    // Of 3 probes, 2 failures reach the half.
    let (breaker, _) = half_open(rate(4, 2, 0.5));
    breaker.end(FAILED);
    breaker.end(PASSED);
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    breaker.end(PASSED);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn a_number_of_probes_at_the_end_of_its_type_is_judged_at_once() {
    let config = CircuitBreakerConfig {
        probes: u32::MAX,
        ..rate(4, 2, 1e-9)
    };
    let (breaker, _) = half_open(config);
    (0..4).for_each(|_| breaker.end(FAILED));
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    breaker.end(FAILED);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn an_ignored_or_unused_probe_gives_its_place_back() {
    let (breaker, _) = half_open(rate(1, 1, 1.0));
    for _ in 0..10 {
        breaker.end(done(Outcome::Ignored));
        breaker.end(End::Unused);
        breaker.end(End::Abandoned { held: None });
    }
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
}

#[test]
fn trap_3_probes_that_do_not_come_back_open_the_circuit_at_the_next_look() {
    let (breaker, clock) = half_open(consecutive(1));
    let probe = breaker.ticket();
    clock.advance(Duration::from_secs(30));
    assert_eq!(breaker.state(), CircuitState::Open);
    breaker.settle(probe, PASSED);
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(breaker.snapshot().total.late, 1);
}

#[test]
fn a_probe_is_slow_by_the_time_it_was_pending_not_by_the_time_it_was_out() {
    let config = || CircuitBreakerConfig {
        failure_rate: Some(1.0),
        slow_rate: Some(0.1),
        slow_call: Some(Duration::from_secs(1)),
        probes: 2,
        probe_timeout: Duration::from_secs(5),
        ..rate(1, 1, 1.0)
    };
    for (pending, state) in [(false, CircuitState::HalfOpen), (true, CircuitState::Open)] {
        let (breaker, clock) = half_open(config());
        let mut probe = breaker.permit(&Ask::default()).unwrap();
        if pending {
            probe.waiting();
        }
        clock.advance(Duration::from_secs(5));
        assert_eq!(breaker.state(), state, "pending: {pending}");
        drop(probe);
    }
}

#[test]
fn trap_6_a_call_given_up_counts_where_it_was_pending_long_enough() {
    for (held, state) in [
        (None, CircuitState::Closed),
        (Some(4), CircuitState::Closed),
        (Some(5), CircuitState::Open),
    ] {
        let (breaker, clock) = breaker(consecutive(1));
        let mut permit = breaker.permit(&Ask::default()).unwrap();
        if let Some(seconds) = held {
            permit.waiting();
            clock.advance(Duration::from_secs(seconds));
        }
        drop(permit);
        assert_eq!(breaker.state(), state, "{held:?}");
    }
}

#[test]
fn a_circuit_that_opens_for_no_time_lets_calls_through_as_probes_only() {
    // Full jitter, base 1 ns: a draw below one half is an open time of nothing.
    let config = CircuitBreakerConfig {
        consecutive: Some(1),
        open_backoff: Some(crate::BackoffConfig {
            base: Duration::from_nanos(1),
            max: Duration::from_nanos(1),
            jitter: crate::backoff::Jitter::Full,
            ..Default::default()
        }),
        probes: 1,
        probe_timeout: Duration::from_secs(1),
        ..Default::default()
    };
    for seed in 0..100 {
        let (env, clock) = Env::manual();
        let env = env.with_chance(crate::Chance::seeded(seed));
        let breaker = CircuitBreaker::new("test", config.clone(), &env).unwrap();
        breaker.end(FAILED);
        clock.advance(Duration::from_secs(1));
        let _probe = breaker.ticket();
        clock.advance(Duration::from_secs(1));
        let next = breaker.try_acquire(&Ask::default());
        assert!(
            next.is_err() || next.unwrap().probe.is_some(),
            "seed {seed}"
        );
    }
}

#[test]
fn probes_that_do_not_come_back_count_in_order_of_admission() {
    let config = |probes| CircuitBreakerConfig {
        slow_rate: Some(0.5),
        slow_call: Some(Duration::from_millis(100)),
        open_for: Some(OPEN_FOR),
        window: Some(WindowConfig::count(1)),
        probe_timeout: Duration::from_secs(1),
        probes,
        ..Default::default()
    };
    let (breaker, clock) = breaker(config(4));
    let mut permit = breaker.permit(&Ask::default()).unwrap();
    permit.waiting();
    clock.advance(Duration::from_millis(101));
    permit.record(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Open);
    clock.advance(OPEN_FOR);
    // The first was never pending, so it fails without being slow: of 1 probe that closes.
    let _first = breaker.permit(&Ask::default()).unwrap();
    let mut second = breaker.permit(&Ask::default()).unwrap();
    second.waiting();
    breaker.reconfigure(config(1)).unwrap();
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    clock.advance(Duration::from_secs(1));
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn trap_6_what_a_call_given_up_teaches_is_the_configs_choice_closed_and_half_open() {
    let second = Duration::from_secs(1);
    for (abandoned, closed, probed) in [
        (
            Abandoned::Ignored,
            CircuitState::Closed,
            CircuitState::HalfOpen,
        ),
        (Abandoned::Failure, CircuitState::Open, CircuitState::Open),
        (
            Abandoned::FailureAfter(second),
            CircuitState::Open,
            CircuitState::Open,
        ),
        (
            Abandoned::FailureAfter(2 * second),
            CircuitState::Closed,
            CircuitState::HalfOpen,
        ),
    ] {
        let config = || CircuitBreakerConfig {
            abandoned: Some(abandoned),
            ..consecutive(1)
        };
        let given_up = |(breaker, clock): (CircuitBreaker, Arc<ManualClock>)| {
            let mut permit = breaker.permit(&Ask::default()).unwrap();
            permit.waiting();
            clock.advance(second);
            drop(permit);
            breaker.state()
        };
        assert_eq!(given_up(breaker(config())), closed, "{abandoned:?}");
        assert_eq!(given_up(half_open(config())), probed, "{abandoned:?}");
    }
}

#[test]
fn the_last_failure_that_counted_is_known_by_its_time() {
    let time = WindowConfig::time(Duration::from_secs(60));
    let timed = CircuitBreakerConfig {
        window: Some(time),
        ..rate(100, 1, 0.9)
    };
    for config in [consecutive(3), rate(10, 5, 0.9), timed] {
        let (env, clock) = Env::manual();
        let breaker = CircuitBreaker::new("venue", config, &env).unwrap();
        let at = || breaker.snapshot().last_failure;
        let call = || breaker.permit(&Ask::default()).unwrap();
        assert_eq!(at(), None);
        clock.advance(OPEN_FOR);
        call().record(Outcome::Success);
        call().record(Outcome::Ignored);
        assert_eq!(at(), None);
        call().record(Outcome::Failure);
        let first = env.now();
        assert_eq!(at(), Some(first));
        clock.advance(OPEN_FOR);
        call().record(Outcome::Success);
        assert_eq!(at(), Some(first));
        // One that comes too late is not counted.
        let late = call();
        breaker.reset();
        late.record(Outcome::Failure);
        assert_eq!(at(), Some(first));
        call().record(Outcome::Failure);
        assert_eq!(at(), Some(env.now()));
    }
}
