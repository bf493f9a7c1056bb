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
    /// When its state was last looked at. Time in which nobody looked does not count for one that is pending or resolved.
    pub seen_at: Duration,
    /// When it fired.
    pub fired_at: Option<Duration>,
    /// When its condition ceased to hold, while it goes on firing all the same.
    pub keep_firing_since: Option<Duration>,
    /// When it was resolved.
    pub resolved_at: Option<Duration>,
    /// When it was last [sent](super::Engine::notices).
    pub last_sent_at: Option<Duration>,
    /// The labels of the row that it is of, without the name: by them it is found among the rows that hold it.
    pub(super) series: Labels,
}

impl Alert {
    pub(super) fn begin(active_at: Duration, labels: Labels) -> Self {
        Self {
            labels,
            annotations: BTreeMap::new(),
            value: 0.0,
            state: AlertState::Pending,
            active_at,
            seen_at: active_at,
            fired_at: None,
            keep_firing_since: None,
            resolved_at: None,
            last_sent_at: None,
            series: Labels::new(),
        }
    }

    /// Returns the name of its rule.
    #[must_use]
    pub fn name(&self) -> &str {
        self.labels.get("alertname").unwrap_or_default()
    }

    /// Returns the value for people: with six digits at most, which is plenty to act on.
    #[must_use]
    pub fn brief_value(&self) -> String {
        brief(self.value)
    }

    /// Its condition holds: it fires once that has lasted. One that fires is pending `again` where its rule
    /// asks for more by now.
    pub(super) fn holds(
        &mut self,
        now: Duration,
        hold: Duration,
        again: bool,
    ) -> Option<AlertEvent> {
        (self.seen_at, self.keep_firing_since) = (now, None);
        let due = now.saturating_sub(self.active_at) >= hold;
        match self.state {
            AlertState::Pending if due => {
                self.state = AlertState::Firing;
                // One that fired in the process before is the same.
                self.fired_at.get_or_insert(now);
                Some(AlertEvent::Fired(self.clone()))
            }
            AlertState::Firing if !due && again => {
                let event = AlertEvent::Withdrawn(self.clone());
                self.state = AlertState::Pending;
                (self.fired_at, self.last_sent_at) = (None, None);
                Some(event)
            }
            _ => None,
        }
    }

    /// Its condition does not hold, but what keeps it firing does. Where it is not firing, that is nothing to it.
    pub(super) fn is_held(&mut self, now: Duration) -> bool {
        let held = self.state == AlertState::Firing;
        if held {
            (self.seen_at, self.keep_firing_since) = (now, None);
        }
        held
    }

    /// Its condition does not hold: it is resolved once it has been kept firing.
    pub(super) fn holds_not(&mut self, now: Duration, keep: Duration) -> Option<AlertEvent> {
        if self.state != AlertState::Firing {
            return None;
        }
        self.seen_at = now;
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

    /// Nobody looked for so long: that is no time for which it held, was kept or was remembered. Since when it fires and when
    /// that was told stays true.
    pub(super) fn skip(&mut self, lost: Duration) {
        let later = |at: &mut Duration| *at = at.saturating_add(lost);
        match self.state {
            AlertState::Pending => [&mut self.active_at, &mut self.seen_at]
                .into_iter()
                .for_each(later),
            AlertState::Firing => self.keep_firing_since.iter_mut().for_each(later),
            AlertState::Inactive => later(&mut self.seen_at),
        }
    }

    /// The clock that its times are of was set back.
    pub(super) fn set_back(&mut self, by: Duration) {
        let sure = [&mut self.active_at, &mut self.seen_at].into_iter();
        let times = sure
            .chain(&mut self.fired_at)
            .chain(&mut self.keep_firing_since)
            .chain(&mut self.resolved_at)
            .chain(&mut self.last_sent_at);
        times.for_each(|at| *at = at.saturating_sub(by));
    }

    /// Says whether it is due to be sent: never while pending, at once when it is resolved, and again each
    /// time that `resend` is over.
    pub(super) fn due(&self, now: Duration, resend: Duration) -> bool {
        if self.state == AlertState::Pending {
            return false;
        }
        let Some(last) = self.last_sent_at else {
            return true;
        };
        self.resolved_at.is_some_and(|at| at > last) || last.saturating_add(resend) < now
    }
}

/// Tells that an alert began to fire, was resolved, or is no alert any more.
///
/// Its `Display` is one line for a console; control characters in it are replaced.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AlertEvent {
    /// The alert fires from now on.
    Fired(Alert),
    /// The alert, which fired, fires no more.
    Resolved(Alert),
    /// The alert, which fired, is dropped, and whether its condition still holds is not known: the limit of its
    /// group was exceeded, its rule is gone, or its rule holds for longer now and it is pending again.
    Withdrawn(Alert),
}

impl AlertEvent {
    /// Returns the alert as it is after the change; one that is withdrawn as it was.
    #[must_use]
    pub fn alert(&self) -> &Alert {
        match self {
            Self::Fired(alert) | Self::Resolved(alert) | Self::Withdrawn(alert) => alert,
        }
    }
}

impl fmt::Display for AlertEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alert = self.alert();
        let kind = match self {
            Self::Fired(_) => "FIRING",
            Self::Resolved(_) => "RESOLVED",
            Self::Withdrawn(_) => "DROPPED",
        };
        let mut labels = alert.labels.clone();
        let name = labels.remove("alertname").unwrap_or_default();
        let mut line = format!("{kind:<8} {name}");
        if !labels.is_empty() {
            write!(line, "{labels}")?;
        }
        write!(line, " value={}", alert.brief_value())?;
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

/// Writes a number with at most six digits that say something.
fn brief(value: f64) -> String {
    let rounded = format!("{value:.5e}").parse().unwrap_or(value);
    let plain = format!("{rounded:?}");
    plain.strip_suffix(".0").unwrap_or(&plain).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_with_six_digits_at_most_and_as_it_is_where_it_has_fewer() {
        for (value, shown) in [
            (16.619_999_999_999_997, "16.62"),
            (1.0 / 12.0, "0.0833333"),
            (0.2, "0.2"),
            (1.0, "1"),
            (-0.0, "-0"),
            (1_234_567.0, "1234570"),
            (-9.999_999_9, "-10"),
            (1e300, "1e300"),
            (1.0 / 3e7, "3.33333e-8"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(brief(value), shown, "{value}");
        }
    }
}
