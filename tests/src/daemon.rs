//! Real servers of a test's own: each on a free loopback port, stopped when dropped.

use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

/// Where a server writes what it has to say.
#[derive(Clone, Copy, Debug)]
pub enum Log {
    /// On standard output.
    Out,
    /// On standard error.
    Err,
}

/// A running server, killed when dropped.
#[derive(Debug)]
pub struct Daemon {
    port: u16,
    process: Child,
}

impl Daemon {
    /// Starts the command that `on` makes for a port, and waits until a line of its log holds `ready`.
    ///
    /// Where there is no such program it says so and returns `None`, unless `ADMF_REQUIRE_SERVERS` is set.
    ///
    /// # Panics
    ///
    /// If the program is missing and required, or does not start on any of ten ports.
    #[must_use]
    pub fn start(on: impl Fn(u16) -> Command, log: Log, ready: &str) -> Option<Self> {
        // Somebody else may take a port between the asking and the start.
        for _ in 0..10 {
            let port = free_port();
            let mut command = on(port);
            match launch(&mut command, log, ready) {
                Ok(Some(process)) => return Some(Self { port, process }),
                Ok(None) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    let program = command.get_program().to_string_lossy();
                    missing(&program, "ADMF_REQUIRE_SERVERS");
                    return None;
                }
                Err(error) => panic!("{command:?} cannot be started: {error}"),
            }
        }
        panic!("no port was free for {:?}", on(0).get_program());
    }

    /// Returns its port on the loopback.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Kills it; it is gone on return.
    ///
    /// # Panics
    ///
    /// If the system lets nobody kill a child of his.
    pub fn kill(&mut self) {
        self.process.kill().expect("it is ours");
        self.process.wait().expect("it is ours");
    }

    /// Starts it again on its port.
    ///
    /// # Panics
    ///
    /// If it does not start there.
    pub fn restart(&mut self, on: impl Fn(u16) -> Command, log: Log, ready: &str) {
        let launched = launch(&mut on(self.port), log, ready);
        let process = launched.expect("it was there before");
        self.process = process.expect("its port is still free");
    }

    /// Sends it a signal, such as `-STOP`.
    ///
    /// # Panics
    ///
    /// If there is no `kill`, or it fails.
    pub fn signal(&self, signal: &str) {
        let process = self.process.id().to_string();
        let status = Command::new("kill").args([signal, &process]).status();
        assert!(status.expect("`kill` is there").success());
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Finds a port of the loopback that nobody listens at.
///
/// # Panics
///
/// If there is none.
#[must_use]
pub fn free_port() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    free.local_addr().expect("it is bound").port()
}

/// Starts a server and waits until it is ready; `None` where it gives up, as it does for a port.
fn launch(command: &mut Command, log: Log, ready: &str) -> io::Result<Option<Child>> {
    command.stdin(Stdio::null());
    let mut process = match log {
        Log::Out => command.stdout(Stdio::piped()).spawn()?,
        Log::Err => command.stderr(Stdio::piped()).spawn()?,
    };
    let lines: Box<dyn io::Read + Send> = match log {
        Log::Out => Box::new(process.stdout.take().expect("it is piped")),
        Log::Err => Box::new(process.stderr.take().expect("it is piped")),
    };
    let mut lines = BufReader::new(lines);
    let mut line = String::new();
    while lines.read_line(&mut line)? > 0 {
        if line.contains(ready) {
            // So that it never waits for somebody to read on.
            std::thread::spawn(move || io::copy(&mut lines, &mut io::sink()));
            return Ok(Some(process));
        }
        line.clear();
    }
    process.wait()?;
    Ok(None)
}

/// Says that a test has nothing to do for want of `what`.
///
/// # Panics
///
/// Where the variable is set, which says that nothing may be missing.
pub fn missing(what: &str, variable: &str) {
    assert!(
        std::env::var_os(variable).is_none(),
        "{variable} is set, and {what} is missing"
    );
    // Not by the macro, whose words a test that passes keeps to itself.
    let _ = writeln!(io::stderr(), "{what} is missing: this test did nothing");
}
