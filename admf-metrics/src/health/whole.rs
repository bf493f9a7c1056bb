//! What health says of the whole: the verdict, readiness, and all that is known.

use std::collections::BTreeMap;
use std::fmt;

use super::report::{CircuitHealth, ComponentHealth, ComponentState, ErrorCount};

/// Shows the whole, as it is at one moment.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HealthReport {
    /// The sum of the components.
    pub verdict: Verdict,
    /// Whether the process should be sent work.
    pub readiness: Readiness,
    /// Whether components are checked.
    pub enabled: bool,
    /// The components, sorted by name.
    pub components: Vec<ComponentHealth>,
    /// Circuit breakers, sorted by name.
    pub circuits: Vec<CircuitHealth>,
    /// Errors by category, sorted; each category once.
    pub errors: Vec<ErrorCount>,
}

/// Sorts components by name, each name once.
pub(super) fn joined(all: impl IntoIterator<Item = ComponentHealth>) -> Vec<ComponentHealth> {
    let mut by_name = BTreeMap::<String, ComponentHealth>::new();
    for one in all {
        match by_name.get_mut(&one.name) {
            Some(known) => known.join(one),
            None => drop(by_name.insert(one.name.clone(), one)),
        }
    }
    by_name.into_values().collect()
}

/// Sorts circuits by name; of two with one name the first stays.
pub(super) fn by_name(mut circuits: Vec<CircuitHealth>) -> Vec<CircuitHealth> {
    circuits.sort_by(|one, other| one.name.cmp(&other.name));
    circuits.dedup_by(|one, other| one.name == other.name);
    circuits
}

/// Adds up what sources say of one category.
pub(super) fn summed(counts: Vec<ErrorCount>) -> Vec<ErrorCount> {
    let mut sums = BTreeMap::<String, u64>::new();
    for ErrorCount { category, errors } in counts {
        let sum = sums.entry(category).or_default();
        *sum = sum.saturating_add(errors);
    }
    let sums = sums.into_iter();
    sums.map(|(category, errors)| ErrorCount { category, errors })
        .collect()
}

/// Sums up the components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// Every critical component is healthy and no other is degraded or unhealthy.
    Healthy,
    /// Every critical component works, and one of all is degraded, or an optional one unhealthy.
    Degraded,
    /// A critical component is unhealthy.
    Unhealthy,
    /// No critical component is unhealthy, but one has not been checked yet; or none is checked.
    Unknown,
}

impl Verdict {
    pub(super) fn of(components: &[ComponentHealth]) -> Self {
        use ComponentState::{Degraded, Unhealthy, Unknown};
        let has = |critical: bool, state| {
            let mut all = components.iter();
            all.any(|it| (it.critical || !critical) && it.state == state)
        };
        if has(true, Unhealthy) {
            Self::Unhealthy
        } else if has(true, Unknown) {
            Self::Unknown
        } else if has(false, Unhealthy) || has(false, Degraded) {
            Self::Degraded
        } else {
            Self::Healthy
        }
    }

    /// Returns the word for it in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
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
    /// No: these critical components do not work, or were never checked. Sorted by name.
    Failing(Vec<ComponentHealth>),
}
