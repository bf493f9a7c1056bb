//! Files as texts.

use std::fs;
use std::io::{self, Read};

/// Reads a file, or standard input where it is `-`; a problem begins with its name.
pub(crate) fn text(name: &str) -> Result<String, String> {
    let bytes = match name {
        "-" => {
            let mut bytes = Vec::new();
            let read = io::stdin().lock().read_to_end(&mut bytes);
            read.map(|_| bytes)
        }
        name => fs::read(name),
    };
    let bytes = bytes.map_err(|error| format!("{name}: {error}"))?;
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        format!("{name}:{line}: it is not UTF-8")
    })
}
