//! What the resilience crates know, as sources (feature `resilience`).

use resilience_core::health::{ComponentSnapshot, HealthSnapshot};
use resilience_core::{Env, Health, HealthStatus, Snapshot};

use super::report::{CircuitHealth, ComponentHealth, ComponentState, ErrorCount};
use super::source::HealthSource;

/// Its components.
impl HealthSource for Health {
    fn components(&self) -> Vec<ComponentHealth> {
        components(&self.snapshot())
    }
}

/// All that its registry lists: components of every health, circuits, errors that recovery counted.
impl HealthSource for Env {
    fn components(&self) -> Vec<ComponentHealth> {
        let of = |(_, snapshot)| match snapshot {
            Snapshot::Health(health) => components(&health),
            _ => Vec::new(),
        };
        snapshots(self).flat_map(of).collect()
    }

    fn circuits(&self) -> Vec<CircuitHealth> {
        let of = |(name, snapshot)| match snapshot {
            Snapshot::CircuitBreaker(circuit) => {
                let total = circuit.total;
                let calls = total.successes + total.failures;
                let success_rate = (calls > 0).then(|| total.successes as f64 / calls as f64);
                Some(CircuitHealth::new(
                    name,
                    circuit.state.as_str(),
                    success_rate,
                ))
            }
            _ => None,
        };
        snapshots(self).filter_map(of).collect()
    }

    fn errors(&self) -> Vec<ErrorCount> {
        let of = |(_, snapshot)| match snapshot {
            Snapshot::Recovery(recovery) => recovery.errors,
            _ => Vec::new(),
        };
        let errors = snapshots(self).flat_map(of);
        errors
            .map(|it| ErrorCount::new(it.category.to_string(), it.errors))
            .collect()
    }
}

fn snapshots(env: &Env) -> impl Iterator<Item = (String, Snapshot)> {
    let policies = env.registry().list().into_iter();
    policies.map(|it| (it.name().to_string(), it.snapshot()))
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
