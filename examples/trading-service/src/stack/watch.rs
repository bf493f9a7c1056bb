//! What the policies did, as the report tells it.

use std::sync::{
    Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use resilience_core::{
    CircuitState, Event, Name, Observer, Time,
    failover::{Direction as Way, Switch as Switched},
};

use super::TradingClock;
use crate::trader::{Direction, Switch};

/// Counts trips, and writes down every change of the venue with the trading time.
#[derive(Debug)]
pub(super) struct Watch {
    clock: TradingClock,
    /// When the run began, by the clock of the policies.
    began: OnceLock<Time>,
    trips: AtomicU64,
    switches: Mutex<Vec<Switch>>,
}

impl Watch {
    pub(super) fn new(clock: TradingClock) -> Self {
        Self {
            clock,
            began: OnceLock::new(),
            trips: AtomicU64::new(0),
            switches: Mutex::default(),
        }
    }

    /// Says when the run begins: switches are told by the time since.
    pub(super) fn begin(&self, now: Time) {
        self.began.get_or_init(|| now);
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
            after: switch
                .at
                .since(self.began.get().copied().unwrap_or(switch.at)),
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
    fn on_event(&self, policy: &Name, event: &Event) {
        self.clock.live.policy_event(policy, event);
        match event {
            Event::CircuitMoved {
                to: CircuitState::Open,
                ..
            } => {
                self.trips.fetch_add(1, Ordering::Relaxed);
            }
            Event::Switched(switch) => self.switched(switch),
            _ => {}
        }
    }
}
