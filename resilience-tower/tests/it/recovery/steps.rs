//! Steps that hang, panic, recover something themselves or are dropped.

use std::sync::OnceLock;

use super::*;
use crate::common::PanicsAtDrop;

#[tokio::test(start_paused = true)]
async fn a_step_that_hangs_is_cut_off_and_one_that_panics_has_failed() {
    let script = Script::new(".!");
    let (orchestrator, recovery) = script.orchestrator();
    let result = orchestrator.recover(of(ErrorKind::NetworkTimeout)).await;
    assert_eq!(result, Ok(RecoveryResult::GaveUp));
    let done = ["0: switch_to_backup feed", "35: switch_to_backup feed"];
    assert_eq!(script.done(), done);
    let error = last(&recovery).last_error;
    assert_eq!(error.as_deref(), Some("the handler panicked: lost my head"));
    // So has a check.
    let script = Script::new("+.++++");
    let (orchestrator, recovery) = script.orchestrator();
    orchestrator.recover(failed("feed")).await.unwrap();
    assert_eq!(last(&recovery).attempts, 2);
    assert_eq!(
        last(&recovery).last_error.as_deref(),
        Some("timed out after 30s")
    );
}

#[tokio::test(start_paused = true)]
async fn a_step_that_panics_when_it_is_cut_off_has_failed_and_the_next_attempt_begins() {
    let script = Script::new("");
    let recovery = Recovery::new("app", RecoveryConfig::default(), &env()).unwrap();
    let hangs = |_: &Incident| async {
        let _held = PanicsAtDrop;
        pending::<Result<(), BoxError>>().await
    };
    let handlers = script.handlers();
    let handlers = handlers.on(RecoveryStrategy::SwitchToBackup, hangs);
    let orchestrator = Orchestrator::new(&recovery, handlers).unwrap();
    let result = orchestrator.recover(of(ErrorKind::NetworkTimeout)).await;
    assert_eq!(result, Ok(RecoveryResult::GaveUp));
    let record = last(&recovery);
    assert_eq!((record.attempts, record.took), (2, 65 * SECOND));
    let error = record.last_error;
    assert_eq!(error.as_deref(), Some("the handler panicked: dropped"));
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_recover_other_components_and_joins_its_own() {
    let recovery = Recovery::new("app", RecoveryConfig::default(), &env()).unwrap();
    let script = Script::new("");
    let (own, said) = (Arc::new(OnceLock::new()), Arc::new(Mutex::new(vec![])));
    let (this, says) = (Arc::<OnceLock<Orchestrator>>::clone(&own), said.clone());
    let restart = move |incident: &Incident| {
        let (this, says, component) = (this.clone(), says.clone(), incident.component.clone());
        async move {
            let this = this.get().expect("it is built");
            for other in ["orders", "feed"] {
                let result = Box::pin(this.recover(failed(other))).await;
                let line = format!("{component} asks for {other}: {}", result.is_ok());
                says.lock().unwrap().push(line);
            }
            Ok::<_, BoxError>(())
        }
    };
    let handlers = script.handlers();
    let handlers = handlers.on(RecoveryStrategy::RestartComponent, restart);
    own.set(Orchestrator::new(&recovery, handlers).unwrap())
        .unwrap();
    let result = own.get().unwrap().recover(failed("feed")).await;
    assert_eq!(result, Ok(RecoveryResult::Recovered));
    let expected = [
        "orders asks for orders: false",
        "orders asks for feed: false",
        "feed asks for orders: true",
        "feed asks for feed: false",
    ];
    assert_eq!(*said.lock().unwrap(), expected);
    let seen = recovery.snapshot();
    assert_eq!((seen.joined, seen.under_way.len()), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_recovery_that_is_dropped_at_any_step_is_abandoned_and_can_begin_again() {
    // In its attempt, between attempts, before a check, in a check.
    for (says, seconds) in [(".", 1), ("-", 5), ("+", 0), ("+.", 2)] {
        let script = Script::new(says);
        let (orchestrator, recovery) = script.orchestrator();
        let other = orchestrator.clone();
        let running = spawned(async move { other.recover(failed("feed")).await });
        sleep(seconds * SECOND + SECOND / 2).await;
        let again = orchestrator.recover(failed("feed")).await;
        assert!(matches!(again, Err(NotStarted::UnderWay { .. })), "{says}");
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
        assert_eq!(last(&recovery).result, RecoveryResult::Abandoned);
        let result = orchestrator.recover(failed("feed")).await;
        assert_eq!(result, Ok(RecoveryResult::Recovered), "{says}");
        assert_eq!(recovery.snapshot().joined, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn many_checks_without_a_wait_leave_others_their_turn() {
    let config = RecoveryConfig {
        component_failure: RecoveryAction {
            success_threshold: 100_000,
            ..RecoveryAction::once(RecoveryStrategy::RestartComponent)
        },
        check_every: Duration::ZERO,
        ..Default::default()
    };
    let recovery = Recovery::new("app", config, &env()).unwrap();
    let ok = |_: &Incident| async { Ok::<_, BoxError>(()) };
    let handlers = Handlers::default()
        .on(RecoveryStrategy::RestartComponent, ok)
        .on(RecoveryStrategy::RetryOperation, ok)
        .on(RecoveryStrategy::SwitchToBackup, ok)
        .well(|_| async { Ok::<_, BoxError>(()) });
    let orchestrator = Orchestrator::new(&recovery, handlers).unwrap();
    let running = spawned(async move { orchestrator.recover(failed("feed")).await });
    tokio::task::yield_now().await;
    assert!(!running.is_finished(), "it took its thread for itself");
    assert_eq!(running.await.unwrap(), Ok(RecoveryResult::Recovered));
    assert_eq!(last(&recovery).took, Duration::ZERO, "no timer is needed");
}
