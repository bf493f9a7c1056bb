//! A Prometheus of the test's own.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::answer::{Answer, read};

/// A server on a free loopback port over backfilled blocks, killed when dropped.
pub(crate) struct Prometheus {
    port: u16,
    process: Child,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts one over an OpenMetrics text; `None` where there is none to start.
    pub(crate) fn start(exposition: &str) -> Option<Self> {
        let folder = TempDir::new().expect("a folder can be made");
        let text = folder.path().join("samples");
        std::fs::write(&text, exposition).expect("it can be written");
        let blocks = folder.path().join("blocks");
        let mut backfill = Command::new("promtool");
        backfill.args(["tsdb", "create-blocks-from", "openmetrics"]);
        let done = match backfill.arg(&text).arg(&blocks).output() {
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            done => done.expect("promtool runs"),
        };
        let problem = String::from_utf8_lossy(&done.stderr);
        assert!(
            done.status.success(),
            "promtool refuses the samples: {problem}"
        );
        std::fs::write(folder.path().join("config.yml"), "{}").expect("it can be written");
        // Somebody else may take a port between the asking and the start.
        for _ in 0..10 {
            let free = TcpListener::bind("127.0.0.1:0").expect("a port is free");
            let port = free.local_addr().expect("it is bound").port();
            drop(free);
            match launch(folder.path(), port) {
                Ok(Some(process)) => {
                    return Some(Self {
                        port,
                        process,
                        _folder: folder,
                    });
                }
                Ok(None) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => return None,
                Err(error) => panic!("prometheus cannot be started: {error}"),
            }
        }
        panic!("prometheus found no port");
    }

    pub(crate) fn query_range(&self, expr: &str, (start, end, step): (i64, i64, i64)) -> Answer {
        let seconds = |millis: i64| format!("{}.{:03}", millis / 1000, millis % 1000);
        let body = format!(
            "query={}&start={}&end={}&step={}",
            encoded(expr),
            seconds(start),
            seconds(end),
            seconds(step)
        );
        let answer = self.post("/api/v1/query_range", &body);
        read(&serde_json::from_str(&answer).expect("it is JSON"))
    }

    fn post(&self, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it is up");
        let length = body.len();
        // HTTP/1.0, so that the answer ends with the connection and comes in one piece.
        let head = format!(
            "POST {path} HTTP/1.0\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        let sent = stream.write_all(format!("{head}{body}").as_bytes());
        sent.expect("it listens");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (_, body) = answer.split_once("\r\n\r\n").expect("it is HTTP");
        body.to_owned()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts a server and waits until it is ready; `None` where it gives up, as it does for a port.
fn launch(folder: &Path, port: u16) -> std::io::Result<Option<Child>> {
    let flag = |name: &str, path: &str| format!("--{name}={}", folder.join(path).display());
    let mut command = Command::new("prometheus");
    command
        .arg(flag("config.file", "config.yml"))
        .arg(flag("storage.tsdb.path", "blocks"))
        .arg("--storage.tsdb.retention.time=100y")
        .arg(format!("--web.listen-address=127.0.0.1:{port}"));
    let mut process = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut log = BufReader::new(process.stderr.take().expect("it is piped"));
    let mut line = String::new();
    while log.read_line(&mut line)? > 0 {
        if line.contains("Server is ready to receive web requests") {
            // So that it never waits for somebody to read on.
            std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
            return Ok(Some(process));
        }
        line.clear();
    }
    process.wait()?;
    Ok(None)
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// Says that a test has nothing to do for want of `what`; fails where `variable` asks for it.
pub(crate) fn missing(what: &str, variable: &str) {
    assert!(
        std::env::var_os(variable).is_none(),
        "{variable} is set, and {what} is missing"
    );
    // Not by the macro, whose words a test that passes keeps to itself.
    let _ = writeln!(
        std::io::stderr(),
        "{what} is missing: this test did nothing"
    );
}
