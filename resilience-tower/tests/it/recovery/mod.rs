//! Recovery that is really done, strategy by strategy.

mod steps;

use std::collections::VecDeque;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilience_core::recovery::{
    Classifier, ErrorKind, HasErrorKind, Incident, NotStarted, RecoveryAction, RecoveryRecord,
    RecoveryResult,
};
use resilience_core::{
    BackoffConfig, BoxError, CircuitBreaker, CircuitState, Failover, FailoverConfig, Recovery,
    RecoveryConfig, RecoveryStrategy,
};
use resilience_tower::{Handlers, Orchestrator};
use tokio::time::{Instant, sleep};

use crate::common::{SECOND, VenueError, env, spawned};

/// What was done, with the second in which it was, and what the next steps say.
#[derive(Clone)]
struct Script {
    began: Instant,
    done: Arc<Mutex<Vec<String>>>,
    says: Arc<Mutex<VecDeque<char>>>,
}

impl Script {
    /// `+` goes well, `-` fails, `!` panics, `.` hangs; after the last all goes well.
    fn new(says: &str) -> Self {
        Self {
            began: Instant::now(),
            done: Arc::default(),
            says: Arc::new(Mutex::new(says.chars().collect())),
        }
    }

    fn step(&self, what: &str) -> impl Future<Output = Result<(), BoxError>> + use<> {
        let line = format!("{}: {what}", self.began.elapsed().as_secs());
        self.done.lock().unwrap().push(line);
        let says = self.says.lock().unwrap().pop_front();
        async move {
            match says {
                Some('-') => Err("no".into()),
                Some('!') => std::panic::resume_unwind(Box::new("lost my head")),
                Some('.') => pending().await,
                _ => Ok(()),
            }
        }
    }

    fn done(&self) -> Vec<String> {
        std::mem::take(&mut self.done.lock().unwrap())
    }

    /// Does every strategy by noting it.
    fn handlers(&self) -> Handlers {
        let with = |handlers: Handlers, strategy: RecoveryStrategy| {
            let script = self.clone();
            handlers.on(strategy, move |incident| {
                script.step(&format!("{strategy} {}", incident.component))
            })
        };
        let script = self.clone();
        RecoveryStrategy::ALL
            .into_iter()
            .fold(Handlers::default(), with)
            .well(move |component| script.step(&format!("check {component}")))
    }

    fn orchestrator(&self) -> (Orchestrator, Recovery) {
        let recovery = Recovery::new("app", RecoveryConfig::default(), &env()).unwrap();
        let orchestrator = Orchestrator::new(&recovery, self.handlers()).unwrap();
        (orchestrator, recovery)
    }
}

fn failed(component: &'static str) -> Incident {
    let component = component.into();
    Incident::new("", ErrorKind::ComponentFailure { component }, "gone")
}

fn of(kind: ErrorKind) -> Incident {
    Incident::new("feed", kind, "gone")
}

fn last(recovery: &Recovery) -> RecoveryRecord {
    recovery.history().pop().expect("a recovery has ended")
}

