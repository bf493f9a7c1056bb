//! What others ask of a service.

use std::sync::Arc;
use std::time::Duration;

use super::AlertService;
use crate::channel::io::Report;
use crate::engine::{Notice, Snapshot};
use crate::labels::Labels;
use crate::notify::{Alert, Batch, Fingerprint, LogKey, Posted, Reason, Silence};

/// Shows what came of trying a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tried {
    /// The channel's name.
    pub channel: String,
    /// What came of it.
    pub report: Report,
}

impl AlertService {
    /// Takes alerts, or that they have ended; says of each what is wrong with it, if anything.
    pub fn post(&self, alerts: impl IntoIterator<Item = Posted>) -> Vec<Result<(), String>> {
        let taken = self.state().durable.post(self.now(), alerts);
        self.0.changed.notify_one();
        taken
    }

    /// Takes what an evaluation says: its [notices](crate::Engine::notices), and what the engine has to know in the next process.
    /// Both are on disk, or neither is.
    pub fn evaluated(&self, engine: Snapshot, notices: impl IntoIterator<Item = Notice>) {
        let posts = notices.into_iter().map(Posted::from);
        self.state().durable.evaluated(self.now(), engine, posts);
        self.0.changed.notify_one();
    }

    /// Takes something that happened, to be told of once: nobody waits for its end.
    ///
    /// # Errors
    ///
    /// No labels.
    pub fn post_once(&self, posted: Posted) -> Result<(), String> {
        self.change(|it, now| it.post_once(now, posted))
    }

    /// Adds a silence, or changes the one that has its id; returns the id.
    ///
    /// # Errors
    ///
    /// As [`Silences::set`](crate::notify::Silences::set).
    pub fn set_silence(&self, silence: Silence) -> Result<String, String> {
        let id = || self.fresh_id();
        self.change(|it, now| it.silences_mut().set(silence, now, id))
    }

    /// Ends a silence.
    ///
    /// # Errors
    ///
    /// An id that no silence has.
    pub fn expire_silence(&self, id: &str) -> Result<(), String> {
        self.change(|it, now| it.silences_mut().expire(id, now))
    }

    /// Takes that somebody takes care of an alert, so that nobody else is told next.
    ///
    /// # Errors
    ///
    /// No such alert fires.
    pub fn acknowledge(&self, alert: Fingerprint, by: &str, comment: &str) -> Result<(), String> {
        self.acknowledge_for(alert, by, comment, None)
    }

    /// Does as [`acknowledge`](Self::acknowledge), for a length of time; `None`: for as long as the ladder says.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn acknowledge_for(
        &self,
        alert: Fingerprint,
        by: &str,
        comment: &str,
        length: Option<Duration>,
    ) -> Result<(), String> {
        self.change(|it, now| it.acknowledge_for(now, alert, by, comment, length))
    }

    /// Takes that nobody takes care of an alert any more.
    ///
    /// # Errors
    ///
    /// Nobody did.
    pub fn unacknowledge(&self, alert: Fingerprint) -> Result<(), String> {
        self.change(|it, now| it.unacknowledge(now, alert))
    }

    /// Sends a notice that says that it is a test by all channels of a receiver, past routes, silences and the log.
    ///
    /// # Errors
    ///
    /// There is no such receiver.
    pub async fn test_channel(&self, receiver: &str) -> Result<Vec<Tried>, String> {
        let channels = self.state().channels.of(receiver).map(<[_]>::to_vec);
        let channels = channels.ok_or_else(|| format!("there is no receiver `{receiver}`"))?;
        let mut tried = Vec::new();
        for (integration, channel) in channels.iter().enumerate() {
            let batch = test_batch(receiver, integration, self.now());
            tried.push(Tried {
                channel: channel.sender.name().to_owned(),
                report: channel.sender.send(&batch, 0).await,
            });
        }
        Ok(tried)
    }

    /// Makes an id that no silence has: a UUID by chance.
    fn fresh_id(&self) -> String {
        let chance = self.0.shared.env.chance();
        let bytes: Vec<u8> = (0..16).map(|_| (chance.unit() * 256.0) as u8).collect();
        let hex = |range: std::ops::Range<usize>| -> String {
            bytes[range].iter().map(|it| format!("{it:02x}")).collect()
        };
        let (version, variant) = (bytes[6] & 0x0f | 0x40, bytes[8] & 0x3f | 0x80);
        let (high, low) = (hex(7..8), hex(9..10));
        format!(
            "{}-{}-{version:02x}{high}-{variant:02x}{low}-{}",
            hex(0..4),
            hex(4..6),
            hex(10..16)
        )
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&mut crate::notify::Notifier, Duration) -> Result<T, String>,
    ) -> Result<T, String> {
        let mut state = self.state();
        let now = self.now();
        let changed = state.durable.change(now, |it| change(it, now));
        drop(state);
        self.0.changed.notify_one();
        changed
    }
}

fn test_batch(receiver: &str, integration: usize, now: Duration) -> Batch {
    let labels = Labels::from_iter([("alertname", "ADMFTest"), ("severity", "info")]);
    let text = "somebody tries whether this channel works; there is nothing to do";
    let posted = Posted {
        labels: labels.clone(),
        annotations: [("summary".to_owned(), text.to_owned())].into(),
        starts_at: Some(now),
        ..Posted::default()
    };
    let alert = Alert {
        ends_at: None,
        ..Alert::new(posted, now, Duration::ZERO)
    };
    Batch {
        key: LogKey {
            group: format!("test:{}", now.as_nanos()),
            receiver: receiver.to_owned(),
            integration,
        },
        labels,
        alerts: vec![Arc::new(alert)],
        reason: Reason::First,
        at: now,
        idempotency_key: format!("test-{receiver}-{integration}-{}", now.as_nanos()),
    }
}
