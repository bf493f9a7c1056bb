//! A Redis of a test's own.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use redis::{Commands, Connection};

/// A server on a free loopback port, killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    port: u16,
    module: Option<String>,
    process: Child,
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
        // Somebody else may take a port between the asking and the start.
        for _ in 0..10 {
            let free = TcpListener::bind("127.0.0.1:0").expect("a port is free");
            let port = free.local_addr().expect("it is bound").port();
            drop(free);
            match launch(port, module.as_deref()) {
                Ok(Some(process)) => {
                    return Some(Self {
                        port,
                        module,
                        process,
                    });
                }
                Ok(None) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    missing("redis-server", "ADMF_REQUIRE_SERVERS");
                    return None;
                }
                Err(error) => panic!("redis-server cannot be started: {error}"),
            }
        }
        panic!("redis-server found no port");
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn client(&self) -> redis::Client {
        let address = format!("redis://127.0.0.1:{}/", self.port);
        redis::Client::open(address).expect("it is an address")
    }

    pub(crate) fn connection(&self) -> redis::Connection {
        self.client().get_connection().expect("it is up")
    }

    /// Kills it, with all that it knows; it is gone on return.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("it is ours");
        self.process.wait().expect("it is ours");
    }

    /// Starts it again on its port, knowing nothing.
    pub(crate) fn restart(&mut self) {
        let launched = launch(self.port, self.module.as_deref());
        let process = launched.expect("it was there before");
        self.process = process.expect("its port is still free");
    }

    /// Stops its process from running, or lets it go on.
    pub(crate) fn freeze(&self, frozen: bool) {
        let signal = if frozen { "-STOP" } else { "-CONT" };
        let process = self.process.id().to_string();
        let status = Command::new("kill").args([signal, &process]).status();
        assert!(status.expect("`kill` is there").success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts a server and waits until it is ready; `None` where it gives up, as it does for a port.
fn launch(port: u16, module: Option<&str>) -> std::io::Result<Option<Child>> {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
    command.args(["--port", &port.to_string()]);
    if let Some(module) = module {
        command.args(["--loadmodule", module]);
    }
    let mut process = command.stdout(Stdio::piped()).spawn()?;
    let mut log = BufReader::new(process.stdout.take().expect("it is piped"));
    let mut line = String::new();
    while log.read_line(&mut line)? > 0 {
        if line.contains("Ready to accept connections") {
            // So that it never waits for somebody to read on.
            std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
            return Ok(Some(process));
        }
        line.clear();
    }
    process.wait()?;
    Ok(None)
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

/// Says that a test has nothing to do for want of `what`; fails where `variable` asks for it.
pub(crate) fn missing(what: &str, variable: &str) {
    assert!(
        std::env::var_os(variable).is_none(),
        "{variable} is set, and {what} is missing"
    );
    // Not by the macro, whose words a test that passes keeps to itself.
    let _ = writeln!(
        std::io::stderr(),
        "{what} is missing: this test did nothing"
    );
}
