//! Circuits and errors for health pages: what `/metrics` shows, from the same snapshots.

use std::collections::BTreeMap;

use resilience_core::{Env, Snapshot};

use super::living::living;
use super::read::success_ratio;
use crate::health::{CircuitHealth, ErrorCount};

/// Lists the circuits that are shown one by one, gates by key included; each name once.
pub(crate) fn circuits(env: &Env) -> Vec<CircuitHealth> {
    let mut circuits = BTreeMap::new();
    for (policy, snapshot) in living(env) {
        if let Snapshot::CircuitBreaker(it) = snapshot {
            let name = policy.name().as_str().to_owned();
            let circuit =
                || CircuitHealth::new(name.clone(), it.state.as_str(), success_ratio(&it.total));
            circuits.entry(name.clone()).or_insert_with(circuit);
        }
    }
    circuits.into_values().collect()
}

/// Counts the errors that the living recoveries were told: `admf_recovery_errors_total` without its label
/// `name`. Empty where there is no recovery.
pub(crate) fn errors(env: &Env) -> Vec<ErrorCount> {
    let of = |(_, snapshot)| match snapshot {
        Snapshot::Recovery(recovery) => recovery.errors,
        _ => Vec::new(),
    };
    let errors = living(env).into_iter().flat_map(of);
    errors
        .map(|it| ErrorCount::new(it.category.as_str(), it.errors))
        .collect()
}
