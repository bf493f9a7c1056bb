//! Alerts that are told of together, and the flush that is under way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::alert::{Alert, Fingerprint};
use super::batch::Batch;
use super::log::Entry;
use super::route::Node;
use super::state::GroupState;
use super::timed::Timed;
use crate::labels::Labels;

/// The shortest time that a flush has.
const SHORTEST: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Group {
    pub(super) alerts: BTreeMap<Fingerprint, Arc<Alert>>,
    /// When it is flushed next; if it is being flushed then, as soon as that has ended.
    pub(super) next: Duration,
    /// Whether it ever was.
    pub(super) flushed: bool,
    /// Whether it is told again, though nothing changed.
    pub(super) again: bool,
    pub(super) flush: Option<Flush>,
}

/// A flush that waits for integrations.
#[derive(Debug)]
pub(super) struct Flush {
    /// When all is given up.
    pub(super) ends: Duration,
    /// When it began.
    pub(super) at: Duration,
    pub(super) alerts: Vec<Arc<Alert>>,
    pub(super) sends: Vec<Send>,
}

/// What one integration is told in a flush.
#[derive(Debug)]
pub(super) struct Send {
    pub(super) batch: Arc<Batch>,
    /// What the log is told once it has arrived.
    pub(super) told: Arc<Told>,
    pub(super) tries: u32,
    pub(super) state: Sending,
}

#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) entry: Entry,
    pub(super) lifetime: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sending {
    /// To be tried at this time.
    Due(Duration),
    /// Being tried, under this number.
    Out(u64),
    Done {
        sent: bool,
    },
}

/// Shows a group.
#[derive(Clone, Copy, Debug)]
pub struct GroupStatus<'n> {
    pub(super) node: &'n Node,
    pub(super) labels: &'n Labels,
    pub(super) group: &'n Group,
}

impl<'n> GroupStatus<'n> {
    /// Returns its key.
    #[must_use]
    pub fn key(&self) -> String {
        self.node.group_key(self.labels)
    }

    /// Returns the labels that all its alerts have.
    #[must_use]
    pub fn labels(&self) -> &'n Labels {
        self.labels
    }

    /// Returns the node of the tree that it belongs to.
    #[must_use]
    pub fn node(&self) -> &'n Node {
        self.node
    }

    /// Lists its alerts.
    pub fn alerts(&self) -> impl ExactSizeIterator<Item = &'n Alert> + use<'n> {
        self.group.alerts.values().map(AsRef::as_ref)
    }

    /// Returns when it is flushed next; if it is being flushed, not before that has ended.
    #[must_use]
    pub fn next_flush(&self) -> Duration {
        self.group.next
    }
}

impl Group {
    pub(super) fn new(next: Duration) -> Self {
        Self {
            alerts: BTreeMap::new(),
            next,
            flushed: false,
            again: false,
            flush: None,
        }
    }

    /// Takes an alert. A group that was never flushed is at once where an alert has waited long enough.
    pub(super) fn insert(&mut self, alert: &Arc<Alert>, wait: Duration, now: Duration) {
        self.alerts.insert(alert.fingerprint(), Arc::clone(alert));
        if !self.flushed && alert.starts_at.saturating_add(wait) < now {
            self.next = self.next.min(now);
        }
    }

    /// Goes on from what outlived a process.
    pub(super) fn of(state: &GroupState) -> Self {
        Self {
            next: state.next,
            flushed: state.flushed,
            again: state.again,
            ..Self::new(state.next)
        }
    }

    /// Returns what outlives the process.
    pub(super) fn state(&self) -> GroupState {
        GroupState {
            next: self.flush.as_ref().map_or(self.next, |it| it.at),
            flushed: self.flushed,
            again: self.again,
            alerts: self.alerts.keys().copied().collect(),
        }
    }

    /// Begins a flush, and returns the alerts as they are now.
    pub(super) fn begin(&mut self, interval: Duration, now: Duration) -> &mut Flush {
        self.next = now.saturating_add(interval);
        self.flushed = true;
        let as_now = |alert: &Arc<Alert>| {
            let ended = alert.is_resolved(now) && !alert.once;
            let ends_at = alert.ends_at.filter(|_| ended);
            Arc::new(Alert {
                ends_at,
                ..Alert::clone(alert)
            })
        };
        self.flush.insert(Flush {
            ends: now.saturating_add(interval.max(SHORTEST)),
            at: now,
            alerts: self.alerts.values().map(as_now).collect(),
            sends: Vec::new(),
        })
    }

    /// Ends the flush if all is done. Alerts that had ended and that all were told of are forgotten, and those that
    /// ended `max_age` ago; the latter are returned.
    pub(super) fn end(&mut self, now: Duration, max_age: Duration) -> Option<usize> {
        let done = |send: &Send| matches!(send.state, Sending::Done { .. });
        let flush = self.flush.take_if(|flush| flush.sends.iter().all(done))?;
        let all_sent = |send: &Send| send.state == Sending::Done { sent: true };
        let sent = flush.sends.iter().all(all_sent);
        let mut dropped = 0;
        if sent && !flush.sends.is_empty() {
            self.again = false;
        }
        for alert in flush.alerts {
            let once = alert.once.then_some(alert.starts_at);
            let Some(end) = alert.ends_at.or(once) else {
                continue;
            };
            let fingerprint = alert.fingerprint();
            let known = self.alerts.get(&fingerprint);
            // Two posts may bear one time.
            let same = known.is_some_and(|known| {
                known.updated_at == alert.updated_at && (alert.once || known.ends_at == Some(end))
            });
            let old = end.saturating_add(max_age) <= now;
            if same && (sent || old) {
                self.alerts.remove(&fingerprint);
                dropped += usize::from(!sent);
            }
        }
        Some(dropped)
    }
}

impl Timed for Group {
    fn due(&self) -> Option<Duration> {
        let Some(flush) = &self.flush else {
            return Some(self.next);
        };
        let due = flush.sends.iter().filter_map(|send| match send.state {
            Sending::Due(at) => Some(at.min(flush.ends)),
            Sending::Out(_) | Sending::Done { .. } => None,
        });
        due.min()
    }
}
