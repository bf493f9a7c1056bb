//! What is said of a component, and what follows from it.

use std::fmt;

use crate::failed::messages;
use crate::{BoxError, Name, Time};

/// How a component, or the system, is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
pub enum HealthStatus {
    /// Nothing is known.
    Unknown = 0,
    /// It does its job.
    Healthy = 1,
    /// It does its job, but less well than it should.
    Degraded = 2,
    /// It does not do its job.
    Unhealthy = 3,
}

/// What one check found.
///
/// `true` is healthy, and so is `Ok`; an `Err` is unhealthy, with the text of its whole chain of
/// sources as the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The component does its job.
    Healthy,
    /// It does its job less well, for this reason.
    Degraded(String),
    /// It does not do its job, for this reason.
    Unhealthy(String),
}

/// A change of a component's status.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct HealthChange {
    /// Which change of its registry it is, from 1.
    pub number: u64,
    /// When it happened.
    pub at: Time,
    /// The component.
    pub component: Name,
    /// What it was.
    pub from: HealthStatus,
    /// What it is.
    pub to: HealthStatus,
    /// How the system is after it.
    pub system: HealthStatus,
    /// What the last check said; empty where it was a good one.
    pub reason: String,
}

/// A result for a component that is not watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownComponent {
    /// The name that was given.
    pub component: String,
    /// The registry that does not have it.
    pub health: Name,
}

impl HealthStatus {
    /// All statuses, in the order in which they are declared.
    pub const ALL: [Self; 4] = [
        Self::Unknown,
        Self::Healthy,
        Self::Degraded,
        Self::Unhealthy,
    ];

    /// Returns the word for it in metrics, traces and reports: in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }

    /// Says whether it is known to do its job, well or less well.
    #[must_use]
    pub const fn is_up(self) -> bool {
        matches!(self, Self::Healthy | Self::Degraded)
    }
}

impl Finding {
    /// Returns the reason; empty where all is well.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Healthy => "",
            Self::Degraded(why) | Self::Unhealthy(why) => why,
        }
    }
}

impl From<bool> for Finding {
    fn from(healthy: bool) -> Self {
        match healthy {
            true => Self::Healthy,
            false => Self::Unhealthy(String::new()),
        }
    }
}

impl<T, E: Into<BoxError>> From<Result<T, E>> for Finding {
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(_) => Self::Healthy,
            Err(error) => Self::Unhealthy(messages(error.into().as_ref())),
        }
    }
}

impl fmt::Display for HealthStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for HealthChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            component,
            from,
            to,
            reason,
            ..
        } = self;
        write!(f, "{component} was {from} and is {to}")?;
        match reason.as_str() {
            "" => Ok(()),
            reason => write!(f, ", {reason}"),
        }
    }
}

impl fmt::Display for UnknownComponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { component, health } = self;
        write!(f, "{health} watches no component named `{component}`")
    }
}

impl std::error::Error for UnknownComponent {}
