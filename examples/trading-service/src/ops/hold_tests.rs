//! The end of operations: held for a scrape, drained, or never there.

use std::time::Duration;

use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;

use super::tests::{lines, scrape, started, started_at, started_with};
use super::*;
use crate::engine::Watcher;
use crate::report::SideReport;

const LONG: Duration = Duration::from_secs(3600);

pub(super) fn address(ops: &Ops) -> SocketAddr {
    ops.monitoring.address().unwrap()
}

pub(super) async fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Operations whose renders tell that they began, and end when they are let.
async fn slow() -> (Ops, UnboundedReceiver<()>, std::sync::mpsc::Sender<()>) {
    let ops = started_with(
        MonitoringConfig {
            port: 0,
            // Nobody else may read the metrics here.
            alerts: false,
            ..MonitoringConfig::default()
        },
        Arc::new(|_| {}),
    );
    let ops = ops.await.unwrap();
    let (began, begins) = unbounded_channel();
    let (let_go, may) = std::sync::mpsc::channel();
    let may = std::sync::Mutex::new(may);
    ops.exporter().meter().on_scrape(move |_| {
        began.send(()).unwrap();
        may.lock().unwrap().recv().unwrap();
    });
    (ops, begins, let_go)
}

#[tokio::test]
async fn the_end_is_held_until_a_scrape_that_began_after_it_is_answered_whole() {
    let (ops, mut begins, let_go) = slow().await;
    let (at, stop) = (address(&ops), Stop::default());
    let mut scrapes = JoinSet::new();
    scrapes.spawn(get(at, "/metrics"));
    begins.recv().await.unwrap();
    ops.finish();
    let mut held = Box::pin(ops.hold(LONG, 1, &stop));
    assert!(held.as_mut().now_or_never().is_none());
    let_go.send(()).unwrap();
    assert!(scrapes.join_next().await.unwrap().unwrap().ends_with('\n'));
    assert!(held.as_mut().now_or_never().is_none(), "it began before");
    scrapes.spawn(get(at, "/metrics"));
    begins.recv().await.unwrap();
    assert!(
        held.as_mut().now_or_never().is_none(),
        "it has no answer yet"
    );
    let_go.send(()).unwrap();
    held.await;
    ops.stop().await;
    let answer = scrapes.join_next().await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\nadmf_health_ready 0\n"));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_waited_for_longer_than_asked_or_after_the_wish_to_stop() {
    let ops = started().await;
    ops.finish();
    let stop = Stop::default();
    let begun = tokio::time::Instant::now();
    ops.hold(Duration::from_secs(7), 1, &stop).await;
    assert_eq!(begun.elapsed().as_secs(), 7);
    stop.request(15);
    assert!(ops.hold(LONG, 1, &stop).now_or_never().is_some());
}

#[tokio::test]
async fn a_scrape_that_is_under_way_is_answered_whole_and_then_nobody_listens() {
    let (ops, mut begins, let_go) = slow().await;
    let at = address(&ops);
    let mut scrapes = JoinSet::new();
    scrapes.spawn(get(at, "/metrics"));
    begins.recv().await.unwrap();
    let mut stopped = Box::pin(ops.stop());
    assert!(stopped.as_mut().now_or_never().is_none());
    let_go.send(()).unwrap();
    stopped.await;
    assert!(scrapes.join_next().await.unwrap().unwrap().ends_with('\n'));
    assert!(TcpStream::connect(at).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn switched_off_nothing_listens_nothing_is_told_and_nobody_is_waited_for() {
    let (lines, mut heard) = unbounded_channel();
    let off = MonitoringConfig {
        enabled: false,
        ..MonitoringConfig::default()
    };
    let console: Console = Arc::new(move |line| lines.send(line.to_owned()).unwrap());
    let ops = started_with(off, console).await.unwrap();
    let side = ops.side("stack", |_| {}).unwrap();
    side.venues_up();
    ops.started();
    ops.announce();
    ops.finish();
    assert_eq!(ops.monitoring.address(), None);
    assert!(ops.hold(LONG, 1, &Stop::default()).now_or_never().is_some());
    ops.stop().await;
    assert!(heard.try_recv().is_err());
}

#[tokio::test]
async fn alerts_are_evaluated_no_more_once_a_run_has_ended() {
    let (console, told) = lines();
    let ops = started_at("127.0.0.1:0".parse().unwrap(), console);
    let ops = ops.await.unwrap();
    let side = ops.side("naive", |_| {}).unwrap();
    let halted = |date: &str| Now {
        date: date.parse().ok(),
        halted: true,
        ..Now::default()
    };
    side.day_done(&halted("2008-09-15"));
    ops.finish();
    side.day_done(&Now {
        halted: false,
        ..halted("2008-09-16")
    });
    ops.alerts.as_ref().unwrap().tick();
    let told = told.all();
    let fired = "2008-09-15 FIRING   TradingCircuitBreakerTrippedCritical{";
    assert!(told.len() == 1 && told[0].starts_with(fired), "{told:?}");
    let firing = ops.alerts().firing;
    assert_eq!(firing["TradingCircuitBreakerTrippedCritical"], 1);
}

#[tokio::test]
async fn what_policies_counted_last_is_shown_after_they_are_gone() {
    use resilience_core::{Ask, Gate, Outcome, RateLimiter, RateLimiterConfig};
    let quiet = MonitoringConfig {
        port: 0,
        // Nobody else may read the metrics here.
        alerts: false,
        ..MonitoringConfig::default()
    };
    let ops = started_with(quiet, Arc::new(|_| {})).await.unwrap();
    let side = ops.side("stack", |_| {}).unwrap();
    let (env, _clock) = Env::manual();
    let limiter = RateLimiter::new("venue", RateLimiterConfig::new(100, LONG), &env).unwrap();
    side.policies(&env);
    limiter
        .permit(&Ask::default())
        .unwrap()
        .record(Outcome::Success);
    side.ended(&SideReport::default());
    drop((limiter, env));
    let shown = scrape(ops.exporter());
    let allowed = shown.value("admf_rate_limiter_allowed_total", &[("name", "venue")]);
    assert_eq!(allowed, Some(1.0));
}
