//! What a scrape of the service is held against.

use std::io::{ErrorKind, Write};
use std::process::{Command, Output, Stdio};

use tests::daemon::missing;

use super::common::{Result, service};

/// Checks that a scrape is clean to our validator, to our lints and to promtool, and exactly as the program declares it.
pub(crate) fn sound(exposition: &str) -> Result {
    admf_exposition::check(exposition)?;
    let parsed = admf_exposition::parse(exposition)?;
    let lints = admf_exposition::lint(&parsed);
    assert!(lints.is_empty(), "{lints:?}");
    let checked = fed(&mut service(&["metrics", "--check"]), exposition)?;
    let checked = checked.ok_or("it is built")?;
    let said = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{said}");
    let Some(output) = fed(
        Command::new("promtool").args(["check", "metrics"]),
        exposition,
    )?
    else {
        missing("promtool", "ADMF_REQUIRE_SERVERS");
        return Ok(());
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
    Ok(())
}

/// What a program says of a text on its standard input; `None` where there is no such program.
fn fed(command: &mut Command, text: &str) -> Result<Option<Output>> {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = match piped.stderr(Stdio::piped()).spawn() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        child => child?,
    };
    let mut stdin = child.stdin.take().ok_or("standard input is piped")?;
    stdin.write_all(text.as_bytes())?;
    drop(stdin);
    Ok(Some(child.wait_with_output()?))
}
