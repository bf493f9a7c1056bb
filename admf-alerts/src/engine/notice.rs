//! What is to be sent.

use std::time::Duration;

use super::Engine;
use super::alert::{Alert, AlertState};
use crate::labels::Labels;

/// Shows an alert as it is to be sent, with the times that an Alertmanager is told.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Notice {
    /// The alert, firing or resolved, with the [external labels](super::Options::external_labels) that it has none of.
    pub alert: Alert,
    /// When it fired.
    pub starts_at: Duration,
    /// When it was resolved; while it fires, when it is to be held for resolved unless it is sent again.
    pub ends_at: Duration,
}

impl Notice {
    fn new(alert: &Alert, now: Duration, valid: Duration, external: &Labels) -> Self {
        let mut alert = alert.clone();
        for (name, value) in external.iter() {
            if alert.labels.get(name).is_none() {
                alert.labels.insert(name, value);
            }
        }
        let ends_at = alert.resolved_at.unwrap_or(now.saturating_add(valid));
        Self {
            // A snapshot may tell of a clock that was set back since, and nothing ends before it begins.
            starts_at: alert.fired_at.unwrap_or(alert.active_at).min(ends_at),
            ends_at,
            alert,
        }
    }

    /// Says whether the alert is resolved.
    #[must_use]
    pub fn is_resolved(&self) -> bool {
        self.alert.state == AlertState::Inactive
    }
}

impl Engine {
    /// Returns what is to be sent at `now`, and holds it for sent: ask only when it can be handed on.
    ///
    /// A pending alert never is. A firing one is at once and again each time that
    /// [`Options::resend_delay`](super::Options::resend_delay) is over; a resolved one too, for the 15 minutes that it is
    /// remembered. Of a rule whose last evaluation failed nothing is sent, unless its [`on_error`](crate::Rule::on_error)
    /// says what that means.
    pub fn notices(&mut self, now: Duration) -> Vec<Notice> {
        let now = self.clock.look(now);
        let resend = self.options.resend_delay;
        let external = &*self.options.external_labels;
        let mut notices = Vec::new();
        for group in &mut self.groups {
            let interval = group.config.interval.unwrap_or_default();
            let valid = interval.max(resend).saturating_mul(4);
            let sound = group.rules.iter_mut().filter(|it| it.is_sound());
            for alert in sound.flat_map(|rule| rule.carried.alerts.iter_mut()) {
                if alert.due(now, resend) {
                    alert.last_sent_at = Some(now);
                    notices.push(Notice::new(alert, now, valid, external));
                }
            }
        }
        notices
    }
}
