//! The policies of an environment that are shown.

use std::sync::Arc;

use resilience_core::{Env, Policy, Snapshot};

use super::SHOWN_KEYS;

/// Returns the policies that are alive, each with what it knows; of keyed ones that keep few keys the
/// gates too.
pub(super) fn living(env: &Env) -> Vec<(Arc<dyn Policy>, Snapshot)> {
    let mut shown = Vec::new();
    for policy in env.registry().list() {
        let snapshot = policy.snapshot();
        let few = matches!(&snapshot, Snapshot::Keyed(it) if it.max_keys <= SHOWN_KEYS);
        let keys = if few { policy.keys() } else { Vec::new() };
        let gates: Vec<_> = keys.iter().flat_map(|key| policy.of_key(key)).collect();
        shown.push((policy, snapshot));
        shown.extend(gates.into_iter().map(|gate| {
            let snapshot = gate.snapshot();
            (gate, snapshot)
        }));
    }
    shown
}
