//! The lock of a file, between processes.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use admf_alerts::leader::Leader;

use super::{EVERY, soon};

/// A process of its own that leads.
struct Leads(Child);

impl Leads {
    fn start(path: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leads"));
        command
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().expect("it was built");
        let said = child.stdout.take().expect("it is piped");
        let mut line = String::new();
        let read = BufReader::new(said).read_line(&mut line);
        read.expect("it says that it leads");
        assert_eq!(line, "leads\n");
        Self(child)
    }

    /// Kills it as `kill -9` does.
    fn kill(&mut self) {
        self.0.kill().expect("it is ours");
        self.0.wait().expect("it is ours");
    }
}

impl Drop for Leads {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test]
async fn a_leader_that_is_killed_is_followed_by_who_waits() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("leader.lock");
    let mut first = Leads::start(&path);
    let leader = Leader::file(&path).every(EVERY);
    let waited = tokio::time::timeout(EVERY * 5, leader.lead()).await;
    assert!(waited.is_err(), "another process leads");
    assert_eq!(leader.problem(), None);
    first.kill();
    drop(soon(leader.lead()).await);
    drop(Leads::start(&path));
}
