//! What policies report while they work: changes of state, and waits in a queue; of other calls nothing.

use std::fmt;
use std::time::Duration;

use crate::circuit_breaker::CircuitState;
use crate::failover::Switch;
use crate::health::HealthChange;
use crate::recovery::{ErrorKind, RecoveryRecord, RecoveryStrategy};
use crate::retry::Cause;
use crate::{Name, Time};

/// A change of a policy's state, or a wait that ended well.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A circuit breaker changed state.
    CircuitMoved {
        /// The state it left.
        from: CircuitState,
        /// The state it entered.
        to: CircuitState,
        /// When it did; what is due by time alone, when somebody looked.
        at: Time,
    },
    /// A circuit breaker in shadow would have opened.
    CircuitWouldTrip,
    /// A failover made another target the active one.
    Switched(Switch),
    /// A component's health changed.
    HealthChanged(HealthChange),
    /// A recovery was begun.
    RecoveryBegan {
        /// The component.
        component: Name,
        /// What sort of error it is for.
        kind: ErrorKind,
        /// What is done.
        strategy: RecoveryStrategy,
    },
    /// A recovery ended.
    RecoveryEnded(Box<RecoveryRecord>),
    /// The system goes on without a component, or with it again.
    Degraded {
        /// The component.
        component: Name,
        /// Whether it goes on without.
        degraded: bool,
    },
    /// A retry policy did not repeat a failure any more.
    GaveUp {
        /// Number of attempts that were sent.
        attempts: u32,
        /// What kept it from it.
        cause: Cause,
    },
    /// A distributed rate limiter's store fell silent.
    StoreLost,
    /// A distributed rate limiter's store answers again.
    StoreBack,
    /// A call was admitted after it waited its turn. One that was admitted at once, refused, or dropped
    /// while it waited tells nothing.
    Waited {
        /// The kind of the policy, as the registry has it; policies of two kinds may have one name.
        kind: &'static str,
        /// From the asking until the caller had his permit.
        lasted: Duration,
    },
}

/// Hears what policies do.
pub trait Observer: fmt::Debug + Send + Sync {
    /// Called after the policy named `policy` did `event`, with no lock held.
    ///
    /// Events of one policy come one at a time and in the order in which they happened, but for
    /// [`Event::Waited`], which each caller tells for himself: several at once. The policy's own handle
    /// may be used in here. A panic in here is caught and forgotten.
    fn on_event(&self, policy: &Name, event: &Event);
}
