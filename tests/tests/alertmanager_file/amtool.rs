//! amtool, called.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::process::{Command, Output};

use tempfile::TempDir;
use tests::daemon::missing;

/// Runs amtool; `None` where there is none, unless `ADMF_REQUIRE_SERVERS` is set.
pub(crate) fn amtool(args: &[OsString]) -> Option<Output> {
    match Command::new("amtool").args(args).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            missing("amtool", "ADMF_REQUIRE_SERVERS");
            None
        }
        done => Some(done.expect("amtool runs")),
    }
}

/// Says by file name which files it accepts.
pub(crate) fn accepted(files: &BTreeMap<String, String>) -> Option<BTreeMap<String, bool>> {
    let folder = TempDir::new().expect("a folder can be made");
    let mut args = vec![OsString::from("check-config")];
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("it can be written");
        args.push(path.into());
    }
    let done = amtool(&args)?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let parts = said.split("Checking '").skip(1).map(|part| {
        let (path, verdict) = part.split_once('\'').expect("the path is quoted");
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        (name, verdict.trim_start().starts_with("SUCCESS"))
    });
    let verdicts: BTreeMap<_, _> = parts.collect();
    assert_eq!(
        verdicts.len(),
        files.len(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    Some(verdicts)
}
