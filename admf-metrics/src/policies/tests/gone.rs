use resilience_core::{Keyed, KeyedConfig, Recovery, RecoveryConfig};

use super::*;
use crate::Label;
use crate::meter::TOTALS_STAY;
use crate::policies::catalogue::POLICIES;

impl Scrape {
    /// Returns the series that have this name, but for those of the meter's own.
    fn series_of(&self, name: &str) -> Vec<&str> {
        let label = format!("name=\"{name}\"");
        let series = self.0.keys().map(String::as_str);
        series.filter(|it| it.contains(&label)).collect()
    }
}

#[test]
fn no_level_of_a_policy_that_is_gone_is_left_and_none_is_0() {
    let bench = Bench::new();
    let breaker = bench.breaker("venue");
    call(&breaker, Outcome::Success);
    let ratio = |scrape: &Scrape| scrape.named("circuit_breaker_success_ratio", "venue");
    assert_eq!(ratio(&bench.scrape()), Some(1.0));
    drop(breaker);
    let scrape = bench.scrape();
    assert_eq!(ratio(&scrape), None, "a rule `< 0.9` would fire");
    for series in scrape.series_of("venue") {
        let counts = ["_total{", "_recovery_seconds"];
        assert!(counts.iter().any(|it| series.contains(it)), "{series}");
    }
    assert_eq!(scrape.calls("venue", "success"), Some(1.0));
}

#[test]
fn the_totals_of_a_policy_that_is_gone_for_good_are_taken_away() {
    let bench = Bench::new();
    let breaker = bench.breaker("venue");
    fail(&breaker, 5);
    bench.scrape();
    drop(breaker);
    bench.scrape();
    bench.clock.advance(TOTALS_STAY - SECOND);
    let scrape = bench.scrape();
    assert_eq!(scrape.calls("venue", "failure"), Some(5.0));
    assert_eq!(scrape.moved("venue", "closed", "open"), Some(1.0));
    bench.clock.advance(SECOND);
    assert_eq!(bench.scrape().series_of("venue"), [""; 0]);
    // A name that comes back after that is a new one.
    let breaker = bench.breaker("venue");
    fail(&breaker, 1);
    let scrape = bench.scrape();
    assert_eq!(scrape.calls("venue", "failure"), Some(1.0));
    assert_eq!(scrape.moved("venue", "closed", "open"), Some(0.0));
}

#[test]
fn totals_are_shown_once_more_however_long_nobody_scraped() {
    let bench = Bench::new();
    let breaker = bench.breaker("venue");
    call(&breaker, Outcome::Success);
    bench.scrape();
    drop(breaker);
    bench.clock.advance(10 * TOTALS_STAY);
    assert_eq!(bench.scrape().calls("venue", "success"), Some(1.0));
    // Whoever takes the name in this time counts on.
    let breaker = bench.breaker("venue");
    call(&breaker, Outcome::Success);
    assert_eq!(bench.scrape().calls("venue", "success"), Some(2.0));
    bench.clock.advance(10 * TOTALS_STAY);
    assert_eq!(bench.scrape().calls("venue", "success"), Some(2.0));
}

#[test]
fn names_without_end_take_no_place_from_those_that_come_later() {
    let bench = Bench::new();
    for round in 0..3 {
        let names = (0..POLICIES).map(|i| format!("session-{round}-{i}"));
        let breakers: Vec<_> = names.map(|name| bench.breaker(name)).collect();
        breakers.iter().for_each(|it| fail(it, 5));
        let scrape = bench.scrape();
        let last = format!("session-{round}-{}", POLICIES - 1);
        assert_eq!(scrape.calls(&last, "failure"), Some(5.0));
        assert_eq!(scrape.moved(&last, "closed", "open"), Some(1.0));
        assert_eq!(scrape.states(&last), ["open"]);
        assert_eq!(scrape.calls(Label::OVERFLOW, "failure"), None);
        drop(breakers);
        bench.scrape();
        bench.clock.advance(TOTALS_STAY);
        assert_eq!(bench.scrape().series_of(&last), [""; 0]);
    }
}

#[test]
fn what_was_heard_of_a_key_goes_with_its_policy_and_not_before() {
    let bench = Bench::new();
    let config = KeyedConfig {
        gate: CircuitBreakerConfig::default(),
        max_keys: 2 * SHOWN_KEYS,
        idle: None,
    };
    let clients: Keyed<CircuitBreaker> = Keyed::new("client", config, &bench.env).unwrap();
    for _ in 0..5 {
        let permit = clients.permit("a", &Ask::default()).unwrap();
        permit.record(Outcome::Failure);
    }
    let moved = || bench.scrape().moved("client[a]", "closed", "open");
    assert_eq!(moved(), Some(1.0));
    bench.clock.advance(2 * TOTALS_STAY);
    assert_eq!((moved(), moved()), (Some(1.0), Some(1.0)));
    drop(clients);
    assert_eq!(moved(), Some(1.0));
    bench.clock.advance(TOTALS_STAY);
    assert_eq!(moved(), None);
}

#[test]
fn a_part_that_is_not_degraded_any_more_has_no_series_and_gives_its_place_back() {
    let bench = Bench::new();
    let recovery = Recovery::new("app", RecoveryConfig::default(), &bench.env).unwrap();
    let shown = |part: &str| {
        let labels = [("name", "app"), ("component", part)];
        bench.scrape().get("degraded", &labels)
    };
    // More than there are places.
    for i in 0..150 {
        let part = format!("part-{i}");
        recovery.degrade(part.clone());
        assert_eq!(shown(&part), Some(1.0));
        recovery.restore(&part);
        assert_eq!(shown(&part), None);
    }
    assert_eq!(shown(Label::OVERFLOW), None);
}
