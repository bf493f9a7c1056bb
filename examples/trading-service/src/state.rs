//! The folder in which a run keeps what must outlive it.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::Error;
use crate::ops::ALERTS_FOLDER;

/// A folder that belongs to this process alone.
#[derive(Debug)]
pub(crate) struct StateDir {
    path: PathBuf,
    /// The folder of a run that named none goes when the run ends well.
    own: Option<TempDir>,
    _lock: File,
}

impl StateDir {
    /// Opens the folder that the user named, or makes one for this run.
    ///
    /// # Errors
    ///
    /// If it cannot be made, or another run is at work in it.
    pub(crate) fn open(named: Option<&Path>) -> Result<Self, Error> {
        let (path, own) = if let Some(path) = named {
            fs::create_dir_all(path)
                .map_err(|error| Error::Run(format!("--state: {}: {error}", path.display())))?;
            (path.to_owned(), None)
        } else {
            let own = tempfile::Builder::new()
                .prefix("trading-service-")
                .tempdir()
                .map_err(|error| Error::Run(format!("folder of the run: {error}")))?;
            (own.path().to_owned(), Some(own))
        };
        let lock = lock(&path)?;
        Ok(Self {
            path,
            own,
            _lock: lock,
        })
    }

    /// Returns where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Says whether anything was put there.
    pub(crate) fn is_used(&self) -> bool {
        // The lock is always there, and so is what was told of alerts.
        let own = ["lock", ALERTS_FOLDER];
        fs::read_dir(&self.path).is_ok_and(|entries| {
            let mut names = entries.flatten().map(|it| it.file_name());
            names.any(|name| own.iter().all(|own| name != *own))
        })
    }

    /// Keeps a folder that would go with the run, and tells where it is.
    pub(crate) fn keep(&mut self) -> &Path {
        if let Some(own) = self.own.take() {
            self.path = own.keep();
        }
        &self.path
    }
}

fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join("lock");
    let failed = |error: std::io::Error| Error::Run(format!("{}: {error}", path.display()));
    let file = File::create(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Run(format!(
            "--state: {} is in use by another run",
            folder.display()
        ))),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_used_once_there_is_more_in_it_than_its_lock_and_stays_if_kept() {
        let mut state = StateDir::open(None).unwrap();
        fs::create_dir(state.path().join(ALERTS_FOLDER)).unwrap();
        assert!(!state.is_used());
        fs::create_dir(state.path().join("stack")).unwrap();
        assert!(state.is_used());
        let path = state.keep().to_owned();
        drop(state);
        assert!(path.join("stack").is_dir());
        fs::remove_dir_all(path).unwrap();
    }
}
