//! Checks in their rhythm.

use std::future::pending;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilience_core::{ComponentConfig, Env, Finding, Health, HealthConfig, HealthStatus};
use resilience_tower::{Checks, TokioClock};
use tokio::time::{Instant, sleep};

use crate::common::{PanicsAtDrop, SECOND, spawned};

fn every(seconds: u32) -> ComponentConfig {
    ComponentConfig {
        down_after: 1,
        up_after: 1,
        interval: seconds * SECOND,
        timeout: 5 * SECOND,
        ..Default::default()
    }
}

fn health(components: &[(&'static str, ComponentConfig)]) -> Health {
    let components = components.iter().cloned();
    let config = HealthConfig {
        components: components.map(|(name, it)| (name.into(), it)).collect(),
        ..Default::default()
    };
    let env = Env::default().with_clock(Arc::new(TokioClock::default()));
    Health::new("app", config, &env).unwrap()
}

fn error(health: &Health, component: &str) -> Option<String> {
    let seen = health.snapshot();
    seen.component(component).unwrap().last_error.clone()
}

/// When a check was begun, in seconds.
#[derive(Clone)]
struct Begun(Instant, Arc<Mutex<Vec<u64>>>);

impl Begun {
    fn new() -> Self {
        Self(Instant::now(), Arc::default())
    }

    fn note(&self) {
        let seconds = self.0.elapsed().as_secs();
        self.1.lock().unwrap().push(seconds);
    }

    fn take(&self) -> Vec<u64> {
        std::mem::take(&mut self.1.lock().unwrap())
    }
}

#[tokio::test(start_paused = true)]
async fn checks_begin_at_once_and_then_at_their_interval() {
    let health = health(&[("fast", every(10)), ("slow", every(30))]);
    let (fast, slow) = (Begun::new(), Begun::new());
    let (a, b) = (fast.clone(), slow.clone());
    let checks = Checks::new(&health)
        .check("fast", move || {
            a.note();
            async {
                sleep(3 * SECOND).await;
                true
            }
        })
        .unwrap()
        .check("slow", move || {
            b.note();
            async { Finding::Degraded("old data".into()) }
        })
        .unwrap();
    let running = spawned(checks.run());
    sleep(65 * SECOND).await;
    assert_eq!(fast.take(), [0, 10, 20, 30, 40, 50, 60]);
    assert_eq!(slow.take(), [0, 30, 60]);
    assert_eq!(health.system(), HealthStatus::Degraded);
    let seen = health.snapshot();
    let took = seen.component("fast").unwrap().last_took;
    assert_eq!(took, Some(3 * SECOND));
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn a_check_that_hangs_or_panics_has_failed_and_delays_no_other() {
    let health = health(&[("hung", every(10)), ("mad", every(10)), ("well", every(1))]);
    let well = Begun::new();
    let note = well.clone();
    let checks = Checks::new(&health)
        .check("hung", pending::<bool>)
        .unwrap()
        .check("mad", || async {
            if true {
                std::panic::resume_unwind(Box::new("out of its mind"));
            }
            true
        })
        .unwrap()
        .check("well", move || {
            note.note();
            async { true }
        })
        .unwrap();
    let running = spawned(checks.run());
    sleep(SECOND / 2).await;
    assert_eq!(
        error(&health, "mad").as_deref(),
        Some("the check panicked: out of its mind")
    );
    assert_eq!(health.status("hung"), Some(HealthStatus::Unknown));
    sleep(5 * SECOND).await;
    assert_eq!(
        error(&health, "hung").as_deref(),
        Some("timed out after 5s")
    );
    assert_eq!(health.status("hung"), Some(HealthStatus::Unhealthy));
    assert_eq!(well.take(), [0, 1, 2, 3, 4, 5]);
    sleep(20 * SECOND).await;
    let seen = health.snapshot();
    assert_eq!(seen.component("mad").unwrap().checks, 3);
    assert_eq!(seen.component("hung").unwrap().checks, 3);
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn a_check_that_panics_before_it_returns_a_future_has_failed() {
    let health = health(&[("mad", every(10))]);
    let check = || -> std::future::Ready<bool> { std::panic::resume_unwind(Box::new(7)) };
    let checks = Checks::new(&health).check("mad", check).unwrap();
    let seen = checks.check_now().await;
    let error = seen.component("mad").unwrap().last_error.clone();
    assert_eq!(error.as_deref(), Some("the check panicked"));
}

#[tokio::test(start_paused = true)]
async fn a_check_that_panics_when_it_is_cut_off_has_failed_and_ends_no_other() {
    let health = health(&[("mad", every(10)), ("well", every(10))]);
    let checks = Checks::new(&health)
        .check("mad", || async {
            let _held = PanicsAtDrop;
            pending::<bool>().await
        })
        .unwrap()
        .check("well", || async { true })
        .unwrap();
    let running = spawned(checks.run());
    sleep(27 * SECOND).await;
    assert_eq!(
        error(&health, "mad").as_deref(),
        Some("the check panicked: dropped")
    );
    assert_eq!(health.snapshot().component("well").unwrap().checks, 3);
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn a_check_longer_than_its_interval_does_not_overlap_itself() {
    let slow = ComponentConfig {
        timeout: 100 * SECOND,
        ..every(10)
    };
    let health = health(&[("slow", slow)]);
    let begun = Begun::new();
    let note = begun.clone();
    let under_way = Arc::new(AtomicU32::new(0));
    let most = Arc::new(AtomicU32::new(0));
    let (now, max) = (under_way.clone(), most.clone());
    let checks = Checks::new(&health)
        .check("slow", move || {
            note.note();
            let (now, max) = (now.clone(), max.clone());
            async move {
                max.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                sleep(25 * SECOND).await;
                now.fetch_sub(1, Ordering::SeqCst);
                true
            }
        })
        .unwrap();
    let running = spawned(checks.clone().run());
    sleep(60 * SECOND).await;
    assert_eq!(begun.take(), [0, 25, 50]);
    // Nor with one on demand.
    let seen = checks.check_now().await;
    assert_eq!(seen.component("slow").unwrap().checks, 2);
    assert_eq!((begun.take(), most.load(Ordering::SeqCst)), (vec![], 1));
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_stops_everything_and_gives_everything_back() {
    let health = health(&[("db", every(10))]);
    let held = Arc::new(());
    let hold = held.clone();
    let checks = Checks::new(&health)
        .check("db", move || {
            let hold = hold.clone();
            async move {
                sleep(3 * SECOND).await;
                drop(hold);
                true
            }
        })
        .unwrap();
    let again = checks.clone();
    let running = spawned(checks.run());
    sleep(SECOND).await;
    assert_eq!(Arc::strong_count(&held), 3);
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    assert_eq!(Arc::strong_count(&held), 2, "only the check itself is left");
    sleep(100 * SECOND).await;
    assert_eq!(health.snapshot().component("db").unwrap().checks, 0);
    // What was dropped under way can be made again.
    assert_eq!(again.check_now().await.system, HealthStatus::Healthy);
    drop(again);
    assert_eq!(Arc::strong_count(&held), 1);
}

#[tokio::test(start_paused = true)]
async fn other_numbers_count_from_the_next_round_on_and_disabled_means_no_check() {
    let health = health(&[("db", every(10))]);
    let begun = Begun::new();
    let note = begun.clone();
    let checks = Checks::new(&health)
        .check("db", move || {
            note.note();
            async { true }
        })
        .unwrap();
    let running = spawned(checks.run());
    sleep(5 * SECOND).await;
    health.add("db", every(20)).unwrap();
    sleep(50 * SECOND).await;
    assert_eq!(begun.take(), [0, 10, 30, 50]);
    let components = || [("db".into(), every(20))].into();
    let off = HealthConfig {
        enabled: false,
        components: components(),
    };
    health.reconfigure(off).unwrap();
    sleep(100 * SECOND).await;
    assert!(begun.take().is_empty());
    assert_eq!(health.system(), HealthStatus::Unknown);
    let on = HealthConfig {
        enabled: true,
        components: components(),
    };
    health.reconfigure(on).unwrap();
    sleep(20 * SECOND).await;
    assert_eq!(begun.take(), [170]);
    assert_eq!(health.system(), HealthStatus::Healthy);
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn the_check_of_a_removed_component_ends_and_with_the_last_the_future() {
    let health = health(&[("db", every(10)), ("x", every(10))]);
    let checks = Checks::new(&health)
        .check("db", || async { true })
        .unwrap()
        .source("x", || Some(Finding::Healthy))
        .unwrap();
    assert!(checks.clone().check("y", || async { true }).is_err());
    let running = spawned(checks.run());
    sleep(SECOND).await;
    health.remove("db").unwrap();
    sleep(100 * SECOND).await;
    assert!(!running.is_finished());
    health.remove("x").unwrap();
    sleep(10 * SECOND).await;
    assert!(running.is_finished());
}

#[tokio::test(start_paused = true)]
async fn trap_4_the_longest_times_never_end() {
    let longest = ComponentConfig {
        interval: Duration::MAX,
        timeout: Duration::MAX,
        ..every(1)
    };
    let health = health(&[("db", longest)]);
    let checks = Checks::new(&health).check("db", || async { true }).unwrap();
    let running = spawned(checks.run());
    sleep(86_400 * SECOND).await;
    assert!(!running.is_finished());
    assert_eq!(health.snapshot().component("db").unwrap().checks, 1);
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn a_check_that_waits_is_polled_for_itself_alone() {
    let health = health(&[("hung", every(100)), ("busy", every(1))]);
    let polls = Arc::new(AtomicU32::new(0));
    let count = polls.clone();
    let checks = Checks::new(&health)
        .check("hung", move || {
            let count = count.clone();
            std::future::poll_fn(move |_| {
                count.fetch_add(1, Ordering::SeqCst);
                std::task::Poll::<bool>::Pending
            })
        })
        .unwrap()
        .check("busy", || async { true })
        .unwrap();
    let running = spawned(checks.run());
    sleep(50 * SECOND).await;
    // When it began, and when its time was over.
    assert_eq!(polls.load(Ordering::SeqCst), 2);
    let seen = health.snapshot();
    assert_eq!(seen.component("busy").unwrap().checks, 50);
    running.abort();
}
