//! What a recovery does, rule by rule.

use super::*;
use crate::backoff::{BackoffKind, Jitter};
use crate::testing::Recorder;

#[test]
fn the_four_defaults_have_their_numbers() {
    let config = RecoveryConfig::default();
    let failed = ErrorKind::ComponentFailure {
        component: "feed".into(),
    };
    use BackoffKind::{Exponential, Fixed, Linear};
    for (kind, strategy, attempts, threshold, backoff) in [
        (
            ErrorKind::DatabaseError,
            "retry_operation",
            3,
            0,
            Some((Exponential, 1, 30)),
        ),
        (
            ErrorKind::NetworkTimeout,
            "switch_to_backup",
            2,
            0,
            Some((Fixed, 5, 5)),
        ),
        (failed, "restart_component", 3, 2, Some((Linear, 10, 60))),
        (
            ErrorKind::DataQualityError,
            "graceful_degradation",
            1,
            0,
            None,
        ),
    ] {
        let action = config.action(&kind).unwrap();
        assert_eq!(action.strategy.as_str(), strategy);
        assert_eq!(
            (action.max_attempts, action.success_threshold),
            (attempts, threshold)
        );
        if let Some((kind, base, max)) = backoff {
            let of = &action.backoff;
            assert_eq!(
                (of.kind, of.base, of.max),
                (kind, base * SECOND, max * SECOND)
            );
            assert_eq!(of.jitter, Jitter::None);
        }
    }
    assert_eq!(config.action(&ErrorKind::Unknown), None);
    assert_eq!(config.target, 120 * SECOND);
}

#[test]
fn a_restart_needs_two_good_checks_in_a_row_and_a_bad_one_begins_again() {
    let (recovery, clock) = recovery(RecoveryConfig::default());
    let mut run = recovery.start(failure("feed")).unwrap();
    assert_eq!(run.strategy(), RecoveryStrategy::RestartComponent);
    let steps = run.steps(&clock, "++-+++");
    let waits: Vec<_> = steps.iter().map(|it| it.wait.as_secs()).collect();
    assert_eq!(waits, [0, 1, 1, 10, 1, 1]);
    let attempt = |number| Act::Attempt { number };
    let check = |passed| Act::Check { passed };
    let acts: Vec<_> = steps.iter().map(|it| it.act).collect();
    assert_eq!(
        acts,
        [
            attempt(1),
            check(0),
            check(1),
            attempt(2),
            check(0),
            check(1)
        ]
    );
    assert_eq!(run.result(), Some(RecoveryResult::Recovered));
    assert_eq!(run.next_step(), None);
    run.told(Err("too late".into()));
    let record = recovery.history().pop().unwrap();
    assert_eq!((record.attempts, record.took), (2, 14 * SECOND));
    let text = "feed recovered from component_failure by restart_component in 14s, attempts: 2";
    assert_eq!(record.to_string(), text);
    assert_eq!(
        record.last_error.as_deref(),
        Some("Check { passed: 1 } failed")
    );
}

#[test]
fn it_gives_up_when_no_attempt_is_left() {
    let (recovery, clock) = recovery(RecoveryConfig::default());
    let mut run = recovery.start(failure("feed")).unwrap();
    // Bad checks are failed attempts too.
    let waits = run.steps(&clock, "-+--").into_iter().map(|it| it.wait);
    assert!(waits.eq([0, 10, 1, 20].map(|it| it * SECOND)));
    assert_eq!(run.result(), Some(RecoveryResult::GaveUp));
    assert_eq!(run.last_error(), Some("Attempt { number: 3 } failed"));
    let restarts = &recovery.snapshot().counts[0];
    assert_eq!((restarts.recovered, restarts.gave_up), (0, 1));
    assert_eq!(restarts.recovery_time, Duration::ZERO);
}

#[test]
fn of_a_component_one_recovery_runs_at_a_time_and_covers_further_errors() {
    let (recovery, clock) = recovery(RecoveryConfig::default());
    let mut run = recovery.start(failure("feed")).unwrap();
    let again = recovery.start(failure("feed")).unwrap_err();
    let component = Name::from("feed");
    assert_eq!(again, NotStarted::UnderWay { component });
    assert_eq!(again.to_string(), "feed is being recovered already");
    let other = recovery.start(failure("orders")).unwrap();
    let seen = recovery.snapshot();
    assert_eq!(seen.errors[2].errors, 3);
    assert_eq!(
        (seen.under_way, seen.joined),
        (vec!["feed".into(), "orders".into()], 1)
    );
    run.steps(&clock, "+++");
    assert!(recovery.start(failure("feed")).is_ok(), "it has ended");
    drop(other);
    assert!(recovery.snapshot().under_way.is_empty());
}

