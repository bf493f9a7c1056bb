//! What happened, as the history tells of it.

use std::time::Duration;

use super::State;
use crate::channel::io::Report;
use crate::history::{Event, Kind};
use crate::notify::{Batch, Fingerprint, Outcome};

impl State {
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
        self.durable
            .note(now, Event::of_batch(kind, batch, channel, text));
    }

    pub(super) fn note_alert(&mut self, now: Duration, kind: Kind, alert: Fingerprint, text: &str) {
        let known = self.durable.notifier().alert(alert);
        if let Some(event) = known.map(|it| Event::of_alert(kind, it, text)) {
            self.durable.note(now, event);
        }
    }
}
