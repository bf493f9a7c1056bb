use resilience_core::recovery::{ErrorKind, Incident};
use resilience_core::{Recovery, RecoveryConfig};

use super::*;

#[test]
fn the_view_says_the_same_numbers_as_a_scrape() {
    let bench = Bench::new();
    let [good, bad, unused] = ["good", "bad", "unused"].map(|name| bench.breaker(name));
    (0..3).for_each(|_| call(&good, Outcome::Success));
    fail(&good, 1);
    fail(&bad, 5);
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

    let (view, scrape) = (system_view(&bench.env), bench.scrape());
    assert_eq!(view.circuit_breakers.len(), 3);
    for (name, circuit) in &view.circuit_breakers {
        assert_eq!(scrape.states(name), [circuit.state.as_str()]);
        let shown = scrape.named("circuit_breaker_success_ratio", name);
        assert_eq!(shown, circuit.success_rate);
    }
    assert_eq!(view.circuit_breakers["good"].success_rate, Some(0.75));
    assert_eq!(view.circuit_breakers["unused"].success_rate, None);
    assert_eq!(unused.state(), view.circuit_breakers["unused"].state);

    assert_eq!(view.errors.total, 7);
    assert_eq!(view.errors.by_category.values().sum::<u64>(), 7);
    assert_eq!(view.errors.by_category["unknown"], 2);
    for (category, errors) in &view.errors.by_category {
        let of = |name| {
            let labels = [("name", name), ("category", category.as_str())];
            scrape.get("recovery_errors_total", &labels).unwrap()
        };
        assert_eq!(of("app") + of("desk"), *errors as f64, "{category}");
    }
}

#[test]
fn of_nothing_there_is_nothing_to_see() {
    assert_eq!(system_view(&Env::default()), SystemView::default());
}
