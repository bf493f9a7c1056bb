//! An alert service of a test's own, with its API, as a process.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::daemon::{Daemon, Log};

/// A running `alert_service` with a folder of its own, killed when dropped.
#[derive(Debug)]
pub struct Service {
    daemon: Daemon,
    folder: TempDir,
}

impl Service {
    /// Starts the program with an `alertmanager.yml`, and a second file if there is one.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn start(program: &str, config: &str, second: Option<&str>) -> Self {
        Self::start_with(program, config, second, &[])
    }

    /// Does so with variables of the environment.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    #[must_use]
    pub fn start_with(
        program: &str,
        config: &str,
        second: Option<&str>,
        variables: &[(&str, &str)],
    ) -> Self {
        let folder = TempDir::new().expect("a folder can be made");
        write(&config_of(folder.path()), config);
        let second = second.map(|text| {
            let file = folder.path().join("admf.yml");
            write(&file, text);
            file
        });
        let on = |port| {
            let mut command = Command::new(program);
            command
                .arg(format!("127.0.0.1:{port}"))
                .arg(config_of(folder.path()))
                .arg(folder.path().join("alerts.redb"))
                .args(&second)
                .envs(variables.iter().copied());
            command
        };
        let daemon = Daemon::start(on, Log::Out, "listening on");
        Self {
            daemon: daemon.expect("it was built"),
            folder,
        }
    }

    /// Kills it, as `kill -9` does; it is gone on return.
    ///
    /// # Panics
    ///
    /// If the system lets nobody kill a child of his.
    pub fn kill(&mut self) {
        self.daemon.kill();
    }

    /// Returns its address.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.daemon.port())
    }

    /// Writes another `alertmanager.yml`, which nobody has read yet.
    ///
    /// # Panics
    ///
    /// If it cannot be written.
    pub fn configure(&self, config: &str) {
        write(&config_of(self.folder.path()), config);
    }
}

fn config_of(folder: &Path) -> PathBuf {
    folder.join("alertmanager.yml")
}

fn write(file: &Path, text: &str) {
    std::fs::write(file, text).expect("it can be written");
}

/// Asks a server by HTTP; a body is JSON. Returns the status and the body of the answer.
///
/// # Errors
///
/// If nobody answers.
pub fn ask(address: &str, method: &str, path: &str, body: &str) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    let length = body.len();
    // Version 1.0, so that the body comes in one piece.
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).and_then(|it| it.parse().ok());
    let status = status.ok_or_else(|| io::Error::other(format!("no status in {answer:?}")))?;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    Ok((status, body.to_owned()))
}

/// Looks again and again until something is seen that others do; `None`: it was not by the end of `limit`.
#[expect(
    clippy::disallowed_methods,
    reason = "other processes go by the real time"
)]
pub fn until<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let began = Instant::now();
    loop {
        let seen = look();
        if seen.is_some() || began.elapsed() > limit {
            return seen;
        }
        // Others need the processor for it.
        thread::park_timeout(Duration::from_millis(20));
    }
}
