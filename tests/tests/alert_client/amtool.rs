//! amtool, called.

use std::process::Command;

use crate::Ran;

/// Asks the server at an address; who has the server has amtool too.
pub(crate) fn amtool(address: &str, args: &[&str]) -> Ran {
    let mut command = Command::new("amtool");
    command.arg(format!("--alertmanager.url=http://{address}"));
    // So that no file of whoever runs the tests counts.
    command.args(args).env("HOME", "/nonexistent");
    Ran::new(&command.output().expect("it comes with the server"))
}
