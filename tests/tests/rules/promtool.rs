//! promtool, called.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::process::{Command, Output};

use tests::daemon::missing;

/// Runs promtool; `None` where there is none, unless `ADMF_REQUIRE_SERVERS` is set.
pub(crate) fn promtool<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Option<Output> {
    match Command::new("promtool").args(args).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            missing("promtool", "ADMF_REQUIRE_SERVERS");
            None
        }
        done => Some(done.expect("promtool runs")),
    }
}
