//! What health says: states of components, the verdict on the whole, readiness.

use std::fmt;
use std::time::Duration;

/// Says how a component was found by its last check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ComponentState {
    /// Not checked yet.
    #[default]
    Unknown,
    /// Works.
    Healthy,
    /// Does not work.
    Unhealthy,
}

impl fmt::Display for ComponentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
        })
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
    /// How it was found by its last check.
    pub state: ComponentState,
    /// When it came into this state, on the caller's clock; `None` before the first check.
    pub since: Option<Duration>,
    /// What the last check said; may be empty.
    pub message: String,
}

/// Sums up the components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// Every critical component is healthy and no other is unhealthy.
    Healthy,
    /// Every critical component is healthy, another one is unhealthy.
    Degraded,
    /// A critical component is unhealthy.
    Unhealthy,
    /// No critical component is unhealthy, but one has not been checked yet.
    Unknown,
}

impl Verdict {
    pub(super) fn of<'c>(components: impl Iterator<Item = &'c ComponentHealth> + Clone) -> Self {
        let has = |critical, state| {
            components
                .clone()
                .any(|c| c.critical == critical && c.state == state)
        };
        if has(true, ComponentState::Unhealthy) {
            Self::Unhealthy
        } else if has(true, ComponentState::Unknown) {
            Self::Unknown
        } else if has(false, ComponentState::Unhealthy) {
            Self::Degraded
        } else {
            Self::Healthy
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
            Self::Unknown => "unknown",
        })
    }
}

/// Says whether the process should be sent work.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Readiness {
    /// Yes.
    Ready,
    /// Not yet: [`Health::started`](super::Health::started) was not called.
    Starting,
    /// Not any more: it shuts down.
    ShuttingDown,
    /// No: these critical components are unhealthy, or were never checked. Sorted by name.
    Failing(Vec<ComponentHealth>),
}
