//! Ends that are told of later, since their alerts are kept quiet.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::alert::{Alert, Fingerprint};
use super::flush::log_key;
use super::log::{Log, LogKey};
use super::notifier::{GroupId, Notifier};
use super::route::Node;

impl Notifier {
    /// Returns which of these alerts, that are kept quiet at a flush, have ended and are to be told of later: those that
    /// somebody holds for firing who is told of ends. What he was told is remembered until then.
    pub(super) fn later(
        &mut self,
        node: &Node,
        id: &GroupId,
        quiet: &[Arc<Alert>],
        now: Duration,
    ) -> BTreeSet<Fingerprint> {
        let mut later = BTreeSet::new();
        if !self.config.ends_after_quiet && !self.routes.is_level(id.0) {
            return later;
        }
        let ended = quiet.iter().filter(|it| it.ends_at.is_some() && !it.once);
        let ended: BTreeSet<Fingerprint> = ended.map(|it| it.fingerprint()).collect();
        if ended.is_empty() {
            return later;
        }
        let integrations = self.config.receivers.get(&node.receiver);
        let integrations = integrations.cloned().unwrap_or_default();
        let lifetime = Log::lifetime(self.config.retention, node.repeat_interval);
        for (integration, _) in (0..).zip(integrations).filter(|(_, it)| it.send_resolved) {
            let key = log_key(node, &id.1, integration);
            let known = self.known_firing(&key).filter(|it| ended.contains(it));
            let known: Vec<Fingerprint> = known.collect();
            if !known.is_empty() {
                self.log.keep(&key, now.saturating_add(lifetime));
            }
            later.extend(known);
        }
        later
    }

    /// Lists what an integration holds for firing, as far as anybody knows.
    pub(super) fn known_firing(&self, key: &LogKey) -> impl Iterator<Item = Fingerprint> {
        let told = self.log.get(key).into_iter().flat_map(|it| &it.firing);
        let owed = self.owed.get(key).into_iter().flat_map(|it| &it.firing);
        told.chain(owed).copied()
    }

    /// Lists who was told that an alert fires, and not yet that it has ended: what [`acknowledge`](Self::acknowledge) may be
    /// told of elsewhere.
    pub fn told_of(&self, alert: Fingerprint) -> impl Iterator<Item = &LogKey> {
        let entries = self.log.iter();
        let told = entries.filter(move |(_, entry)| entry.firing.contains(&alert));
        told.map(|(key, _)| key)
    }
}
