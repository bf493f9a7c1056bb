//! A Prometheus of a test's own.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::daemon::{Daemon, Log};

/// A server with a folder of its own, killed when dropped.
#[derive(Debug)]
pub struct Prometheus {
    daemon: Daemon,
}

impl Prometheus {
    /// Starts one by the configuration file `config`, with its data in `folder`; `None` where there is
    /// no such program and nobody requires it.
    ///
    /// # Panics
    ///
    /// As [`Daemon::start`].
    #[must_use]
    pub fn start(config: &Path, folder: &Path) -> Option<Self> {
        let on = |port| {
            let mut command = Command::new("prometheus");
            command
                .arg(format!("--config.file={}", config.display()))
                .arg(format!("--storage.tsdb.path={}", folder.display()))
                // Samples of tests may be of any year.
                .arg("--storage.tsdb.retention.time=100y")
                // What fires before it knows an Alertmanager it tells of again only then.
                .arg("--rules.alert.resend-delay=5s")
                .arg(format!("--web.listen-address=127.0.0.1:{port}"));
            command
        };
        let ready = "Server is ready to receive web requests";
        let daemon = Daemon::start(on, Log::Err, ready)?;
        Some(Self { daemon })
    }

    /// Lets it read its rules again.
    ///
    /// # Panics
    ///
    /// As [`Daemon::signal`].
    pub fn reload(&self) {
        self.daemon.signal("-HUP");
    }

    /// Returns its address.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.daemon.port())
    }

    /// Evaluates an expression now, and returns the series of its answer: labels and value.
    ///
    /// # Errors
    ///
    /// If it cannot be reached, or finds the expression wrong.
    pub fn query(&self, expression: &str) -> io::Result<Vec<(Value, f64)>> {
        let answer = self.api(&format!("query?query={}", encoded(expression)))?;
        let rows = answer["result"].as_array().cloned().unwrap_or_default();
        let row = |row: Value| {
            let value = row["value"][1].as_str().and_then(|it| it.parse().ok());
            let value = value.ok_or_else(|| io::Error::other(format!("no value in {row}")))?;
            Ok((row["metric"].clone(), value))
        };
        rows.into_iter().map(row).collect()
    }

    /// Asks the API, version 1, and returns the data of the answer.
    ///
    /// # Errors
    ///
    /// If it cannot be reached, or answers with an error.
    pub fn api(&self, path: &str) -> io::Result<Value> {
        let body = get(&self.address(), &format!("/api/v1/{path}"))?;
        let mut answer: Value = serde_json::from_str(&body)?;
        if answer["status"] != "success" {
            return Err(io::Error::other(format!("{path}: {answer}")));
        }
        Ok(answer["data"].take())
    }
}

/// Gets a page, and returns its body.
///
/// # Errors
///
/// If nobody answers.
pub fn get(address: &str, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    // Version 1.0, so that the body comes in one piece.
    write!(stream, "GET {path} HTTP/1.0\r\nhost: {address}\r\n\r\n")?;
    answer(stream)
}

/// Posts a form, and returns the body of the answer.
///
/// # Errors
///
/// If nobody answers.
pub fn post(address: &str, path: &str, form: &str) -> io::Result<String> {
    request(address, path, "application/x-www-form-urlencoded", form)
}

/// Posts a body of a kind, and returns the body of the answer.
///
/// # Errors
///
/// If nobody answers.
pub fn request(address: &str, path: &str, kind: &str, body: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    let length = body.len();
    write!(
        stream,
        "POST {path} HTTP/1.0\r\nhost: {address}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}"
    )?;
    answer(stream)
}

fn answer(mut stream: TcpStream) -> io::Result<String> {
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    Ok(body.to_owned())
}

/// Writes a text as a part of a query.
#[must_use]
pub fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}
