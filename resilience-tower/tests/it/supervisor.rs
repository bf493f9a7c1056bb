//! Components that are kept running.

use std::collections::VecDeque;
use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilience_core::recovery::{RecoveryResult, SupervisorConfig};
use resilience_core::{
    BackoffConfig, BoxError, ComponentConfig, Finding, Health, HealthConfig, HealthSource,
    HealthStatus, Recovery, RecoveryConfig,
};
use resilience_tower::Supervisor;
use tokio::time::{Instant, sleep, sleep_until};

use crate::common::{SECOND, env, spawned};

/// When the component was begun, in seconds.
type Begun = Arc<Mutex<Vec<u64>>>;

type Life = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

/// A component whose lives last so many seconds and end so: `+` by itself, `-` with an error, `!` by
/// a panic. After the last it lives on.
fn component(lives: &[(u64, char)]) -> (impl FnMut() -> Life + Send + use<>, Begun) {
    let lives: Mutex<VecDeque<_>> = Mutex::new(lives.iter().copied().collect());
    let begun = Begun::default();
    let (notes, began) = (begun.clone(), Instant::now());
    let make = move || {
        notes.lock().unwrap().push(began.elapsed().as_secs());
        let life = lives.lock().unwrap().pop_front();
        let life = async move {
            let (seconds, end) = life.unwrap_or((u64::MAX, '+'));
            sleep(Duration::from_secs(seconds)).await;
            match end {
                '+' => Ok(()),
                '-' => Err(format!("lived {seconds} s").into()),
                _ => std::panic::resume_unwind(Box::new("out of memory")),
            }
        };
        Box::pin(life) as Life
    };
    (make, begun)
}

fn recovery() -> Recovery {
    Recovery::new("app", RecoveryConfig::default(), &env()).unwrap()
}

