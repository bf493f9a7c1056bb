//! What a command has to say, and how it ends.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use serde_json::Value;

/// What a command has to say.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// Lines for standard output.
    pub(crate) lines: Vec<String>,
    /// Lines for standard error.
    pub(crate) problems: Vec<String>,
    /// All of it, in place of both.
    pub(crate) json: Value,
    pub(crate) failed: bool,
}

/// Writes it, and says how the program ends.
pub(crate) fn end(done: &Done, json: bool) -> ExitCode {
    let written = match json {
        true => line(&mut io::stdout().lock(), &document(&done.json)),
        false => text(done),
    };
    match written {
        // Who closes the pipe has read enough.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let problem = format!("admf-alerts: standard output: {error}");
            let _ = line(&mut io::stderr().lock(), &problem);
            ExitCode::FAILURE
        }
        _ if done.failed => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}

/// Writes JSON on one line, without what a terminal obeys, which it may hold in texts alone.
fn document(json: &Value) -> String {
    let text = json.to_string();
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_control() {
            true => plain += &format!("\\u{:04x}", u32::from(c)),
            false => plain.push(c),
        }
    }
    plain
}

fn text(done: &Done) -> io::Result<()> {
    let mut errors = io::stderr().lock();
    for problem in &done.problems {
        line(&mut errors, problem)?;
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    for shown in &done.lines {
        line(&mut out, shown)?;
    }
    out.flush()
}

fn line(out: &mut impl Write, line: &str) -> io::Result<()> {
    out.write_all(line.as_bytes())?;
    out.write_all(b"\n")
}
