//! Circuits and errors as one value, for health pages.

use std::collections::BTreeMap;

use resilience_core::{CircuitState, Env, Snapshot};

use super::living::living;
use super::read::success_ratio;

/// How the circuits are, and which errors there were: what `/metrics` shows, from the same snapshots.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SystemView {
    /// The circuits that are shown one by one, by name.
    pub circuit_breakers: BTreeMap<String, CircuitView>,
    /// The errors that were to be recovered from.
    pub errors: ErrorsView,
}

/// How one circuit is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CircuitView {
    /// The state that `admf_circuit_breaker_state` shows.
    pub state: CircuitState,
    /// Successes per success or failure since it was built, from 0 to 1, as
    /// `admf_circuit_breaker_success_ratio`; `None` before the first.
    pub success_rate: Option<f64>,
}

/// How many errors there were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorsView {
    /// All of them.
    pub total: u64,
    /// By the categories of `admf_recovery_errors_total`, a closed list; empty where there is no
    /// `Recovery`.
    pub by_category: BTreeMap<String, u64>,
}

/// Returns how the circuits of an environment are, and which errors its recoveries were told.
///
/// Of living policies only: the counters of `/metrics` also hold what those of the same name counted
/// that were there before.
///
/// # Examples
///
/// ```
/// use admf_metrics::policies::system_view;
/// use resilience_core::{Ask, CircuitBreaker, CircuitBreakerConfig, Env, Gate, Outcome};
///
/// let env = Env::default();
/// let venue = CircuitBreaker::new("venue", CircuitBreakerConfig::default(), &env)?;
/// for outcome in [Outcome::Success, Outcome::Success, Outcome::Success, Outcome::Failure] {
///     venue.permit(&Ask::default())?.record(outcome);
/// }
/// let view = system_view(&env);
/// assert_eq!(view.circuit_breakers["venue"].success_rate, Some(0.75));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn system_view(env: &Env) -> SystemView {
    let mut view = SystemView::default();
    for (policy, snapshot) in living(env) {
        match snapshot {
            Snapshot::CircuitBreaker(it) => {
                let circuit = CircuitView {
                    state: it.state,
                    success_rate: success_ratio(&it.total),
                };
                let name = policy.name().as_str().to_owned();
                view.circuit_breakers.entry(name).or_insert(circuit);
            }
            Snapshot::Recovery(it) => it.errors.iter().for_each(|counted| {
                let category = counted.category.as_str().to_owned();
                let errors = view.errors.by_category.entry(category).or_default();
                *errors = errors.saturating_add(counted.errors);
                view.errors.total = view.errors.total.saturating_add(counted.errors);
            }),
            _ => {}
        }
    }
    view
}
