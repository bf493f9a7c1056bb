//! A notifier that is killed again and again, and a parent that knows the truth.
//!
//! `KILLS` says how often (12), `SEED` by which chance, `LOG_FIRST=1` breaks the order of notice and log: then it must fail.

mod oracle;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use oracle::{Notice, Oracle};
use serde_json::{Value, json};
use tests::chance::Chance;
use tests::killed::{answer, read, request};

/// How long anything takes at most that has to happen.
const LONG: Duration = Duration::from_secs(30);

fn number(name: &str, default: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.map_or(default, |it| it.parse().expect("a number"))
}

#[expect(clippy::disallowed_methods, reason = "the engine is another process")]
fn now() -> Duration {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("it is after 1970")
}

/// Answers all notices by 200, and hands them on.
fn sink() -> (u16, Receiver<Notice>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    let (sender, notices) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(&stream);
            let Ok((_, body)) = read(&mut reader) else {
                continue;
            };
            drop(reader);
            if sender.send(Notice::read(&body)).is_err() {
                return;
            }
            // Whom it tells may be dead.
            drop(answer(stream, &Value::Null));
        }
    });
    (port, notices)
}

struct Engine {
    child: Child,
    /// `None`: it died before it said so.
    port: Option<u16>,
}

impl Engine {
    fn start(file: &Path, sink: u16, dies_after: u64, most: Duration) -> Self {
        let order = match number("LOG_FIRST", 0) {
            0 => "",
            _ => "log-first",
        };
        let mut child = Command::new(env!("CARGO_BIN_EXE_killed_engine"))
            .arg(file)
            .args([&sink.to_string(), &dies_after.to_string(), order])
            .stdout(Stdio::piped())
            .spawn()
            .expect("it was built");
        let out = child.stdout.take().expect("it is piped");
        let (sender, port) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            // It may be killed before.
            drop(BufReader::new(out).read_line(&mut line));
            sender.send(line.trim().parse().ok())
        });
        let port = port.recv_timeout(most);
        Self {
            child,
            port: port.ok().flatten(),
        }
    }

    fn ask(&self, path: &str, body: &Value) -> Option<Value> {
        request(self.port?, path, body).ok()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // It may be dead already.
        drop(self.child.kill());
        self.child.wait().expect("it is ours");
    }
}

/// Takes all notices until `end`.
fn listen(notices: &Receiver<Notice>, oracle: &mut Oracle, end: Duration) {
    while let Ok(notice) = notices.recv_timeout(end.saturating_sub(now())) {
        oracle.told(notice);
    }
}

#[test]
fn a_notifier_that_is_killed_at_any_moment_loses_no_notice() {
    let (kills, seed) = (number("KILLS", 12), number("SEED", 20_261_121));
    println!("{kills} kills, seed {seed}");
    let mut chance = Chance::new(seed);
    let folder = tempfile::tempdir().expect("there is room");
    let file = folder.path().join("alerts.redb");
    let (sink, notices) = sink();
    let mut oracle = Oracle::new();
    let engine = Engine::start(&file, sink, 0, LONG);
    assert_eq!(
        engine.ask("/silence", &json!("silenced")),
        Some(json!(true))
    );
    let held = json!([{"name": "held", "group": "held", "starts": now().as_nanos() as u64}]);
    assert_eq!(engine.ask("/alerts", &held), Some(json!(true)));
    oracle.posted(&held);
    assert_eq!(
        engine.ask("/acknowledge", &json!("held")),
        Some(json!(true))
    );
    drop(engine);
    for _ in 0..kills {
        let at_once = chance.one_in(2);
        let dies_after = if at_once { 0 } else { 1 + chance.below(4) };
        let delay = Duration::from_millis(5 + chance.below(296));
        let end = now() + delay;
        // It may be killed before it has begun.
        let mut engine = Engine::start(&file, sink, dies_after, delay);
        while now() < end && engine.child.try_wait().expect("it is ours").is_none() {
            let alerts = oracle.storm(&mut chance, now());
            if engine.ask("/alerts", &alerts) == Some(json!(true)) {
                oracle.posted(&alerts);
            } else {
                oracle.perhaps(&alerts);
            }
            listen(
                &notices,
                &mut oracle,
                (now() + Duration::from_millis(10)).min(end),
            );
        }
    }
    let engine = Engine::start(&file, sink, 0, LONG);
    let deadline = now() + LONG;
    let quiet = |engine: &Engine, oracle: &mut Oracle, done: &dyn Fn(&Oracle, &Value) -> bool| loop {
        listen(&notices, oracle, now() + Duration::from_millis(100));
        let state = engine.ask("/state", &Value::Null).expect("it lives");
        if done(oracle, &state) || deadline < now() {
            return state;
        }
    };
    // What it never answered is posted again, as whoever posts does.
    let alerts = oracle.all(now());
    assert_eq!(engine.ask("/alerts", &alerts), Some(json!(true)));
    oracle.posted(&alerts);
    let state = quiet(&engine, &mut oracle, &|oracle, state| {
        state["owed"] == 0 && oracle.firing_untold().is_empty()
    });
    assert_eq!(
        oracle.firing_untold(),
        Vec::<String>::new(),
        "seed {seed}: {state}"
    );
    assert_eq!(
        (&state["silences"], &state["acknowledged"]),
        (&json!(1), &json!(1))
    );
    let ends = oracle.end_all(now());
    assert_eq!(engine.ask("/alerts", &ends), Some(json!(true)));
    oracle.posted(&ends);
    drop(engine);
    // Between notice and log, for one end after another: nothing else would tell of them again.
    for _ in 0..5 {
        let mut engine = Engine::start(&file, sink, 1, LONG);
        let end = now() + Duration::from_secs(2);
        while now() < end && engine.child.try_wait().expect("it is ours").is_none() {
            listen(&notices, &mut oracle, now() + Duration::from_millis(10));
        }
    }
    let engine = Engine::start(&file, sink, 0, LONG);
    let state = quiet(&engine, &mut oracle, &|oracle, state| {
        state["owed"] == 0 && state["told"] == 0 && oracle.ends_untold().is_empty()
    });
    assert_eq!(
        oracle.ends_untold(),
        Vec::<String>::new(),
        "seed {seed}: {state}"
    );
    assert_eq!(oracle.wrong, Vec::<String>::new(), "seed {seed}");
    println!(
        "{} notices, {} of them repeats",
        oracle.notices, oracle.repeats
    );
}
