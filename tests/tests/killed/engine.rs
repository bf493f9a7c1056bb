//! The process that is killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tests::killed::request;

/// How long anything takes at most that has to happen.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// Who is to die.
#[derive(Clone, Debug, Default)]
pub(crate) struct Victim(Arc<Mutex<Option<Child>>>);

impl Victim {
    fn with<T>(&self, done: impl FnOnce(&mut Child) -> T) -> Option<T> {
        let mut child = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        child.as_mut().map(done)
    }

    /// Kills it by SIGKILL; it is gone on return.
    pub(crate) fn kill(&self) {
        self.with(|child| {
            // It may be dead already.
            drop(child.kill());
            child.wait().expect("it is ours")
        });
    }

    fn lives(&self) -> bool {
        let dead = self.with(|child| child.try_wait().expect("it is ours").is_some());
        dead == Some(false)
    }
}

pub(crate) struct Engine {
    victim: Victim,
    /// `None`: it died before it said so.
    port: Option<u16>,
    /// Dropped, nobody is killed any more.
    _reprieve: Option<Sender<()>>,
}

/// When an engine is killed, if at all.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Dies {
    Never,
    AfterBirth(Duration),
    /// So long after it has begun to listen.
    AfterStart(Duration),
}

impl Engine {
    pub(crate) fn start(file: &Path, sink: u16, victim: &Victim, dies: Dies) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_killed_engine"))
            .arg(file)
            .arg(sink.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it was built");
        let out = child.stdout.take().expect("it is piped");
        *victim.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        let soon = match dies {
            Dies::AfterBirth(delay) => Some(kill_after(delay, victim)),
            _ => None,
        };
        let mut line = String::new();
        // It may be killed before.
        drop(BufReader::new(out).read_line(&mut line));
        let port = line.trim().parse().ok();
        let reprieve = match dies {
            Dies::AfterStart(delay) => Some(kill_after(delay, victim)),
            _ => soon,
        };
        Self {
            victim: victim.clone(),
            port,
            _reprieve: reprieve,
        }
    }

    pub(crate) fn lives(&self) -> bool {
        self.port.is_some() && self.victim.lives()
    }

    pub(crate) fn ask(&self, path: &str, body: &Value) -> Option<Value> {
        request(self.port?, path, "", body).ok().map(|it| it.body)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.victim.kill();
    }
}

fn kill_after(delay: Duration, victim: &Victim) -> Sender<()> {
    let (reprieve, dropped) = mpsc::channel::<()>();
    let victim = victim.clone();
    std::thread::spawn(move || {
        if dropped.recv_timeout(delay) == Err(RecvTimeoutError::Timeout) {
            victim.kill();
        }
    });
    reprieve
}
