//! What the resilience crates know, as sources (feature `resilience`).

use resilience_core::health::{ComponentSnapshot, HealthSnapshot};
use resilience_core::{Env, Health, HealthStatus, Snapshot};

use super::report::{CircuitHealth, ComponentHealth, ComponentState, ErrorCount};
use super::source::HealthSource;
use crate::policies;

/// Its components.
impl HealthSource for Health {
    fn components(&self) -> Vec<ComponentHealth> {
        components(&self.snapshot())
    }
}

/// Components of every health that its registry lists, and circuits and errors as
/// [`policies`](crate::policies) show them.
impl HealthSource for Env {
    fn components(&self) -> Vec<ComponentHealth> {
        let policies = self.registry().list().into_iter();
        let of = |snapshot| match snapshot {
            Snapshot::Health(health) => components(&health),
            _ => Vec::new(),
        };
        policies.flat_map(|it| of(it.snapshot())).collect()
    }

    fn circuits(&self) -> Vec<CircuitHealth> {
        policies::circuits(self)
    }

    fn errors(&self) -> Vec<ErrorCount> {
        policies::errors(self)
    }
}

fn components(health: &HealthSnapshot) -> Vec<ComponentHealth> {
    let components = health.components.iter();
    components.map(|it| component(it, health.enabled)).collect()
}

fn component(it: &ComponentSnapshot, enabled: bool) -> ComponentHealth {
    // The snapshot says how long ago the last check was: so it knows the time.
    let now = it.last_check.zip(it.age).map(|(at, age)| at.after(age));
    let up = matches!(it.status, HealthStatus::Healthy);
    ComponentHealth {
        critical: it.critical,
        enabled,
        state: match it.status {
            HealthStatus::Unknown => ComponentState::Unknown,
            HealthStatus::Healthy => ComponentState::Healthy,
            HealthStatus::Degraded => ComponentState::Degraded,
            HealthStatus::Unhealthy => ComponentState::Unhealthy,
        },
        lasted: now.map(|now| now.since(it.since)),
        checks: it.checks,
        failures: it.failures,
        age: it.age,
        took: it.last_took,
        // What the last bad check said is history once all is well again.
        message: match &it.last_error {
            Some(error) if !up => error.clone(),
            _ => String::new(),
        },
        ..ComponentHealth::new(it.name.to_string())
    }
}
