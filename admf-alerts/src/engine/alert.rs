//! One alert: its state, when it changed, and how it reads.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::time::Duration;

use crate::labels::Labels;
use crate::scan;

/// Says where an alert stands. Greater is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertState {
    /// Resolved, and remembered for 15 minutes.
    Inactive,
    /// Its condition holds, but not for long enough.
    Pending,
    /// It fires.
    Firing,
}

impl fmt::Display for AlertState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inactive => "inactive",
            Self::Pending => "pending",
            Self::Firing => "firing",
        })
    }
}

/// Shows an alert: one rule and one label set. Times are on the caller's clock.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Alert {
    /// What names it, with `alertname`.
    pub labels: Labels,
    /// What it says to people, as of when its condition last held.
    pub annotations: BTreeMap<String, String>,
    /// The value when its condition last held.
    pub value: f64,
    /// Where it stands.
    pub state: AlertState,
    /// When its condition began to hold.
    pub active_at: Duration,
    /// When it fired.
    pub fired_at: Option<Duration>,
    /// When its condition ceased to hold, while it goes on firing all the same.
    pub keep_firing_since: Option<Duration>,
    /// When it was resolved.
    pub resolved_at: Option<Duration>,
}

impl Alert {
    pub(super) fn begin(
        now: Duration,
        labels: Labels,
        value: f64,
        annotations: BTreeMap<String, String>,
    ) -> Self {
        Self {
            labels,
            annotations,
            value,
            state: AlertState::Pending,
            active_at: now,
            fired_at: None,
            keep_firing_since: None,
            resolved_at: None,
        }
    }

    /// Returns the name of its rule.
    #[must_use]
    pub fn name(&self) -> &str {
        self.labels.get("alertname").unwrap_or_default()
    }

    /// Its condition holds: it fires once that has lasted.
    pub(super) fn holds(&mut self, now: Duration, hold: Duration) -> Option<AlertEvent> {
        self.keep_firing_since = None;
        let due = now.saturating_sub(self.active_at) >= hold;
        if self.state != AlertState::Pending || !due {
            return None;
        }
        self.state = AlertState::Firing;
        self.fired_at = Some(now);
        Some(AlertEvent::Fired(self.clone()))
    }

    /// Its condition does not hold: it is resolved once it has been kept firing.
    pub(super) fn holds_not(&mut self, now: Duration, keep: Duration) -> Option<AlertEvent> {
        if self.state != AlertState::Firing {
            return None;
        }
        if !keep.is_zero() {
            let since = *self.keep_firing_since.get_or_insert(now);
            if now.saturating_sub(since) < keep {
                return None;
            }
        }
        self.state = AlertState::Inactive;
        self.resolved_at = Some(now);
        Some(AlertEvent::Resolved(self.clone()))
    }

    pub(super) fn set_back(&mut self, by: Duration) {
        let times = [
            &mut self.fired_at,
            &mut self.keep_firing_since,
            &mut self.resolved_at,
        ];
        let times = times.into_iter().flatten();
        for time in times.chain([&mut self.active_at]) {
            *time = time.saturating_sub(by);
        }
    }
}

/// Tells that an alert began to fire, or was resolved.
///
/// Its `Display` is one line for a console; control characters in it are replaced.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AlertEvent {
    /// The alert fires from now on.
    Fired(Alert),
    /// The alert, which fired, fires no more.
    Resolved(Alert),
}

impl AlertEvent {
    /// Returns the alert as it is after the change.
    #[must_use]
    pub fn alert(&self) -> &Alert {
        match self {
            Self::Fired(alert) | Self::Resolved(alert) => alert,
        }
    }
}

impl fmt::Display for AlertEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alert = self.alert();
        let kind = match self {
            Self::Fired(_) => "FIRING",
            Self::Resolved(_) => "RESOLVED",
        };
        let mut labels = alert.labels.clone();
        let name = labels.remove("alertname").unwrap_or_default();
        let mut line = format!("{kind:<8} {name}");
        if !labels.is_empty() {
            write!(line, "{labels}")?;
        }
        write!(line, " value={}", alert.value)?;
        match (self, alert.fired_at, alert.resolved_at) {
            (Self::Resolved(_), Some(fired), Some(resolved)) => {
                write!(line, " after {:?}", resolved.saturating_sub(fired))?;
            }
            _ => write!(line, " since {:?}", alert.active_at)?,
        }
        if let Some(summary) = alert.annotations.get("summary") {
            write!(line, ": {summary}")?;
        }
        // A label's value may come from anywhere, and the terminal must not obey it.
        f.write_str(&scan::shown(&line))
    }
}
