//! What is over.

use std::collections::BTreeSet;
use std::time::Duration;

use super::alert::{Alert, Fingerprint};
use super::log::LogKey;
use super::notifier::Notifier;
use super::state::Owed;

/// How long an alert that has ended is known, so that a late post of the same episode is one.
const KNOWN: Duration = Duration::from_secs(30 * 60);

/// How often what is over is forgotten; until then a log entry that has expired still counts.
const COLLECT: Duration = Duration::from_secs(15 * 60);

impl Notifier {
    /// Takes that time has gone on, whoever is told.
    pub(super) fn go_on(&mut self, now: Duration) {
        self.turn_all(now);
        if self.totals.collected.saturating_add(COLLECT) <= now {
            self.totals.collected = now;
            self.collect(now);
        }
    }

    /// Forgets what is over.
    pub(super) fn collect(&mut self, now: Duration) {
        self.log.collect(now);
        self.silences.collect(now, self.config.retention);
        self.cooldowns.collect(now, self.config.longest_cooldown());
        let over = |alert: &Alert| {
            alert
                .ends_at
                .is_some_and(|end| end.saturating_add(KNOWN) <= now)
        };
        let grouped: BTreeSet<&Fingerprint> = self
            .groups
            .values()
            .flat_map(|it| it.alerts.keys())
            .collect();
        let gone = self
            .alerts
            .iter()
            .filter(|(fingerprint, alert)| over(alert) && !grouped.contains(fingerprint));
        let gone: Vec<Fingerprint> = gone.map(|(fingerprint, _)| *fingerprint).collect();
        let mut forgotten = BTreeSet::new();
        for fingerprint in gone {
            let alert = self.alerts.remove(&fingerprint);
            if let Some(alert) = alert.filter(|it| !it.once) {
                self.inhibitor.remove(&alert.labels);
            }
            self.acknowledgements.remove(&fingerprint);
            self.turn_away(fingerprint);
            forgotten.insert(fingerprint);
        }
        self.forgive(&forgotten);
    }

    /// Forgets that anybody tried to tell of alerts.
    fn forgive(&mut self, alerts: &BTreeSet<Fingerprint>) {
        let of = |it: &Owed| !it.firing.is_disjoint(alerts) || !it.resolved.is_disjoint(alerts);
        let mine = self.owed.iter().filter(|(_, owed)| of(owed));
        let mine: Vec<LogKey> = mine.map(|(key, _)| key.clone()).collect();
        for key in mine {
            if let Some(owed) = self.owed.change(&key) {
                owed.forget(alerts);
            }
        }
        self.owed.retain(|_, owed| !owed.is_empty());
    }
}
