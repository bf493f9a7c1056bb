//! What is wrong, and how bad it is.

use std::fmt::Display;

use admf_alerts::export::ExportError;
use admf_alerts::rule_file::FileError;
use admf_alerts::rule_test::Failure;
use serde_json::{Value, json};

/// Something that is wrong with what the command was given.
#[derive(Clone, Debug)]
pub(crate) struct Problem(Box<Told>);

#[derive(Clone, Debug, Default)]
struct Told {
    severity: &'static str,
    file: String,
    line: Option<usize>,
    column: Option<usize>,
    rule: Option<String>,
    field: Option<String>,
    problem: String,
    /// All of it on one line.
    text: String,
}

impl Problem {
    /// What is wrong with a file as a whole.
    pub(crate) fn of_file(file: &str, problem: impl Display) -> Self {
        Self(Box::new(Told {
            severity: "error",
            file: file.to_owned(),
            problem: problem.to_string(),
            text: format!("{file}: {problem}"),
            ..Told::default()
        }))
    }

    pub(crate) fn new(severity: &'static str, error: &FileError) -> Self {
        let known = error.line() > 0;
        Self(Box::new(Told {
            severity,
            file: error.file().to_owned(),
            line: known.then(|| error.line()),
            column: known.then(|| error.column()),
            field: known.then(|| error.field().to_owned()),
            problem: error.problem().to_owned(),
            text: marked(severity, error),
            ..Told::default()
        }))
    }

    /// What Prometheus cannot say or read.
    pub(crate) fn of_export(severity: &'static str, error: &ExportError) -> Self {
        let rule = error.rule().to_owned();
        Self(Box::new(Told {
            severity,
            file: error.file().to_owned(),
            rule: Some(rule).filter(|rule| !rule.is_empty()),
            field: Some(error.field().to_owned()),
            problem: format!("`{}`: {}", error.value(), error.problem()),
            text: marked(severity, error),
            ..Told::default()
        }))
    }

    /// Why a test is no scenario.
    pub(crate) fn of_test(failure: &Failure) -> Self {
        Self(Box::new(Told {
            line: failure.line,
            text: failure.to_string().trim_start().to_owned(),
            ..*Self::of_file(&failure.file, &failure.problem).0
        }))
    }

    /// Says whether the command fails by it.
    pub(crate) fn fails(&self) -> bool {
        ["error", "lint"].contains(&self.0.severity)
    }

    /// Says it on one line.
    pub(crate) fn text(self) -> String {
        self.0.text
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "severity": self.0.severity,
            "file": self.0.file,
            "line": self.0.line,
            "column": self.0.column,
            "rule": self.0.rule,
            "field": self.0.field,
            "problem": self.0.problem,
        })
    }
}

fn marked(severity: &str, error: &impl Display) -> String {
    match severity {
        "error" => error.to_string(),
        other => format!("{error} [{other}]"),
    }
}
