use resilience_core::{ComponentConfig, Env, Finding, HealthConfig};

use super::*;

#[test]
fn a_registry_of_resilience_is_shown_with_its_numbers() {
    let (env, clock) = Env::manual();
    let parts = ["db", "venue"].map(|it| {
        (
            it.into(),
            ComponentConfig {
                down_after: 1,
                ..Default::default()
            },
        )
    });
    let config = HealthConfig {
        components: parts.into(),
        ..Default::default()
    };
    let parts = resilience_core::Health::new("app", config.clone(), &env).unwrap();
    let health = Health::new();
    health.add_source(parts.clone());
    health.started();
    let took = Duration::from_millis(20);
    parts
        .report_timed("db", Finding::Degraded("slow".to_owned()), took)
        .unwrap();
    clock.advance(Duration::from_secs(5));
    parts
        .report_timed("db", Finding::Unhealthy("refused".to_owned()), took)
        .unwrap();
    clock.advance(Duration::from_secs(2));
    let seen = health.report();
    let [db, venue] = seen.components.as_slice() else {
        panic!("{seen:?}")
    };
    let secs = Duration::from_secs;
    assert_eq!(
        (db.state, db.critical, db.checks, db.failures),
        (Unhealthy, true, 2, 1)
    );
    assert_eq!(
        (db.lasted, db.age, db.took),
        (Some(secs(2)), Some(secs(2)), Some(took))
    );
    assert_eq!(
        (db.message.as_str(), venue.state, venue.age),
        ("refused", Unknown, None)
    );
    assert_eq!(seen.verdict, Verdict::Unhealthy);

    parts
        .reconfigure(HealthConfig {
            enabled: false,
            ..config
        })
        .unwrap();
    let seen = health.report();
    assert!(
        seen.components
            .iter()
            .all(|it| it.state == Unknown && !it.enabled)
    );
    assert_eq!(
        (seen.verdict, seen.readiness),
        (Verdict::Unknown, Readiness::Ready)
    );
}

#[test]
fn an_environment_shows_components_circuits_and_errors_of_all_that_it_lists() {
    use resilience_core::recovery::{ErrorKind, Incident};
    use resilience_core::{Ask, CircuitBreaker, Gate, Outcome, Recovery, RecoveryConfig};
    let (env, _clock) = Env::manual();
    let config = HealthConfig {
        components: [("db".into(), ComponentConfig::default())].into(),
        ..Default::default()
    };
    let _parts = resilience_core::Health::new("app", config, &env).unwrap();
    let circuit = CircuitBreaker::new("venue", Default::default(), &env).unwrap();
    let _idle = CircuitBreaker::new("idle", Default::default(), &env).unwrap();
    for outcome in [
        Outcome::Success,
        Outcome::Success,
        Outcome::Failure,
        Outcome::Success,
    ] {
        circuit.permit(&Ask::default()).unwrap().record(outcome);
    }
    circuit.isolate();
    let recovery = Recovery::new("app", RecoveryConfig::default(), &env).unwrap();
    for kind in [
        ErrorKind::DatabaseError,
        ErrorKind::Unknown,
        ErrorKind::Unknown,
    ] {
        let _ = recovery.start(Incident::new("db", kind, "it failed"));
    }
    let health = Health::new();
    health.add_source(env);
    let seen = health.report();
    assert_eq!(seen.components[0].name, "db");
    let expected = [
        CircuitHealth::new("idle", "closed", None),
        CircuitHealth::new("venue", "isolated", Some(0.75)),
    ];
    assert_eq!(seen.circuits, expected);
    let errors: Vec<_> = seen
        .errors
        .iter()
        .filter(|it| it.errors > 0)
        .cloned()
        .collect();
    assert_eq!(
        errors,
        [
            ErrorCount::new("database_error", 1),
            ErrorCount::new("unknown", 2)
        ]
    );
    assert_eq!(
        seen.errors.len(),
        6,
        "the list is closed: {:?}",
        seen.errors
    );
}
