//! Stop calling a dependency that keeps failing.

/// The state of a circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CircuitState {
    /// Calls go through and are watched.
    Closed = 0,
    /// Calls are refused.
    Open = 1,
    /// A few calls go through to probe the dependency.
    HalfOpen = 2,
    /// Calls are refused until the operator says otherwise.
    Isolated = 3,
    /// Calls go through and are not watched, until the operator says otherwise.
    Disabled = 4,
    /// Calls go through and are watched, and nothing follows but a report.
    Shadow = 5,
}
