//! Events of policies as events of `tracing`.

use resilience_core::{CircuitState, Event, Name, Observer};
use tracing::{debug, info, warn};

/// Reports what policies do as `tracing` events, all with the target `resilience` and the field
/// `policy`, the policy's name.
///
/// | message | level | further fields |
/// |---|---|---|
/// | `circuit moved` | info to closed, else warn | `from`, `to`: `closed`, `open`, `half_open`, `isolated`, `disabled`, `shadow` |
/// | `circuit would trip` | warn | |
/// | `failover switched` | warn | `from`, `to`: the targets; `switch`: the switch in words |
/// | `retry gave up` | warn | `attempts` |
/// | `rate store lost` | warn | |
/// | `rate store back` | info | |
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
        match event {
            Event::CircuitMoved { from, to } => {
                let (from, closed) = (from.as_str(), *to == CircuitState::Closed);
                let to = to.as_str();
                match closed {
                    true => info!(target: "resilience", policy, from, to, "circuit moved"),
                    false => warn!(target: "resilience", policy, from, to, "circuit moved"),
                }
            }
            Event::CircuitWouldTrip => {
                warn!(target: "resilience", policy, "circuit would trip");
            }
            Event::Switched(switch) => {
                let (from, to) = (switch.from.as_str(), switch.to.as_str());
                warn!(target: "resilience", policy, from, to, %switch, "failover switched");
            }
            Event::GaveUp { attempts } => {
                warn!(target: "resilience", policy, attempts, "retry gave up");
            }
            Event::StoreLost => warn!(target: "resilience", policy, "rate store lost"),
            Event::StoreBack => info!(target: "resilience", policy, "rate store back"),
            event => debug!(target: "resilience", policy, ?event, "policy event"),
        }
    }
}
