use resilience_core::recovery::{ErrorKind, Incident};
use resilience_core::{Keyed, KeyedConfig, Recovery, RecoveryConfig};

use super::*;
use crate::health::{ErrorCount, Health};

#[test]
fn the_view_says_the_same_numbers_as_a_scrape() {
    let bench = Bench::new();
    let [good, bad, unused] = ["good", "bad", "unused"].map(|name| bench.breaker(name));
    (0..3).for_each(|_| call(&good, Outcome::Success));
    fail(&good, 1);
    fail(&bad, 5);
    let config = KeyedConfig {
        gate: CircuitBreakerConfig::default(),
        max_keys: 2,
        idle: None,
    };
    let venues: Keyed<CircuitBreaker> = Keyed::new("venue", config, &bench.env).unwrap();
    let permit = venues.permit("a", &Ask::default()).unwrap();
    permit.record(Outcome::Success);
    let recoveries = ["app", "desk"].map(|name| {
        let config = RecoveryConfig::default();
        Recovery::new(name, config, &bench.env).unwrap()
    });
    let kinds = [
        ErrorKind::DatabaseError,
        ErrorKind::NetworkTimeout,
        ErrorKind::ComponentFailure {
            component: "feed".into(),
        },
        ErrorKind::DataQualityError,
        ErrorKind::Custom("ours".into()),
        ErrorKind::Unknown,
        ErrorKind::Unknown,
    ];
    for (kind, i) in kinds.into_iter().zip(0..) {
        // Begun or not, it is an error that was told.
        drop(recoveries[i % 2].start(Incident::new("part", kind, "it failed")));
    }

    let health = Health::new();
    health.add_source(bench.env.clone());
    let (view, scrape) = (health.report(), bench.scrape());
    let circuits = view.circuits.iter();
    let names: Vec<_> = circuits.map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["bad", "good", "unused", "venue[a]"]);
    for circuit in &view.circuits {
        assert_eq!(scrape.states(&circuit.name), [circuit.state.as_str()]);
        let shown = scrape.named("circuit_breaker_success_ratio", &circuit.name);
        assert_eq!(shown, circuit.success_rate);
    }
    let rates = view.circuits.iter().map(|it| it.success_rate);
    let rates: Vec<_> = rates.collect();
    assert_eq!(rates, [Some(0.0), Some(0.75), None, Some(1.0)]);
    assert_eq!(unused.state().as_str(), view.circuits[2].state);

    assert_eq!(view.errors.iter().map(|it| it.errors).sum::<u64>(), 7);
    let unknown = view.errors.iter().find(|it| it.category == "unknown");
    assert_eq!(unknown.unwrap().errors, 2);
    for ErrorCount { category, errors } in &view.errors {
        let of = |name| {
            let labels = [("name", name), ("category", category.as_str())];
            scrape.get("recovery_errors_total", &labels).unwrap()
        };
        assert_eq!(of("app") + of("desk"), *errors as f64, "{category}");
    }
}

#[test]
fn of_nothing_there_is_nothing_to_see() {
    let health = Health::new();
    health.add_source(Env::default());
    let view = health.report();
    assert_eq!((view.circuits, view.errors), (Vec::new(), Vec::new()));
}
