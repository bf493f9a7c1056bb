//! What others ask of a service.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::channels::Channel;
use super::{AlertService, State};
use crate::channel::io::Report;
use crate::engine::{Notice, Snapshot};
use crate::history::{Entry, Event, Filter, Kind};
use crate::labels::Labels;
use crate::notify::{Batch, Fingerprint, IntegrationId, Notifier, Posted, Silence};

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
        self.taken(|state, now| state.durable.post(now, alerts))
    }

    /// Takes what an evaluation says: its [notices](crate::Engine::notices), and what the engine has to know in the next process.
    /// Both are on disk, or neither is.
    pub fn evaluated(&self, engine: Snapshot, notices: impl IntoIterator<Item = Notice>) {
        let posts = notices.into_iter().map(Posted::from);
        self.taken(|state, now| {
            drop(state.durable.evaluated(now, engine, posts));
        });
    }

    /// Takes something that happened, to be told of once: nobody waits for its end.
    ///
    /// # Errors
    ///
    /// No labels.
    pub fn post_once(&self, posted: Posted) -> Result<(), String> {
        self.taken(|state, now| state.durable.change(now, |it| it.post_once(now, posted)))
    }

    /// Adds a silence, or changes the one that has its id; returns the id.
    ///
    /// # Errors
    ///
    /// As [`Silences::set`](crate::notify::Silences::set).
    pub fn set_silence(&self, silence: Silence) -> Result<String, String> {
        self.taken(|state, now| {
            let said = told_of(&silence.created_by, &silence.comment);
            let matchers: Vec<String> = silence.matchers.iter().map(ToString::to_string).collect();
            let id = || self.fresh_id();
            let change = |it: &mut Notifier| it.silences_mut().set(silence, now, id);
            let id = state.durable.change(now, change)?;
            let text = format!("{id}: {}{said}", matchers.join(", "));
            state.durable.note(now, Event::new(Kind::Silenced, text));
            Ok(id)
        })
    }

    /// Ends a silence.
    ///
    /// # Errors
    ///
    /// An id that no silence has.
    pub fn expire_silence(&self, id: &str) -> Result<(), String> {
        self.taken(|state, now| {
            let expire = |it: &mut Notifier| it.silences_mut().expire(id, now);
            state.durable.change(now, expire)?;
            state
                .durable
                .note(now, Event::new(Kind::SilenceExpired, id));
            Ok(())
        })
    }

    /// Takes that somebody takes care of an alert, so that nobody else is told next. Channels that know of such a thing
    /// (PagerDuty) are told by [`run`](Self::run), tried for two minutes; that it failed is in the history.
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
        self.taken(|state, now| {
            let acknowledge =
                |it: &mut Notifier| it.acknowledge_for(now, alert, by, comment, length);
            state.durable.change(now, acknowledge)?;
            state.taken_up(alert);
            let said = told_of(by, comment);
            state.note_alert(now, Kind::Acknowledged, alert, said.trim_start());
            Ok(())
        })
    }

    /// Takes that nobody takes care of an alert any more.
    ///
    /// # Errors
    ///
    /// Nobody did.
    pub fn unacknowledge(&self, alert: Fingerprint) -> Result<(), String> {
        self.taken(|state, now| {
            let change = |it: &mut Notifier| it.unacknowledge(now, alert);
            state.durable.change(now, change)?;
            state.note_alert(now, Kind::Unacknowledged, alert, "");
            Ok(())
        })
    }

    /// Lists what happened, the newest first.
    #[must_use]
    pub fn history(&self, filter: &Filter) -> Vec<Entry> {
        let state = self.state();
        state.durable.history().select(filter).cloned().collect()
    }

    /// Sends a notice that says that it is a test by all channels of a receiver, past routes, silences and the log, and past
    /// their breakers and limits: whether one works now is what is asked.
    ///
    /// # Errors
    ///
    /// There is no such receiver, or a channel cannot be set up.
    pub async fn test_channel(&self, receiver: &str) -> Result<Vec<Tried>, String> {
        let channels = self.state().channels.of(receiver).map(<[_]>::to_vec);
        let channels = channels.ok_or_else(|| format!("there is no receiver `{receiver}`"))?;
        let now = self.now();
        let try_one = async |(integration, channel): (IntegrationId, Arc<Channel>)| {
            let batch = Batch::test(receiver, integration, test_alert(), now);
            let sender = channel.anew(&self.0.shared)?;
            Ok(Tried {
                channel: sender.name().to_owned(),
                report: sender.send(&batch, 0).await,
            })
        };
        // At once: one that does not answer holds up no other.
        let tried = join_all(channels.into_iter().map(try_one)).await;
        tried.into_iter().collect()
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

    /// Does something in one transaction, after which somebody may have to be told sooner than was thought.
    pub(super) fn taken<T>(&self, take: impl FnOnce(&mut State, Duration) -> T) -> T {
        let mut state = self.state();
        let taken = state.batch(self.now(), take);
        drop(state);
        self.0.changed.notify_one();
        taken
    }
}

/// Who said why, as far as they did.
fn told_of(by: &str, comment: &str) -> String {
    match (by, comment) {
        ("", "") => String::new(),
        ("", comment) => format!(" ({comment})"),
        (by, "") => format!(" by {by}"),
        (by, comment) => format!(" by {by} ({comment})"),
    }
}

fn test_alert() -> Posted {
    let text = "somebody tries whether this channel works; there is nothing to do";
    Posted {
        labels: Labels::from_iter([("alertname", "ADMFTest"), ("severity", "info")]),
        annotations: [("summary".to_owned(), text.to_owned())].into(),
        ..Posted::default()
    }
}
