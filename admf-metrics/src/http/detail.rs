//! `/health/detail`: all that health knows, in the shape of `docs/health_detail.schema.json`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::health::{CircuitHealth, ComponentHealth, HealthReport};

/// Says which parts of monitoring run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switches {
    /// Monitoring as a whole.
    pub enabled: bool,
    /// The sampling of performance.
    pub performance: bool,
    /// The evaluation of alert rules.
    pub alerts: bool,
    /// The detection of anomalies.
    pub anomaly_detection: bool,
}

impl Default for Switches {
    /// What serves routes is on, and nothing is known of the rest.
    fn default() -> Self {
        Self {
            enabled: true,
            performance: false,
            alerts: false,
            anomaly_detection: false,
        }
    }
}

/// What knows which parts run.
#[derive(Clone, Default)]
pub(super) struct Told(Option<Arc<dyn Fn() -> Switches + Send + Sync>>);

impl Told {
    pub(super) fn by(switches: impl Fn() -> Switches + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(switches)))
    }

    pub(super) fn now(&self) -> Switches {
        let told = self.0.as_ref().map(|switches| switches());
        told.unwrap_or_default()
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Told").field(&self.now()).finish()
    }
}

/// Writes the report down; `now` is the time of day since the epoch of Unix.
pub(super) fn body(report: &HealthReport, switches: Switches, now: Duration) -> Value {
    let components = report.components.iter();
    let components: Map<_, _> = components
        .map(|it| (it.name.clone(), component(it, now)))
        .collect();
    let circuits = report.circuits.iter();
    let circuits: Map<_, _> = circuits.map(|it| (it.name.clone(), circuit(it))).collect();
    let errors = report.errors.iter();
    let by_category: Map<_, _> = errors
        .map(|it| (it.category.clone(), it.errors.into()))
        .collect();
    let errors = report.errors.iter();
    let total = errors.fold(0_u64, |sum, it| sum.saturating_add(it.errors));
    json!({
        "overall_status": report.verdict.as_str(),
        "components": components,
        "circuit_breakers": circuits,
        "error_handling": { "total_errors": total, "by_category": by_category },
        "monitoring": {
            "enabled": switches.enabled,
            "performance": switches.performance,
            "alerts": switches.alerts,
            "anomaly_detection": switches.anomaly_detection,
            "health_checks": report.enabled,
        },
    })
}

fn component(it: &ComponentHealth, now: Duration) -> Value {
    let seconds = |it: Option<Duration>| it.map(|it| it.as_secs_f64());
    // Two clocks went into it: below a millisecond it would tell two looks apart.
    let since = it.lasted.map(|lasted| now.saturating_sub(lasted));
    let since = since.map(|since| since.as_millis() as f64 / 1000.0);
    json!({
        "status": it.state.as_str(),
        "critical": it.critical,
        "enabled": it.enabled,
        "since": since,
        "last_check_age_seconds": seconds(it.age),
        "last_check_duration_seconds": seconds(it.took),
        "checks": it.checks,
        "failures": it.failures,
        "message": it.message,
    })
}

fn circuit(it: &CircuitHealth) -> Value {
    // A rate that is no number is none.
    let success_rate = it.success_rate.filter(|it| it.is_finite());
    json!({ "state": it.state, "success_rate": success_rate })
}
