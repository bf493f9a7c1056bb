//! The text of a file.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::yaml::{FileError, Mark};

/// Reads a file of at most `left` bytes, and takes them off.
pub(crate) fn read(path: &Path, left: &mut u64) -> Result<String, FileError> {
    let name = path.display().to_string();
    let refused = |problem: String| FileError::whole(&name, problem);
    let unread = |error: io::Error| refused(format!("cannot be read: {error}"));
    // Asked first: to open a pipe would wait for somebody to write.
    let kind = fs::metadata(path).map_err(unread)?.file_type();
    if !kind.is_file() {
        let what = if kind.is_dir() {
            "a directory"
        } else {
            "no file"
        };
        return Err(refused(format!("is {what}")));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unread)?;
    file.take(left.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(unread)?;
    let Some(rest) = left.checked_sub(bytes.len() as u64) else {
        return Err(refused(format!(
            "is larger than the {left} bytes that it may take"
        )));
    };
    *left = rest;
    utf8(&name, bytes)
}

/// Takes the content of a file for a text.
///
/// # Errors
///
/// Names the line and the column of the first byte that is no UTF-8.
pub fn utf8(file: &str, bytes: Vec<u8>) -> Result<String, FileError> {
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let before = String::from_utf8_lossy(before);
        let last = before.rsplit('\n').next().unwrap_or_default();
        let mark = Mark {
            line: 1 + before.matches('\n').count(),
            column: 1 + last.chars().count(),
        };
        FileError::new(file, mark, "", "is not UTF-8")
    })
}
