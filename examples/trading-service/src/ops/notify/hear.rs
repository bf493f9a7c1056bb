//! What comes of evaluations, handed to the thread that tells.

use admf_alerts::notify::Posted;
use admf_alerts::{AlertEvent, Labels, Notice};

use super::post::Change;
use super::teller::Heard;
use super::{Notify, lock};

impl Notify {
    /// Takes what an engine of real time sends.
    pub(in crate::ops) fn notices(&self, notices: Vec<Notice>) {
        for notice in notices {
            self.hear(Change::of_notice(notice));
        }
    }

    /// Takes what changed by the dates of a side.
    pub(in crate::ops) fn dated(&self, side: &str, date: &str, events: &[AlertEvent]) {
        for event in events {
            self.hear(Change::of_date(event, side, date, self.clock.now()));
        }
    }

    /// Takes that alerts are gone with their rules.
    pub(in crate::ops) fn withdrawn(&self, side: Option<&str>, events: &[AlertEvent]) {
        for event in events {
            self.hear(Change::of_event(event, side, self.clock.now()));
        }
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

    fn hear(&self, change: Change) {
        self.tell(Heard::Change(Box::new(change)));
    }

    fn tell(&self, heard: Heard) {
        // It ends when it is told to, and nothing comes after that.
        let _ = self.heard.send(heard);
    }
}
