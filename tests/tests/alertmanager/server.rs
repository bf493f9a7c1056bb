//! An Alertmanager of the test's own.

use std::process::Command;
use std::time::SystemTime;

use jiff::Timestamp;
use serde_json::json;
use tempfile::TempDir;
use tests::daemon::{Daemon, Log};
use tests::prometheus::request;

use crate::stream::Step;

/// A server with a folder of its own, killed when dropped.
pub(crate) struct Alertmanager {
    daemon: Daemon,
    _folder: TempDir,
}

impl Alertmanager {
    /// Starts one; `None` where there is no such program and nobody requires it.
    pub(crate) fn start(config: &str) -> Option<Self> {
        let folder = TempDir::new().expect("a folder can be made");
        let file = folder.path().join("alertmanager.yml");
        std::fs::write(&file, config).expect("it can be written");
        let on = |port| {
            let mut command = Command::new("prometheus-alertmanager");
            command
                .arg(format!("--config.file={}", file.display()))
                .arg(format!("--storage.path={}", folder.path().display()))
                .arg(format!("--web.listen-address=127.0.0.1:{port}"))
                // Without it it listens at all addresses and waits for others.
                .arg("--cluster.listen-address=");
            command
        };
        let daemon = Daemon::start(on, Log::Err, "Listening on")?;
        Some(Self {
            daemon,
            _folder: folder,
        })
    }

    /// Returns its address.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.daemon.port())
    }

    /// Posts an alert that begins or ends now.
    pub(crate) fn post(&self, step: &Step) {
        let now = Timestamp::try_from(now()).expect("it is in the calendar");
        let labels: serde_json::Map<_, _> = step
            .labels
            .iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        let alert = match step.fires {
            true => json!([{ "labels": labels, "startsAt": now.to_string() }]),
            false => json!([{ "labels": labels, "endsAt": now.to_string() }]),
        };
        let answer = request(
            &self.address(),
            "/api/v2/alerts",
            "application/json",
            &alert.to_string(),
        );
        let answer = answer.expect("it is up");
        assert_eq!(answer, "", "what it says of {alert}");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a real server goes by the real time"
)]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}
