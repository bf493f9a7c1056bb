use std::sync::atomic::{AtomicUsize, Ordering};

use resilience_core::recovery::{ErrorKind, Incident};
use resilience_core::{BackoffConfig, Hint, Recovery, RecoveryConfig, Retry, RetryConfig};

use super::*;

/// Opens a closed circuit and lets it be closed again.
fn go_round(bench: &Bench, breaker: &CircuitBreaker) {
    fail(breaker, 5);
    bench.clock.advance(SECOND);
    call(breaker, Outcome::Success);
}

#[test]
fn every_transition_is_counted_though_nobody_scraped_in_between() {
    let bench = Bench::new();
    let breaker = bench.breaker("venue");
    (0..7).for_each(|_| go_round(&bench, &breaker));
    fail(&breaker, 5);
    breaker.isolate();
    let scrape = bench.scrape();
    let moved = |from, to| scrape.moved("venue", from, to);
    assert_eq!(moved("closed", "open"), Some(8.0));
    assert_eq!(moved("open", "half_open"), Some(7.0));
    assert_eq!(moved("half_open", "closed"), Some(7.0));
    assert_eq!(moved("half_open", "open"), Some(0.0));
    assert_eq!(moved("open", "isolated"), Some(1.0));
    assert_eq!(moved("isolated", "closed"), None, "it never happened");
}

#[test]
fn a_circuit_that_never_moved_shows_transitions_of_0_so_that_the_first_is_an_increase() {
    let bench = Bench::new();
    let breaker = bench.breaker("venue");
    assert_eq!(bench.scrape().moved("venue", "closed", "open"), Some(0.0));
    fail(&breaker, 5);
    assert_eq!(bench.scrape().moved("venue", "closed", "open"), Some(1.0));
}

#[test]
fn without_the_observer_no_transition_is_claimed() {
    let exporter = Exporter::local(Catalogue::new(METRICS).unwrap());
    let (env, _clock) = Env::manual();
    let policies = PolicyMetrics::new(exporter.meter()).unwrap();
    policies.export(&env).unwrap();
    let config = CircuitBreakerConfig::default();
    let breaker = CircuitBreaker::new("venue", config, &env).unwrap();
    fail(&breaker, 5);
    let scrape = Scrape::of(&exporter.render());
    assert_eq!(scrape.states("venue"), ["open"]);
    assert_eq!(scrape.moved("venue", "closed", "open"), None);
}

#[test]
fn the_time_to_recover_runs_from_the_first_opening_to_the_closing() {
    let bench = Bench::new();
    let breaker = bench.breaker("venue");
    fail(&breaker, 5);
    // Two probes in vain: it is one outage.
    for _ in 0..2 {
        bench.clock.advance(10 * SECOND);
        fail(&breaker, 1);
    }
    bench.clock.advance(20 * SECOND);
    call(&breaker, Outcome::Success);
    let scrape = bench.scrape();
    let recovery =
        |part: &str| scrape.named(&format!("circuit_breaker_recovery_seconds_{part}"), "venue");
    assert_eq!(
        (recovery("count"), recovery("sum")),
        (Some(1.0), Some(40.0))
    );
    let within = |le| {
        scrape.get(
            "circuit_breaker_recovery_seconds_bucket",
            &[("name", "venue"), ("le", le)],
        )
    };
    assert_eq!([within("30"), within("60")], [Some(0.0), Some(1.0)]);
}

#[test]
fn what_an_operator_takes_out_of_service_has_not_recovered_when_he_puts_it_back() {
    let bench = Bench::new();
    let breaker = bench.breaker("venue");
    for take_out in [
        CircuitBreaker::isolate,
        CircuitBreaker::disable,
        CircuitBreaker::shadow,
    ] {
        fail(&breaker, 5);
        take_out(&breaker);
        bench.clock.advance(SECOND);
        breaker.reset();
    }
    let recovery =
        |scrape: &Scrape| scrape.named("circuit_breaker_recovery_seconds_count", "venue");
    assert!(matches!(recovery(&bench.scrape()), None | Some(0.0)));
    fail(&breaker, 5);
    breaker.reset();
    assert_eq!(
        recovery(&bench.scrape()),
        Some(1.0),
        "closed by hand while open"
    );
}

#[derive(Debug, Default)]
struct Mine(AtomicUsize);

impl Observer for Mine {
    fn on_event(&self, _: &Name, _: &Event) {
        self.0.fetch_add(1, Ordering::Relaxed);
        std::panic::resume_unwind(Box::new("an observer's panic"));
    }
}

#[test]
fn an_observer_of_the_users_own_hears_everything_and_may_panic() {
    let mine = Arc::new(Mine::default());
    let bench = Bench::then(|observer| observer.then(mine.clone()));
    let breaker = bench.breaker("venue");
    (0..3).for_each(|_| go_round(&bench, &breaker));
    assert_eq!(mine.0.load(Ordering::Relaxed), 9);
    assert_eq!(bench.scrape().moved("venue", "closed", "open"), Some(3.0));
}

#[test]
fn calls_that_were_given_up_are_counted_by_their_attempts() {
    let bench = Bench::new();
    for (name, max_attempts) in [("orders", 3), ("quotes", 1)] {
        let config = RetryConfig {
            max_attempts,
            backoff: BackoffConfig::fixed(SECOND),
            ..Default::default()
        };
        let retry = Retry::new(name, config, &bench.env).unwrap();
        let mut attempts = retry.start(&Ask::default()).unwrap();
        while attempts.next(Outcome::Failure, false, Hint::None).is_some() {}
    }
    let scrape = bench.scrape();
    let sum = |name| scrape.named("retry_gave_up_attempts_sum", name);
    assert_eq!(sum("orders"), Some(3.0));
    assert_eq!(
        scrape.named("retry_gave_up_attempts_count", "orders"),
        Some(1.0)
    );
    assert_eq!(sum("quotes"), Some(1.0));
}

#[test]
fn recoveries_are_timed_by_strategy_and_result() {
    let bench = Bench::new();
    let recovery = Recovery::new("app", RecoveryConfig::default(), &bench.env).unwrap();
    for well in [true, false] {
        let incident = Incident::new("orders", ErrorKind::DatabaseError, "locked");
        let mut run = recovery.start(incident).unwrap();
        while let Some(step) = run.next_step() {
            bench.clock.advance(step.wait);
            run.told(if well { Ok(()) } else { Err("locked".into()) });
        }
    }
    let scrape = bench.scrape();
    let labels = |result| {
        [
            ("name", "app"),
            ("strategy", "retry_operation"),
            ("result", result),
        ]
    };
    let took = |result| scrape.get("recovery_duration_seconds_sum", &labels(result));
    assert_eq!([took("recovered"), took("gave_up")], [Some(1.0), Some(7.0)]);
    for result in ["recovered", "gave_up"] {
        assert_eq!(scrape.get("recoveries_total", &labels(result)), Some(1.0));
    }
    let two_minutes = METRICS
        .iter()
        .find(|it| it.name == "admf_recovery_duration_seconds");
    assert!(
        two_minutes.unwrap().buckets.contains(&120.0),
        "the target of S1-066 is a bound"
    );
}
