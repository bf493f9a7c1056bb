//! What is on disk.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::rule_file::FileError;

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
                let name = path.display().to_string();
                let text =
                    read(&path, &mut left).map_err(|problem| FileError::whole(&name, problem))?;
                texts.push((name, text));
            }
        }
    }
    Ok(texts)
}

/// Lists what a pattern names, sorted. What is no pattern names one file, whether it is there or not.
fn paths(pattern: &str) -> Result<Vec<PathBuf>, FileError> {
    if !pattern.contains(['*', '?', '[']) {
        return Ok(vec![pattern.into()]);
    }
    let refused = |problem: String| FileError::whole(pattern, problem);
    let found = glob::glob(pattern).map_err(|error| refused(format!("is no pattern: {error}")))?;
    let found: Result<Vec<_>, _> = found.collect();
    let found = found.map_err(|error| {
        let problem = format!("cannot be read: {}", error.error());
        FileError::whole(error.path().display().to_string(), problem)
    })?;
    match found.is_empty() {
        true => Err(refused("there is no such file".to_owned())),
        false => Ok(found),
    }
}

/// Reads a file of at most `left` bytes, and takes them off.
fn read(path: &Path, left: &mut u64) -> Result<String, String> {
    let unread = |error: io::Error| format!("cannot be read: {error}");
    // Asked first: to open a pipe would wait for somebody to write.
    let kind = fs::metadata(path).map_err(unread)?.file_type();
    if !kind.is_file() {
        let what = if kind.is_dir() {
            "a directory"
        } else {
            "no file"
        };
        return Err(format!("is {what}"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unread)?;
    file.take(left.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(unread)?;
    let rest = left.checked_sub(bytes.len() as u64);
    *left = rest
        .ok_or_else(|| format!("is larger than the {left} bytes that rule files may still take"))?;
    String::from_utf8(bytes).map_err(|error| {
        let from = error.utf8_error().valid_up_to();
        format!("is not UTF-8, from byte {from} on")
    })
}
