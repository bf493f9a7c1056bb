//! What the tests of the whole service share.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The service with these flags and no setting from outside.
pub(crate) fn service(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trading-service"));
    command.args(flags).stdin(Stdio::null());
    let ours = |name: &str| name.starts_with("ADMF_") || name.starts_with("MONITORING_");
    for (name, _) in std::env::vars().filter(|(name, _)| ours(name)) {
        command.env_remove(name);
    }
    command
}

/// Runs the service to an end that must be a good one, and reads its report.
pub(crate) fn finished(service: &mut Command) -> Result<Value> {
    let output = service.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}{told}");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Writes the first so many of the program's own bars to a file.
pub(crate) fn bars(folder: &Path, count: usize) -> Result<String> {
    let packed = include_bytes!("../../data/us-equities-daily-2000-2013.csv.gz");
    let mut plain = String::new();
    flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut plain)?;
    let lines: Vec<_> = plain.lines().take(count + 1).collect();
    let path = folder.join("bars.csv");
    std::fs::write(&path, lines.join("\n"))?;
    Ok(path.display().to_string())
}

/// Reads a number of a side's report.
pub(crate) fn number(side: &Value, name: &str) -> std::result::Result<u64, String> {
    side[name]
        .as_u64()
        .ok_or(format!("{name} is no number in {side}"))
}
