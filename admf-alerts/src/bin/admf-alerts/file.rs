//! Files as texts.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use admf_alerts::files::utf8;

use crate::problem::Problem;

/// How many bytes a file that declares alerts may have.
const DECLARED: u64 = 16 << 20;

/// How many bytes a file with samples may have.
const SAMPLES: u64 = 256 << 20;

/// Reads a file with samples, or standard input where it is `-`; pipes too.
pub(crate) fn samples(name: &str) -> Result<String, Problem> {
    bounded(name, SAMPLES)
}

/// Reads a file that declares alerts.
pub(crate) fn declared(name: &str) -> Result<String, Problem> {
    bounded(name, DECLARED)
}

fn bounded(name: &str, most: u64) -> Result<String, Problem> {
    let refused = |problem: String| Problem::of_file(name, problem);
    if name != "-" && Path::new(name).is_dir() {
        return Err(refused("is a directory".to_owned()));
    }
    let bytes = read(name, most.saturating_add(1));
    let bytes = bytes.map_err(|error| refused(format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > most {
        return Err(refused(format!("is larger than {} MiB", most >> 20)));
    }
    utf8(name, bytes).map_err(|error| Problem::new("error", &error))
}

fn read(name: &str, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match name {
        "-" => io::stdin().lock().take(most).read_to_end(&mut bytes)?,
        name => File::open(name)?.take(most).read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}
