//! Components whose health is read, without a call to them.

use std::fmt;

use super::status::Finding;
use crate::circuit_breaker::CircuitState;
use crate::{CircuitBreaker, Failover, Keyed};

/// Something that knows how a component is, without asking it.
///
/// A closure that returns `Option<Finding>` is one, so that any number can feed a component:
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use resilience_core::{ComponentConfig, Env, Finding, Health, HealthConfig, HealthStatus};
///
/// let components = [("pool".into(), ComponentConfig::default())].into();
/// let health = Health::new("app", HealthConfig { components, ..Default::default() }, &Env::default())?;
/// let idle = AtomicUsize::new(0);
/// let pool = || match idle.load(Ordering::Relaxed) {
///     0 => Some(Finding::Degraded("no connection is idle".into())),
///     _ => Some(Finding::Healthy),
/// };
/// health.feed("pool", &pool)?;
/// assert_eq!(health.status("pool"), Some(HealthStatus::Degraded));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait HealthSource {
    /// Says how the component is; `None` where nothing can be said of it now. It must not block.
    fn finding(&self) -> Option<Finding>;
}

impl<F: Fn() -> Option<Finding>> HealthSource for F {
    fn finding(&self) -> Option<Finding> {
        self()
    }
}

/// Closed is healthy, half-open degraded, open and isolated unhealthy. In a circuit that is disabled
/// or in shadow nothing follows from failures, and so nothing is said.
impl HealthSource for CircuitBreaker {
    fn finding(&self) -> Option<Finding> {
        let state = self.state();
        let text = || format!("circuit {}", state.as_str());
        match state {
            CircuitState::Closed => Some(Finding::Healthy),
            CircuitState::HalfOpen => Some(Finding::Degraded(text())),
            CircuitState::Open | CircuitState::Isolated => Some(Finding::Unhealthy(text())),
            CircuitState::Disabled | CircuitState::Shadow => None,
        }
    }
}

/// Healthy where every circuit is, unhealthy where every one is, else degraded. Where no key is kept
/// nothing has failed. Circuits that say nothing are passed over; where all do, nothing is said.
impl HealthSource for Keyed<CircuitBreaker> {
    fn finding(&self) -> Option<Finding> {
        let circuits = self.list();
        let none = circuits.is_empty();
        let said: Vec<_> = circuits
            .into_iter()
            .filter_map(|(key, circuit)| Some((key, circuit.finding()?)))
            .collect();
        let mut faults = said.iter().filter(|(_, it)| *it != Finding::Healthy);
        let Some((first, _)) = faults.next() else {
            return (none || !said.is_empty()).then_some(Finding::Healthy);
        };
        let (number, all) = (1 + faults.count(), said.len());
        let text = format!("{number} of {all} circuits not closed, such as that of {first}");
        let refuses = |it: &Finding| matches!(it, Finding::Unhealthy(_));
        Some(match said.iter().all(|(_, it)| refuses(it)) {
            true => Finding::Unhealthy(text),
            false => Finding::Degraded(text),
        })
    }
}

/// The first target active is healthy, a backup degraded, a target that has failed, which stays
/// active where all have, unhealthy.
impl HealthSource for Failover {
    fn finding(&self) -> Option<Finding> {
        let seen = self.snapshot();
        let active = &seen.active;
        let mut targets = seen.targets.iter();
        Some(if targets.any(|it| it.failed && it.name == *active) {
            Finding::Unhealthy(format!("{active} has failed, and so have the others"))
        } else if seen.targets[0].name != *active {
            Finding::Degraded(format!("on backup {active}"))
        } else {
            Finding::Healthy
        })
    }
}

impl fmt::Debug for dyn HealthSource + Send + Sync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HealthSource")
    }
}
