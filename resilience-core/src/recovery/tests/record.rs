//! What is kept and told of recoveries, and what no number and no clock can break.

use super::*;
use crate::recent::REMEMBERED;
use crate::testing::{Panicking, Recorder};
use crate::{BackoffConfig, Time};

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
    assert_eq!(listed.snapshot(), crate::Snapshot::Recovery(one.snapshot()));
}
