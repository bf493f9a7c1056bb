//! A Prometheus over samples of the test's own.

use std::io::ErrorKind;
use std::process::Command;

use tempfile::TempDir;
use tests::daemon::missing;
use tests::prometheus::{self, encoded, post};

use crate::answer::{Answer, read};

/// A server over backfilled blocks, killed when dropped.
pub(crate) struct Prometheus {
    server: prometheus::Prometheus,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts one over an OpenMetrics text; where there is none to start it says so and returns `None`,
    /// unless `ADMF_REQUIRE_SERVERS` is set.
    pub(crate) fn start(exposition: &str) -> Option<Self> {
        let folder = TempDir::new().expect("a folder can be made");
        let path = |name| folder.path().join(name);
        std::fs::write(path("samples"), exposition).expect("it can be written");
        let mut backfill = Command::new("promtool");
        backfill.args(["tsdb", "create-blocks-from", "openmetrics"]);
        let done = match backfill.args([path("samples"), path("blocks")]).output() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                missing("promtool", "ADMF_REQUIRE_SERVERS");
                return None;
            }
            done => done.expect("promtool runs"),
        };
        let problem = String::from_utf8_lossy(&done.stderr);
        assert!(
            done.status.success(),
            "promtool refuses the samples: {problem}"
        );
        std::fs::write(path("config.yml"), "{}").expect("it can be written");
        let server = prometheus::Prometheus::start(&path("config.yml"), &path("blocks"))?;
        Some(Self {
            server,
            _folder: folder,
        })
    }

    pub(crate) fn query_range(&self, expr: &str, (start, end, step): (i64, i64, i64)) -> Answer {
        let seconds = |millis: i64| format!("{}.{:03}", millis / 1000, millis % 1000);
        let form = format!(
            "query={}&start={}&end={}&step={}",
            encoded(expr),
            seconds(start),
            seconds(end),
            seconds(step)
        );
        let answer = post(&self.server.address(), "/api/v1/query_range", &form);
        let answer = answer.expect("it is up");
        read(&serde_json::from_str(&answer).expect("it is JSON"))
    }
}
