//! Every policy of an environment as metrics, read when scraped.
//!
#![doc = include_str!("../../docs/policies_metrics.md")]

// | file | holds |
// |---|---|
// | `catalogue` | the metrics |
// | `living` | which policies are shown |
// | `read` | what their snapshots say |
// | `shown`, `series` | what was shown of them so far |
// | `observer`, `heard`, `named` | what is counted as it happens |
// | `view` | circuits and errors for health pages |

mod catalogue;
mod heard;
mod living;
mod named;
mod observer;
mod read;
mod series;
mod shown;
#[cfg(test)]
mod tests;
mod view;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use resilience_core::{Env, Event, Name, Observer, Snapshot};

pub use catalogue::METRICS;
pub use observer::PolicyObserver;
pub(crate) use view::{circuits, errors};

use crate::meter::{HandleError, Meter};
use heard::Heard;
use living::living;
use shown::Shown;

/// A keyed policy that may keep more keys than these is shown as a whole: keys of clients would be
/// series without end.
const SHOWN_KEYS: usize = 16;

/// Shows the policies of one environment. Clones share what was shown.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use admf_metrics::policies::{METRICS, PolicyMetrics};
/// use admf_metrics::{Catalogue, Exporter};
/// use resilience_core::{Ask, CircuitBreaker, CircuitBreakerConfig, Env, Gate, Outcome};
///
/// let exporter = Exporter::local(Catalogue::new(METRICS)?);
/// let policies = PolicyMetrics::new(exporter.meter())?;
/// let env = Env::default().with_observer(Arc::new(policies.observer()));
/// policies.export(&env)?;
///
/// let venue = CircuitBreaker::new("venue", CircuitBreakerConfig::default(), &env)?;
/// venue.permit(&Ask::default())?.record(Outcome::Success);
/// venue.isolate();
///
/// let text = exporter.render();
/// let shown = |line: &str| text.lines().any(|it| it == line);
/// assert!(shown(r#"admf_circuit_breaker_state{name="venue",state="isolated"} 1"#));
/// assert!(shown(r#"admf_circuit_breaker_calls_total{name="venue",result="success"} 1"#));
/// let moved = r#"{name="venue",from="closed",to="isolated"}"#;
/// assert!(shown(&format!("admf_circuit_breaker_transitions_total{moved} 1")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct PolicyMetrics {
    meter: Meter,
    heard: Arc<Heard>,
}

impl PolicyMetrics {
    /// Creates what shows policies on a meter.
    ///
    /// # Errors
    ///
    /// The meter's catalogue does not declare all of [`METRICS`].
    pub fn new(meter: &Meter) -> Result<Self, HandleError> {
        METRICS.iter().try_for_each(|it| meter.declares(it))?;
        Ok(Self {
            meter: meter.clone(),
            heard: Arc::default(),
        })
    }

    /// Returns the observer for the environment that is exported. Without it, what only events tell is
    /// not shown.
    #[must_use]
    pub fn observer(&self) -> PolicyObserver {
        PolicyObserver::new(self.meter.clone(), Arc::clone(&self.heard))
    }

    /// Exports the policies of `env`, those that are built later too, whenever the meter is scraped.
    ///
    /// # Errors
    ///
    /// The meter shows an environment already. Names are unique within one: build all policies in
    /// clones of one environment, which may differ in clock and observer.
    pub fn export(&self, env: &Env) -> Result<(), AlreadyExported> {
        if !self.meter.claim(catalogue::FED_BY) {
            return Err(AlreadyExported);
        }
        // Without its observer, which may be ours and hold the meter that holds this hook.
        let env = env.clone().with_observer(Arc::new(Nobody));
        let (shown, heard) = (Mutex::<Shown>::default(), Arc::clone(&self.heard));
        self.meter.on_scrape_of(&catalogue::METRICS, move |meter| {
            let living = living(&env);
            let circuits = living
                .iter()
                .filter(|(_, it)| matches!(it, Snapshot::CircuitBreaker(_)));
            for (circuit, _) in circuits.take(catalogue::POLICIES) {
                heard.expect_circuit(circuit.name().as_str(), meter);
            }
            heard.forget(&living, env.now(), meter);
            let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
            shown.update(&living, env.now(), meter);
        });
        Ok(())
    }
}

/// Reports that a meter shows the policies of an environment already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlreadyExported;

impl fmt::Display for AlreadyExported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the meter shows the policies of an environment already, and takes one")
    }
}

impl std::error::Error for AlreadyExported {}

/// Hears nothing.
#[derive(Debug)]
struct Nobody;

impl Observer for Nobody {
    fn on_event(&self, _: &Name, _: &Event) {}
}
