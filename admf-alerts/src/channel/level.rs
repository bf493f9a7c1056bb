//! How bad an alert is, as each service says it.

/// How bad an alert is, of what its label `severity` says; greater is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// `low`, `info`.
    Info,
    /// A word of the caller's own, or none.
    Unknown,
    /// `medium`, `warning`.
    Warning,
    /// `high`, `error`.
    Error,
    /// `critical`.
    Critical,
}

impl Level {
    pub(super) fn of(severity: &str) -> Self {
        match severity.to_ascii_lowercase().as_str() {
            "critical" => Self::Critical,
            "high" | "error" => Self::Error,
            "medium" | "warning" => Self::Warning,
            "low" | "info" => Self::Info,
            _ => Self::Unknown,
        }
    }

    /// The colour of a mail's head.
    pub(super) fn colour(self) -> &'static str {
        match self {
            Self::Critical | Self::Error => "#ff0000",
            Self::Warning => "#ffaa00",
            Self::Info => "#0066cc",
            Self::Unknown => "#666666",
        }
    }

    /// The colour of an attachment of Slack's while it fires.
    pub(super) fn slack(self) -> &'static str {
        match self {
            Self::Critical | Self::Error => "danger",
            Self::Warning => "warning",
            Self::Info => "good",
            Self::Unknown => self.colour(),
        }
    }

    /// A severity of PagerDuty's, which knows four; what is unknown is not made little of.
    pub(super) fn pagerduty(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Error | Self::Unknown => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}
