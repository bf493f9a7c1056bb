//! promtool, called.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::process::{Command, Output};

use crate::daemon::missing;

/// Runs promtool; `None` where there is none, unless `ADMF_REQUIRE_SERVERS` is set.
///
/// # Panics
///
/// Where it is there and cannot be run, or is missing and required.
pub fn promtool<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Option<Output> {
    match Command::new("promtool").args(args).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            missing("promtool", "ADMF_REQUIRE_SERVERS");
            None
        }
        done => Some(done.expect("promtool runs")),
    }
}
