//! What the notifier sees and does by itself, for whoever keeps a history.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::alert::{Alert, Fingerprint};
use super::batch::Batch;
use super::notifier::Notifier;
use super::state::GroupKey;

/// Says what happened within a [`Notifier`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Happened {
    /// An alert fires.
    Fires(Arc<Alert>),
    /// An alert has ended: somebody said so, or it was not posted again.
    Ended(Arc<Alert>),
    /// A level of a ladder was reached.
    Escalated {
        /// Which, from 1.
        level: usize,
        /// Who is told.
        receivers: Vec<String>,
        /// What fires.
        alerts: Vec<Arc<Alert>>,
    },
    /// A notice was tried for as long as a flush of its group takes. The next flush says what is then.
    GivenUp(Arc<Batch>),
    /// Alerts ended so long ago that who was not told of it is not told any more.
    Dropped {
        /// Of which group.
        group: GroupKey,
        /// The alerts.
        alerts: Vec<Arc<Alert>>,
    },
}

impl Notifier {
    /// Returns what happened since somebody asked, in order; nothing the first time, as it is noted from then on.
    ///
    /// That an alert fires or has ended is told once, over restarts too. What nobody posts again has ended by the time
    /// that somebody [looks](Self::due).
    pub fn take_happened(&mut self) -> Vec<Happened> {
        let happened = self.happened.get_or_insert_default();
        mem::take(happened)
    }

    pub(super) fn happens(&mut self, what: impl FnOnce() -> Happened) {
        if let Some(happened) = &mut self.happened {
            happened.push(what());
        }
    }

    /// Takes that an alert is as it is now.
    pub(super) fn turns(&mut self, alert: &Arc<Alert>, now: Duration) {
        let fingerprint = alert.fingerprint();
        match (
            !alert.is_resolved(now),
            self.firing.contains_key(&fingerprint),
        ) {
            (true, false) => {
                self.firing.insert(fingerprint, ());
                self.happens(|| Happened::Fires(Arc::clone(alert)));
            }
            (false, true) => {
                self.firing.remove(&fingerprint);
                self.happens(|| Happened::Ended(Arc::clone(alert)));
            }
            _ => {}
        }
    }

    /// Takes that time has gone on.
    pub(super) fn turn_all(&mut self, now: Duration) {
        let firing = self.firing.keys().filter_map(|it| self.alerts.get(it));
        let ended = firing.filter(|it| it.is_resolved(now));
        let ended: Vec<Arc<Alert>> = ended.cloned().collect();
        for alert in ended {
            self.turns(&alert, now);
        }
    }

    /// Takes that nobody knows an alert any more.
    pub(super) fn turn_away(&mut self, alert: Fingerprint) {
        self.firing.remove(&alert);
    }
}
