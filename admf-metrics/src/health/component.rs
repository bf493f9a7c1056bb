//! A component that somebody reports to.

use std::fmt;
use std::time::Duration;

use super::Health;
use super::report::{ComponentHealth, ComponentState};

/// A component of our own, and when it was heard of.
#[derive(Debug)]
pub(super) struct Reported {
    known: ComponentHealth,
    since: Duration,
    last: Duration,
}

impl Reported {
    pub(super) fn new(name: String, critical: bool) -> Self {
        let known = ComponentHealth {
            critical,
            ..ComponentHealth::new(name)
        };
        Self {
            known,
            since: Duration::ZERO,
            last: Duration::ZERO,
        }
    }

    pub(super) fn seen(&self, now: Duration) -> ComponentHealth {
        let mut seen = self.known.clone();
        if seen.checks > 0 {
            seen.lasted = Some(now.saturating_sub(self.since));
            seen.age = Some(now.saturating_sub(self.last));
        }
        seen
    }

    fn report(&mut self, state: ComponentState, now: Duration, message: String) {
        if self.known.state != state || self.known.checks == 0 {
            self.since = now;
        }
        self.last = now;
        self.known.checks += 1;
        self.known.failures += u64::from(state == ComponentState::Unhealthy);
        self.known.state = state;
        self.known.message = message;
    }
}

/// Reports the state of one component. Dropping it changes nothing: what was reported last stays.
#[derive(Clone, Debug)]
pub struct Component {
    health: Health,
    name: String,
}

impl Component {
    pub(super) fn new(health: &Health, name: String) -> Self {
        Self {
            health: health.clone(),
            name,
        }
    }

    /// Says how the component was found, and why.
    ///
    /// The message is shown to whoever may ask for readiness: no secrets.
    pub fn report(&self, state: ComponentState, message: impl Into<String>) {
        let (now, message) = (self.health.clock.now(), message.into());
        if let Some(it) = self.health.lock().components.get_mut(&self.name) {
            it.report(state, now, message);
        }
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Reports that a component cannot be added.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HealthError {
    /// The name is empty.
    EmptyName,
    /// Another component has this name.
    DuplicateName {
        /// The name.
        name: String,
    },
}

impl fmt::Display for HealthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyName => f.write_str("name of a component is empty"),
            Self::DuplicateName { name } => write!(f, "component `{name}` exists already"),
        }
    }
}

impl std::error::Error for HealthError {}