/// The default settings, but for what component failures do: it once, without a check.
fn on_failure(strategy: RecoveryStrategy) -> RecoveryConfig {
    RecoveryConfig {
        component_failure: RecoveryAction {
            max_attempts: 2,
            backoff: BackoffConfig::fixed(SECOND),
            ..RecoveryAction::once(strategy)
        },
        ..Default::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_restart_is_checked_twice_and_repeated_with_linear_waits() {
    let script = Script::new("+-+++");
    let (orchestrator, recovery) = script.orchestrator();
    let result = orchestrator.recover(failed("feed")).await;
    assert_eq!(result, Ok(RecoveryResult::Recovered));
    let expected = [
        "0: restart_component feed",
        "1: check feed",
        "11: restart_component feed",
        "12: check feed",
        "13: check feed",
    ];
    assert_eq!(script.done(), expected);
    let record = last(&recovery);
    assert_eq!((record.attempts, record.took), (2, 13 * SECOND));

    let script = Script::new("---");
    let (orchestrator, recovery) = script.orchestrator();
    let result = orchestrator.recover(failed("feed")).await;
    assert_eq!(result, Ok(RecoveryResult::GaveUp));
    let at: Vec<_> = script
        .done()
        .iter()
        .map(|it| it.split_once(':').unwrap().0.to_owned())
        .collect();
    assert_eq!(at, ["0", "10", "30"]);
    assert_eq!(last(&recovery).last_error.as_deref(), Some("no"));
}

#[tokio::test(start_paused = true)]
async fn an_operation_is_retried_with_exponential_waits() {
    let script = Script::new("---");
    let (orchestrator, _) = script.orchestrator();
    let result = orchestrator.recover(of(ErrorKind::DatabaseError)).await;
    assert_eq!(result, Ok(RecoveryResult::GaveUp));
    let retry = "retry_operation feed";
    assert_eq!(script.done(), [1, 3, 7].map(|at| format!("{at}: {retry}")));
}

#[tokio::test(start_paused = true)]
async fn the_operation_of_a_call_is_retried_in_place_of_the_handler() {
    let script = Script::new("--+");
    let (orchestrator, recovery) = script.orchestrator();
    let own = script.clone();
    let row = "insert".to_owned();
    let operation = || async { own.step(&row).await };
    let incident = of(ErrorKind::DatabaseError);
    let result = orchestrator.recover_by(incident, operation).await;
    assert_eq!(result, Ok(RecoveryResult::Recovered));
    assert_eq!(script.done(), ["1: insert", "3: insert", "7: insert"]);
    assert_eq!(last(&recovery).attempts, 3);
    // What is not to be retried is done by its handler.
    let incident = of(ErrorKind::NetworkTimeout);
    orchestrator
        .recover_by(incident, || own.step("insert"))
        .await
        .unwrap();
    assert_eq!(script.done(), ["7: switch_to_backup feed"]);
}

#[tokio::test(start_paused = true)]
async fn a_backup_is_switched_to_twice_five_seconds_apart() {
    let script = Script::new("-+");
    let (orchestrator, _) = script.orchestrator();
    let result = orchestrator.recover(of(ErrorKind::NetworkTimeout)).await;
    assert_eq!(result, Ok(RecoveryResult::Recovered));
    let done = ["0: switch_to_backup feed", "5: switch_to_backup feed"];
    assert_eq!(script.done(), done);
}

#[tokio::test(start_paused = true)]
async fn degradation_is_noted_once_its_handler_went_well_and_cleared_by_a_recovery() {
    let script = Script::new("-+");
    let (orchestrator, recovery) = script.orchestrator();
    let bad = || of(ErrorKind::DataQualityError);
    let result = orchestrator.recover(bad()).await;
    assert_eq!(result, Ok(RecoveryResult::GaveUp));
    assert!(!recovery.is_degraded("feed"));
    orchestrator.recover(bad()).await.unwrap();
    assert!(recovery.is_degraded("feed"));
    orchestrator.recover(failed("feed")).await.unwrap();
    assert!(!recovery.is_degraded("feed"));
}

#[tokio::test(start_paused = true)]
async fn degradation_needs_no_handler() {
    let config = RecoveryConfig {
        database_error: RecoveryAction::once(RecoveryStrategy::GracefulDegradation),
        network_timeout: RecoveryAction::once(RecoveryStrategy::GracefulDegradation),
        ..on_failure(RecoveryStrategy::GracefulDegradation)
    };
    let recovery = Recovery::new("app", config, &env()).unwrap();
    let orchestrator = Orchestrator::new(&recovery, Handlers::default()).unwrap();
    orchestrator.recover(failed("feed")).await.unwrap();
    assert!(recovery.is_degraded("feed"));
}

#[tokio::test(start_paused = true)]
async fn failover_moves_the_failover_of_the_component_and_says_where_none_is_left() {
    let script = Script::new("");
    let recovery = Recovery::new("app", on_failure(RecoveryStrategy::Failover), &env()).unwrap();
    let config = FailoverConfig {
        targets: vec!["a".into(), "b".into()],
        ..Default::default()
    };
    let venue = Failover::new("venue", config, &env()).unwrap();
    let handlers = script.handlers().fail_over("venue", venue.clone());
    let orchestrator = Orchestrator::new(&recovery, handlers).unwrap();
    let result = orchestrator.recover(failed("venue")).await;
    assert_eq!(result, Ok(RecoveryResult::Recovered));
    assert_eq!((venue.active().as_str(), script.done().len()), ("b", 0));
    let result = orchestrator.recover(failed("venue")).await;
    assert_eq!(result, Ok(RecoveryResult::GaveUp));
    let error = last(&recovery).last_error;
    assert_eq!(error.as_deref(), Some("no target is left to fail over to"));
    orchestrator.recover(failed("feed")).await.unwrap();
    assert_eq!(
        script.done(),
        ["1: failover feed"],
        "the handler does the others"
    );
}

#[tokio::test(start_paused = true)]
async fn breaking_isolates_the_circuit_of_the_component_and_no_other() {
    let script = Script::new("");
    let config = RecoveryConfig {
        database_error: RecoveryAction::once(RecoveryStrategy::CircuitBreaker),
        network_timeout: RecoveryAction::once(RecoveryStrategy::CircuitBreaker),
        ..on_failure(RecoveryStrategy::CircuitBreaker)
    };
    let recovery = Recovery::new("app", config, &env()).unwrap();
    let venue = CircuitBreaker::new("venue", Default::default(), &env()).unwrap();
    let handlers = Handlers::default().isolate("venue", venue.clone());
    let orchestrator = Orchestrator::new(&recovery, handlers).unwrap();
    let result = orchestrator.recover(failed("feed")).await;
    assert_eq!(result, Ok(RecoveryResult::GaveUp));
    let error = last(&recovery).last_error;
    assert_eq!(
        error.as_deref(),
        Some("circuit_breaker of feed has no handler")
    );
    assert_eq!(venue.state(), CircuitState::Closed);
    orchestrator.recover(failed("venue")).await.unwrap();
    assert_eq!(venue.state(), CircuitState::Isolated);
    assert!(script.done().is_empty());
}

#[tokio::test(start_paused = true)]
async fn components_recover_side_by_side() {
    let script = Script::new("");
    let (orchestrator, recovery) = script.orchestrator();
    let other = orchestrator.clone();
    let running = spawned(async move { other.recover(failed("feed")).await });
    orchestrator.recover(failed("orders")).await.unwrap();
    assert_eq!(running.await.unwrap(), Ok(RecoveryResult::Recovered));
    let took = recovery.history().into_iter().map(|it| it.took);
    assert!(took.eq([2 * SECOND; 2]));
}

#[test]
fn what_a_config_needs_and_has_no_handler_for_is_refused_when_built() {
    let recovery = Recovery::new("app", RecoveryConfig::default(), &env()).unwrap();
    let ok = |_: &Incident| async { Ok::<_, BoxError>(()) };
    let mut handlers = Handlers::default();
    for missing in ["RetryOperation", "SwitchToBackup", "RestartComponent"] {
        let error = Orchestrator::new(&recovery, std::mem::take(&mut handlers)).unwrap_err();
        let text = format!("`strategy` must have a handler, is {missing}");
        assert_eq!(error.to_string(), text);
        handlers = Handlers::default().on(RecoveryStrategy::RetryOperation, ok);
        if missing == "SwitchToBackup" {
            handlers = handlers.on(RecoveryStrategy::SwitchToBackup, ok);
        }
    }
    let all = || {
        let three = [
            RecoveryStrategy::RetryOperation,
            RecoveryStrategy::SwitchToBackup,
            RecoveryStrategy::RestartComponent,
        ];
        three
            .into_iter()
            .fold(Handlers::default(), |it, of| it.on(of, ok))
    };
    let error = Orchestrator::new(&recovery, all()).unwrap_err();
    assert_eq!(error.field(), "success_threshold");
    let handlers = all().well(|_| async { Ok::<_, BoxError>(()) });
    let orchestrator = Orchestrator::new(&recovery, handlers).unwrap();
    for strategy in [RecoveryStrategy::Failover, RecoveryStrategy::CircuitBreaker] {
        let refused = orchestrator.reconfigure(on_failure(strategy)).unwrap_err();
        assert_eq!(refused.field(), "strategy");
    }
    assert_eq!(recovery.config(), RecoveryConfig::default());
    // Past the orchestrator it cannot be refused, and is not silent.
    recovery
        .reconfigure(on_failure(RecoveryStrategy::Failover))
        .unwrap();
}

impl HasErrorKind for VenueError {
    fn error_kind(&self) -> Option<ErrorKind> {
        Some(ErrorKind::DataQualityError)
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_finds_its_action_by_its_type() {
    let script = Script::new("");
    let (orchestrator, recovery) = script.orchestrator();
    let orchestrator = orchestrator.classify(Classifier::default().knows::<VenueError>());
    let recovering = {
        let error: BoxError = "database is gone".into();
        orchestrator.recover_from("feed", error.as_ref())
    };
    recovering.await.unwrap();
    let error = VenueError::from(resilience_core::Elapsed::new(Duration::from_secs(1)));
    orchestrator.recover_from("feed", &error).await.unwrap();
    let done = ["1: retry_operation feed", "1: graceful_degradation feed"];
    assert_eq!(script.done(), done);
    let error: BoxError = "who knows".into();
    let refused = orchestrator.recover_from("feed", error.as_ref()).await;
    let kind = ErrorKind::Unknown;
    assert_eq!(refused, Err(NotStarted::NoAction { kind }));
    assert_eq!(recovery.snapshot().unhandled, 1);
}
