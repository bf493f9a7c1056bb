#![doc = include_str!("../../docs/health.md")]

mod config;
mod snapshot;
mod source;
mod state;
mod status;
#[cfg(test)]
mod tests;

pub use self::config::{ComponentConfig, HealthConfig};
pub use self::snapshot::{ComponentSnapshot, HealthSnapshot};
pub use self::source::HealthSource;
pub use self::status::{Finding, HealthChange, HealthStatus, UnknownComponent};

use std::sync::Arc;
use std::time::Duration;

use self::state::{Change, State, Unwatched};
use crate::recent::{Recent, shortened};
use crate::shared::{Events, Shared};
use crate::{Config, ConfigError, Env, Event, Name, Time};

/// Says how a system is, from what checks of its components found.
///
/// It makes no check itself: whoever does tells it what it found, and circuit breakers and failovers
/// can be [read](Self::feed). A component changes its status only after several checks in a row, so
/// that one that flaps changes nothing. Cloning is cheap; clones share one registry.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience_core::{ComponentConfig, Env, Health, HealthConfig, HealthStatus};
///
/// let (env, clock) = Env::manual();
/// let components = [("database".into(), ComponentConfig::default())].into();
/// let health = Health::new("app", HealthConfig { components, ..Default::default() }, &env)?;
/// assert_eq!(health.system(), HealthStatus::Unknown);
///
/// health.report("database", true)?;
/// assert_eq!(health.system(), HealthStatus::Healthy);
/// for _ in 0..3 {
///     assert_eq!(health.system(), HealthStatus::Healthy);
///     clock.advance(Duration::from_secs(30));
///     health.report("database", Err::<(), _>("connection refused"))?;
/// }
/// assert_eq!(health.system(), HealthStatus::Unhealthy);
/// let change = &health.history()[1];
/// assert_eq!(change.to_string(), "database was healthy and is unhealthy, connection refused");
/// assert_eq!(change.at.as_nanos(), 90_000_000_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Health(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shared: Shared<Known>,
}

#[derive(Debug)]
struct Known {
    state: State,
    history: Recent<HealthChange>,
}

impl Health {
    /// Creates a registry in which all is unknown.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, or that `name` is taken.
    pub fn new(
        name: impl Into<Name>,
        config: HealthConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let inner = Inner::new(name.into(), config, env)?;
        env.registry().add(inner).map(Self)
    }

    /// Returns the living registry of this name as it is, or creates one.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks.
    pub fn get_or_new(
        name: impl Into<Name>,
        config: HealthConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let inner = Arc::new(Inner::new(name.into(), config, env)?);
        env.registry().get_or_add(&inner).map(Self)
    }

    /// Returns what the registry is called.
    #[must_use]
    pub fn name(&self) -> &Name {
        self.0.shared.name()
    }

    /// Learns what a check of `component` found.
    ///
    /// While checks are disabled it counts nowhere. A reason is kept up to 1024 bytes.
    ///
    /// # Errors
    ///
    /// Returns that no such component is watched.
    pub fn report(
        &self,
        component: &str,
        finding: impl Into<Finding>,
    ) -> Result<(), UnknownComponent> {
        self.0.learn(component, finding.into(), None, false)
    }

    /// Learns how `component` is from who knows, such as its supervisor: that decides at once, as a first
    /// check does.
    ///
    /// # Errors
    ///
    /// Returns that no such component is watched.
    pub fn report_certain(
        &self,
        component: &str,
        finding: impl Into<Finding>,
    ) -> Result<(), UnknownComponent> {
        self.0.learn(component, finding.into(), None, true)
    }

    /// Learns what a check of `component` found that took so long.
    ///
    /// # Errors
    ///
    /// Returns that no such component is watched.
    pub fn report_timed(
        &self,
        component: &str,
        finding: impl Into<Finding>,
        took: Duration,
    ) -> Result<(), UnknownComponent> {
        self.0.learn(component, finding.into(), Some(took), false)
    }

    /// Reads `source`, and counts what it says as a check of `component`; nothing where it says
    /// nothing.
    ///
    /// # Errors
    ///
    /// Returns that no such component is watched.
    pub fn feed(
        &self,
        component: &str,
        source: &(impl HealthSource + ?Sized),
    ) -> Result<(), UnknownComponent> {
        match source.finding() {
            Some(finding) => self.report(component, finding),
            None if self.component(component).is_some() => Ok(()),
            None => Err(self.0.unknown(component)),
        }
    }

    /// Returns how the system is.
    ///
    /// It is unhealthy if a critical component is, else unknown if a critical one is, else degraded
    /// if any component is degraded or unhealthy, else healthy.
    #[must_use]
    pub fn system(&self) -> HealthStatus {
        self.0.shared.locked(|known, _| known.state.system())
    }

    /// Returns how `component` is, if it is watched.
    #[must_use]
    pub fn status(&self, component: &str) -> Option<HealthStatus> {
        let read = |known: &mut Known, _: &mut Events| Some(known.state.row(component)?.status());
        self.0.shared.locked(read)
    }

