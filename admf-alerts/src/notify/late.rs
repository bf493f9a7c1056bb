//! Ends that are told of later, since their alerts are kept quiet.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::alert::{Alert, Fingerprint};
use super::flush::log_key;
use super::log::{Entry, Log, LogKey, Reason};
use super::notifier::{GroupId, Notifier};
use super::route::Node;

/// What is kept quiet at a flush where ends are told after that.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    /// Whatever does.
    pub(super) all: BTreeSet<Fingerprint>,
    /// What has ended, and is held for firing by somebody who is told of ends.
    pub(super) later: BTreeSet<Fingerprint>,
}

/// Decides whether an integration is told of ends that came while they were kept quiet.
pub(super) fn ends_late(entry: &Entry, told: &Entry, send_resolved: bool) -> Option<Reason> {
    let ended = send_resolved && !entry.quiet.is_disjoint(&told.resolved);
    ended.then_some(match told.firing.is_empty() {
        true => Reason::AllResolved,
        false => Reason::SomeResolved,
    })
}

impl Notifier {
    /// Returns what of these alerts, which are kept quiet at a flush, is told of later. What anybody was told of them is
    /// remembered until then.
    pub(super) fn quietly_known(
        &mut self,
        node: &Node,
        id: &GroupId,
        alerts: &[Arc<Alert>],
        now: Duration,
    ) -> Quiet {
        let mut quiet = Quiet::default();
        if !self.config.ends_after_quiet && !self.routes.is_level(id.0) {
            return quiet;
        }
        let lasting = alerts.iter().filter(|it| !it.once);
        quiet.all = lasting.map(|it| it.fingerprint()).collect();
        if quiet.all.is_empty() {
            return quiet;
        }
        let ended = alerts.iter().filter(|it| it.ends_at.is_some() && !it.once);
        let ended: BTreeSet<Fingerprint> = ended.map(|it| it.fingerprint()).collect();
        let integrations = self.config.integrations(&node.receiver);
        let integrations = integrations.filter(|(_, it)| it.send_resolved);
        let keys: Vec<LogKey> = integrations
            .map(|(integration, _)| log_key(node, &id.1, integration))
            .collect();
        let lifetime = Log::lifetime(self.config.retention, node.repeat_interval);
        for key in keys {
            let known = self.known_firing(&key).filter(|it| quiet.all.contains(it));
            let known: Vec<Fingerprint> = known.collect();
            if !known.is_empty() {
                self.log.keep(&key, now.saturating_add(lifetime));
            }
            quiet
                .later
                .extend(known.into_iter().filter(|it| ended.contains(it)));
        }
        quiet
    }

    /// Lists what an integration holds for firing, as far as anybody knows.
    pub(super) fn known_firing(&self, key: &LogKey) -> impl Iterator<Item = Fingerprint> {
        let entry = self.log.get(key).into_iter();
        let told = entry.flat_map(|it| it.firing.iter().chain(&it.quiet));
        let owed = self.owed.get(key).into_iter().flat_map(|it| &it.firing);
        told.chain(owed).copied()
    }

    /// Lists what of these alerts has ended, and is not known to be held for firing by an integration.
    pub(super) fn missed(&self, key: &LogKey, alerts: &[Arc<Alert>]) -> BTreeSet<Fingerprint> {
        let (entry, owed) = (self.log.get(key), self.owed.get(key));
        let fires = |it: &Fingerprint| {
            entry.is_some_and(|was| was.firing.contains(it) || was.quiet.contains(it))
        };
        let may_hold_for_ended =
            |it: &Fingerprint| owed.is_some_and(|owed| owed.resolved.contains(it));
        let ended = alerts.iter().filter_map(|it| {
            let end = it.ends_at.filter(|_| !it.once)?;
            // An end may be posted later than it was.
            Some((it.fingerprint(), it.starts_at, end.max(it.learned_at)))
        });
        let missed = ended.filter(|(alert, began, end)| {
            // Of the same episode: the group keeps it for the sake of others.
            let knows_end =
                entry.is_some_and(|entry| entry.resolved.contains(alert) && *end <= entry.flushed);
            // Of what was told to fire an end is owed; of a later episode another one may have arrived before.
            let is_later = || entry.is_some_and(|entry| *began > entry.flushed);
            !knows_end && (!fires(alert) || (may_hold_for_ended(alert) && is_later()))
        });
        missed.map(|(alert, ..)| alert).collect()
    }

    /// Lists who was told that an alert fires, and not yet that it has ended: what [`acknowledge`](Self::acknowledge) may be
    /// told of elsewhere.
    pub fn told_of(&self, alert: Fingerprint) -> impl Iterator<Item = &LogKey> {
        let entries = self.log.iter();
        let told = entries.filter(move |(_, entry)| {
            entry.firing.contains(&alert) || entry.quiet.contains(&alert)
        });
        told.map(|(key, _)| key)
    }
}
