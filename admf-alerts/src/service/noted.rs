//! What happened, as the history tells of it.

use std::time::Duration;

use super::State;
use crate::channel::Redaction;
use crate::channel::io::Report;
use crate::history::{Event, Kind};
use crate::notify::{Batch, Fingerprint, Outcome, Posted};

impl State {
    /// Takes alerts, and notes which of them fire that did not, and which have ended.
    pub(super) fn post(
        &mut self,
        now: Duration,
        alerts: impl IntoIterator<Item = Posted>,
    ) -> Vec<Result<(), String>> {
        let alerts: Vec<Posted> = alerts.into_iter().collect();
        let posted: Vec<_> = alerts
            .iter()
            .map(|it| Fingerprint::of(it.labels.iter()))
            .collect();
        let taken = self.durable.post(now, alerts);
        for alert in posted {
            self.look_at(now, alert);
        }
        taken
    }

    /// Notes what became of an alert since it was last looked at.
    fn look_at(&mut self, now: Duration, alert: Fingerprint) {
        let known = self.durable.notifier().alert(alert);
        let ends_at = known.filter(|it| !it.is_resolved(now) && !it.once);
        let ends_at = ends_at.and_then(|it| it.ends_at);
        let before = match ends_at {
            Some(end) => self.firing.insert(alert, end),
            None => self.firing.remove(&alert),
        };
        match (before, ends_at) {
            (None, Some(_)) => self.note_alert(now, Kind::AlertFiring, alert, ""),
            (Some(_), None) => self.note_alert(now, Kind::AlertResolved, alert, ""),
            _ => {}
        }
    }

    /// Notes which alerts have ended by themselves, and how many ends were forgotten.
    pub(super) fn look_at_ends(&mut self, now: Duration) {
        let ended = self.firing.iter().filter(|(_, end)| **end <= now);
        let ended: Vec<Fingerprint> = ended.map(|(alert, _)| *alert).collect();
        for alert in ended {
            self.look_at(now, alert);
        }
        let dropped = self.durable.notifier().dropped();
        if let Some(more @ 1..) = dropped.checked_sub(self.dropped) {
            let text = format!("{more} ends that nobody could be told of for too long");
            self.note(now, Event::new(Kind::Dropped, text));
        }
        self.dropped = dropped;
    }

    /// Notes what came of a try to send.
    pub(super) fn note_try(&mut self, now: Duration, batch: &Batch, report: &Report) {
        let kind = match report.outcome {
            Outcome::Sent => Kind::NoticeSent,
            Outcome::Again { .. } => Kind::NoticeFailed,
            Outcome::Refused => Kind::NoticeRefused,
        };
        let channel = self.channels.get(&batch.key);
        let channel = channel.map_or_else(String::new, |it| it.sender.name().to_owned());
        let text = report.said.clone().unwrap_or_else(|| {
            let firing = batch
                .alerts
                .iter()
                .filter(|it| it.ends_at.is_none())
                .count();
            format!("{firing} firing, {} resolved", batch.alerts.len() - firing)
        });
        let batch = Redaction::default().batch(batch);
        self.note(now, Event::of_batch(kind, &batch, channel, text));
    }

    pub(super) fn note_alert(&mut self, now: Duration, kind: Kind, alert: Fingerprint, text: &str) {
        let Some(known) = self.durable.notifier().alert(alert) else {
            return;
        };
        let summary = known.annotations.get("summary").map_or("", String::as_str);
        let text = if text.is_empty() { summary } else { text };
        let mut event = Event::of_alert(kind, known, text);
        let hidden = Redaction::default();
        event.labels = event
            .labels
            .iter()
            .map(|(name, value)| (name.to_owned(), hidden.text(value)))
            .collect();
        self.note(now, event);
    }

    pub(super) fn note(&mut self, now: Duration, mut event: Event) {
        event.text = Redaction::default().text(&event.text);
        self.durable.note(now, event);
    }
}
