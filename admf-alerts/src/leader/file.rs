//! The lock of a file.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// A file whose lock is ours. The system frees it once the file is closed, as it is when the process ends, however.
#[derive(Debug)]
pub(super) struct Held {
    path: PathBuf,
    file: File,
}

impl Held {
    /// Takes the lock, if nobody has it.
    pub(super) fn of(path: &Path) -> Result<Option<Self>, String> {
        let problem = |error: io::Error| format!("{}: {error}", path.display());
        let mut options = OpenOptions::new();
        let file = options.create(true).write(true).truncate(false).open(path);
        let file = file.map_err(problem)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK | Errno::INTR) => return Ok(None),
            Err(errno) => return Err(problem(errno.into())),
        }
        let path = path.to_owned();
        let held = Self { path, file };
        // Somebody may have put another file there since it was opened.
        Ok(held.look().is_ok().then_some(held))
    }

    /// Looks whether the file is still the one that others ask for.
    pub(super) fn look(&self) -> Result<(), String> {
        let shown = self.path.display();
        let problem = |error: io::Error| format!("{shown}: {error}");
        let name = |it: fs::Metadata| (it.dev(), it.ino());
        let ours = self.file.metadata().map(name).map_err(problem)?;
        match fs::metadata(&self.path).map(name).map_err(problem)? == ours {
            true => Ok(()),
            false => Err(format!("{shown}: another file is there now")),
        }
    }
}
