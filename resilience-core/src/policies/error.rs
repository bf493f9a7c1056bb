//! What is wrong with a file of policies.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use super::PolicyId;
use crate::ConfigError;

/// The reason why a file of policies was refused, or a policy was not found in it.
///
/// It is one line: file, line, policy, field, rule and value, as far as there are such.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoliciesError(Box<Parts>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    file: Option<PathBuf>,
    line: Option<usize>,
    policy: Option<PolicyId>,
    field: Option<String>,
    why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Why {
    Rule(ConfigError),
    Text(String),
    /// Another text is being applied.
    Busy,
}

impl PoliciesError {
    /// Says that the file cannot be read, as TOML or as policies.
    pub(super) fn said(text: impl Into<String>) -> Self {
        // An error is one line, whatever a library says.
        let text: String = text.into();
        Self::new(Why::Text(text.replace('\n', " ")))
    }

    /// Says that the file at `path` cannot be read.
    #[must_use]
    pub fn unreadable(path: impl AsRef<Path>, error: &std::io::Error) -> Self {
        Self::said(error.to_string()).in_file(Some(path.as_ref()))
    }

    /// Says that a config breaks a rule.
    pub(super) fn rule(why: ConfigError) -> Self {
        let field = why.field();
        Self::new(Why::Rule(why)).in_field(&[field])
    }

    /// Says that another text is being applied.
    pub(super) fn busy() -> Self {
        Self::new(Why::Busy)
    }

    fn new(why: Why) -> Self {
        Self(Box::new(Parts {
            file: None,
            line: None,
            policy: None,
            field: None,
            why,
        }))
    }

    pub(super) fn in_file(mut self, file: Option<&Path>) -> Self {
        self.0.file = file.map(Path::to_path_buf);
        self
    }

    pub(super) fn at_line(mut self, line: usize) -> Self {
        self.0.line = Some(line);
        self
    }

    pub(super) fn of(mut self, policy: PolicyId) -> Self {
        self.0.policy = Some(policy);
        self
    }

    /// Names the field, by the keys that lead to it.
    pub(super) fn in_field(mut self, path: &[&str]) -> Self {
        self.0.field = (!path.is_empty()).then(|| path.join("."));
        self
    }

    /// Says whether nothing is wrong but that another text was being applied: try again.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self.0.why, Why::Busy)
    }

    /// Returns the file, where there is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.0.file.as_deref()
    }

    /// Returns the line, counted from 1, where it is known.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.0.line
    }

    /// Returns the policy, where it is the matter of one.
    #[must_use]
    pub fn policy(&self) -> Option<&PolicyId> {
        self.0.policy.as_ref()
    }

    /// Returns the field, where it is the matter of one.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.0.field.as_deref()
    }
}

impl fmt::Display for PoliciesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.0.file, self.0.line) {
            (Some(file), Some(line)) => write!(f, "{}:{line}: ", file.display())?,
            (Some(file), None) => write!(f, "{}: ", file.display())?,
            (None, Some(line)) => write!(f, "line {line}: ")?,
            (None, None) => {}
        }
        if let Some(policy) = &self.0.policy {
            write!(f, "{policy}: ")?;
        }
        match (&self.0.why, &self.0.field) {
            (Why::Text(text), Some(field)) => write!(f, "`{field}`: {text}"),
            (Why::Text(text), None) => f.write_str(text),
            (Why::Rule(why), _) => why.fmt(f),
            (Why::Busy, _) => f.write_str("another text is being applied"),
        }
    }
}

impl Error for PoliciesError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0.why {
            Why::Rule(why) => why.source(),
            Why::Text(_) | Why::Busy => None,
        }
    }
}
