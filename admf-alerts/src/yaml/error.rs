//! What is wrong with a file, and where.

use std::fmt;

use super::Mark;
use crate::scan;

/// Reports the first thing in a file that is refused: file, line, field, what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    file: String,
    mark: Mark,
    field: String,
    problem: String,
}

impl FileError {
    pub(crate) fn new(
        file: impl Into<String>,
        mark: Mark,
        field: impl Into<String>,
        problem: impl Into<String>,
    ) -> Self {
        Self {
            file: file.into(),
            mark,
            field: field.into(),
            problem: problem.into(),
        }
    }

    /// Reports what is wrong with the file as a whole.
    pub(crate) fn whole(file: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::new(file, Mark::default(), "", problem)
    }

    /// Returns the name of the file, as it was given.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Returns the line, from 1; 0 where the file as a whole could not be read.
    #[must_use]
    pub fn line(&self) -> usize {
        self.mark.line
    }

    /// Returns the column, from 1; 0 as for the line.
    #[must_use]
    pub fn column(&self) -> usize {
        self.mark.column
    }

    /// Returns the field, such as `groups[0].rules[2].for`; empty where it is no YAML.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Returns what is wrong there.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

/// One line: `rules.yml:7:10: groups[0].rules[1].for: …`, or `rules.yml: …` of the file as a whole.
impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mark { line, column } = self.mark;
        let colon = if self.field.is_empty() { "" } else { ": " };
        let (file, field, problem) = (&self.file, &self.field, &self.problem);
        let place = match line {
            0 => file.clone(),
            _ => format!("{file}:{line}:{column}"),
        };
        let text = format!("{place}: {field}{colon}{problem}");
        f.write_str(&scan::shown(&text))
    }
}

impl std::error::Error for FileError {}
