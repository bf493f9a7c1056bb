//! What is wrong with a template, and where.

use std::fmt;

use crate::scan;

/// Reports what is wrong with a template, or with its rendering, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    line: usize,
    column: usize,
    problem: String,
}

impl TemplateError {
    /// Returns the line of the text, from 1 on.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the character of the line, from 1 on.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }

    /// Returns what stands in place of the text, as in Prometheus, so that the alert goes out all the same.
    #[must_use]
    pub fn text(&self) -> String {
        format!("<error expanding template: {self}>")
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = scan::shown(&self.problem);
        write!(f, "line {}, column {}: {problem}", self.line, self.column)
    }
}

impl std::error::Error for TemplateError {}

/// A problem at a byte of the text, which is made a line and a column once it leaves the module.
#[derive(Debug)]
pub(super) struct Fault {
    at: usize,
    problem: String,
    /// Whether the problem says its place in another text already.
    within: bool,
}

impl Fault {
    pub(super) fn new(at: usize, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Self {
            at,
            problem,
            within: false,
        }
    }

    /// The same at a call, of something in what is defined as `name`.
    pub(super) fn within(self, name: &str, text: &str, at: usize) -> Self {
        let problem = match self.within {
            true => self.problem,
            false => format!("in `{name}`, {}", self.placed(text)),
        };
        Self {
            at,
            problem,
            within: true,
        }
    }

    pub(super) fn placed(self, text: &str) -> TemplateError {
        let before = text.get(..self.at).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        TemplateError {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            problem: self.problem,
        }
    }
}
