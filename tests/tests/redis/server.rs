//! A Redis of a test's own.

use std::path::Path;
use std::process::Command;

use redis::{Commands, Connection};
use tests::daemon::{Daemon, Log};

const READY: &str = "Ready to accept connections";

/// A server on a free loopback port, killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    daemon: Daemon,
    module: Option<String>,
}

impl Server {
    /// Starts one; where there is none to start it says so, and the test has nothing to do, unless
    /// `ADMF_REQUIRE_SERVERS` is set.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(None)
    }

    /// Starts one that loads a module.
    pub(crate) fn start_with(module: Option<&Path>) -> Option<Self> {
        let module = module.map(|it| it.to_string_lossy().into_owned());
        let on = |port| command(port, module.as_deref());
        let daemon = Daemon::start(on, Log::Out, READY)?;
        Some(Self { daemon, module })
    }

    pub(crate) fn port(&self) -> u16 {
        self.daemon.port()
    }

    pub(crate) fn client(&self) -> redis::Client {
        let address = format!("redis://127.0.0.1:{}/", self.port());
        redis::Client::open(address).expect("it is an address")
    }

    pub(crate) fn connection(&self) -> redis::Connection {
        self.client().get_connection().expect("it is up")
    }

    /// Kills it, with all that it knows; it is gone on return.
    pub(crate) fn kill(&mut self) {
        self.daemon.kill();
    }

    /// Starts it again on its port, knowing nothing.
    pub(crate) fn restart(&mut self) {
        let module = self.module.as_deref();
        self.daemon
            .restart(|port| command(port, module), Log::Out, READY);
    }

    /// Stops its process from running, or lets it go on.
    pub(crate) fn freeze(&self, frozen: bool) {
        self.daemon.signal(if frozen { "-STOP" } else { "-CONT" });
    }
}

fn command(port: u16, module: Option<&str>) -> Command {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
    command.args(["--port", &port.to_string()]);
    if let Some(module) = module {
        command.args(["--loadmodule", module]);
    }
    command
}

/// Returns the two numbers of a rate: when its permits are all back, and its burst's time.
pub(crate) fn kept(con: &mut Connection, key: &str) -> Option<(u64, u64)> {
    let kept: Option<String> = con.get(key).expect("it is up");
    let kept = kept?;
    let (tail, span) = kept.split_once(' ').expect("they are two");
    let number = |it: &str| it.parse().expect("it is a number");
    Some((number(tail), number(span)))
}

/// Lets microseconds pass for a rate, or come back.
pub(crate) fn pass(con: &mut Connection, key: &str, micros: i64) {
    if let Some((tail, span)) = kept(con, key) {
        let tail = tail.saturating_add_signed(-micros);
        let mut set = redis::cmd("SET");
        set.arg(key).arg(format!("{tail} {span}")).arg("KEEPTTL");
        set.exec(con).expect("it is up");
    }
}
