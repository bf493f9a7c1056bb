//! Health as metrics, pulled by each scrape.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{ComponentHealth, ComponentState, Health, HealthReport, Readiness};
use crate::catalogue::{Label, Metric};
use crate::handle::{Counter, Gauge};
use crate::meter::{HandleError, Meter};

const COMPONENT: Label = Label::capped("component", 200);
const FED_BY: &str = "health";

/// Shows components that work.
pub const COMPONENT_STATUS: Metric = Metric::gauge(
    "admf_component_status",
    "1 for components that are healthy or degraded, 0 for those that are unhealthy or unknown.",
)
.labels(&[COMPONENT])
.fed_by(FED_BY);

/// Shows the state of each component.
pub const COMPONENT_HEALTH: Metric = Metric::gauge(
    "admf_component_health",
    "State of components: 1 for the state that holds, 0 for the others.",
)
.labels(&[
    COMPONENT,
    Label::one_of("state", &["healthy", "degraded", "unknown", "unhealthy"]),
])
.fed_by(FED_BY);

/// Counts checks.
const CHECKS: Metric = Metric::counter("admf_health_checks_total", "Health checks made.")
    .labels(&[COMPONENT])
    .fed_by(FED_BY);

/// Counts bad checks.
const FAILURES: Metric = Metric::counter(
    "admf_health_check_failures_total",
    "Health checks that found the component not to work.",
)
.labels(&[COMPONENT])
.fed_by(FED_BY);

/// Shows how long the last check took.
const TOOK: Metric = Metric::gauge(
    "admf_health_check_duration_seconds",
    "Time that the last health check took, where it is known.",
)
.unit("seconds")
.labels(&[COMPONENT])
.fed_by(FED_BY);

/// Shows how old what is known is.
const AGE: Metric = Metric::gauge(
    "admf_health_check_age_seconds",
    "Time since the last health check.",
)
.unit("seconds")
.labels(&[COMPONENT])
.fed_by(FED_BY);

/// Shows readiness.
const READY: Metric = Metric::gauge(
    "admf_health_ready",
    "1 where the process is ready for work, 0 where it is not.",
)
.fed_by(FED_BY);

/// Counts errors that sources know of.
const ERRORS: Metric = Metric::counter(
    "admf_health_errors_total",
    "Errors that sources of health counted, by category.",
)
.labels(&[Label::capped("category", 20)])
.fed_by(FED_BY);

/// The metrics that [`export`] feeds.
pub const METRICS: [Metric; 8] = [
    COMPONENT_STATUS,
    COMPONENT_HEALTH,
    CHECKS,
    FAILURES,
    TOOK,
    AGE,
    READY,
    ERRORS,
];

/// Shows a health with each scrape of a meter, for as long as that lives. Once is enough: totals of a health
/// that is shown twice by one meter are added up, as those of two are.
///
/// A check's duration is the last one's, a gauge: a scrape sees one check or none of those since the last
/// scrape, so buckets filled by it would count scrapes and not checks. A component that is gone is shown
/// as unknown.
///
/// # Errors
///
/// The meter's catalogue does not declare [`METRICS`].
pub fn export(meter: &Meter, health: &Health) -> Result<(), HandleError> {
    let ready = meter.gauge(&READY, &[])?;
    for metric in &METRICS {
        // What cannot be resolved is told here and not swallowed by a scrape.
        if meter.catalogue().find(metric.name) != Some(metric) {
            return Err(HandleError::Undeclared {
                metric: metric.name.to_owned(),
            });
        }
    }
    let (health, known) = (health.clone(), Mutex::<Known>::default());
    meter.on_scrape(move |meter| {
        let report = health.report();
        ready.set(f64::from(u8::from(report.readiness == Readiness::Ready)));
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        // What is declared can be resolved.
        let _ = known.show(meter, &report);
    });
    Ok(())
}

/// What was shown so far.
#[derive(Default)]
struct Known {
    components: HashMap<String, Series>,
    errors: HashMap<String, Total>,
}

impl Known {
    fn show(&mut self, meter: &Meter, report: &HealthReport) -> Result<(), HandleError> {
        for (name, series) in &self.components {
            if !report.components.iter().any(|it| it.name == *name) {
                series.show_state(ComponentState::Unknown);
            }
        }
        for it in &report.components {
            let series = match self.components.entry(it.name.clone()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => place.insert(Series::new(meter, &it.name)?),
            };
            series.show(meter, it);
        }
        for it in &report.errors {
            let total = match self.errors.entry(it.category.clone()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => {
                    let labels = [("category", it.category.as_str())];
                    place.insert(Total::new(meter.counter(&ERRORS, &labels)?))
                }
            };
            total.show(it.errors);
        }
        Ok(())
    }
}

/// The series of one component.
struct Series {
    status: Gauge,
    states: [Gauge; 4],
    checks: Total,
    failures: Total,
    took: Option<Gauge>,
    age: Option<Gauge>,
}

impl Series {
    fn new(meter: &Meter, component: &str) -> Result<Self, HandleError> {
        let labels = [("component", component)];
        let state = |state: ComponentState| {
            let labels = [("component", component), ("state", state.as_str())];
            meter.gauge(&COMPONENT_HEALTH, &labels)
        };
        let [healthy, degraded, unknown, unhealthy] = ComponentState::ALL.map(state);
        Ok(Self {
            status: meter.gauge(&COMPONENT_STATUS, &labels)?,
            states: [healthy?, degraded?, unknown?, unhealthy?],
            checks: Total::new(meter.counter(&CHECKS, &labels)?),
            failures: Total::new(meter.counter(&FAILURES, &labels)?),
            took: None,
            age: None,
        })
    }

    fn show(&mut self, meter: &Meter, it: &ComponentHealth) {
        self.show_state(it.state);
        self.checks.show(it.checks);
        self.failures.show(it.failures);
        let labels = [("component", it.name.as_str())];
        // Before there is a number there is no series: 0 seconds would be one.
        let show = |place: &mut Option<Gauge>, metric, length: Option<Duration>| {
            if let Some(length) = length {
                if place.is_none() {
                    *place = meter.gauge(metric, &labels).ok();
                }
                if let Some(gauge) = place {
                    gauge.set(length.as_secs_f64());
                }
            }
        };
        show(&mut self.took, &TOOK, it.took);
        show(&mut self.age, &AGE, it.age);
    }

    fn show_state(&self, state: ComponentState) {
        self.status.set(f64::from(u8::from(state.is_up())));
        for (gauge, one) in self.states.iter().zip(ComponentState::ALL) {
            gauge.set(f64::from(u8::from(one == state)));
        }
    }
}

/// A total that is kept elsewhere, by somebody who may begin anew.
struct Total {
    counter: Counter,
    seen: u64,
}

impl Total {
    const fn new(counter: Counter) -> Self {
        Self { counter, seen: 0 }
    }

    fn show(&mut self, total: u64) {
        let grown = total.checked_sub(self.seen).unwrap_or(total);
        self.counter.increment(grown);
        self.seen = total;
    }
}
