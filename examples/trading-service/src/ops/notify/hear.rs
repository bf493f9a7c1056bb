//! What comes of evaluations, handed to the thread that tells.

use admf_alerts::notify::Posted;
use admf_alerts::{AlertEvent, Labels, Notice};

use super::post::Change;
use super::teller::Heard;
use super::{Notify, lock};

impl Notify {
    /// Takes what an engine of real time sends.
    pub(in crate::ops) fn notices(&self, notices: Vec<Notice>) {
        self.hear(notices.into_iter().map(Change::of_notice));
    }

    /// Takes what changed by the dates of a side.
    pub(in crate::ops) fn dated(&self, side: &str, date: &str, events: &[AlertEvent]) {
        let now = self.clock.now();
        self.hear(events.iter().map(|it| Change::of_date(it, side, date, now)));
    }

    /// Takes that alerts are gone with their rules.
    pub(in crate::ops) fn withdrawn(&self, side: Option<&str>, events: &[AlertEvent]) {
        let now = self.clock.now();
        self.hear(events.iter().map(|it| Change::of_event(it, side, now)));
    }

    /// Says that rules are evaluated.
    pub(in crate::ops) fn watch(&self) {
        let now = self.clock.now();
        let mut watchdog = lock(&self.watchdog);
        watchdog.advance(now);
        let notices = watchdog.notices(now);
        drop(watchdog);
        self.notices(notices);
    }

    /// Takes something that happened, to be told of once.
    pub(in crate::ops) fn once(&self, name: &str, severity: &str, summary: String) {
        let posted = Posted {
            labels: Labels::from_iter([("alertname", name), ("severity", severity)]),
            annotations: [("summary".to_owned(), summary)].into(),
            starts_at: Some(self.clock.now()),
            ..Posted::default()
        };
        self.tell(Heard::Once(Box::new(posted)));
    }

    /// Hands on what came of one evaluation as one: of what begins at once none is told before it is known what keeps it
    /// quiet.
    fn hear(&self, changes: impl Iterator<Item = Change>) {
        let changes: Vec<_> = changes.collect();
        if !changes.is_empty() {
            self.tell(Heard::Changes(changes));
        }
    }

    fn tell(&self, heard: Heard) {
        // It ends when it is told to, and nothing comes after that.
        let _ = self.heard.send(heard);
    }
}
