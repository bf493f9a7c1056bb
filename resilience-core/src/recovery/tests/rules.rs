//! What a recovery does, rule by rule.

use super::*;
use crate::backoff::{BackoffKind, Jitter};
use crate::recent::REMEMBERED;
use crate::testing::{Panicking, Recorder};
use crate::{BackoffConfig, Time};

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
    assert_eq!(recovery.snapshot().unhandled, 2);
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
fn the_observer_hears_the_beginning_and_the_end() {
    let recorder = Arc::new(Recorder::default());
    let (env, clock) = Env::manual();
    let env = env.with_observer(recorder.clone());
    let recovery = Recovery::new("app", RecoveryConfig::default(), &env).unwrap();
    clock.advance(SECOND);
    let incident = failure("feed").with("shard", "7");
    let mut run = recovery.start(incident.clone()).unwrap();
    run.steps(&clock, "+++");
    let events: Vec<_> = recorder
        .take()
        .into_iter()
        .map(|(_, event)| event)
        .collect();
    let began = Event::RecoveryBegan {
        component: "feed".into(),
        kind: incident.kind.clone(),
        strategy: RecoveryStrategy::RestartComponent,
    };
    let ended = RecoveryRecord {
        number: 1,
        at: Time::ZERO.after(SECOND),
        incident,
        strategy: RecoveryStrategy::RestartComponent,
        attempts: 1,
        result: RecoveryResult::Recovered,
        took: 2 * SECOND,
        last_error: None,
    };
    assert_eq!(events, [began, Event::RecoveryEnded(Box::new(ended))]);
}

#[test]
fn trap_9_an_observer_may_panic_and_the_record_stands() {
    let (env, clock) = Env::manual();
    let env = env.with_observer(Arc::new(Panicking));
    let recovery = Recovery::new("app", RecoveryConfig::default(), &env).unwrap();
    recovery
        .start(failure("feed"))
        .unwrap()
        .steps(&clock, "+++");
    assert_eq!(recovery.history().len(), 1);
}

#[test]
fn the_history_and_what_it_keeps_are_bounded() {
    let (recovery, _) = recovery(RecoveryConfig::default());
    for _ in 0..REMEMBERED + 3 {
        drop(recovery.start(failure("feed")).unwrap());
    }
    let history = recovery.history();
    assert_eq!((history.len(), history[0].number), (REMEMBERED, 4));
    let long = "x".repeat(2000);
    let mut incident = Incident::new("feed", ErrorKind::DatabaseError, long.clone());
    for _ in 0..20 {
        incident = incident.with(long.clone(), long.clone());
    }
    let run = recovery.start(incident).unwrap();
    let kept = run.incident();
    assert_eq!((kept.message.len(), kept.context.len()), (1024, 16));
    assert_eq!(
        (kept.context[0].0.len(), kept.context[0].1.len()),
        (1024, 1024)
    );
}

#[test]
fn recoveries_that_took_longer_than_the_target_are_counted() {
    let (recovery, clock) = recovery(RecoveryConfig::default());
    for (seconds, late) in [(120, 0), (121, 1)] {
        let mut run = recovery
            .start(Incident::new("a", ErrorKind::DataQualityError, ""))
            .unwrap();
        clock.advance(seconds * SECOND);
        run.steps(&clock, "+");
        let degraded = &recovery.snapshot().counts[3];
        assert_eq!((degraded.late, degraded.longest), (late, seconds * SECOND));
    }
    let degraded = &recovery.snapshot().counts[3];
    assert_eq!(
        (degraded.recovered, degraded.recovery_time),
        (2, 241 * SECOND)
    );
}

#[test]
fn trap_4_zero_and_the_most_of_every_number() {
    let restart = RecoveryConfig::default().component_failure;
    let backoff = BackoffConfig {
        base: Duration::ZERO,
        ..Default::default()
    };
    let (policy, clock) = recovery(RecoveryConfig::default());
    let bad = [
        (
            RecoveryAction {
                max_attempts: 0,
                ..restart.clone()
            },
            "max_attempts",
        ),
        (
            RecoveryAction {
                backoff,
                ..restart.clone()
            },
            "base",
        ),
        (
            RecoveryAction {
                backoff: BackoffConfig {
                    factor: f64::NAN,
                    ..Default::default()
                },
                ..restart.clone()
            },
            "factor",
        ),
    ];
    for (action, field) in bad {
        let configs = [
            RecoveryConfig {
                database_error: action.clone(),
                ..Default::default()
            },
            RecoveryConfig {
                network_timeout: action.clone(),
                ..Default::default()
            },
            RecoveryConfig {
                component_failure: action.clone(),
                ..Default::default()
            },
            RecoveryConfig {
                data_quality_error: action.clone(),
                ..Default::default()
            },
            RecoveryConfig {
                unknown: Some(action.clone()),
                ..Default::default()
            },
            RecoveryConfig {
                custom: [("x".into(), action.clone())].into(),
                ..Default::default()
            },
        ];
        for config in configs {
            assert_eq!(
                policy.reconfigure(config.clone()).unwrap_err().field(),
                field
            );
            let built = Recovery::new("new", config, &Env::default());
            assert_eq!(built.unwrap_err().field(), field);
        }
        let refused = policy.start_with(failure("feed"), &action).unwrap_err();
        assert!(matches!(refused, NotStarted::BadAction(it) if it.field() == field));
    }
    let no_time = RecoveryConfig {
        attempt_timeout: Duration::ZERO,
        ..Default::default()
    };
    assert_eq!(
        policy.reconfigure(no_time).unwrap_err().field(),
        "attempt_timeout"
    );

    let most = RecoveryAction {
        max_attempts: u32::MAX,
        success_threshold: u32::MAX,
        backoff: BackoffConfig {
            base: Duration::MAX,
            max: Duration::MAX,
            ..restart.backoff.clone()
        },
        wait_first: true,
        ..restart
    };
    let config = RecoveryConfig {
        component_failure: most,
        check_every: Duration::ZERO,
        target: Duration::ZERO,
        attempt_timeout: Duration::MAX,
        ..Default::default()
    };
    policy.reconfigure(config).unwrap();
    let mut run = policy.start(failure("feed")).unwrap();
    run.steps(&clock, "++++-+-+");
    assert_eq!(run.result(), None);
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

#[test]
fn trap_11_a_clock_that_goes_back_takes_no_time() {
    let (recovery, clock) = recovery(RecoveryConfig::default());
    clock.advance(9 * SECOND);
    let mut run = recovery.start(failure("feed")).unwrap();
    run.steps(&clock, "++");
    clock.set(Time::ZERO);
    run.told(Ok(()));
    assert_eq!(recovery.history()[0].took, Duration::ZERO);
}

#[test]
fn it_is_listed_and_its_name_is_its_own() {
    let (env, _) = Env::manual();
    let one = Recovery::new("app", RecoveryConfig::default(), &env).unwrap();
    let taken = Recovery::new("app", RecoveryConfig::default(), &env);
    assert_eq!(taken.unwrap_err().field(), "name");
    let same = Recovery::get_or_new("app", RecoveryConfig::default(), &env).unwrap();
    same.degrade("feed");
    let listed = env.registry().find("recovery", "app").unwrap();
    assert_eq!(listed.snapshot(), Snapshot::Recovery(one.snapshot()));
}
