//! How bad an alert is.

use std::fmt;

/// Says how bad an alert is, as the label `severity`. Greater is worse.
///
/// | in a template | label |
/// |---|---|
/// | `low`, `info` | `info` |
/// | `medium`, `warning` | `warning` |
/// | `high` | `high` |
/// | `critical` | `critical` |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Good to know; `low` in a template.
    Info,
    /// Somebody should look at it; `medium` in a template.
    #[default]
    Warning,
    /// Somebody should look at it soon.
    High,
    /// Somebody has to act.
    Critical,
}

impl Severity {
    /// What a template may say, and what it means.
    pub(super) const WORDS: [(&'static str, Self); 6] = [
        ("low", Self::Info),
        ("medium", Self::Warning),
        ("high", Self::High),
        ("critical", Self::Critical),
        ("info", Self::Info),
        ("warning", Self::Warning),
    ];

    /// Returns the value of the label.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}
