//! The observer that counts what no snapshot can tell.

use std::sync::Arc;

use resilience_core::{Event, Name, Observer};

use super::heard::Heard;
use crate::meter::Meter;

/// Counts changes of state, those between two scrapes too, and passes each event on.
///
/// [`PolicyMetrics::observer`](super::PolicyMetrics::observer) gives it, `Env::with_observer` takes it.
/// It counts the transitions of circuits and times their recovery, times the recoveries of `Recovery`,
/// counts the attempts of calls that a retry gave up, and how long calls waited their turn. An event
/// takes one short lock; a call that changes no state and does not wait pays nothing.
#[derive(Clone, Debug)]
pub struct PolicyObserver {
    meter: Meter,
    heard: Arc<Heard>,
    next: Option<Arc<dyn Observer>>,
}

impl PolicyObserver {
    pub(super) fn new(meter: Meter, heard: Arc<Heard>) -> Self {
        heard.listen();
        Self {
            meter,
            heard,
            next: None,
        }
    }

    /// Tells `next` each event too, after it is counted; the one before it is told no more.
    #[must_use]
    pub fn then(self, next: Arc<dyn Observer>) -> Self {
        Self {
            next: Some(next),
            ..self
        }
    }
}

impl Observer for PolicyObserver {
    fn on_event(&self, policy: &Name, event: &Event) {
        self.heard.take(policy, event, &self.meter);
        if let Some(next) = &self.next {
            next.on_event(policy, event);
        }
    }
}
