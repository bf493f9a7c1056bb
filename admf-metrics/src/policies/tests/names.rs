use resilience_core::{
    BulkheadConfig, GateConfig, Keyed, KeyedConfig, RateLimiter, RateLimiterConfig,
};

use super::*;
use crate::Label;
use crate::policies::catalogue::POLICIES;

fn keyed<C: GateConfig>(
    (name, max_keys): (&'static str, usize),
    gate: C,
    bench: &Bench,
) -> Keyed<C::Gate> {
    let config = KeyedConfig {
        gate,
        max_keys,
        idle: None,
    };
    Keyed::new(name, config, &bench.env).unwrap()
}

#[test]
fn gates_by_key_are_shown_one_by_one_where_they_are_few_and_as_a_whole_where_they_are_many() {
    let bench = Bench::new();
    let rate = || RateLimiterConfig::new(10, SECOND);
    let venues: Keyed<RateLimiter> = keyed(("venue", SHOWN_KEYS), rate(), &bench);
    let clients: Keyed<RateLimiter> = keyed(("client", SHOWN_KEYS + 1), rate(), &bench);
    for key in ["primary", "backup"] {
        drop(venues.permit(key, &Ask::default()).unwrap());
        drop(clients.permit(key, &Ask::default()).unwrap());
    }
    let permit = venues.permit("primary", &Ask::default()).unwrap();
    permit.record(Outcome::Success);
    let scrape = bench.scrape();
    let left = |name| scrape.named("rate_limiter_remaining", name);
    assert_eq!(left("venue[primary]"), Some(9.0));
    assert_eq!(left("venue[backup]"), Some(10.0));
    assert_eq!(left("client[primary]"), None);
    for name in ["venue", "client"] {
        let labels = [("name", name), ("gate", "rate_limiter")];
        assert_eq!(scrape.get("keyed_keys", &labels), Some(2.0));
    }
}

#[test]
fn keyed_policies_of_one_name_and_other_gates_are_told_apart() {
    let bench = Bench::new();
    let rate = RateLimiterConfig::new(10, SECOND);
    let rates: Keyed<RateLimiter> = keyed(("venue", 5), rate, &bench);
    let _slots: Keyed<resilience_core::Bulkhead> =
        keyed(("venue", 7), BulkheadConfig::default(), &bench);
    drop(rates.permit("a", &Ask::default()).unwrap());
    let scrape = bench.scrape();
    let shown = |metric, gate| scrape.get(metric, &[("name", "venue"), ("gate", gate)]);
    let both = |metric| [shown(metric, "rate_limiter"), shown(metric, "bulkhead")];
    assert_eq!(both("keyed_keys"), [Some(1.0), Some(0.0)]);
    assert_eq!(both("keyed_max_keys"), [Some(5.0), Some(7.0)]);
}

#[test]
fn of_a_gate_by_key_and_a_policy_of_the_same_kind_and_name_one_is_shown() {
    let bench = Bench::new();
    let config = CircuitBreakerConfig::default();
    let venues: Keyed<CircuitBreaker> = keyed(("venue", 2), config, &bench);
    let named_alike = bench.breaker("venue[a]");
    for _ in 0..3 {
        let permit = venues.permit("a", &Ask::default()).unwrap();
        permit.record(Outcome::Success);
    }
    call(&named_alike, Outcome::Success);
    for _ in 0..3 {
        let scrape = bench.scrape();
        assert_eq!(scrape.calls("venue[a]", "success"), Some(3.0));
        assert_eq!(scrape.states("venue[a]"), ["closed"]);
    }
}

#[test]
fn a_gate_whose_key_went_has_no_state_though_a_call_through_it_is_under_way() {
    let bench = Bench::new();
    let config = BulkheadConfig::default();
    let venues: Keyed<resilience_core::Bulkhead> = keyed(("venue", 1), config, &bench);
    let gate = venues.gate("a");
    let permit = gate.permit(&Ask::default()).unwrap();
    let in_flight = |key: &str| {
        let name = format!("venue[{key}]");
        bench.scrape().named("bulkhead_in_flight", &name)
    };
    assert_eq!(in_flight("a"), Some(1.0));
    permit.record(Outcome::Success);
    drop(venues.permit("b", &Ask::default()).unwrap());
    let _late = gate.permit(&Ask::default()).unwrap();
    assert_eq!(in_flight("b"), Some(0.0));
    assert_eq!(in_flight("a"), None, "nobody finds it any more");
}

#[test]
fn transitions_of_further_keys_are_counted_together_and_leave_room_for_other_policies() {
    let bench = Bench::new();
    let many = 3 * POLICIES;
    let clients: Keyed<CircuitBreaker> =
        keyed(("client", many), CircuitBreakerConfig::default(), &bench);
    for key in 0..many {
        for _ in 0..5 {
            let permit = clients.permit(&format!("c{key}"), &Ask::default()).unwrap();
            permit.record(Outcome::Failure);
        }
    }
    let venue = bench.breaker("venue");
    fail(&venue, 5);
    let scrape = bench.scrape();
    assert_eq!(scrape.moved("venue", "closed", "open"), Some(1.0));
    assert_eq!(scrape.moved("client[c3]", "closed", "open"), Some(1.0));
    let further = scrape.moved(&format!("client[{}]", Label::OVERFLOW), "closed", "open");
    assert_eq!(further, Some((many - SHOWN_KEYS) as f64));
}

#[test]
fn policies_past_the_cap_are_counted_together_and_show_no_levels() {
    let bench = Bench::new();
    let name = |i: usize| format!("b{i:03}");
    let breakers: Vec<_> = (0..POLICIES + 50).map(|i| bench.breaker(name(i))).collect();
    for round in 1..=2 {
        for breaker in &breakers {
            call(breaker, Outcome::Success);
            fail(breaker, 1);
        }
        let scrape = bench.scrape();
        let counted = |name: &str| scrape.calls(name, "success").unwrap();
        assert_eq!(counted(&name(POLICIES - 1)), f64::from(round));
        assert_eq!(scrape.calls(&name(POLICIES), "success"), None);
        assert_eq!(counted(Label::OVERFLOW), f64::from(50 * round));
        assert!(scrape.states(Label::OVERFLOW).is_empty());
        assert_eq!(
            scrape.named("circuit_breaker_success_ratio", Label::OVERFLOW),
            None
        );
    }
    // They go, and what they counted stays.
    drop(breakers);
    assert_eq!(
        bench.scrape().calls(Label::OVERFLOW, "success"),
        Some(100.0)
    );
    let late = bench.breaker(name(POLICIES + 10));
    call(&late, Outcome::Success);
    assert_eq!(
        bench.scrape().calls(Label::OVERFLOW, "success"),
        Some(101.0)
    );
}

#[test]
fn a_meter_takes_one_environment_and_says_so() {
    let exporter = Exporter::local(Catalogue::new(METRICS).unwrap());
    let policies = PolicyMetrics::new(exporter.meter()).unwrap();
    let (env, _) = Env::manual();
    policies.export(&env).unwrap();
    let another = PolicyMetrics::new(exporter.meter()).unwrap();
    for again in [policies.export(&env), another.export(&Env::default())] {
        let error = again.unwrap_err().to_string();
        let said = "the meter shows the policies of an environment already, and takes one";
        assert_eq!(error, said);
    }
    // Clones of one environment share its names, whatever their clocks and observers.
    let clone = env.clone().with_observer(Arc::new(Nobody));
    let config = CircuitBreakerConfig::default();
    let _ours = CircuitBreaker::new("a", config.clone(), &env).unwrap();
    let _theirs = CircuitBreaker::new("b", config.clone(), &clone).unwrap();
    CircuitBreaker::new("a", config, &clone).unwrap_err();
    let scrape = Scrape::of(&exporter.render());
    assert_eq!(scrape.states("a"), ["closed"]);
    assert_eq!(scrape.states("b"), ["closed"]);
}

#[test]
fn a_catalogue_without_the_metrics_of_policies_is_refused() {
    let exporter = Exporter::local(Catalogue::new(METRICS[1..].to_vec()).unwrap());
    let error = PolicyMetrics::new(exporter.meter()).unwrap_err();
    let missing = METRICS[0].name;
    let said = format!("metric `{missing}` is not declared in the catalogue");
    assert_eq!(error.to_string(), said);
}
