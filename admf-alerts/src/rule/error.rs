//! What is wrong with a rule.

use std::fmt;

use crate::scan;

/// Reports a rule, or a group, that cannot be evaluated as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// `rule` or `group`.
    pub(crate) of: &'static str,
    pub(crate) file: Box<str>,
    pub(crate) rule: String,
    pub(crate) field: String,
    pub(crate) value: Box<str>,
    pub(crate) problem: String,
}

impl RuleError {
    /// Returns the file of its group, where that is known to be of one; else it is empty.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Says of which file it is.
    pub(crate) fn of_file(self, file: &str) -> Self {
        let file = file.into();
        Self { file, ..self }
    }

    /// Returns the name of the rule, or of the group.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// Returns the field that was refused, such as `expr` or `labels.severity`.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Returns what it held.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            of,
            file: _,
            rule,
            field,
            value,
            problem,
        } = self;
        let line = format!("{of} `{rule}`: {field} `{value}`: {problem}");
        f.write_str(&scan::shown(&line))
    }
}

impl std::error::Error for RuleError {}
