//! An Alertmanager of the test's own.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde_json::{Value, json};
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
        let labels: BTreeMap<_, _> = step.labels.iter().collect();
        let when = if step.fires { "startsAt" } else { "endsAt" };
        self.send("alerts", &json!([{ "labels": labels, when: stamp(0.0) }]));
    }

    /// Posts to its API.
    pub(crate) fn send(&self, what: &str, body: &Value) {
        let address = self.address();
        let path = format!("/api/v2/{what}");
        let answer = request(&address, &path, "application/json", &body.to_string());
        let answer = answer.expect("it is up");
        let taken = answer.is_empty() || answer.contains("silenceID");
        assert!(taken, "it says {answer} of {body}");
    }
}

/// The time so many seconds from now, as the API has it.
pub(crate) fn stamp(seconds: f64) -> String {
    let time = now() + Duration::from_secs_f64(seconds);
    let time = Timestamp::try_from(time).expect("it is in the calendar");
    time.to_string()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a real server goes by the real time"
)]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}