    /// Returns how `component` is watched, if it is.
    #[must_use]
    pub fn component(&self, component: &str) -> Option<ComponentConfig> {
        let read =
            |known: &mut Known, _: &mut Events| Some(known.state.row(component)?.config.clone());
        self.0.shared.locked(read)
    }

    /// Says whether components are checked.
    #[must_use]
    pub fn enabled(&self) -> bool {
        self.0.shared.locked(|known, _| known.state.enabled())
    }

    /// Watches one more component; one that is watched already keeps what is known of it, and goes
    /// by the new numbers from its next check on.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks.
    pub fn add(
        &self,
        component: impl Into<Name>,
        config: ComponentConfig,
    ) -> Result<(), ConfigError> {
        config.check()?;
        let component = component.into();
        let now = self.0.shared.env().now();
        let add = |known: &mut Known, _: &mut Events| known.state.add(component, config, now);
        self.0.shared.locked(add);
        Ok(())
    }

    /// Stops watching `component`, and forgets what is known of it but for the history.
    ///
    /// # Errors
    ///
    /// Returns that no such component is watched.
    pub fn remove(&self, component: &str) -> Result<(), UnknownComponent> {
        let remove = |known: &mut Known, _: &mut Events| known.state.remove(component);
        match self.0.shared.locked(remove) {
            Some(_) => Ok(()),
            None => Err(self.0.unknown(component)),
        }
    }

    /// Returns the last 256 changes, oldest first. The [snapshot](Self::snapshot) counts all.
    #[must_use]
    pub fn history(&self) -> Vec<HealthChange> {
        self.0.shared.locked(|known, _| known.history.to_vec())
    }

    /// Returns what is known now.
    #[must_use]
    pub fn snapshot(&self) -> HealthSnapshot {
        self.0.observe()
    }

    /// Returns the settings in force.
    #[must_use]
    pub fn config(&self) -> HealthConfig {
        self.0.config()
    }

    /// Goes by another `config` from the next check on, keeping what is known of the components that
    /// stay. Those it does not name go, also those that were [added](Self::add).
    ///
    /// Where it disables checks, every component becomes unknown at once, and its first check decides
    /// anew after they are enabled again.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks; the old one then stays.
    pub fn reconfigure(&self, config: HealthConfig) -> Result<(), ConfigError> {
        self.0.reconfigure(config)
    }
}

crate::handle::handle!(Health, of: Inner, by: HealthConfig, kind: "health");

impl Known {
    fn note(&mut self, change: Change, at: Time, events: &mut Events) {
        let system = self.state.system();
        let noted = self.history.push(|number| HealthChange {
            number,
            at,
            component: change.component,
            from: change.from,
            to: change.to,
            system,
            reason: change.reason,
        });
        events.push(Event::HealthChanged(noted));
    }
}

impl Inner {
    fn new(name: Name, config: HealthConfig, env: &Env) -> Result<Self, ConfigError> {
        config.check()?;
        let known = Known {
            state: State::new(config, env.now()),
            history: Recent::default(),
        };
        let shared = Shared::new(name, env, known);
        Ok(Self { shared })
    }

    fn config(&self) -> HealthConfig {
        self.shared.locked(|known, _| known.state.config())
    }

    fn reconfigure(&self, config: HealthConfig) -> Result<(), ConfigError> {
        config.check()?;
        let now = self.shared.env().now();
        let set = |known: &mut Known, events: &mut Events| {
            for change in known.state.reconfigure(config, now) {
                known.note(change, now, events);
            }
        };
        self.shared.locked(set);
        Ok(())
    }

    fn learn(
        &self,
        component: &str,
        finding: Finding,
        took: Option<Duration>,
        certain: bool,
    ) -> Result<(), UnknownComponent> {
        let now = self.shared.env().now();
        let finding = match finding {
            Finding::Healthy => Finding::Healthy,
            Finding::Degraded(why) => Finding::Degraded(shortened(why)),
            Finding::Unhealthy(why) => Finding::Unhealthy(shortened(why)),
        };
        let work = |known: &mut Known, events: &mut Events| {
            let changed = known.state.learn(component, finding, took, certain, now)?;
            if let Some(change) = changed {
                known.note(change, now, events);
            }
            Ok(())
        };
        let learned: Result<(), Unwatched> = self.shared.locked(work);
        learned.map_err(|Unwatched| self.unknown(component))
    }

    fn unknown(&self, component: &str) -> UnknownComponent {
        UnknownComponent {
            component: component.to_owned(),
            health: self.shared.name().clone(),
        }
    }

    fn observe(&self) -> HealthSnapshot {
        let now = self.shared.env().now();
        self.shared.locked(|Known { state, history }, _| {
            let components = state.rows().iter();
            HealthSnapshot {
                enabled: state.enabled(),
                system: state.system(),
                components: components
                    .map(|(name, row)| ComponentSnapshot::new(name, row, now))
                    .collect(),
                changes: history.total(),
                last_change: history.last().cloned(),
            }
        })
    }
}

crate::handle::policy! {
    Inner,
    of: Health,
    name: |it| it.shared.name(),
    snapshot: |it| Health(it.observe()),
    reconfigure: |it, config| it.reconfigure(config.clone())
}