fn take(begun: &Begun) -> Vec<u64> {
    std::mem::take(&mut begun.lock().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_component_that_ends_badly_or_panics_is_restarted_after_a_wait() {
    let recovery = recovery();
    let (make, begun) = component(&[(1, '-'), (1, '!'), (1, '+')]);
    let feed = Supervisor::new(&recovery, "feed", SupervisorConfig::default(), make).unwrap();
    feed.run().await.unwrap();
    assert_eq!(take(&begun), [0, 1 + 10, 12 + 20]);
    let history = recovery.history();
    let record = &history[0];
    assert_eq!((history.len(), record.attempts), (1, 2));
    assert_eq!(
        (record.result, record.took),
        (RecoveryResult::Recovered, 32 * SECOND)
    );
    assert_eq!(record.incident.message, "lived 1 s");
    let error = record.last_error.as_deref();
    assert_eq!(error, Some("the component panicked: out of memory"));
}

#[tokio::test(start_paused = true)]
async fn it_is_given_up_after_so_many_restarts_in_vain_with_the_last_error() {
    let recovery = recovery();
    let (make, begun) = component(&[(5, '-'), (6, '-'), (7, '-'), (8, '-'), (9, '-')]);
    let feed = Supervisor::new(&recovery, "feed", SupervisorConfig::default(), make).unwrap();
    let supervised = feed.supervised();
    let error = feed.run().await.unwrap_err();
    assert_eq!(error.to_string(), "feed given up, restarts in vain: 3");
    assert_eq!(error.source().unwrap().to_string(), "lived 8 s");
    assert_eq!(take(&begun), [0, 15, 41, 78]);
    let record = recovery.history().remove(0);
    assert_eq!(
        (record.attempts, record.result),
        (3, RecoveryResult::GaveUp)
    );
    let finding = Finding::Unhealthy("lived 8 s".into());
    assert_eq!(supervised.finding(), Some(finding));
}

#[tokio::test(start_paused = true)]
async fn a_stable_time_begins_the_count_and_the_waits_again() {
    let recovery = recovery();
    let lives = [
        (1, '-'),
        (1, '-'),
        (60, '-'),
        (1, '-'),
        (61, '-'),
        (500, '-'),
    ];
    let (make, begun) = component(&lives);
    let feed = Supervisor::new(&recovery, "feed", SupervisorConfig::default(), make).unwrap();
    let running = spawned(feed.run());
    sleep(1000 * SECOND).await;
    // The third life ends at the very moment in which it would be stable: it is not.
    let expected = [0, 11, 32, 122];
    assert_eq!(begun.lock().unwrap()[..4], expected);
    assert!(running.is_finished(), "given up after the fourth");
    let (make, begun) = component(&[(1, '-'), (1, '-'), (61, '-'), (1, '-'), (61, '-')]);
    let feed = Supervisor::new(&recovery, "feed", SupervisorConfig::default(), make).unwrap();
    let running = spawned(feed.run());
    sleep(1000 * SECOND).await;
    assert_eq!(take(&begun), [0, 11, 32, 103, 124, 195]);
    let results: Vec<_> = recovery
        .history()
        .iter()
        .map(|it| (it.attempts, it.result))
        .collect();
    let recovered = RecoveryResult::Recovered;
    assert_eq!(
        results[1..],
        [(2, recovered), (2, recovered), (1, recovered)]
    );
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn one_that_fails_at_once_with_the_shortest_waits_leaves_others_their_turn() {
    let recovery = recovery();
    let starts = Arc::new(Mutex::new(0));
    let count = starts.clone();
    let make = move || {
        *count.lock().unwrap() += 1;
        async {
            if true {
                std::panic::resume_unwind(Box::new("at once"));
            }
            Ok::<_, BoxError>(())
        }
    };
    let config = SupervisorConfig {
        max_restarts: 5_000,
        backoff: BackoffConfig::fixed(Duration::from_nanos(1)),
        stable_after: Duration::from_nanos(1),
    };
    let feed = Supervisor::new(&recovery, "feed", config, make).unwrap();
    let running = spawned(feed.run());
    sleep(SECOND).await;
    let seen = *starts.lock().unwrap();
    assert!((2..5_000).contains(&seen), "{seen}");
    let given_up = running.await.unwrap().unwrap_err();
    assert_eq!((given_up.restarts, *starts.lock().unwrap()), (5_000, 5_001));
    assert_eq!(recovery.history().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn how_it_is_can_be_asked_and_is_told() {
    let recovery = recovery();
    let watched = ComponentConfig {
        down_after: 1,
        up_after: 1,
        ..Default::default()
    };
    let config = HealthConfig {
        components: [("feed".into(), watched)].into(),
        ..Default::default()
    };
    let health = Health::new("app", config, &env()).unwrap();
    let (make, _) = component(&[(5, '-'), (100, '+')]);
    let config = SupervisorConfig::default;
    let other = Supervisor::new(&recovery, "orders", config(), component(&[]).0).unwrap();
    assert!(other.health(&health).is_err());
    let feed = Supervisor::new(&recovery, "feed", config(), make).unwrap();
    let feed = feed.health(&health).unwrap();
    let supervised = feed.supervised();
    assert_eq!(supervised.finding(), None);
    let (running, began) = (spawned(feed.run()), Instant::now());
    for (at, status) in [
        (1, HealthStatus::Healthy),
        (6, HealthStatus::Unhealthy),
        (14, HealthStatus::Unhealthy),
        (16, HealthStatus::Degraded),
        (74, HealthStatus::Degraded),
        (76, HealthStatus::Healthy),
    ] {
        sleep_until(began + at * SECOND).await;
        assert_eq!(health.status("feed"), Some(status), "at {at} s");
        assert!(supervised.finding().is_some());
    }
    sleep(100 * SECOND).await;
    assert!(running.is_finished());
    assert_eq!(supervised.finding(), None, "it ended by itself");
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_drops_the_component_and_abandons_its_recovery() {
    let recovery = recovery();
    let held = Arc::new(());
    let hold = held.clone();
    let mut first = true;
    let make = move || {
        let (hold, fails) = (hold.clone(), std::mem::take(&mut first));
        async move {
            sleep(SECOND).await;
            if !fails {
                sleep(1000 * SECOND).await;
            }
            drop(hold);
            Err::<(), _>("gone")
        }
    };
    let feed = Supervisor::new(&recovery, "feed", SupervisorConfig::default(), make).unwrap();
    let supervised = feed.supervised();
    let running = spawned(feed.run());
    sleep(15 * SECOND).await;
    assert_eq!(Arc::strong_count(&held), 3);
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    assert_eq!(Arc::strong_count(&held), 1);
    assert_eq!(recovery.history()[0].result, RecoveryResult::Abandoned);
    assert!(recovery.snapshot().under_way.is_empty());
    assert_eq!(supervised.finding(), None);
}

#[tokio::test(start_paused = true)]
async fn while_somebody_else_recovers_the_component_it_is_not_restarted() {
    let recovery = recovery();
    let kind = resilience_core::recovery::ErrorKind::DatabaseError;
    let incident = resilience_core::recovery::Incident::new("feed", kind, "");
    let theirs = recovery.start(incident).unwrap();
    let (make, begun) = component(&[(1, '-')]);
    let feed = Supervisor::new(&recovery, "feed", SupervisorConfig::default(), make).unwrap();
    let running = spawned(feed.run());
    sleep(100 * SECOND).await;
    assert_eq!(take(&begun), [0]);
    drop(theirs);
    sleep(30 * SECOND).await;
    assert_eq!(take(&begun).len(), 1);
    running.abort();
    let seen = recovery.snapshot();
    assert_eq!(seen.errors[2].errors, 1, "it failed once");
    assert_eq!(seen.joined, 1);
}

#[tokio::test(start_paused = true)]
async fn what_it_tells_is_certain_and_needs_no_checks_in_a_row() {
    let recovery = recovery();
    let components = [("feed".into(), ComponentConfig::default())].into();
    let config = HealthConfig {
        components,
        ..Default::default()
    };
    let health = Health::new("app", config, &env()).unwrap();
    let config = SupervisorConfig::default;
    let (make, _) = component(&[(1, '-'), (1, '-')]);
    let feed = Supervisor::new(&recovery, "feed", config(), make).unwrap();
    let running = spawned(feed.health(&health).unwrap().run());
    sleep(200 * SECOND).await;
    assert_eq!(health.system(), HealthStatus::Healthy, "it became stable");
    running.abort();

    let (make, _) = component(&[(1, '-'); 4]);
    let feed = Supervisor::new(&recovery, "feed", config(), make).unwrap();
    let given_up = feed.health(&health).unwrap().run().await;
    assert!(given_up.is_err());
    assert_eq!(health.system(), HealthStatus::Unhealthy);
}

#[test]
fn trap_4_zero_and_the_most_of_every_number() {
    let recovery = recovery();
    let build = |config| Supervisor::new(&recovery, "feed", config, component_of_nothing);
    let none = BackoffConfig {
        base: Duration::ZERO,
        ..Default::default()
    };
    let default = SupervisorConfig::default;
    for (config, field) in [
        (
            SupervisorConfig {
                max_restarts: 0,
                ..default()
            },
            "max_restarts",
        ),
        (
            SupervisorConfig {
                stable_after: Duration::ZERO,
                ..default()
            },
            "stable_after",
        ),
        (
            SupervisorConfig {
                backoff: none,
                ..default()
            },
            "base",
        ),
    ] {
        assert_eq!(build(config).unwrap_err().field(), field);
    }
    let most = SupervisorConfig {
        max_restarts: u32::MAX,
        stable_after: Duration::MAX,
        backoff: BackoffConfig::fixed(Duration::MAX),
    };
    assert!(build(most).is_ok());
}

async fn component_of_nothing() -> Result<(), BoxError> {
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_longest_times_never_end() {
    let recovery = recovery();
    let (make, begun) = component(&[(1, '-')]);
    let config = SupervisorConfig {
        stable_after: Duration::MAX,
        ..Default::default()
    };
    let feed = Supervisor::new(&recovery, "feed", config, make).unwrap();
    let running = spawned(feed.run());
    sleep(86_400 * SECOND).await;
    assert_eq!(take(&begun), [0, 11]);
    assert_eq!(recovery.snapshot().under_way.len(), 1);
    running.abort();
}
