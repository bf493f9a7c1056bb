//! Of components and of what recovers them.

use resilience_core::component::{ComponentSnapshot, OperationSnapshot};
use resilience_core::recovery::RecoverySnapshot;

use super::{Show, ratio};
use crate::policies::catalogue::system as m;
use crate::policies::series::Value::{self, Level, Total};

pub(super) fn recovery(it: &RecoverySnapshot, show: Show<'_>) {
    for counts in &it.counts {
        let strategy = ("strategy", counts.strategy.as_str());
        for (result, ended) in [
            ("recovered", counts.recovered),
            ("gave_up", counts.gave_up),
            ("abandoned", counts.abandoned),
        ] {
            show(
                &m::RECOVERIES,
                &[strategy, ("result", result)],
                Total(ended),
            );
        }
        show(&m::RECOVERIES_LATE, &[strategy], Total(counts.late));
    }
    for errors in &it.errors {
        let category = ("category", errors.category.as_str());
        show(&m::RECOVERY_ERRORS, &[category], Total(errors.errors));
    }
    show(&m::RECOVERY_JOINED, &[], Total(it.joined));
    show(&m::RECOVERY_UNHANDLED, &[], Total(it.unhandled));
    show(
        &m::RECOVERIES_UNDER_WAY,
        &[],
        Level(it.under_way.len() as f64),
    );
    for component in &it.degraded {
        let component = ("component", component.as_str());
        show(&m::DEGRADED, &[component], Value::flag(true));
    }
}

pub(super) fn component(it: &ComponentSnapshot, show: Show<'_>) {
    for (name, operation) in &it.operations {
        let name = ("operation", name.as_str());
        of_operation(operation, name, show);
    }
}

fn of_operation(it: &OperationSnapshot, name: (&'static str, &str), show: Show<'_>) {
    for (result, calls) in [
        ("success", it.successes),
        ("error", it.errors),
        ("timed_out", it.timed_out),
        ("refused", it.refused),
        ("dropped", it.dropped),
        ("panicked", it.panicked),
    ] {
        show(
            &m::OPERATION_CALLS,
            &[name, ("result", result)],
            Total(calls),
        );
    }
    if let Some(mean) = ratio(it.total.as_secs_f64(), it.calls() as f64) {
        show(&m::OPERATION_MEAN, &[name], Level(mean));
    }
    let longest = it.longest.as_secs_f64();
    show(&m::OPERATION_LONGEST, &[name], Level(longest));
}
