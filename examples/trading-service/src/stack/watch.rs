//! What the policies did, as the report tells it.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};
use std::time::Duration;

use resilience_core::{
    CircuitState, Event, Name, Observer,
    failover::{Direction as Way, Switch as Switched},
};

use super::TradingClock;
use crate::trader::{Direction, Switch};

/// Counts trips, and writes down every change of the venue with the trading time.
#[derive(Debug)]
pub(super) struct Watch {
    clock: TradingClock,
    trips: AtomicU64,
    switches: Mutex<Vec<Switch>>,
}

impl Watch {
    pub(super) fn new(clock: TradingClock) -> Self {
        Self {
            clock,
            trips: AtomicU64::new(0),
            switches: Mutex::default(),
        }
    }

    /// Counts how often a circuit opened.
    pub(super) fn trips(&self) -> u64 {
        self.trips.load(Ordering::Relaxed)
    }

    /// Returns the changes of the venue so far, in order.
    pub(super) fn switches(&self) -> Vec<Switch> {
        self.lock().clone()
    }

    fn switched(&self, switch: &Switched) {
        let direction = match switch.direction {
            Way::Over => Direction::Failover,
            Way::Back => Direction::Failback,
        };
        let Switched {
            from, to, reason, ..
        } = switch;
        self.lock().push(Switch {
            at: self.clock.now(),
            after: Duration::from_nanos(switch.at.as_nanos()),
            direction,
            reason: format!("{from} to {to}, {reason}"),
        });
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Switch>> {
        // Nothing under the lock can panic; and switches are worth reading even if something did.
        self.switches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Watch {
    fn on_event(&self, _: &Name, event: &Event) {
        match event {
            Event::CircuitMoved {
                to: CircuitState::Open,
                ..
            } => {
                self.trips.fetch_add(1, Ordering::Relaxed);
            }
            Event::Switched(switch) => self.switched(switch),
            Event::HealthChanged(change) => self.clock.live.health_changed(change),
            _ => {}
        }
    }
}
