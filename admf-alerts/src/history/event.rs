//! One thing that happened.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::kind::Kind;
use crate::channel::{Redaction, truncate_bytes};
use crate::labels::Labels;
use crate::notify::{Alert, Batch, Fingerprint, Happened, IntegrationId, state};

/// Tells of one thing that happened. Who notes it takes out of it what must not be told ([`redacted`](Self::redacted)).
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
    /// The channel within the receiver; `None` if it is of none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integration: Option<IntegrationId>,
    /// The name of the channel; empty if it is of none, or not known here.
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
            integration: None,
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
        let labels = match batch.alerts.is_empty() {
            true => batch.labels.clone(),
            false => common(&batch.alerts),
        };
        Self {
            labels,
            alerts: prints(&batch.alerts),
            group: batch.key.group.clone(),
            receiver: batch.key.receiver.clone(),
            integration: Some(batch.key.integration.clone()),
            channel: channel.into(),
            ..Self::new(kind, text)
        }
    }

    /// Tells of what a notifier saw or did.
    #[must_use]
    pub fn happened(happened: &Happened) -> Self {
        match happened {
            Happened::Fires(alert) => Self::of_alert(Kind::AlertFiring, alert, says(alert)),
            Happened::Ended(alert) => {
                let late = if alert.timeout {
                    " (not posted again)"
                } else {
                    ""
                };
                let text = format!("{}{late}", says(alert));
                Self::of_alert(Kind::AlertResolved, alert, text)
            }
            Happened::Escalated {
                level,
                receivers,
                alerts,
            } => Self {
                labels: common(alerts),
                alerts: prints(alerts),
                ..Self::new(
                    Kind::Escalated,
                    format!("level {level}: {}", receivers.join(", ")),
                )
            },
            Happened::GivenUp(batch) => {
                let text = "given up: it was tried until the next flush was due";
                Self::of_batch(Kind::NoticeRefused, batch, "", text)
            }
            Happened::Dropped { group, alerts } => Self {
                labels: common(alerts),
                alerts: prints(alerts),
                group: group.group.clone(),
                receiver: group.receiver.clone(),
                ..Self::new(
                    Kind::Dropped,
                    format!("{} that ended too long ago to be told of", alerts.len()),
                )
            },
        }
    }

    /// Takes out what must not be told.
    #[must_use]
    pub fn redacted(self, redaction: &Redaction) -> Self {
        Self {
            labels: redaction.labels(&self.labels),
            group: redaction.text(&self.group),
            receiver: redaction.text(&self.receiver),
            channel: redaction.text(&self.channel),
            text: redaction.text(&self.text),
            ..self
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

/// What an alert says to people, in short.
fn says(alert: &Alert) -> String {
    let said = alert.annotations.get("summary");
    said.cloned().unwrap_or_else(|| alert.labels.to_string())
}

fn prints(alerts: &[Arc<Alert>]) -> BTreeSet<Fingerprint> {
    alerts.iter().map(|it| it.fingerprint()).collect()
}

/// The labels that all alerts have.
fn common(alerts: &[Arc<Alert>]) -> Labels {
    let Some((first, others)) = alerts.split_first() else {
        return Labels::new();
    };
    let all = |(name, value): &(&str, &str)| {
        let mut others = others.iter();
        others.all(|it| it.labels.get(name) == Some(value))
    };
    first.labels.iter().filter(all).collect()
}
