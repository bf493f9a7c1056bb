//! What became of the tests of a file.

use std::fmt;
use std::time::Duration;

use super::FileError;
use crate::duration;
use crate::scan;

/// Tells how the tests of one file went.
///
/// Its `Display` is what a person reads: a line for the file, then each failure.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// The file of the tests.
    pub file: String,
    /// What is odd and fails nothing: a pattern of rule files that fits none.
    pub warnings: Vec<String>,
    /// How many tests there are.
    pub tests: usize,
    /// How many alerts and expressions these look at.
    pub cases: usize,
    /// What failed, in the order in which promtool finds it.
    pub failures: Vec<Failure>,
}

impl Report {
    pub(super) fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn failed(mut self, failures: Vec<Failure>) -> Self {
        self.failures.extend(failures);
        self
    }

    /// Says whether nothing failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, tests, cases) = (&self.file, self.tests, self.cases);
        for warning in &self.warnings {
            writeln!(f, "{}", scan::shown(&format!("{file}: warning: {warning}")))?;
        }
        let of = format!("{tests} tests, {cases} cases");
        let told = match self.failures.len() {
            0 => format!("{file}: passed ({of})"),
            failures => format!("{file}: FAILED ({of}, {failures} failures)"),
        };
        f.write_str(&scan::shown(&told))?;
        for failure in &self.failures {
            write!(f, "\n{failure}")?;
        }
        Ok(())
    }
}

/// What was come to, or why it goes no further.
pub(super) type Stopped<T> = Result<T, Vec<Failure>>;

/// Tells of one thing that is not as expected, or that kept the tests from running.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Failure {
    /// The file to look into: of the tests, or of rules.
    pub file: String,
    /// The line, from 1, where one is known.
    pub line: Option<usize>,
    /// Which test: its name, or its place, as in `` test `name` `` or `tests[0]`; empty where it is no test's.
    pub test: String,
    /// The alert whose instances were looked at.
    pub alertname: Option<String>,
    /// The expression that was asked.
    pub expr: Option<String>,
    /// When, since the start.
    pub time: Option<Duration>,
    /// What is wrong.
    pub problem: String,
    /// What was expected and is not there.
    pub expected: Vec<String>,
    /// What is there and was not expected.
    pub got: Vec<String>,
}

impl Failure {
    pub(super) fn of_file(file: &str, problem: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            problem: problem.into(),
            ..Self::default()
        }
    }
}

impl From<&FileError> for Failure {
    fn from(error: &FileError) -> Self {
        let colon = if error.field().is_empty() { "" } else { ": " };
        Self {
            line: (error.line() > 0).then_some(error.line()),
            ..Self::of_file(
                error.file(),
                format!("{}{colon}{}", error.field(), error.problem()),
            )
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut head = self.file.clone();
        if let Some(line) = self.line {
            head += &format!(":{line}");
        }
        if !self.test.is_empty() {
            head += &format!(": {}", self.test);
        }
        if let Some(name) = &self.alertname {
            head += &format!(": alert `{name}`");
        }
        if let Some(expr) = &self.expr {
            head += &format!(": `{expr}`");
        }
        if let Some(time) = self.time {
            head += &format!(" at {}", duration::shown(time));
        }
        f.write_str(&scan::shown(&format!("  {head}: {}", self.problem)))?;
        if self.expected.is_empty() && self.got.is_empty() {
            return Ok(());
        }
        for (title, all) in [("expected", &self.expected), ("got     ", &self.got)] {
            if all.is_empty() {
                write!(f, "\n    {title} nothing else")?;
            }
            for it in all {
                write!(f, "\n    {title} {}", scan::shown(it))?;
            }
        }
        Ok(())
    }
}
