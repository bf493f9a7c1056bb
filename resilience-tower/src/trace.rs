//! Events of policies as events of `tracing`.

use resilience_core::health::HealthChange;
use resilience_core::recovery::{RecoveryRecord, RecoveryResult};
use resilience_core::{CircuitState, Event, HealthStatus, Name, Observer};
use tracing::{debug, info, warn};

use crate::context::{self, CorrelationId};

/// Reports what policies do as `tracing` events, all with the target `resilience` and the field
/// `policy`, the policy's name.
///
/// | message | level | further fields |
/// |---|---|---|
/// | `circuit moved` | info to closed, else warn | `from`, `to`: `closed`, `open`, `half_open`, `isolated`, `disabled`, `shadow` |
/// | `circuit would trip` | warn | |
/// | `failover switched` | warn | `from`, `to`: the targets; `switch`: the switch in words |
/// | `health changed` | info to healthy, else warn | `component`, `from`, `to`, `system`: `unknown`, `healthy`, `degraded`, `unhealthy`; `reason` |
/// | `recovery began` | warn | `component`, `kind`, `strategy` |
/// | `recovery ended` | info if recovered, else warn | `component`, `result`: `recovered`, `gave_up`, `abandoned`; `recovery`: the recovery in words |
/// | `degraded` | warn | `component` |
/// | `restored` | info | `component` |
/// | `retry gave up` | warn | `attempts`; `cause`: `attempts`, `time`, `budget`, `do_not_retry` |
/// | `rate store lost` | warn | |
/// | `rate store back` | info | |
///
/// Where the event is told within a [call](crate::context) that has a correlation id, that is the
/// field `correlation_id`. It is the call that caused the event, unless two calls move one policy at
/// the same time: then one of them tells both events, in their order.
///
/// Messages, levels and fields are part of this crate's interface. What a later version reports
/// besides is a debug event `policy event` with the field `event`.
///
/// ```
/// use std::sync::Arc;
/// use resilience_core::Env;
/// use resilience_tower::TraceObserver;
///
/// let env = Env::default().with_observer(Arc::new(TraceObserver));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TraceObserver;

impl Observer for TraceObserver {
    fn on_event(&self, policy: &Name, event: &Event) {
        let policy = policy.as_str();
        let context = context::current();
        let correlation_id = context.correlation_id.as_ref().map(CorrelationId::as_str);
        match event {
            Event::CircuitMoved { from, to, .. } => {
                let (from, closed) = (from.as_str(), *to == CircuitState::Closed);
                let to = to.as_str();
                match closed {
                    true => {
                        info!(target: "resilience", policy, correlation_id, from, to, "circuit moved");
                    }
                    false => {
                        warn!(target: "resilience", policy, correlation_id, from, to, "circuit moved");
                    }
                }
            }
            Event::CircuitWouldTrip => {
                warn!(target: "resilience", policy, correlation_id, "circuit would trip");
            }
            Event::Switched(switch) => {
                let (from, to) = (switch.from.as_str(), switch.to.as_str());
                warn!(target: "resilience", policy, correlation_id, from, to, %switch, "failover switched");
            }
            Event::HealthChanged(change) => health_changed(policy, correlation_id, change),
            Event::RecoveryBegan {
                component,
                kind,
                strategy,
            } => {
                let (component, kind) = (component.as_str(), kind.as_str());
                let strategy = strategy.as_str();
                warn!(target: "resilience", policy, correlation_id, component, kind, strategy, "recovery began");
            }
            Event::RecoveryEnded(record) => recovery_ended(policy, correlation_id, record),
            Event::Degraded {
                component,
                degraded,
            } => is_degraded(policy, correlation_id, component.as_str(), *degraded),
            Event::GaveUp { attempts, cause } => {
                let cause = cause.as_str();
                warn!(target: "resilience", policy, correlation_id, attempts, cause, "retry gave up");
            }
            Event::StoreLost => {
                warn!(target: "resilience", policy, correlation_id, "rate store lost");
            }
            Event::StoreBack => {
                info!(target: "resilience", policy, correlation_id, "rate store back");
            }
            event => debug!(target: "resilience", policy, correlation_id, ?event, "policy event"),
        }
    }
}

fn is_degraded(policy: &str, correlation_id: Option<&str>, component: &str, degraded: bool) {
    match degraded {
        true => warn!(target: "resilience", policy, correlation_id, component, "degraded"),
        false => info!(target: "resilience", policy, correlation_id, component, "restored"),
    }
}

fn health_changed(policy: &str, correlation_id: Option<&str>, change: &HealthChange) {
    let HealthChange {
        component, reason, ..
    } = change;
    let component = component.as_str();
    let [from, to, system] = [change.from, change.to, change.system].map(HealthStatus::as_str);
    match change.to {
        HealthStatus::Healthy => {
            info!(target: "resilience", policy, correlation_id, component, from, to, system, reason, "health changed");
        }
        _ => {
            warn!(target: "resilience", policy, correlation_id, component, from, to, system, reason, "health changed");
        }
    }
}

fn recovery_ended(policy: &str, correlation_id: Option<&str>, recovery: &RecoveryRecord) {
    let component = recovery.incident.component.as_str();
    let result = recovery.result.as_str();
    match recovery.result {
        RecoveryResult::Recovered => {
            info!(target: "resilience", policy, correlation_id, component, result, %recovery, "recovery ended");
        }
        _ => {
            warn!(target: "resilience", policy, correlation_id, component, result, %recovery, "recovery ended");
        }
    }
}
