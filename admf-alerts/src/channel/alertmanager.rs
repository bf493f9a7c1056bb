//! What an Alertmanager is told, by its API, version 2.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::time::rfc3339;
use super::webhook::map;
use crate::notify::{Alert, Batch};

/// Holds one alert of the array that `POST /api/v2/alerts` takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AlertmanagerAlert {
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// When it began, by RFC 3339.
    pub starts_at: String,
    /// When it ended; of one that fires, until when it is held for firing.
    pub ends_at: String,
    /// Where it comes from; an Alertmanager takes none that is no address.
    #[serde(rename = "generatorURL", skip_serializing_if = "String::is_empty")]
    pub generator_url: String,
}

impl AlertmanagerAlert {
    /// Tells of the alerts of a batch; those that fire are held for firing for `holds` after its flush.
    ///
    /// Take for `holds` more than the time until the group is told again: its `repeat_interval` and `group_interval`.
    #[must_use]
    pub fn all(batch: &Batch, holds: Duration) -> Vec<Self> {
        let until = batch.at.saturating_add(holds);
        let alerts = batch.alerts.iter();
        alerts.map(|alert| Self::new(alert, until)).collect()
    }

    fn new(alert: &Alert, until: Duration) -> Self {
        let url = alert.generator_url.as_str();
        let is_address = url.starts_with("http://") || url.starts_with("https://");
        Self {
            labels: map(&alert.labels),
            annotations: alert.annotations.clone(),
            starts_at: rfc3339(alert.starts_at),
            ends_at: rfc3339(alert.ends_at.unwrap_or(until)),
            generator_url: if is_address {
                url.to_owned()
            } else {
                String::new()
            },
        }
    }
}
