//! Of components and of what recovers them.

use resilience_core::RecoveryStrategy;

use super::{NAME, counter, declare, gauge};
use crate::{Label, Metric};

const STRATEGY: Label = Label::one_of("strategy", &STRATEGIES);
const RESULT: Label = Label::one_of("result", &["recovered", "gave_up", "abandoned"]);

/// What is done to recover, as the label spells it.
const STRATEGIES: [&str; RecoveryStrategy::ALL.len()] = {
    let mut words = [""; RecoveryStrategy::ALL.len()];
    let mut i = 0;
    while i < words.len() {
        words[i] = RecoveryStrategy::ALL[i].as_str();
        i += 1;
    }
    words
};

/// The sorts of errors: a closed list, in which all of the caller's own are one.
const CATEGORY: Label = Label::one_of(
    "category",
    &[
        "database_error",
        "network_timeout",
        "component_failure",
        "data_quality_error",
        "custom",
        "unknown",
    ],
);

/// So many operations of components have series of their own.
const OPERATION: Label = Label::capped("operation", 200);
const OPERATIONS: &[Label] = &[NAME, OPERATION];

declare! {
    pub(in crate::policies) RECOVERIES = Metric::counter(
        "admf_recoveries_total",
        "Recoveries that ended.",
    ).labels(&[NAME, STRATEGY, RESULT]);
    pub(in crate::policies) RECOVERIES_LATE = Metric::counter(
        "admf_recoveries_late_total",
        "Recoveries that took longer than the target of their policy.",
    ).labels(&[NAME, STRATEGY]);
    pub(in crate::policies) RECOVERY_SECONDS = Metric::histogram(
        "admf_recovery_duration_seconds",
        "Time from the beginning of a recovery to its end.",
        &[1.0, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 150.0, 180.0, 300.0, 600.0],
    ).labels(&[NAME, STRATEGY, RESULT]).unit("seconds");
    pub(in crate::policies) RECOVERIES_UNDER_WAY = gauge(
        "admf_recoveries_under_way",
        "Components that a recovery runs for.",
    );
    pub(in crate::policies) DEGRADED = Metric::gauge(
        "admf_degraded",
        "1 for components that the system goes on without.",
    ).labels(&[NAME, Label::capped("component", 100)]);
    pub(in crate::policies) RECOVERY_ERRORS = Metric::counter(
        "admf_recovery_errors_total",
        "Errors that were to be recovered from, by their sort, whatever was done for them.",
    ).labels(&[NAME, CATEGORY]);
    pub(in crate::policies) RECOVERY_JOINED = counter(
        "admf_recovery_joined_total",
        "Errors that came while a recovery of their component ran.",
    );
    pub(in crate::policies) RECOVERY_UNHANDLED = counter(
        "admf_recovery_unhandled_total",
        "Errors for which nothing is to be done.",
    );

    pub(in crate::policies) OPERATION_CALLS = Metric::counter(
        "admf_operation_calls_total",
        "Calls of a component's operations that ended; one that was tried again is one call.",
    ).labels(&[
        NAME,
        OPERATION,
        Label::one_of("result", &["success", "error", "timed_out", "refused", "dropped", "panicked"]),
    ]);
    pub(in crate::policies) OPERATION_MEAN = Metric::gauge(
        "admf_operation_mean_seconds",
        "What a call of the operation took, the waits between attempts included, on average since the component was built; none before the first.",
    ).labels(OPERATIONS).unit("seconds");
    pub(in crate::policies) OPERATION_LONGEST = Metric::gauge(
        "admf_operation_longest_seconds",
        "What the longest call of the operation took.",
    ).labels(OPERATIONS).unit("seconds");
}
