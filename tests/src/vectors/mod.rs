//! The conformance cases of `tests/vectors`, put to the public API.
//!
//! [`run`] reads the files of a folder and gives every case to the driver of its policy. A driver
//! maps keys, ops and words to names of the crates and keeps permits under the labels of the case;
//! it decides nothing.

mod case;
mod compare;
mod kinds;
mod notices;
mod policies;
mod quiet;
mod report;
mod rules;
mod schema;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

use serde_json::Value;

pub use self::report::{FileReport, Report};

use self::report::Verdict;
use self::schema::{Checked, Fields};

/// A file that the runner knows.
struct File {
    name: &'static str,
    /// The key of the list of its cases.
    list: &'static str,
    verdict: fn(&Value) -> Verdict,
}

const FILES: [File; 3] = [
    File {
        name: "resilience.json",
        list: "cases",
        verdict: case::verdict,
    },
    File {
        name: "alerts.json",
        list: "vectors",
        verdict: |case| kinds::verdict(case, &[rules::KINDS, notices::KINDS], &[]),
    },
    File {
        name: "metrics.json",
        list: "vectors",
        verdict: |case| kinds::verdict(case, &[], kinds::METRICS),
    },
];

/// Runs every case of the files that `folder` holds.
///
/// # Errors
///
/// Returns what is wrong with the folder.
pub fn run(folder: &Path) -> Result<Report, String> {
    if !folder.is_dir() {
        return Err(format!("{} is no folder", folder.display()));
    }
    let mut files = Vec::new();
    for file in &FILES {
        match std::fs::read_to_string(folder.join(file.name)) {
            Ok(text) => files.push(run_file(file, &text)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => files.push(FileReport::unreadable(file.name, error)),
        }
    }
    Ok(Report { files })
}

/// Runs every case of `text`, which is the file called `name`.
///
/// # Errors
///
/// Returns that no file of this name is known.
pub fn run_text(name: &str, text: &str) -> Result<FileReport, String> {
    let file = FILES.iter().find(|it| it.name == name);
    let file = file.ok_or_else(|| format!("no file is called {name}"))?;
    Ok(run_file(file, text))
}

fn run_file(file: &File, text: &str) -> FileReport {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => match run_cases(file, &value) {
            Ok(report) => report,
            Err(why) => FileReport::unreadable(file.name, why),
        },
        Err(error) => FileReport::unreadable(file.name, error),
    }
}

fn run_cases(file: &File, value: &Value) -> Checked<FileReport> {
    let fields = Fields::new("the file", value)?;
    fields.fields("meta")?;
    let cases = fields.must(file.list, fields.list(file.list))?;
    fields.finish()?;
    let mut report = FileReport::new(file.name);
    let mut ids = BTreeSet::new();
    for (index, case) in cases.iter().enumerate() {
        match case.get("id").and_then(Value::as_str) {
            None => report.add(&format!("(case {index})"), Verdict::failed("has no `id`")),
            Some(id) if !ids.insert(id) => {
                report.add(
                    id,
                    Verdict::failed("another case of the file has this `id`"),
                );
            }
            Some(id) => report.add(id, (file.verdict)(case)),
        }
    }
    Ok(report)
}
