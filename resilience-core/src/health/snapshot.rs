//! What a registry of health knows at one moment.

use std::time::Duration;

use super::state::Row;
use super::status::{HealthChange, HealthStatus};
use crate::{Name, Time};

/// What a [`Health`](super::Health) knows at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct HealthSnapshot {
    /// Whether components are checked.
    pub enabled: bool,
    /// How the system is.
    pub system: HealthStatus,
    /// The components, by name.
    pub components: Vec<ComponentSnapshot>,
    /// Number of changes so far.
    pub changes: u64,
    /// The last change.
    pub last_change: Option<HealthChange>,
}

/// What is known of one component.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ComponentSnapshot {
    /// The component.
    pub name: Name,
    /// Whether the system cannot do without it.
    pub critical: bool,
    /// How it is.
    pub status: HealthStatus,
    /// Since when it is so.
    pub since: Time,
    /// Number of checks so far.
    pub checks: u64,
    /// Number of bad ones among them.
    pub failures: u64,
    /// Number of bad ones in a row, the last ones.
    pub failures_in_a_row: u32,
    /// When it was checked last.
    pub last_check: Option<Time>,
    /// How long ago that was. Checks that stay away change no status: this tells.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub age: Option<Duration>,
    /// How long the last check took, where that is known.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub last_took: Option<Duration>,
    /// What the last check that was not a good one said.
    pub last_error: Option<String>,
    /// When that was.
    pub last_error_at: Option<Time>,
}

impl HealthSnapshot {
    /// Returns the component of that name.
    #[must_use]
    pub fn component(&self, name: &str) -> Option<&ComponentSnapshot> {
        self.components.iter().find(|it| it.name.as_str() == name)
    }

    /// Returns the critical components that are not known to do their job: with none of them the
    /// system is ready to serve.
    pub fn failing(&self) -> impl Iterator<Item = &ComponentSnapshot> {
        let components = self.components.iter();
        components.filter(|it| it.critical && !it.status.is_up())
    }
}

impl ComponentSnapshot {
    pub(super) fn new(name: &Name, row: &Row, now: Time) -> Self {
        let error = row.last_error.clone();
        let (last_error_at, last_error) = error.unzip();
        Self {
            name: name.clone(),
            critical: row.config.critical,
            status: row.status(),
            since: row.since,
            checks: row.checks,
            failures: row.failures,
            failures_in_a_row: row.failures_in_a_row,
            last_check: row.last_check,
            age: row.last_check.map(|at| now.since(at)),
            last_took: row.last_took,
            last_error,
            last_error_at,
        }
    }
}
