//! What a rule does where Prometheus leaves no choice.

use std::fmt;

/// Says what a rule does where there is nothing to compare: the expression without its comparisons has no row.
///
/// A comparison that does not hold is no such case. A series that is gone while others are there resolves its own alert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NoData {
    /// It holds not: what fires is resolved.
    #[default]
    Ok,
    /// It holds: an alert with the label `alert_reason="no_data"`.
    Alert,
    /// Its alerts stay as they are.
    KeepLast,
}

/// Says what a rule does where its evaluation fails. It is counted and shown in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnError {
    /// Its alerts stay as they are, as in Prometheus.
    #[default]
    KeepLast,
    /// It holds: an alert with the label `alert_reason="error"` and the annotation `error`; the others stay as they are.
    Alert,
    /// It holds not: what fires is resolved.
    Ok,
}

/// Asks that a condition held at some of the last evaluations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AtLeast {
    /// At how many it must have held; from 1 to `of`.
    pub times: u32,
    /// Of how many, this one included.
    pub of: u32,
}

impl NoData {
    /// Names it as files do.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Alert => "alert",
            Self::KeepLast => "keep_last",
        }
    }
}

impl OnError {
    /// Names it as files do.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::KeepLast => "keep_last",
            Self::Alert => "alert",
            Self::Ok => "ok",
        }
    }
}

impl fmt::Display for AtLeast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.times, self.of)
    }
}
