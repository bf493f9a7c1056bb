//! An Alertmanager of a test's own.

use std::process::Command;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use tempfile::TempDir;

use crate::daemon::{Daemon, Log};

/// A server with a folder of its own, killed when dropped.
#[derive(Debug)]
pub struct Alertmanager {
    daemon: Daemon,
    _folder: TempDir,
}

impl Alertmanager {
    /// Starts one; `None` where there is no such program and nobody requires it.
    ///
    /// # Panics
    ///
    /// As [`Daemon::start`].
    #[must_use]
    pub fn start(config: &str) -> Option<Self> {
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
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.daemon.port())
    }
}

/// The time so many seconds from now, as the API has it.
///
/// # Panics
///
/// If it is in no calendar.
#[must_use]
pub fn stamp(seconds: f64) -> String {
    let time = now() + Duration::from_secs_f64(seconds);
    let time = Timestamp::try_from(time).expect("it is in the calendar");
    time.to_string()
}

/// What time it is.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "a real server goes by the real time"
)]
pub fn now() -> SystemTime {
    SystemTime::now()
}
