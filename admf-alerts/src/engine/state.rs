//! The state machine of one alerting rule: rows in, transitions out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::alert::{Alert, AlertEvent, AlertState};
use super::compiled::Instance;
use super::error::EvalError;
use super::options::Options;
use super::snapshot::{AlertSnapshot, Restored};
use crate::labels::Labels;
use crate::promql::Semantics;
use crate::rule::Rule;

/// How long an alert is remembered once it is resolved, as in Prometheus.
const REMEMBERED: Duration = Duration::from_secs(15 * 60);

/// What an evaluation shows.
pub(super) struct Shown {
    pub(super) held: BTreeMap<Labels, Instance>,
    pub(super) rest: Rest,
    /// Whether there is data at all, so that what does not hold has ended.
    pub(super) has_data: bool,
}

/// What becomes of the alerts that do not hold.
pub(super) enum Rest {
    /// They are over, but for those that fire and are of one of these series.
    Over(BTreeSet<Labels>),
    AsTheyAre,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Alerts {
    alerts: BTreeMap<Labels, Alert>,
    /// What a snapshot said; looked at until the first evaluation that says what holds, and no longer.
    restored: Restored,
}

impl Alerts {
    /// Takes what a snapshot says of alerts that there are not.
    pub(super) fn restore(&mut self, restored: Restored) {
        self.restored = restored;
    }

    /// Takes pending alerts as those of a process that ended: nobody looks from here on whether they hold.
    pub(super) fn interrupt(&mut self) {
        let pending = |it: &&Alert| it.state == AlertState::Pending;
        let saved = self.alerts.values().filter(pending);
        let saved = saved.map(AlertSnapshot::new);
        self.restored.add(saved);
        self.alerts.retain(|_, it| !pending(&&*it));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.values()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Alert> {
        self.alerts.values_mut()
    }

    /// What a snapshot tells: with what one before told, as long as nothing was evaluated since.
    pub(super) fn saved(&self) -> Vec<AlertSnapshot> {
        let active = self.iter().filter(|it| it.state != AlertState::Inactive);
        let saved = active.map(AlertSnapshot::new);
        self.restored.saved().chain(saved).collect()
    }

    /// Says whether any fired in the process before, and it is not known yet whether they do.
    pub(super) fn may_have_ended(&self) -> bool {
        self.restored.fires()
    }

    /// Takes the alerts for which the condition holds at `now`.
    pub(super) fn update(
        &mut self,
        now: Duration,
        rule: &Rule,
        Shown {
            held,
            rest,
            has_data,
        }: Shown,
        options: &Options,
    ) -> Vec<AlertEvent> {
        if has_data && matches!(rest, Rest::Over(_)) {
            for alert in self.restored.firing() {
                // Those that hold begin below, as they go on.
                if !held.contains_key(&alert.labels) {
                    self.alerts.entry(alert.labels.clone()).or_insert(alert);
                }
            }
        }
        let mut gone = Vec::new();
        let mut events = Vec::new();
        if let Rest::Over(holding) = &rest {
            for (labels, alert) in &mut self.alerts {
                let holds = held.contains_key(labels)
                    || (holding.contains(&alert.series) && alert.is_held(now));
                if !holds {
                    events.extend(alert.holds_not(now, rule.keep_firing_for));
                    if over(alert, now) {
                        gone.push(labels.clone());
                    }
                }
            }
        }
        for labels in gone {
            self.alerts.remove(&labels);
        }
        for (labels, instance) in held {
            let known = self.alerts.get(&labels);
            if known.is_none_or(|alert| alert.state == AlertState::Inactive) {
                let alert = self.restored.go_on(now, &labels, rule.for_, options);
                let alert = alert.unwrap_or_else(|| Alert::begin(now, labels.clone()));
                self.alerts.insert(labels.clone(), alert);
            }
            let alert = self.alerts.get_mut(&labels).expect("it is there by now");
            alert.value = instance.value;
            alert.annotations = instance.annotations;
            alert.series = instance.series;
            let again = options.promql.semantics == Semantics::Prometheus3;
            events.extend(alert.holds(now, rule.for_, again));
        }
        if matches!(rest, Rest::Over(_)) {
            self.restored = Restored::default();
        }
        events.sort_by(|a, b| a.alert().labels.cmp(&b.alert().labels));
        events
    }

    /// Drops all if more are pending or firing than there may be.
    pub(super) fn check(&mut self, limit: u64) -> Result<(), (EvalError, Vec<AlertEvent>)> {
        let active = self.iter().filter(|it| it.state != AlertState::Inactive);
        let alerts = active.count();
        if limit == 0 || alerts as u64 <= limit {
            return Ok(());
        }
        Err((EvalError::AlertLimit { limit, alerts }, self.withdraw()))
    }

    /// Drops all, and tells of those that fired.
    pub(super) fn withdraw(&mut self) -> Vec<AlertEvent> {
        let alerts = std::mem::take(&mut self.alerts).into_values();
        let firing = alerts.filter(|alert| alert.state == AlertState::Firing);
        firing.map(AlertEvent::Withdrawn).collect()
    }
}

/// Says whether an alert that does not hold is to be forgotten.
fn over(alert: &Alert, now: Duration) -> bool {
    match alert.state {
        AlertState::Pending => true,
        // As of when it was resolved, but for time in which nobody looked, and nobody was told.
        AlertState::Inactive => now.saturating_sub(alert.seen_at) > REMEMBERED,
        AlertState::Firing => false,
    }
}
