//! Health: which components there are, how they do, and whether the process is ready for work.

mod report;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use report::{ComponentHealth, ComponentState, Readiness, Verdict};

/// Keeps the last known state of every component. Clones share it.
///
/// It checks nothing itself and reads no clock: whoever checks a component says what came out, and
/// when, as the time since any fixed origin. What is reported counts at once; hysteresis belongs to the
/// one who reports.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use admf_metrics::health::{ComponentState, Health, Readiness, Verdict};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let health = Health::new();
/// let broker = health.critical("broker")?;
/// let cache = health.optional("cache")?;
/// assert_eq!(health.readiness(), Readiness::Starting);
///
/// broker.report(ComponentState::Healthy, Duration::from_secs(1), "");
/// cache.report(ComponentState::Unhealthy, Duration::from_secs(2), "connection refused");
/// health.started();
///
/// assert_eq!(health.readiness(), Readiness::Ready);
/// assert_eq!(health.verdict(), Verdict::Degraded);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Health {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    phase: Phase,
    components: BTreeMap<String, ComponentHealth>,
}

#[derive(Clone, Copy, Debug, Default)]
enum Phase {
    #[default]
    Starting,
    Running,
    ShuttingDown,
}

impl Health {
    /// Creates the health of a process that is starting, with no components.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a component without which the process cannot work.
    ///
    /// # Errors
    ///
    /// The name is empty or taken.
    pub fn critical(&self, name: impl Into<String>) -> Result<Component, HealthError> {
        self.add(name.into(), true)
    }

    /// Adds a component without which the process works less well.
    ///
    /// # Errors
    ///
    /// The name is empty or taken.
    pub fn optional(&self, name: impl Into<String>) -> Result<Component, HealthError> {
        self.add(name.into(), false)
    }

    fn add(&self, name: String, critical: bool) -> Result<Component, HealthError> {
        if name.is_empty() {
            return Err(HealthError::EmptyName);
        }
        let mut inner = self.lock();
        let Entry::Vacant(place) = inner.components.entry(name.clone()) else {
            return Err(HealthError::DuplicateName { name });
        };
        place.insert(ComponentHealth {
            name: name.clone(),
            critical,
            state: ComponentState::Unknown,
            since: None,
            message: String::new(),
        });
        drop(inner);
        Ok(Component {
            health: self.clone(),
            name,
        })
    }

    /// Says that all components have been added. From here on readiness is theirs to decide.
    ///
    /// Does nothing while shutting down.
    pub fn started(&self) {
        let mut inner = self.lock();
        if let Phase::Starting = inner.phase {
            inner.phase = Phase::Running;
        }
    }

    /// Says that the process shuts down: never ready again.
    pub fn shutting_down(&self) {
        self.lock().phase = Phase::ShuttingDown;
    }

    /// Returns the verdict on the whole; healthy where there are no components.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        Verdict::of(self.lock().components.values())
    }

    /// Says whether the process should be sent work: it has started, does not shut down, and every
    /// critical component was found healthy by its last check.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        let inner = self.lock();
        match inner.phase {
            Phase::Starting => return Readiness::Starting,
            Phase::ShuttingDown => return Readiness::ShuttingDown,
            Phase::Running => {}
        }
        let failing = |c: &&ComponentHealth| c.critical && c.state != ComponentState::Healthy;
        let failing: Vec<_> = inner.components.values().filter(failing).cloned().collect();
        if failing.is_empty() {
            Readiness::Ready
        } else {
            Readiness::Failing(failing)
        }
    }

    /// Lists the components, sorted by name.
    #[must_use]
    pub fn components(&self) -> Vec<ComponentHealth> {
        self.lock().components.values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reports the state of one component. Dropping it changes nothing: what was reported last stays.
#[derive(Clone, Debug)]
pub struct Component {
    health: Health,
    name: String,
}

impl Component {
    /// Says how the component was found at a time, and why.
    ///
    /// The message is shown to whoever may ask for readiness: no secrets.
    pub fn report(&self, state: ComponentState, at: Duration, message: impl Into<String>) {
        let message = message.into();
        if let Some(component) = self.health.lock().components.get_mut(&self.name) {
            if component.state != state || component.since.is_none() {
                component.since = Some(at);
            }
            component.state = state;
            component.message = message;
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
