//! One flush of a group: who is kept quiet, who is told.

use std::sync::Arc;
use std::time::Duration;

use super::alert::{Alert, Fingerprint};
use super::batch::{Batch, Delivery, idempotency_key, order};
use super::group::{Send, Sending, Told};
use super::happened::Happened;
use super::integration::{Integration, IntegrationId};
use super::late::{Quiet, ends_late};
use super::log::{Entry, Log, LogKey, Reason, decide};
use super::notifier::{GroupId, Notifier, Out};
use super::route::Node;
use crate::labels::Labels;

impl Notifier {
    /// Begins the flush of a group that is due.
    pub(super) fn flush(&mut self, id: &GroupId, now: Duration) {
        let node = self.routes.node(id.0).clone();
        let group = self.groups.change(id);
        let Some(group) = group.filter(|it| it.flush.is_none() && it.next <= now) else {
            return;
        };
        let alerts = group.begin(node.group_interval, now).alerts.clone();
        let quiet = |alert: &Arc<Alert>| self.quiet(&node, &id.1, alert, now);
        let (quiet, mut alerts): (Vec<_>, Vec<_>) = alerts.into_iter().partition(quiet);
        let quiet = self.quietly_known(&node, id, &quiet, now);
        if !self.routes.is_level(id.0) {
            self.climb_from(&alerts, now);
        }
        alerts.sort_by(|a, b| order(&a.labels, &b.labels));
        let integrations = self.config.integrations(&node.receiver);
        // Where all are quiet nothing is said, nor does the log forget what fires.
        let integrations = integrations.filter(|_| !alerts.is_empty());
        let sends = integrations.filter_map(|it| self.send(&node, id, it, &alerts, &quiet, now));
        let sends: Vec<Send> = sends.collect();
        // Who asks not to be told of ends, where all has ended, counts as told.
        for send in &sends {
            match send.state {
                Sending::Done { .. } => self.told(now, &send.batch, &send.told),
                _ => self.owe(&send.batch, now),
            }
        }
        let group = self.groups.change(id);
        if let Some(flush) = group.and_then(|group| group.flush.as_mut()) {
            flush.sends = sends;
            flush.later = quiet.later;
        }
    }

    /// Says whether nobody is told of an alert at `now`.
    fn quiet(&self, node: &Node, group: &Labels, alert: &Alert, now: Duration) -> bool {
        let named = |names: &[String]| {
            let mut intervals = names
                .iter()
                .filter_map(|it| self.config.time_intervals.get(it));
            intervals.any(|it| it.iter().any(|it| it.contains(now)))
        };
        let (active, mute) = (&node.active_time_intervals, &node.mute_time_intervals);
        let cooled = || {
            let cooldown = self.config.cooldown(&alert.labels)?;
            let (fingerprint, resolved) = (alert.fingerprint(), alert.ends_at.is_some());
            let told = &self.cooldowns;
            let mutes = told.mutes(&node.receiver, fingerprint, resolved, cooldown, now);
            Some(mutes && !(resolved && self.owes_end(node, group, fingerprint)))
        };
        self.inhibited_by(&alert.labels, now).next().is_some()
            || (!active.is_empty() && !named(active))
            || named(mute)
            || self.silences.of(&alert.labels, now).next().is_some()
            || (!alert.once && cooled().unwrap_or_default())
    }

    /// Says whether an integration of the node was told, or may have been, that an alert fires, and nothing since.
    fn owes_end(&self, node: &Node, group: &Labels, alert: Fingerprint) -> bool {
        let integrations = self.config.integrations(&node.receiver);
        let mut keys = integrations.map(|(it, _)| log_key(node, group, it));
        keys.any(|key| self.known_firing(&key).any(|it| it == alert))
    }

