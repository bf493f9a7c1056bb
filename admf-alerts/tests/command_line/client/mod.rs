//! The commands that ask a service, run against one that says what it is told to.

mod answers;
mod calls;
mod odd;
#[path = "../../channels/peer.rs"]
mod peer;
mod secrets;
mod tls;

use std::process::Command;

use serde_json::Value;

use super::Ran;
use peer::{Asked, Peer, answer};

/// The program, which knows nothing of who runs the tests.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_admf-alerts"));
    command.env_remove("ADMF_ALERTS_URL");
    command.env_remove("ADMF_ALERTS_TOKEN");
    command.env("USER", "me");
    command
}

fn run(command: &mut Command) -> Ran {
    Ran::new(&command.output().expect("it can be run"))
}

/// Asks whoever is at an address.
fn ask(address: &str, args: &[&str]) -> Ran {
    run(program()
        .args(args)
        .arg("--url")
        .arg(format!("http://{address}")))
}

/// An answer that says yes, with a document.
fn yes(document: &Value) -> String {
    answer(
        "200 OK",
        "content-type: application/json\r\n",
        &document.to_string(),
    )
}

/// Asks once a service that answers with a document; what it was asked.
fn asked(args: &[&str], document: &Value) -> (Asked, Ran) {
    let peer = Peer::answering(vec![yes(document)]);
    let ran = ask(&peer.address, args);
    (peer.asked(), ran)
}
