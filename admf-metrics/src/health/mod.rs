#![doc = include_str!("../../docs/health_endpoints.md")]

mod component;
mod heartbeat;
mod metrics;
mod report;
#[cfg(feature = "resilience")]
mod resilience;
mod source;
#[cfg(test)]
mod tests;
mod whole;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::Clock;
use component::Reported;
pub use component::{Component, HealthError};
pub use heartbeat::Heartbeat;
pub use metrics::{COMPONENT_HEALTH, COMPONENT_STATUS, METRICS, export};
pub use report::{CircuitHealth, ComponentHealth, ComponentState, ErrorCount};
pub use source::HealthSource;
pub use whole::{HealthReport, Readiness, Verdict};

/// Shows how the components of a process are, and says whether it is ready for work. Clones share it.
///
/// It checks nothing itself. Who checks a component [reports](Component::report) what came out, which
/// counts at once; who keeps health of its own, with hysteresis and history, is a
/// [source](Self::add_source) and is asked when somebody looks. Where two say something of one name, the
/// worse counts.
///
/// # Examples
///
/// ```
/// use admf_metrics::health::{ComponentState, Health, Readiness, Verdict};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let health = Health::new();
/// let broker = health.critical("broker")?;
/// let cache = health.optional("cache")?;
/// assert_eq!(health.readiness(), Readiness::Starting);
///
/// broker.report(ComponentState::Healthy, "");
/// cache.report(ComponentState::Unhealthy, "connection refused");
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
    clock: Clock,
}

#[derive(Default)]
struct Inner {
    phase: Phase,
    disabled: bool,
    components: BTreeMap<String, Reported>,
    sources: Vec<Arc<dyn HealthSource>>,
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

    /// Creates it on a clock, by which ages of reports are told.
    #[must_use]
    pub fn with_clock(clock: Clock) -> Self {
        Self {
            inner: Arc::default(),
            clock,
        }
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
        place.insert(Reported::new(name.clone(), critical));
        drop(inner);
        Ok(Component::new(self, name))
    }

    /// Asks a source too, each time somebody looks, for as long as this health lives.
    pub fn add_source(&self, source: impl HealthSource + 'static) {
        self.lock().sources.push(Arc::new(source));
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

    /// Says whether components are checked. Where they are not, every one is unknown (`disabled`), and
    /// readiness goes by the start and the shutdown alone. Default: they are.
    pub fn enable_checks(&self, enabled: bool) {
        self.lock().disabled = !enabled;
    }

    /// Returns the verdict on the whole; healthy where there are no components.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        Verdict::of(&self.components())
    }

    /// Says whether the process should be sent work: it has started, does not shut down, and every
    /// critical component that is checked was found to work by its last check.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        let phase = self.lock().phase;
        readiness(phase, || self.components())
    }

    /// Lists the components, sorted by name.
    #[must_use]
    pub fn components(&self) -> Vec<ComponentHealth> {
        let (own, sources, disabled) = self.read();
        let others = sources.iter().flat_map(|it| asked(&**it));
        let mut all = whole::joined(own.into_iter().chain(others));
        if disabled {
            all.iter_mut().for_each(ComponentHealth::disable);
        }
        all
    }

    /// Returns all that is known now.
    #[must_use]
    pub fn report(&self) -> HealthReport {
        let components = self.components();
        let inner = self.lock();
        let (phase, disabled, sources) = (inner.phase, inner.disabled, inner.sources.clone());
        drop(inner);
        let circuits = sources
            .iter()
            .flat_map(|it| caught(|| it.circuits()).unwrap_or_default());
        let errors = sources
            .iter()
            .flat_map(|it| caught(|| it.errors()).unwrap_or_default());
        HealthReport {
            verdict: Verdict::of(&components),
            readiness: readiness(phase, || components.clone()),
            enabled: !disabled,
            components,
            circuits: whole::by_name(circuits.collect()),
            errors: whole::summed(errors.collect()),
        }
    }

    /// Copies what is our own: nobody else's code runs under the lock.
    fn read(&self) -> (Vec<ComponentHealth>, Vec<Arc<dyn HealthSource>>, bool) {
        let now = self.clock.now();
        let inner = self.lock();
        let own = inner.components.values().map(|it| it.seen(now)).collect();
        (own, inner.sources.clone(), inner.disabled)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn readiness(phase: Phase, components: impl FnOnce() -> Vec<ComponentHealth>) -> Readiness {
    match phase {
        Phase::Starting => return Readiness::Starting,
        Phase::ShuttingDown => return Readiness::ShuttingDown,
        Phase::Running => {}
    }
    let components = components().into_iter();
    let failing: Vec<_> = components.filter(ComponentHealth::fails).collect();
    match failing.is_empty() {
        true => Readiness::Ready,
        false => Readiness::Failing(failing),
    }
}

/// Asks a source; one that panics is no reason to say that all is well.
fn asked(source: &dyn HealthSource) -> Vec<ComponentHealth> {
    caught(|| source.components()).unwrap_or_else(|| {
        vec![ComponentHealth {
            critical: true,
            state: ComponentState::Unhealthy,
            message: "a source of health panicked".to_owned(),
            ..ComponentHealth::new("health")
        }]
    })
}

fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner")
            .field("phase", &self.phase)
            .field("disabled", &self.disabled)
            .field("components", &self.components)
            .field("sources", &self.sources.len())
            .finish()
    }
}
