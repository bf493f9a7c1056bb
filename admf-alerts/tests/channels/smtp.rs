//! A server for mail of the test's own, and certificates for it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

/// A server, killed when dropped.
pub(crate) struct Smtp {
    child: Child,
    lines: BufReader<ChildStdout>,
    pub(crate) port: u16,
}

impl Smtp {
    /// Starts one; `None` where there is no such program and nobody requires it. `mode` is `starttls`, `tls` or `clear`.
    pub(crate) fn start(mode: &str, authority: Option<&Authority>) -> Option<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/channels/smtp.py");
        // Debian's, not one that somebody else has put first in the path.
        let mut command = Command::new("/usr/bin/python3");
        command.args([script, mode]);
        if let Some(authority) = authority {
            let folder = authority.folder.path();
            command.args([folder.join("cert.pem"), folder.join("key.pem")]);
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

/// Somebody whom one may believe, with a certificate of his for `localhost`.
pub(crate) struct Authority {
    pub(crate) folder: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key can be made");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("it can be signed");
        let names = vec!["localhost".to_owned()];
        let params = CertificateParams::new(names).expect("it is a name");
        let key = KeyPair::generate().expect("a key can be made");
        let cert = params.signed_by(&key, &issuer).expect("it can be signed");
        let folder = TempDir::new().expect("a folder can be made");
        for (name, text) in [
            ("ca.pem", issuer.pem()),
            ("cert.pem", cert.pem()),
            ("key.pem", key.serialize_pem()),
        ] {
            std::fs::write(folder.path().join(name), text).expect("it can be written");
        }
        Self { folder }
    }
}
