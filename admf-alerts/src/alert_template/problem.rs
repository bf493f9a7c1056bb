//! What is wrong with a template.

use crate::rule::RuleError;

/// Says what is wrong, and in which field.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(super) field: String,
    pub(super) value: String,
    pub(super) problem: String,
}

impl Problem {
    pub(crate) fn new(
        field: impl Into<String>,
        value: impl ToString,
        problem: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            value: value.to_string(),
            problem: problem.into(),
        }
    }

    /// The same, of a field that is in another one.
    pub(super) fn below(mut self, field: &str) -> Self {
        let dot = if self.field.is_empty() { "" } else { "." };
        self.field = format!("{field}{dot}{}", self.field);
        self
    }

    pub(crate) fn of(self, template: &str) -> RuleError {
        RuleError {
            of: "template",
            file: Box::default(),
            rule: template.to_owned(),
            field: self.field,
            value: self.value.into(),
            problem: self.problem,
        }
    }
}
