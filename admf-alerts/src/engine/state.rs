//! The state machine of one rule: rows in, transitions out.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use super::EvalError;
use super::alert::{Alert, AlertEvent, AlertState};
use super::compiled::Compiled;
use crate::condition::Row;
use crate::labels::Labels;

/// How long an alert is remembered once it is resolved, as in Prometheus.
const REMEMBERED: Duration = Duration::from_secs(15 * 60);

#[derive(Clone, Debug, Default)]
pub(super) struct RuleState {
    alerts: BTreeMap<Labels, Alert>,
}

impl RuleState {
    pub(super) fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.values()
    }

    /// Takes the rows for which the condition holds at `now`.
    ///
    /// Where two of them are the same alert, nothing changes.
    pub(super) fn update(
        &mut self,
        now: Duration,
        compiled: &Compiled,
        rows: &[Row],
    ) -> Result<Vec<AlertEvent>, EvalError> {
        let mut held = BTreeMap::new();
        for row in rows {
            match held.entry(compiled.labels(row)) {
                Entry::Vacant(place) => place.insert(row),
                Entry::Occupied(taken) => {
                    return Err(EvalError::DuplicateLabels {
                        labels: taken.key().clone(),
                    });
                }
            };
        }
        for (labels, row) in &held {
            self.note(now, compiled, labels, row);
        }
        let rule = &compiled.rule;
        let mut events = Vec::new();
        for (labels, alert) in &mut self.alerts {
            events.extend(if held.contains_key(labels) {
                alert.holds(now, rule.for_)
            } else {
                alert.holds_not(now, rule.keep_firing_for)
            });
        }
        self.alerts
            .retain(|labels, alert| match (alert.state, alert.resolved_at) {
                (AlertState::Pending, _) => held.contains_key(labels),
                (AlertState::Inactive, Some(at)) => now.saturating_sub(at) <= REMEMBERED,
                _ => true,
            });
        Ok(events)
    }

    /// Refreshes the alert of a row, or begins one.
    fn note(&mut self, now: Duration, compiled: &Compiled, labels: &Labels, row: &Row) {
        let annotations = compiled.annotations(row);
        match self.alerts.get_mut(labels) {
            Some(alert) if alert.state != AlertState::Inactive => {
                alert.value = row.value;
                alert.annotations = annotations;
            }
            _ => {
                let alert = Alert::begin(now, labels.clone(), row.value, annotations);
                self.alerts.insert(labels.clone(), alert);
            }
        }
    }

    /// Moves all times back by as much as the clock was.
    pub(super) fn set_back(&mut self, by: Duration) {
        for alert in self.alerts.values_mut() {
            alert.set_back(by);
        }
    }
}
