//! Of circuit breakers.

use resilience_core::CircuitState;

use super::{NAME, counter, declare, gauge};
use crate::{Label, Metric};

/// The states of a circuit, as the labels spell them.
pub(in crate::policies) const STATES: [&str; CircuitState::ALL.len()] = {
    let mut words = [""; CircuitState::ALL.len()];
    let mut i = 0;
    while i < words.len() {
        words[i] = CircuitState::ALL[i].as_str();
        i += 1;
    }
    words
};

/// Upper bounds from a blink to the hour that a dependency may be gone; two minutes are the aim.
const OUTAGES: [f64; 14] = [
    0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0, 1800.0, 3600.0,
];

declare! {
    pub(in crate::policies) BREAKER_STATE = Metric::gauge(
        "admf_circuit_breaker_state",
        "1 for the state the circuit is in, 0 for the others.",
    ).labels(&[NAME, Label::one_of("state", &STATES)]);
    pub(in crate::policies) BREAKER_CALLS = Metric::counter(
        "admf_circuit_breaker_calls_total",
        "Calls that ended, by what they told the circuit; late ones ended in another stay of it than they began in.",
    ).labels(&[NAME, Label::one_of("result", &["success", "failure", "ignored", "late"])]);
    pub(in crate::policies) BREAKER_SLOW = counter(
        "admf_circuit_breaker_slow_calls_total",
        "Calls that took longer than the circuit's limit for slow ones.",
    );
    pub(in crate::policies) BREAKER_SUCCESS = gauge(
        "admf_circuit_breaker_success_ratio",
        "Successes per success or failure since the circuit was built; none before the first.",
    ).unit("ratio");
    pub(in crate::policies) BREAKER_FAILURES = gauge(
        "admf_circuit_breaker_failure_ratio",
        "Failures per call in the circuit's window; none below its minimum of calls.",
    ).unit("ratio");
    pub(in crate::policies) BREAKER_SLOWNESS = gauge(
        "admf_circuit_breaker_slow_ratio",
        "Slow calls per call in the circuit's window; none below its minimum of calls.",
    ).unit("ratio");
    pub(in crate::policies) BREAKER_RUN = gauge(
        "admf_circuit_breaker_consecutive_failures",
        "Failures since the last success of this closed time.",
    );
    pub(in crate::policies) BREAKER_LAST_FAILURE = gauge(
        "admf_circuit_breaker_last_failure_age_seconds",
        "Time since the last failure that counted; none before the first.",
    ).unit("seconds");
    pub(in crate::policies) BREAKER_REJECTED = counter(
        "admf_circuit_breaker_rejected_total",
        "Calls that the circuit refused.",
    );
    pub(in crate::policies) BREAKER_WOULD_TRIP = counter(
        "admf_circuit_breaker_would_trip_total",
        "Times that a circuit in shadow would have opened.",
    );
    pub(in crate::policies) BREAKER_RETRY_AFTER = gauge(
        "admf_circuit_breaker_retry_after_seconds",
        "Time until the circuit may let calls through, 0 where it does or nobody knows.",
    ).unit("seconds");
    pub(in crate::policies) BREAKER_TRANSITIONS = Metric::counter(
        "admf_circuit_breaker_transitions_total",
        "Changes of a circuit's state.",
    ).labels(&[NAME, Label::one_of("from", &STATES), Label::one_of("to", &STATES)]);
    pub(in crate::policies) BREAKER_RECOVERY = Metric::histogram(
        "admf_circuit_breaker_recovery_seconds",
        "Time from the opening of a closed circuit until it was closed again.",
        &OUTAGES,
    ).labels(&[NAME]).unit("seconds");
}
