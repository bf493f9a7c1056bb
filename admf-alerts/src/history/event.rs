//! One thing that happened.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::channel::truncate_bytes;
use crate::labels::Labels;
use crate::notify::{Alert, Batch, Fingerprint, state};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// Says what kind of thing happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Kind {
            $($(#[$doc])* #[serde(rename = $name)] $kind,)*
        }

        impl Kind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// Returns its name, as `alert_firing`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

kinds! {
    /// An alert fires.
    AlertFiring = "alert_firing",
    /// An alert has ended.
    AlertResolved = "alert_resolved",
    /// A channel has taken a notice.
    NoticeSent = "notice_sent",
    /// A try to send a notice has failed, and another may follow.
    NoticeFailed = "notice_failed",
    /// A notice is given up: it was refused, or took too long.
    NoticeRefused = "notice_refused",
    /// An end was forgotten that nobody could be told of for too long.
    Dropped = "dropped",
    /// Somebody has set a silence, or changed one.
    Silenced = "silence_set",
    /// Somebody has ended a silence.
    SilenceExpired = "silence_expired",
    /// Somebody takes care of an alert.
    Acknowledged = "acknowledged",
    /// Nobody does any more.
    Unacknowledged = "unacknowledged",
    /// A level of a ladder was reached.
    Escalated = "escalated",
    /// There is another configuration.
    ConfigReloaded = "config_reloaded",
    /// A configuration was refused: the one before counts.
    ConfigRefused = "config_refused",
    /// The disk does not hold all.
    StoreFailing = "store_failing",
    /// The disk holds all again.
    StoreWell = "store_well",
    /// This process notifies from now on.
    LeaderGained = "leader_gained",
    /// This process notifies no more.
    LeaderLost = "leader_lost",
}

impl Kind {
    /// Returns the kind that has a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.as_str() == name)
    }

    /// Says whether one that comes again is added to the one before.
    pub(super) fn repeats(self) -> bool {
        use Kind::{ConfigRefused, NoticeFailed, NoticeRefused, StoreFailing};
        matches!(
            self,
            NoticeFailed | NoticeRefused | ConfigRefused | StoreFailing
        )
    }

    /// What is over by it, so that the next one like it is another.
    pub(super) fn ends(self) -> &'static [Self] {
        match self {
            Self::NoticeSent => &[Self::NoticeFailed, Self::NoticeRefused],
            Self::ConfigReloaded => &[Self::ConfigRefused],
            Self::StoreWell => &[Self::StoreFailing],
            _ => &[],
        }
    }
}

/// Tells of one thing that happened. Who notes it takes out of it what must not be told
/// ([`Redaction`](crate::channel::Redaction)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// What kind of thing.
    pub kind: Kind,
    /// The labels of the alert; of a notice those that all its alerts have.
    #[serde(
        with = "state::labels",
        default,
        skip_serializing_if = "Labels::is_empty"
    )]
    pub labels: Labels,
    /// The alerts it is about.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub alerts: BTreeSet<Fingerprint>,
    /// The key of the group; empty if it is of none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// The receiver; empty if it is of none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub receiver: String,
    /// The channel of the receiver; empty if it is of none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub channel: String,
    /// What happened, in one line.
    pub text: String,
    /// Whether something of it was left out, as it was too long.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

impl Event {
    /// Tells of something that is of no alert.
    pub fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self {
            kind,
            labels: Labels::new(),
            alerts: BTreeSet::new(),
            group: String::new(),
            receiver: String::new(),
            channel: String::new(),
            text: text.into(),
            cut: false,
        }
    }

    /// Tells of an alert.
    pub fn of_alert(kind: Kind, alert: &Alert, text: impl Into<String>) -> Self {
        Self {
            labels: alert.labels.clone(),
            alerts: [alert.fingerprint()].into(),
            ..Self::new(kind, text)
        }
    }

    /// Tells of a notice by a channel, with the labels that all its alerts have.
    pub fn of_batch(
        kind: Kind,
        batch: &Batch,
        channel: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        let mut alerts = batch.alerts.iter();
        let mut labels = alerts.next().map_or(&batch.labels, |it| &it.labels).clone();
        for alert in alerts {
            let has = |(name, value): &(&str, &str)| alert.labels.get(name) == Some(*value);
            labels = labels.iter().filter(has).collect();
        }
        Self {
            labels,
            alerts: batch.alerts.iter().map(|it| it.fingerprint()).collect(),
            group: batch.key.group.clone(),
            receiver: batch.key.receiver.clone(),
            channel: channel.into(),
            ..Self::new(kind, text)
        }
    }

    /// About how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        let texts = [&self.group, &self.receiver, &self.channel, &self.text];
        let labels = self.labels.iter();
        texts.iter().map(|it| it.len()).sum::<usize>()
            + labels.map(|(n, v)| n.len() + v.len()).sum::<usize>()
            + self.alerts.len() * ALERT
    }

    /// Leaves out what takes more than `most` bytes: the end of a text, whole labels, and alerts.
    pub(super) fn within(mut self, most: usize) -> Self {
        self.text = self.text.replace(char::is_control, " ");
        if self.bytes() <= most {
            return self;
        }
        self.cut = true;
        // So that something is left for the labels, by which it is found.
        cut(&mut self.group, most / 4);
        cut(&mut self.text, most / 4);
        cut(&mut self.receiver, most / 8);
        cut(&mut self.channel, most / 8);
        let alerts = self.alerts.into_iter();
        self.alerts = alerts.take(most / 8 / ALERT).collect();
        let labels = std::mem::take(&mut self.labels);
        let mut left = most.saturating_sub(self.bytes());
        let fits = |(name, value): &(&str, &str)| {
            let rest = left.checked_sub(name.len() + value.len());
            left = rest.unwrap_or(left);
            rest.is_some()
        };
        self.labels = labels.iter().filter(fits).collect();
        self
    }
}

/// What a fingerprint takes.
const ALERT: usize = 16;

fn cut(text: &mut String, most: usize) {
    *text = truncate_bytes(text, most).0;
}
