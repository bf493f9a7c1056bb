//! What health says of one: a component, a circuit, a category of errors.

use std::fmt;
use std::time::Duration;

/// Says how a component was found by its last check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ComponentState {
    /// Works.
    Healthy,
    /// Works, but less well than it should.
    Degraded,
    /// Not checked yet, or not checked at all.
    #[default]
    Unknown,
    /// Does not work.
    Unhealthy,
}

impl ComponentState {
    /// All states, best first.
    pub const ALL: [Self; 4] = [
        Self::Healthy,
        Self::Degraded,
        Self::Unknown,
        Self::Unhealthy,
    ];

    /// Returns the word for it in metrics and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unknown => "unknown",
            Self::Unhealthy => "unhealthy",
        }
    }

    /// Says whether it is known to work, well or less well.
    #[must_use]
    pub const fn is_up(self) -> bool {
        matches!(self, Self::Healthy | Self::Degraded)
    }
}

impl fmt::Display for ComponentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Shows one component.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ComponentHealth {
    /// Its name.
    pub name: String,
    /// Whether the system is unhealthy, and not ready, where this one is.
    pub critical: bool,
    /// Whether it is checked. Where it is not, its state is unknown, and readiness does not ask it.
    pub enabled: bool,
    /// How it was found by its last check.
    pub state: ComponentState,
    /// How long it has been in this state; `None` before the first check.
    pub lasted: Option<Duration>,
    /// Number of checks so far.
    pub checks: u64,
    /// Number of bad ones among them.
    pub failures: u64,
    /// How long ago the last check was.
    pub age: Option<Duration>,
    /// How long the last check took, where that is known.
    pub took: Option<Duration>,
    /// What the last check said; may be empty.
    pub message: String,
}

impl ComponentHealth {
    /// Begins with an optional component that was never checked; its fields say the rest.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            critical: false,
            enabled: true,
            state: ComponentState::Unknown,
            lasted: None,
            checks: 0,
            failures: 0,
            age: None,
            took: None,
            message: String::new(),
        }
    }

    /// Makes it one that is not checked: whatever was known of it is out of date.
    pub(super) fn disable(&mut self) {
        self.enabled = false;
        self.state = ComponentState::Unknown;
        self.lasted = None;
        "disabled".clone_into(&mut self.message);
    }

    /// Says whether it keeps the process from being ready.
    pub(super) const fn fails(&self) -> bool {
        self.critical && self.enabled && !self.state.is_up()
    }

    /// Takes another of the same name in: what is worse counts, so that nothing bad is hidden.
    pub(super) fn join(&mut self, other: Self) {
        let critical = self.critical || other.critical;
        if (other.enabled, other.state) > (self.enabled, self.state) {
            *self = other;
        }
        self.critical = critical;
    }
}

/// Shows one circuit breaker.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CircuitHealth {
    /// Its name.
    pub name: String,
    /// The word for its state, such as `closed`.
    pub state: String,
    /// Part of all calls so far that succeeded, from 0 to 1; `None` before the first.
    pub success_rate: Option<f64>,
}

impl CircuitHealth {
    /// Describes a circuit breaker.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        state: impl Into<String>,
        success_rate: Option<f64>,
    ) -> Self {
        Self {
            name: name.into(),
            state: state.into(),
            success_rate,
        }
    }
}

/// Counts errors of one category.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorCount {
    /// The category, of a closed list.
    pub category: String,
    /// How many there were so far.
    pub errors: u64,
}

impl ErrorCount {
    /// Counts errors of one category.
    #[must_use]
    pub fn new(category: impl Into<String>, errors: u64) -> Self {
        Self {
            category: category.into(),
            errors,
        }
    }
}
