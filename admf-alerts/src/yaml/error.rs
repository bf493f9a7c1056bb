//! What is wrong with a file, and where.

use std::fmt;

use super::Mark;
use crate::scan;

/// Reports the first thing in a file that is refused: file, line, field, what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    pub(super) file: String,
    pub(super) mark: Mark,
    pub(super) field: String,
    pub(super) problem: String,
}

impl FileError {
    /// Returns the name of the file, as it was given.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Returns the line, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.mark.line
    }

    /// Returns the column, from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.mark.column
    }

    /// Returns the field, such as `groups[0].rules[2].for`; empty where it is no YAML.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }
}

/// One line: `rules.yml:7:10: groups[0].rules[1].for: …`.
impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mark { line, column } = self.mark;
        let colon = if self.field.is_empty() { "" } else { ": " };
        let (file, field, problem) = (&self.file, &self.field, &self.problem);
        let text = format!("{file}:{line}:{column}: {field}{colon}{problem}");
        f.write_str(&scan::shown(&text))
    }
}

impl std::error::Error for FileError {}
