//! What is on disk.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::glob::{self, glob};
use super::text;
use crate::yaml::FileError;

/// The files that there are, by their paths, or why they cannot be read.
pub(super) type Look = Result<Vec<(String, String)>, FileError>;

/// Reads all files that the patterns name, in their order, each once.
pub(super) fn look(patterns: &[String], max_bytes: u64) -> Look {
    let mut seen = BTreeSet::new();
    let mut left = max_bytes;
    let mut texts = Vec::new();
    for pattern in patterns {
        for path in paths(pattern)? {
            if seen.insert(path.clone()) {
                let text = text::read(&path, &mut left)?;
                texts.push((path.display().to_string(), text));
            }
        }
    }
    Ok(texts)
}

/// Lists what a pattern names. What is no pattern names one file, whether it is there or not.
fn paths(pattern: &str) -> Result<Vec<PathBuf>, FileError> {
    if !glob::is_pattern(pattern) {
        return Ok(vec![pattern.into()]);
    }
    let refused = |problem: String| FileError::whole(pattern, problem);
    let found = glob(pattern).map_err(refused)?;
    if let Some((folder, error)) = found.closed.first() {
        // Rules would be gone, and nobody told.
        let problem = format!("cannot be read: {error}");
        return Err(FileError::whole(folder.display().to_string(), problem));
    }
    match found.paths.is_empty() {
        true => Err(refused("there is no such file".to_owned())),
        false => Ok(found.paths),
    }
}