    /// Decides whether an integration is told, and of what.
    fn send(
        &self,
        node: &Node,
        id: &GroupId,
        (integration_id, integration): (IntegrationId, &Integration),
        alerts: &[Arc<Alert>],
        quiet: &Quiet,
        now: Duration,
    ) -> Option<Send> {
        let key = log_key(node, &id.1, integration_id);
        let known = self.known_firing(&key);
        let told = Told {
            entry: Entry {
                quiet: known.filter(|it| quiet.all.contains(it)).collect(),
                flushed: now,
                ..Entry::of(alerts.iter().map(AsRef::as_ref))
            },
            lifetime: Log::lifetime(self.config.retention, node.repeat_interval),
        };
        let (entry, repeat) = (self.log.get(&key), node.repeat_interval);
        let knows = |it: &Arc<Alert>| {
            it.once && entry.is_some_and(|entry| entry.resolved.contains(&it.fingerprint()))
        };
        let taken = integration.takes(alerts).filter(|it| !knows(it));
        let taken: Vec<Arc<Alert>> = taken.cloned().collect();
        let again = self.groups.get(id).is_some_and(|it| it.again);
        let reason = decide(entry, &told.entry, integration.send_resolved, repeat, now)
            .or_else(|| ends_late(entry?, &told.entry, integration.send_resolved))
            .or_else(|| self.owes(&key, &told.entry, integration.send_resolved))
            .or_else(|| taken.iter().any(|it| it.once).then_some(Reason::Happened))
            .or_else(|| (again && !told.entry.firing.is_empty()).then_some(Reason::Repeat))?;
        let batch = Batch {
            idempotency_key: idempotency_key(&key, entry, &taken),
            missed: self.missed(&key, &taken),
            key,
            labels: id.1.clone(),
            alerts: taken,
            reason,
            at: now,
        };
        let state = match batch.alerts.is_empty() {
            true => Sending::Done { sent: true },
            false => Sending::Due(now),
        };
        Some(Send {
            batch: Arc::new(batch),
            told: Arc::new(told),
            tries: 0,
            state,
        })
    }

    /// Decides whether an integration is told since nobody knows whether it was: it may wait for an end, or hold what
    /// fires for ended.
    fn owes(&self, key: &LogKey, told: &Entry, send_resolved: bool) -> Option<Reason> {
        let owed = self.owed.get(key)?;
        if !owed.resolved.is_disjoint(&told.firing) {
            return Some(Reason::Added);
        }
        let ended = send_resolved && !owed.firing.is_disjoint(&told.resolved);
        ended.then_some(Reason::First)
    }

    /// Takes the tries of a group that are due, and gives up those that took too long.
    pub(super) fn deliveries(&mut self, id: &GroupId, now: Duration) -> Vec<Delivery> {
        let (mut deliveries, mut given_up) = (Vec::new(), Vec::new());
        let Some(flush) = self.groups.change(id).and_then(|it| it.flush.as_mut()) else {
            return deliveries;
        };
        for send in &mut flush.sends {
            let Sending::Due(at) = send.state else {
                continue;
            };
            if flush.ends <= now {
                send.state = Sending::Done { sent: false };
                given_up.push(Arc::clone(&send.batch));
            } else if at <= now {
                self.ids += 1;
                send.state = Sending::Out(self.ids);
                let out = Out {
                    group: id.clone(),
                    batch: Arc::clone(&send.batch),
                    told: Arc::clone(&send.told),
                };
                self.out.insert(self.ids, out);
                deliveries.push(Delivery {
                    id: self.ids,
                    batch: Arc::clone(&send.batch),
                    tries: send.tries,
                    deadline: flush.ends,
                });
            }
        }
        for batch in given_up {
            self.happens(|| Happened::GivenUp(batch));
        }
        deliveries
    }
}

/// Names what is told by an integration of a node of a group.
pub(super) fn log_key(node: &Node, group: &Labels, integration: IntegrationId) -> LogKey {
    LogKey {
        group: node.group_key(group),
        receiver: node.receiver.clone(),
        integration,
    }
}
