//! The command line beside amtool: both ask the same server, an Alertmanager or our service.

mod amtool;
mod server;
mod service;
mod silences;

use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;
use tests::alertmanager::now;

/// What a command wrote, and how it ended.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("it is UTF-8");
        Self {
            code: output.status.code(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    /// What it wrote, since all went well.
    fn out(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{self:?}");
        self.out
    }

    fn json(self) -> Value {
        serde_json::from_str(&self.out()).expect("it is JSON")
    }
}

/// Asks the server at an address.
fn ours(address: &str, args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_admf_alerts_command"));
    command.args(args);
    command.env_remove("ADMF_ALERTS_TOKEN");
    command.env("ADMF_ALERTS_URL", format!("http://{address}"));
    Ran::new(&command.output().expect("it can be run"))
}

/// Waits until something is so.
fn until(so: impl Fn() -> bool) {
    let began = now();
    while !so() {
        let passed = now().duration_since(began).unwrap_or_default();
        assert!(passed < Duration::from_secs(60), "it does not come");
        std::thread::yield_now();
    }
}
