//! A server for mail of the test's own.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::authority::Authority;

/// A server, killed when dropped.
pub(crate) struct Smtp {
    child: Child,
    lines: BufReader<ChildStdout>,
    pub(crate) port: u16,
}

impl Smtp {
    /// Starts one; `None` where there is no such program and nobody requires it. `mode` is `starttls`, `tls`, `mutual` or `clear`.
    pub(crate) fn start(mode: &str, authority: Option<&Authority>) -> Option<Self> {
        Self::start_at("127.0.0.1:0", mode, authority)
    }

    /// Starts one at an address. `mutual` is `tls`, and whoever comes must have a certificate of the same authority.
    pub(crate) fn start_at(at: &str, mode: &str, authority: Option<&Authority>) -> Option<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/channels/smtp.py");
        // Debian's, not one that somebody else has put first in the path.
        let mut command = Command::new("/usr/bin/python3");
        command.args([script, mode, at]);
        if let Some(authority) = authority {
            let files = ["cert.pem", "key.pem", "ca.pem"];
            command.args(files.map(|it| authority.path(it)));
        }
        command.stdout(Stdio::piped());
        let mut child = command.spawn().ok()?;
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        lines.read_line(&mut line).expect("it can be read");
        let Ok(port) = line.trim().parse() else {
            let _ = child.wait();
            let required = std::env::var_os("ADMF_REQUIRE_SERVERS").is_some();
            assert!(!required, "python3-aiosmtpd is required and does not start");
            eprintln!("left out: there is no python3-aiosmtpd");
            return None;
        };
        Some(Self { child, lines, port })
    }

    /// The next mail that it took; waits for it.
    pub(crate) fn mail(&mut self) -> serde_json::Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("it can be read");
        serde_json::from_str(&line).expect("a line is JSON")
    }

    /// Ends it, and says how many mails nobody looked at.
    pub(crate) fn left(mut self) -> usize {
        self.child.kill().expect("it runs");
        self.lines.by_ref().lines().count()
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
