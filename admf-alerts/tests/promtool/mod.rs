//! promtool, called.

use std::io::{ErrorKind, Write};
use std::process::Command;

/// Runs a command of promtool: whether it is content, and what it says; `None` where there is no promtool, which fails
/// if `ADMF_REQUIRE_SERVERS` is set.
pub(crate) fn promtool(command: &mut Command) -> Option<(bool, String)> {
    let output = match command.output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let required = std::env::var_os("ADMF_REQUIRE_SERVERS");
            assert!(required.is_none(), "promtool is missing");
            // Not by the macro, whose words a test that passes keeps to itself.
            let note = "promtool is missing: this test did nothing";
            let _ = writeln!(std::io::stderr(), "{note}");
            return None;
        }
        output => output.expect("it can be started"),
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    Some((output.status.success(), said))
}
