//! Where health comes from that somebody else keeps.

use super::report::{CircuitHealth, ComponentHealth, ErrorCount};

/// Something that keeps health of its own, and is asked for it when that is shown.
///
/// It is asked by each scrape and each probe, so it reads and does not check; it must not block. What it
/// has nothing of it leaves out. A closure that returns components is one. One that panics is shown as
/// an unhealthy critical component.
///
/// With feature `resilience`, `resilience_core::Health` is one (its components), and
/// `resilience_core::Env` another (components, circuits and errors of all that its registry lists).
pub trait HealthSource: Send + Sync {
    /// Lists components.
    fn components(&self) -> Vec<ComponentHealth> {
        Vec::new()
    }

    /// Lists circuit breakers.
    fn circuits(&self) -> Vec<CircuitHealth> {
        Vec::new()
    }

    /// Counts errors by their category. The list of categories is closed.
    ///
    /// They are for the page: as a metric an environment's are `admf_recovery_errors_total`, and who counts
    /// his own shows them by a metric of his own, such as `admf_errors_total` of
    /// [`trading`](crate::trading).
    fn errors(&self) -> Vec<ErrorCount> {
        Vec::new()
    }
}

impl<F: Fn() -> Vec<ComponentHealth> + Send + Sync> HealthSource for F {
    fn components(&self) -> Vec<ComponentHealth> {
        self()
    }
}
