//! Health as metrics, pulled by each scrape.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{ComponentHealth, ComponentState, Health, HealthReport, Readiness};
use crate::catalogue::{Label, Metric};
use crate::handle::{Counter, Gauge};
use crate::meter::{HandleError, Meter, TOTALS_STAY};

const COMPONENT: Label = Label::capped("component", 200);
const FED_BY: &str = "health";

/// Shows components that work.
pub const COMPONENT_STATUS: Metric = Metric::gauge(
    "admf_component_status",
    "1 for components that are healthy or degraded, 0 for those that are unhealthy; none while nobody knows.",
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

/// The metrics that [`export`] feeds.
pub const METRICS: [Metric; 7] = [
    COMPONENT_STATUS,
    COMPONENT_HEALTH,
    CHECKS,
    FAILURES,
    TOOK,
    AGE,
    READY,
];

/// Shows a health with each scrape of a meter, for as long as that lives. Once is enough: totals of a health
/// that is shown twice by one meter are added up, as those of two are.
///
/// A check's duration is the last one's, a gauge: a scrape sees one check or none of those since the last
/// scrape, so buckets filled by it would count scrapes and not checks. A component that is gone is
/// removed.
///
/// # Errors
///
/// The meter's catalogue does not declare [`METRICS`].
pub fn export(meter: &Meter, health: &Health) -> Result<(), HandleError> {
    let ready = meter.gauge(&READY, &[])?;
    // What cannot be resolved is told here and not swallowed by a scrape.
    METRICS.iter().try_for_each(|it| meter.declares(it))?;
    let (health, known) = (health.clone(), Mutex::<Known>::default());
    meter.on_scrape_of(&METRICS, move |meter| {
        let report = health.report();
        ready.set(f64::from(u8::from(report.readiness == Readiness::Ready)));
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        // What is declared can be resolved.
        let _ = known.show(meter, &report, health.clock.now());
    });
    Ok(())
}

/// The components that were shown so far.
#[derive(Default)]
struct Known(HashMap<String, Series>);

impl Known {
    fn show(
        &mut self,
        meter: &Meter,
        report: &HealthReport,
        now: Duration,
    ) -> Result<(), HandleError> {
        let lives: HashSet<_> = report.components.iter().map(|it| &*it.name).collect();
        self.0
            .retain(|name, series| lives.contains(&**name) || series.stays(meter, name, now));
        for it in &report.components {
            let series = match self.0.entry(it.name.clone()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => place.insert(Series::new(meter, &it.name)?),
            };
            series.show(meter, it)?;
        }
        Ok(())
    }
}

/// The series of one component.
struct Series {
    checks: Total,
    failures: Total,
    /// None while it is gone.
    levels: Option<Levels>,
    /// When it was first found to be gone.
    gone: Option<Duration>,
}

impl Series {
    fn new(meter: &Meter, component: &str) -> Result<Self, HandleError> {
        let labels = [("component", component)];
        Ok(Self {
            checks: Total::new(meter.counter(&CHECKS, &labels)?),
            failures: Total::new(meter.counter(&FAILURES, &labels)?),
            levels: None,
            gone: None,
        })
    }

    fn show(&mut self, meter: &Meter, it: &ComponentHealth) -> Result<(), HandleError> {
        self.gone = None;
        self.checks.show(it.checks);
        self.failures.show(it.failures);
        let levels = match self.levels.take() {
            Some(levels) => levels,
            None => Levels::new(meter, &it.name)?,
        };
        self.levels.insert(levels).show(it);
        Ok(())
    }

    /// Ends the levels of a component that is gone, and later its totals; says whether those stay.
    fn stays(&mut self, meter: &Meter, component: &str, now: Duration) -> bool {
        if let Some(levels) = self.levels.take() {
            levels.remove(meter, component);
        }
        let gone = *self.gone.get_or_insert(now);
        let stays = now.saturating_sub(gone) < TOTALS_STAY;
        if !stays {
            for metric in [&CHECKS, &FAILURES] {
                meter.remove(metric, &[("component", component)]);
            }
        }
        stays
    }
}

/// What a component is at the moment. A level that is not known has no sample.
struct Levels {
    status: Gauge,
    states: [Gauge; 4],
    took: Gauge,
    age: Gauge,
}

impl Levels {
    fn new(meter: &Meter, component: &str) -> Result<Self, HandleError> {
        let gauge = |metric| meter.gauge(metric, &[("component", component)]);
        let state = |state: ComponentState| {
            let labels = [("component", component), ("state", state.as_str())];
            meter.gauge(&COMPONENT_HEALTH, &labels)
        };
        let [healthy, degraded, unknown, unhealthy] = ComponentState::ALL.map(state);
        Ok(Self {
            status: gauge(&COMPONENT_STATUS)?,
            states: [healthy?, degraded?, unknown?, unhealthy?],
            took: gauge(&TOOK)?,
            age: gauge(&AGE)?,
        })
    }

    fn show(&self, it: &ComponentHealth) {
        let flag = |is: bool| f64::from(u8::from(is));
        // Nobody knows is not down: a rule on 0 must not fire at the start.
        let known = it.state != ComponentState::Unknown;
        self.status.show(known.then(|| flag(it.state.is_up())));
        for (gauge, one) in self.states.iter().zip(ComponentState::ALL) {
            gauge.set(flag(one == it.state));
        }
        self.took.show(it.took.map(|it| it.as_secs_f64()));
        self.age.show(it.age.map(|it| it.as_secs_f64()));
    }

    fn remove(&self, meter: &Meter, component: &str) {
        let all = [&self.status, &self.took, &self.age];
        // A recorder of the program's own removes nothing.
        all.into_iter().chain(&self.states).for_each(Gauge::clear);
        for metric in [&COMPONENT_STATUS, &TOOK, &AGE] {
            meter.remove(metric, &[("component", component)]);
        }
        for state in ComponentState::ALL {
            let labels = [("component", component), ("state", state.as_str())];
            meter.remove(&COMPONENT_HEALTH, &labels);
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
