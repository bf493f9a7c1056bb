//! Where the database is.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use redb::backends::InMemoryBackend;
use redb::{Database, DatabaseError, StorageBackend, StorageError};

/// What the database holds of the file in memory, in bytes.
const CACHE: usize = 4 << 20;

/// Holds a database.
pub(super) trait Place: Send {
    /// Opens it; it is made if it is not there.
    fn open(&self) -> Result<Database, DatabaseError>;

    /// Returns what it is now, byte by byte.
    fn bytes(&self) -> io::Result<Vec<u8>>;
}

/// A file.
pub(super) struct OnDisk(pub(super) PathBuf);

impl Place for OnDisk {
    fn open(&self) -> Result<Database, DatabaseError> {
        let there = fs::metadata(&self.0).map(|it| it.len() > 0);
        if !there.unwrap_or(false) {
            self.create()?;
        }
        Database::builder().set_cache_size(CACHE).open(&self.0)
    }

    fn bytes(&self) -> io::Result<Vec<u8>> {
        match fs::read(&self.0) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            read => read,
        }
    }
}

impl OnDisk {
    /// Makes a database elsewhere and puts it here: a file here is always whole, whenever the process is killed or out of
    /// room.
    fn create(&self) -> Result<(), DatabaseError> {
        let mut new = self.0.clone().into_os_string();
        new.push(".new");
        let create = || Database::create(&new);
        let database = match create() {
            // Whoever was about to make one was killed.
            Err(DatabaseError::Storage(StorageError::Io(error)))
                if error.kind() == ErrorKind::InvalidData =>
            {
                fs::remove_file(&new)?;
                create()
            }
            created => created,
        };
        drop(database?);
        fs::rename(&new, &self.0)?;
        Ok(())
    }
}

/// Says whether a disk takes nothing, though it may be read.
pub(super) fn takes_nothing(error: &DatabaseError) -> bool {
    let DatabaseError::Storage(StorageError::Io(error)) = error else {
        return false;
    };
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::ReadOnlyFilesystem
    )
}

/// Opens a copy in memory: what was left by a process that was killed is put right there.
pub(super) fn copy(bytes: &[u8]) -> Result<Database, DatabaseError> {
    let memory = InMemoryBackend::new();
    memory.set_len(bytes.len() as u64)?;
    memory.write(0, bytes)?;
    Database::builder().create_with_backend(memory)
}
