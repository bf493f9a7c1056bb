//! What a check finds.

use crate::rule::RuleError;

/// Says how bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Could not be looked at: the selector names no metric.
    Skipped,
    /// Is seldom what is meant.
    Warning,
    /// Can never do what is meant.
    Error,
}

/// Holds one thing that a check found in a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Which of the groups that were checked.
    pub group: usize,
    /// Which of its rules.
    pub rule: usize,
    /// The rule by its name, the field, and what is wrong there.
    pub error: RuleError,
}