#[test]
fn a_run_that_is_dropped_is_written_down_as_abandoned() {
    let (recovery, clock) = recovery(RecoveryConfig::default());
    let run = recovery.start(failure("feed")).unwrap();
    clock.advance(3 * SECOND);
    drop(run);
    let record = recovery.history().pop().unwrap();
    assert_eq!(
        (record.result, record.took),
        (RecoveryResult::Abandoned, 3 * SECOND)
    );
    assert_eq!(recovery.snapshot().counts[0].abandoned, 1);
    assert!(recovery.start(failure("feed")).is_ok());
}

#[test]
fn errors_for_which_nothing_is_set_begin_nothing_and_are_counted() {
    let (recovery, _) = recovery(RecoveryConfig::default());
    let kinds = [ErrorKind::Unknown, ErrorKind::Custom("margin_call".into())];
    for kind in kinds.clone() {
        let refused = recovery
            .start(Incident::new("x", kind.clone(), ""))
            .unwrap_err();
        assert_eq!(refused, NotStarted::NoAction { kind });
    }
    let seen = recovery.snapshot();
    assert_eq!(seen.unhandled, 2);
    let errors: Vec<_> = seen
        .errors
        .iter()
        .map(|it| (it.category.as_str(), it.errors))
        .collect();
    let expected = [
        ("database_error", 0),
        ("network_timeout", 0),
        ("component_failure", 0),
        ("data_quality_error", 0),
        ("custom", 1),
        ("unknown", 1),
    ];
    assert_eq!(errors, expected);
    let degrade = RecoveryAction::once(RecoveryStrategy::GracefulDegradation);
    let open = RecoveryAction::once(RecoveryStrategy::CircuitBreaker);
    let config = RecoveryConfig {
        unknown: Some(degrade),
        custom: [("margin_call".into(), open)].into(),
        ..Default::default()
    };
    recovery.reconfigure(config).unwrap();
    let strategies = kinds.map(|kind| {
        let run = recovery.start(Incident::new("x", kind, "")).unwrap();
        run.strategy()
    });
    use RecoveryStrategy::{CircuitBreaker, GracefulDegradation};
    assert_eq!(strategies, [GracefulDegradation, CircuitBreaker]);
}

#[test]
fn degradation_is_a_flag_that_recovery_clears() {
    let recorder = Arc::new(Recorder::default());
    let (env, clock) = Env::manual();
    let env = env.with_observer(recorder.clone());
    let recovery = Recovery::new("app", RecoveryConfig::default(), &env).unwrap();
    assert!(recovery.degrade("feed") && !recovery.degrade("feed"));
    assert!(recovery.degrade("news"));
    assert!(recovery.is_degraded("feed") && !recovery.is_degraded("orders"));
    assert_eq!(recovery.snapshot().degraded, ["feed".into(), "news".into()]);

    let bad = || Incident::new("feed", ErrorKind::DataQualityError, "old");
    let mut run = recovery.start(bad()).unwrap();
    run.steps(&clock, "+");
    assert!(
        recovery.is_degraded("feed"),
        "what degrades does not clear it"
    );
    let mut run = recovery.start(failure("feed")).unwrap();
    run.steps(&clock, "---");
    assert!(recovery.is_degraded("feed"), "it gave up");
    let mut run = recovery.start(failure("feed")).unwrap();
    run.steps(&clock, "+++");
    assert!(!recovery.is_degraded("feed"));
    assert!(recovery.restore("news") && !recovery.restore("news"));

    let of_feed = |event: &Event| match event {
        Event::Degraded {
            component,
            degraded,
        } if component.as_str() == "feed" => Some(*degraded),
        _ => None,
    };
    let heard = recorder.take();
    let flags: Vec<_> = heard
        .iter()
        .filter_map(|(_, event)| of_feed(event))
        .collect();
    assert_eq!(flags, [true, false]);
}

#[test]
fn other_settings_count_for_recoveries_that_begin_later() {
    let (recovery, clock) = recovery(RecoveryConfig::default());
    let mut run = recovery.start(failure("feed")).unwrap();
    let one = RecoveryConfig {
        component_failure: RecoveryAction::once(RecoveryStrategy::Failover),
        attempt_timeout: SECOND,
        ..Default::default()
    };
    recovery.reconfigure(one.clone()).unwrap();
    assert_eq!(recovery.config(), one);
    assert_eq!(run.limit(), 30 * SECOND);
    run.steps(&clock, "-+++");
    assert_eq!(run.result(), Some(RecoveryResult::Recovered));
    let run = recovery.start(failure("feed")).unwrap();
    assert_eq!(
        (run.strategy(), run.limit()),
        (RecoveryStrategy::Failover, SECOND)
    );
    assert_eq!(recovery.history().len(), 1);
}
