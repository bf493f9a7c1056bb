//! What is told of alerts.

use std::time::Duration;

use admf_alerts::notify::Posted;
use admf_alerts::{AlertEvent, Notice};

/// How long an alert that fires is held for firing if nobody says so again, as a Prometheus tells an Alertmanager.
pub(super) const HOLDS: Duration = Duration::from_secs(4 * 60);

/// What is told of one alert.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) posted: Posted,
    /// Whether it has ended.
    pub(super) ended: bool,
    /// Whether nobody else says again that it fires.
    pub(super) alone: bool,
}

impl Change {
    /// Takes what an engine of real time sends.
    pub(super) fn of_notice(notice: Notice) -> Self {
        Self {
            ended: notice.is_resolved(),
            posted: notice.into(),
            alone: false,
        }
    }

    /// Takes what changed by the dates of a side: it is told as of now, with its date.
    pub(super) fn of_date(event: &AlertEvent, side: &str, date: &str, now: Duration) -> Self {
        let mut change = Self::of_event(event, Some(side), now);
        let date = ("trading_date".to_owned(), date.to_owned());
        change.posted.annotations.extend([date]);
        change
    }

    /// Takes what changed as of now, and whose it is where its labels do not say.
    pub(super) fn of_event(event: &AlertEvent, side: Option<&str>, now: Duration) -> Self {
        let alert = event.alert();
        let mut labels = alert.labels.clone();
        if let Some(side) = side.filter(|_| labels.get("side").is_none()) {
            labels.insert("side", side);
        }
        let ended = !matches!(event, AlertEvent::Fired(_));
        Self {
            posted: Posted {
                labels,
                annotations: alert.annotations.clone(),
                // Of an end the beginning is known already, and later than this.
                starts_at: Some(now),
                ends_at: Some(if ended { now } else { now + HOLDS }),
                ..Posted::default()
            },
            ended,
            alone: true,
        }
    }

    /// Says that it ends now, whatever it was.
    pub(super) fn ends(mut self, now: Duration) -> Self {
        self.posted.ends_at = Some(now);
        self.ended = true;
        self
    }
}
