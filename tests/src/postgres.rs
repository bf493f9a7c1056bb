//! Private PostgreSQLs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::daemon::{Daemon, Log, missing};

/// A running PostgreSQL with a cluster of its own, whose superuser is `admf`, without a password.
#[derive(Debug)]
pub struct Postgres {
    daemon: Daemon,
    folder: TempDir,
}

impl Postgres {
    /// Makes a cluster and starts it.
    ///
    /// Where PostgreSQL is missing it says so and returns `None`, unless `ADMF_REQUIRE_SERVERS` is set.
    ///
    /// # Panics
    ///
    /// If it is missing and required, or does not start.
    #[must_use]
    pub fn start() -> Option<Self> {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path();
        if is_root() {
            let owned = Command::new("chown").arg("postgres").arg(path).status();
            if !owned.is_ok_and(|it| it.success()) {
                missing("the user postgres", "ADMF_REQUIRE_SERVERS");
                return None;
            }
        }
        let mut init = command("initdb", path);
        init.args([
            "--username=admf",
            "--auth=trust",
            "--no-sync",
            "--no-locale",
        ]);
        let Ok(made) = init.stdout(Stdio::null()).status() else {
            missing("initdb", "ADMF_REQUIRE_SERVERS");
            return None;
        };
        assert!(made.success(), "{init:?} has failed");
        let on = |port: u16| {
            let mut command = command("postgres", path);
            command.args(["-h", "127.0.0.1", "-k", "", "-F", "-p", &port.to_string()]);
            command
        };
        let ready = "ready to accept connections";
        let daemon = Daemon::start(on, Log::Err, ready)?;
        Some(Self { daemon, folder })
    }

    /// Returns the url of its database.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://admf@127.0.0.1:{}/postgres", self.daemon.port())
    }
}

/// Killed, it would leave shared memory behind.
impl Drop for Postgres {
    fn drop(&mut self) {
        let mut stop = command("pg_ctl", self.folder.path());
        let stopped = stop.args(["stop", "-m", "immediate"]).output();
        // What is left of it is killed.
        drop(stopped);
    }
}

/// A program of PostgreSQL on the cluster; none of them runs as root.
fn command(program: &str, cluster: &Path) -> Command {
    let program = &found(program);
    let mut command = match is_root() {
        true => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
            command.arg(program);
            command
        }
        false => Command::new(program),
    };
    command.env("LC_ALL", "C").arg("-D").arg(cluster);
    // Its own folder is one that only root may see.
    command.current_dir("/");
    command
}

/// A program of PostgreSQL, which Debian has beside the path.
fn found(program: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let programs = versions
        .flatten()
        .map(|it| it.path().join("bin").join(program));
    let there = programs.filter(|it| it.is_file()).max();
    there.unwrap_or_else(|| PathBuf::from(program))
}

fn is_root() -> bool {
    let user = Command::new("id").arg("-u").output();
    user.is_ok_and(|it| it.stdout == b"0\n")
}
