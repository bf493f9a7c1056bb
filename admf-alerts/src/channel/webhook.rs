//! The body that Alertmanager posts to webhooks, version 4.

use std::collections::BTreeMap;

use serde::Serialize;

use super::time::{NEVER, rfc3339};
use crate::labels::Labels;
use crate::notify::{Alert, Batch};

/// Holds what a webhook is posted: `serde_json` writes it key for key as Alertmanager 0.25 does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Webhook {
    /// The receiver's name, as the pattern that matches it.
    pub receiver: String,
    /// `firing` if any alert fires, else `resolved`.
    pub status: &'static str,
    /// The alerts.
    pub alerts: Vec<WebhookAlert>,
    /// The labels of the group.
    pub group_labels: BTreeMap<String, String>,
    /// The labels that all alerts have.
    pub common_labels: BTreeMap<String, String>,
    /// The annotations that all alerts have.
    pub common_annotations: BTreeMap<String, String>,
    /// Where this notifier is found.
    #[serde(rename = "externalURL")]
    pub external_url: String,
    /// `4`.
    pub version: &'static str,
    /// The key of the group.
    pub group_key: String,
    /// How many alerts were left out.
    pub truncated_alerts: u64,
}

/// Holds one alert of a [`Webhook`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WebhookAlert {
    /// `firing` or `resolved`.
    pub status: &'static str,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// When it began, by RFC 3339.
    pub starts_at: String,
    /// When it ended; `0001-01-01T00:00:00Z` while it fires.
    pub ends_at: String,
    /// Where it comes from.
    #[serde(rename = "generatorURL")]
    pub generator_url: String,
    /// Names its labels.
    pub fingerprint: String,
    /// Whether nobody knows that it was told before that this one fires: it has begun and ended since the last notice that
    /// arrived. Not written where it is not so; Alertmanager never says it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub missed: bool,
}

impl Webhook {
    /// Tells of a batch; of no more alerts than `most`, unless that is 0.
    #[must_use]
    pub fn new(batch: &Batch, external_url: &str, most: usize) -> Self {
        let all = batch.alerts.len();
        let kept = if most == 0 { all } else { most.min(all) };
        let labels = batch.alerts.iter().map(|alert| map(&alert.labels));
        let annotations = batch.alerts.iter().map(|alert| alert.annotations.clone());
        Self {
            receiver: quoted(&batch.key.receiver),
            status: status(batch.is_firing()),
            alerts: batch.alerts[..kept]
                .iter()
                .map(|it| alert(it, batch))
                .collect(),
            group_labels: map(&batch.labels),
            common_labels: common(labels),
            common_annotations: common(annotations),
            external_url: external_url.to_owned(),
            version: "4",
            group_key: batch.key.group.clone(),
            truncated_alerts: (all - kept) as u64,
        }
    }
}

/// Writes a text as the pattern that matches it, as Alertmanager does.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted
}

fn status(fires: bool) -> &'static str {
    if fires { "firing" } else { "resolved" }
}

fn alert(alert: &Alert, batch: &Batch) -> WebhookAlert {
    let fingerprint = alert.fingerprint();
    WebhookAlert {
        status: status(alert.ends_at.is_none()),
        labels: map(&alert.labels),
        annotations: alert.annotations.clone(),
        starts_at: rfc3339(alert.starts_at),
        ends_at: alert.ends_at.map_or_else(|| NEVER.to_owned(), rfc3339),
        generator_url: alert.generator_url.clone(),
        missed: batch.missed.contains(&fingerprint),
        fingerprint: fingerprint.to_string(),
    }
}

pub(super) fn map(labels: &Labels) -> BTreeMap<String, String> {
    let pairs = labels.iter();
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The pairs that are in all.
fn common(mut maps: impl Iterator<Item = BTreeMap<String, String>>) -> BTreeMap<String, String> {
    let mut common = maps.next().unwrap_or_default();
    for map in maps {
        common.retain(|name, value| map.get(name) == Some(value));
    }
    common
}
