//! The room on the file system of one folder.

use std::io;
use std::path::Path;

/// The room on the file system that holds the data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Disk {
    /// Bytes that are written.
    pub used: u64,
    /// Bytes that this process may still write: without what is kept for the superuser.
    pub free: u64,
}

impl Disk {
    /// Asks the file system of a folder, and no other: however often it is mounted, it counts once.
    #[cfg(target_os = "linux")]
    pub(super) fn of(folder: &Path) -> io::Result<Self> {
        let stat = rustix::fs::statvfs(folder)?;
        let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
        Ok(Self {
            used: bytes(stat.f_blocks.saturating_sub(stat.f_bfree)),
            free: bytes(stat.f_bavail),
        })
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn of(_: &Path) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Returns the part that is used, 0 to 100, as `df` counts it: of what is used and free.
    #[must_use]
    pub fn used_percent(&self) -> f64 {
        let all = self.used as f64 + self.free as f64;
        if all == 0.0 {
            return 0.0;
        }
        100.0 * self.used as f64 / all
    }
}
