//! Liveness, as who asks for it over the network sees it.

use futures_util::FutureExt;
use tempfile::TempDir;
use tokio::time::advance;

use super::alerts::tests::config_of;
use super::hold_tests::{address, get};
use super::tests::{LIMIT, Lines, lines, started_watched};
use super::*;
use crate::engine::{Engine, EngineConfig, Live};
use crate::ledger::{Identity, Ledger};
use crate::settings::Settings;
use crate::testing::{FakeTrader, FakeVenue, first_dates};

/// Operations whose liveness hangs on a pulse, with what they tell.
async fn started(pulse: &Pulse) -> (Ops, Lines) {
    let monitoring = MonitoringConfig {
        port: 0,
        ..MonitoringConfig::default()
    };
    let (console, told) = lines();
    let rules = config_of(RuleFiles::default());
    let ops = started_watched(monitoring, &rules, console, pulse).await;
    (ops.unwrap(), told)
}

fn stalls(told: &Lines) -> Vec<String> {
    let is = |line: &String| line.contains("stalled") || line.contains("turning");
    told.all().into_iter().filter(is).collect()
}

/// Passes the time a second at a time, so that all that waits for it gets its turn.
async fn pass(seconds: u64) {
    for _ in 0..seconds {
        advance(Duration::from_secs(1)).await;
        tokio::task::yield_now().await;
    }
}

fn engine_config() -> EngineConfig {
    let flags = clap::Parser::try_parse_from(["trading-service"]).unwrap();
    let crate::settings::Cli { args, .. } = flags;
    Settings::try_from(args).unwrap().engine("run".to_owned())
}

fn ledger(folder: &TempDir) -> Ledger {
    Ledger::open(&folder.path().join("ledger.sqlite"), &Identity::new([])).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_replay_that_is_stuck_is_not_alive_though_the_other_side_and_the_server_go_on() {
    let pulse = Pulse::new(LIMIT);
    let (ops, told) = started(&pulse).await;
    let at = address(&ops);
    let [stuck, other] = ["stack", "naive"].map(|name| Live::new(ops.side(name, |_| {}).unwrap()));
    let (folder, bars) = (TempDir::new().unwrap(), first_dates(250));
    let (mut ledger, trader) = (ledger(&folder), FakeTrader(FakeVenue::pair()));
    let stop = Stop::default();
    let engine = Engine::new(engine_config(), &bars, &trader, &mut ledger, &stuck).unwrap();
    let mut replay = Box::pin(engine.replay(&stop));
    assert!(
        replay.as_mut().now_or_never().is_none(),
        "it waits for orders"
    );

    let other = other.turning("replay");
    let healthy = async {
        for second in 0..60 {
            other.turn();
            pass(1).await;
            let answer = get(at, "/health").await;
            let expected = if second < 31 { "200" } else { "503" };
            assert!(
                answer[9..].starts_with(expected) || (29..33).contains(&second),
                "{second} {answer}"
            );
        }
        get(at, "/health").await
    };
    let answer = pulse.beside(healthy).await;
    assert!(
        answer.starts_with("HTTP/1.1 503") && answer.contains("\"stalled\""),
        "{answer}"
    );
    let told_so = stalls(&told);
    assert!(told_so[0].ends_with(" s: stack replay"), "{told_so:?}");

    // Polled again it comes to its end, and is waited for no more.
    replay.await.unwrap();
    drop(other);
    pulse.beside(pass(100)).await;
    assert!(get(at, "/health").await.starts_with("HTTP/1.1 200"));
    let told_so = stalls(&told);
    assert!(
        told_so.len() == 2 && told_so[1].starts_with("turning again"),
        "{told_so:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_end_that_is_held_is_alive_for_as_long_as_it_is_held() {
    let pulse = Pulse::new(LIMIT);
    let (ops, told) = started(&pulse).await;
    let (at, stop) = (address(&ops), Stop::default());
    ops.finish();
    let asking = async {
        for _ in 0..20 {
            pass(10).await;
            let answer = get(at, "/health").await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        }
        stop.request(15);
    };
    let held = ops.hold(Duration::from_secs(7200), 1, &stop);
    pulse.beside(async { tokio::join!(held, asking) }).await;
    assert_eq!(stalls(&told), [""; 0]);
    ops.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_task_that_blocks_is_named_and_the_probe_of_the_program_says_so() {
    let pulse = Pulse::new(LIMIT);
    let (ops, told) = started(&pulse).await;
    let at = address(&ops);
    let mut work = Box::pin(pulse.beside(std::future::pending::<()>()));
    assert!(work.as_mut().now_or_never().is_none());
    // Nobody polls the work: as where it blocks its thread.
    pass(31).await;
    let url = format!("http://{at}/health");
    let asked = tokio::task::spawn_blocking(move || {
        admf_metrics::healthcheck::probe(&url, admf_metrics::healthcheck::TIMEOUT)
    });
    let said = asked.await.unwrap().unwrap_err().to_string();
    assert!(
        said.contains("/health: 503 {") && said.contains("\"stalled\""),
        "{said}"
    );
    let told_so = stalls(&told);
    let expected = "stalled: /health says 503: no turn for 31 s: main task";
    assert_eq!(told_so, [expected]);
}
