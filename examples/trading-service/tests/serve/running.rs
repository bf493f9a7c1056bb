//! A running service, and how tests speak with it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use admf_alerts::{Samples, Selector};

use super::common::{Result, service};

/// A running service, killed where a test ends early.
pub(super) struct Running {
    pub(super) child: Child,
    /// Its lines, as they come.
    said: Receiver<String>,
}

/// How long it may take until it says what it must.
const PATIENCE: Duration = Duration::from_secs(120);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    pub(super) fn start(flags: &[&str]) -> Result<Self> {
        Self::of(service(flags).stdout(Stdio::null()))
    }

    /// Starts what was prepared.
    pub(super) fn of(command: &mut Command) -> Result<Self> {
        let mut child = command.stderr(Stdio::piped()).spawn()?;
        let stderr = child.stderr.take().ok_or("standard error is piped")?;
        let (sender, said) = mpsc::channel();
        std::thread::spawn(move || {
            let lines = BufReader::new(stderr)
                .lines()
                .map_while(std::io::Result::ok);
            lines.map(|line| sender.send(line)).all(|sent| sent.is_ok())
        });
        Ok(Self { child, said })
    }

    /// Reads the next line; `None` once it has ended.
    fn line(&self) -> Result<Option<String>> {
        match self.said.recv_timeout(PATIENCE) {
            Ok(line) => Ok(Some(line)),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => Err("it said nothing for too long".into()),
        }
    }

    /// Reads all that it says until it ends.
    pub(super) fn rest(&self) -> Result<String> {
        let mut rest = String::new();
        while let Some(line) = self.line()? {
            rest += &line;
            rest.push('\n');
        }
        Ok(rest)
    }

    /// Reads on until it says where `what` listens.
    pub(super) fn listening(&self, what: &str) -> Result<String> {
        loop {
            let Some(line) = self.line()? else {
                return Err(format!("it ended before {what} was listening").into());
            };
            let mut words = line.split_whitespace();
            if (words.next(), words.next()) == (Some(what), Some("listening")) {
                return Ok(words.next().ok_or("no address")?.to_owned());
            }
        }
    }

    /// Reads on until it says such a line.
    pub(super) fn says(&self, expected: &str) -> Result {
        loop {
            let Some(line) = self.line()? else {
                return Err(format!("it ended before it said {expected:?}").into());
            };
            if line.contains(expected) {
                return Ok(());
            }
        }
    }

    pub(super) fn signal(&self, signal: &str) -> Result {
        send(signal, self.child.id())
    }

    /// Finds the process of one of its venues.
    pub(super) fn venue(&self, name: &str) -> Result<u32> {
        let mine = format!("PPid:\t{}\n", self.child.id());
        for entry in std::fs::read_dir("/proc")? {
            let folder = entry?.path();
            let read = |file| std::fs::read(folder.join(file)).unwrap_or_default();
            let (status, words) = (read("status"), read("cmdline"));
            let named = format!("venue\0--name\0{name}\0");
            let is = |text: &[u8], part: &str| String::from_utf8_lossy(text).contains(part);
            if is(&status, &mine) && is(&words, &named) {
                let pid = folder.file_name().and_then(|pid| pid.to_str());
                return Ok(pid.ok_or("no pid")?.parse()?);
            }
        }
        Err(format!("no process of venue {name}").into())
    }
}

pub(super) fn send(signal: &str, pid: u32) -> Result {
    let sent = Command::new("kill")
        .args([signal, &pid.to_string()])
        .status()?;
    assert!(sent.success());
    Ok(())
}

/// Asks once, and returns status and body.
pub(super) fn ask(address: &str, request: &str, body: &str) -> Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    let length = body.len();
    write!(
        stream,
        "{request} HTTP/1.1\r\nhost: service\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.get(9..12).ok_or("no status line")?.parse()?;
    let body = answer.split_once("\r\n\r\n").ok_or("no head")?.1;
    Ok((status, unchunked(body)))
}

/// Joins the chunks of a body, each of which comes after its length in a line of its own.
fn unchunked(body: &str) -> String {
    let mut rest = body;
    let mut whole = String::new();
    while let Some((length, chunks)) = rest.split_once("\r\n") {
        let Ok(length) = usize::from_str_radix(length, 16) else {
            return body.to_owned();
        };
        whole.push_str(&chunks[..length]);
        rest = chunks[length..].trim_start_matches("\r\n");
    }
    if whole.is_empty() {
        body.to_owned()
    } else {
        whole
    }
}

/// Polls `/ready`, each time over a new connection, until it says yes.
pub(super) fn await_ready(address: &str) -> Result {
    await_answer(address, "GET /ready", |status, _| status == 200)
}

/// Polls, each time over a new connection, until the answer is the one that is waited for.
pub(super) fn await_answer(address: &str, request: &str, is: impl Fn(u16, &str) -> bool) -> Result {
    for _ in 0..20_000 {
        let (status, body) = ask(address, request, "")?;
        if is(status, &body) {
            return Ok(());
        }
        std::thread::yield_now();
    }
    Err(format!("never: {}", ask(address, request, "")?.1).into())
}

/// Reads how a part of the service is.
pub(super) fn status_of(detail: &str, part: &str) -> Option<String> {
    let detail: serde_json::Value = serde_json::from_str(detail).ok()?;
    Some(detail["components"][part]["status"].as_str()?.to_owned())
}

/// Places an order, and returns the venue that filled it.
pub(super) fn filled_at(api: &str, id: &str) -> Result<String> {
    let order =
        format!(r#"{{"client_id":"{id}","symbol":"IBM","side":"buy","quantity":1,"price":10000}}"#);
    let (status, body) = ask(api, "POST /api/orders", &order)?;
    let told: serde_json::Value = serde_json::from_str(&body)?;
    assert_eq!((status, &told["status"]), (200, &"filled".into()), "{body}");
    Ok(told["venue"].as_str().ok_or("no venue")?.to_owned())
}

pub(super) fn scrape(address: &str) -> Result<Samples> {
    let (status, text) = ask(address, "GET /metrics", "")?;
    assert_eq!(status, 200);
    Ok(Samples::parse(&text)?)
}

/// Checks that each circuit is in one state, and returns how many circuits there are.
pub(super) fn circuits(samples: &Samples) -> Result<usize> {
    let states = Selector::parse("admf_circuit_breaker_state")?;
    let states: Vec<_> = samples.select(&states).collect();
    let held: Vec<_> = states.iter().filter(|state| state.value == 1.0).collect();
    assert_eq!(states.len(), 6 * held.len());
    let mut names: Vec<_> = held.iter().map(|state| state.labels.get("name")).collect();
    names.dedup();
    assert_eq!(names.len(), held.len());
    Ok(held.len())
}

pub(super) const SERVE: [&str; 7] = [
    "serve",
    "--api",
    "127.0.0.1:0",
    "--ops",
    "127.0.0.1:0",
    "--scenario",
    "calm",
];
