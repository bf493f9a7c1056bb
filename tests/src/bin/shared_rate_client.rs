//! One of several processes that share a rate: calls as fast as it may, and writes down when.
//!
//! Arguments: the server's port, and `open`, `closed` or `local` for leases with that in an outage, or
//! `exact` for single calls that an outage refuses. A line for each admission: `A` by a
//! permit or `O` in an outage, and the times before and after, in nanoseconds of the machine's
//! monotonic clock. `E` and an event when the store is lost or back. It stops at the end of its input
//! and writes what it counted.

use std::io::{Read, Write, stdout};
use std::sync::Arc;
use std::time::Duration;

use resilience_core::{Ask, DistributedRateLimiter, Env, Event, Gate, Name, Observer, Outcome};
use resilience_tower::TokioClock;
use resilience_tower::redis::RedisStore;
use tests::shared_rate::{CALLS_IN_OUTAGE, monotonic, rate, store_config};
use tokio::sync::Notify;
use tokio::sync::watch;

fn say(line: &str) {
    let mut out = stdout().lock();
    writeln!(out, "{line}").expect("the parent reads");
}

#[derive(Debug, Default)]
struct Told(Notify);

impl Observer for Told {
    fn on_event(&self, _: &Name, event: &Event) {
        match event {
            Event::StoreLost => say("E lost"),
            Event::StoreBack => {
                say("E back");
                self.0.notify_one();
            }
            _ => {}
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut args = std::env::args().skip(1);
    let port = args.next().expect("a port is given");
    let mode = args.next().expect("a mode is given");
    let told = Arc::new(Told::default());
    let env = Env::default()
        .with_clock(Arc::new(TokioClock::default()))
        .with_observer(told.clone());
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}/"));
    let store = RedisStore::new(client.expect("it is an address"), store_config(), &env);
    let limiter = DistributedRateLimiter::new("shared", rate(&mode), &env);
    let limiter = limiter.expect("the config is valid");
    let store = store.expect("the config is valid");
    let exact = mode == "exact";
    let driver = store.clone().run(limiter.clone());
    let asked = exact.then_some(&store);

    let (stop, mut stopped) = watch::channel(());
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        drop(stop);
    });
    tokio::select! {
        biased;
        _ = stopped.changed() => {}
        _ = driver, if !exact => {}
        () = call(&limiter, asked, &told) => {}
    }
    let seen = limiter.snapshot();
    say(&format!(
        "C {} {} {}",
        seen.used, seen.admitted_in_outage, seen.leased
    ));
}

async fn call(limiter: &DistributedRateLimiter, store: Option<&RedisStore>, told: &Told) {
    let mut in_outage = 0;
    let ask = Ask::default;
    loop {
        let before = monotonic();
        let admitted = match store {
            None => limiter.permit(&ask()).map(|it| it.record(Outcome::Success)),
            Some(store) => {
                let permit = store.acquire(limiter, &ask()).await;
                permit.map(|it| it.record(Outcome::Success))
            }
        };
        let after = monotonic();
        match admitted {
            Ok(()) => {
                let total = limiter.snapshot().admitted_in_outage;
                let letter = if total > in_outage { 'O' } else { 'A' };
                in_outage = total;
                say(&format!("{letter} {before} {after}"));
                // Enough of this outage is seen.
                if letter == 'O' && total.is_multiple_of(CALLS_IN_OUTAGE) {
                    told.0.notified().await;
                }
                tokio::task::yield_now().await;
            }
            Err(refused) => {
                let wait = refused.retry_after().expect("a limiter knows it");
                tokio::time::sleep(wait.min(Duration::from_millis(50))).await;
            }
        }
    }
}
