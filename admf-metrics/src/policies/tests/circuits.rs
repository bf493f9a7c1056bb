use super::*;

#[test]
fn trap_8_each_circuit_is_in_exactly_one_state_whatever_happens_to_it() {
    let bench = Bench::new();
    let [breaker, _other] = ["primary", "backup"].map(|name| bench.breaker(name));
    let shown = || {
        let scrape = bench.scrape();
        assert_eq!(scrape.states("backup"), ["closed"]);
        scrape.states("primary")
    };
    assert_eq!(shown(), ["closed"]);
    fail(&breaker, 5);
    assert_eq!(shown(), ["open"]);
    bench.clock.advance(SECOND);
    let probe = breaker.permit(&Ask::default()).unwrap();
    assert_eq!(shown(), ["half_open"]);
    probe.record(Outcome::Success);
    assert_eq!(shown(), ["closed"]);
    breaker.isolate();
    assert_eq!(shown(), ["isolated"]);
    breaker.disable();
    assert_eq!(shown(), ["disabled"]);
    breaker.shadow();
    assert_eq!(shown(), ["shadow"]);
}

#[test]
fn calls_are_counted_by_result_and_refusals_apart() {
    let bench = Bench::new();
    let breaker = bench.breaker("venue");
    call(&breaker, Outcome::Success);
    call(&breaker, Outcome::Ignored);
    fail(&breaker, 5);
    (0..3).for_each(|_| drop(breaker.try_acquire(&Ask::default()).unwrap_err()));
    bench.clock.advance(SECOND / 4);
    let scrape = bench.scrape();
    let counted =
        ["success", "failure", "ignored", "late"].map(|result| scrape.calls("venue", result));
    assert_eq!(counted, [Some(1.0), Some(5.0), Some(1.0), Some(0.0)]);
    let named = |metric| scrape.named(metric, "venue").unwrap();
    assert_eq!(named("circuit_breaker_rejected_total"), 3.0);
    assert_eq!(named("circuit_breaker_retry_after_seconds"), 0.75);
    assert_eq!(named("circuit_breaker_last_failure_age_seconds"), 0.25);
    assert_eq!(named("circuit_breaker_success_ratio"), 1.0 / 6.0);
}

#[test]
fn a_ratio_of_no_calls_is_no_sample() {
    let bench = Bench::new();
    let breaker = bench.breaker("venue");
    call(&breaker, Outcome::Ignored);
    let absent = [
        "circuit_breaker_success_ratio",
        "circuit_breaker_failure_ratio",
        "circuit_breaker_slow_ratio",
        "circuit_breaker_last_failure_age_seconds",
    ];
    let scrape = bench.scrape();
    for metric in absent {
        assert_eq!(scrape.named(metric, "venue"), None, "{metric}");
    }
    call(&breaker, Outcome::Success);
    let ratio = bench
        .scrape()
        .named("circuit_breaker_success_ratio", "venue");
    assert_eq!(ratio, Some(1.0));
}

#[test]
fn totals_go_on_when_a_policy_is_built_anew_and_levels_end_with_it() {
    let bench = Bench::new();
    let old = bench.breaker("venue");
    fail(&old, 5);
    assert_eq!(bench.scrape().calls("venue", "failure"), Some(5.0));
    drop(old);
    let scrape = bench.scrape();
    assert_eq!(scrape.calls("venue", "failure"), Some(5.0));
    assert!(scrape.states("venue").is_empty(), "it has none any more");

    // More than the one before had, so that a mere comparison of totals would not see it.
    let new = bench.breaker("venue");
    fail(&new, 4);
    call(&new, Outcome::Success);
    fail(&new, 4);
    let scrape = bench.scrape();
    assert_eq!(scrape.calls("venue", "failure"), Some(13.0));
    assert_eq!(scrape.states("venue"), ["closed"]);
    assert_eq!(bench.scrape(), scrape, "each is counted once");
}

#[test]
fn a_policy_that_takes_a_place_between_two_scrapes_is_not_the_one_before() {
    let bench = Bench::new();
    for round in 1..=20 {
        let breaker = bench.breaker("venue");
        call(&breaker, Outcome::Success);
        let shown = bench.scrape().calls("venue", "success");
        assert_eq!(shown, Some(f64::from(round)));
    }
}

#[test]
fn what_was_counted_stays_over_a_reset_and_another_config() {
    let bench = Bench::new();
    let breaker = bench.breaker("venue");
    fail(&breaker, 5);
    assert_eq!(bench.scrape().calls("venue", "failure"), Some(5.0));
    breaker.reset();
    breaker
        .reconfigure(CircuitBreakerConfig::default())
        .unwrap();
    fail(&breaker, 1);
    assert_eq!(bench.scrape().calls("venue", "failure"), Some(6.0));
}
