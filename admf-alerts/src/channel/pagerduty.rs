//! PagerDuty's Events API, version 2.

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::key::hex;
use super::truncate;

/// The most bytes that an encoded event may have.
pub const PAGERDUTY_MAX_BYTES: usize = 512_000;
/// The most characters that a summary may have.
pub const SUMMARY_MAX_CHARS: usize = 1_024;

/// Says what an event does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EventAction {
    /// Opens an incident, or adds to it.
    Trigger,
    /// Says that somebody has taken it up.
    Acknowledge,
    /// Ends it.
    Resolve,
}

/// Holds an event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// The integration's key: a secret.
    pub routing_key: String,
    /// What it does.
    pub event_action: EventAction,
    /// What tells the incident from others, at most 255 characters; see [`dedup_key`].
    pub dedup_key: String,
    /// Who sends it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client: String,
    /// Where that is found.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client_url: String,
    /// What has happened; must be there to trigger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Payload>,
    /// Links, each with `href` and `text`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Value>,
}

/// Holds what has happened.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Payload {
    /// One sentence; cut to [`SUMMARY_MAX_CHARS`] when it is encoded.
    pub summary: String,
    /// Where it has happened.
    pub source: String,
    /// `critical`, `error`, `warning` or `info`.
    pub severity: String,
    /// When.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub timestamp: String,
    /// What part.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub component: String,
    /// Which group of parts.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// What kind of thing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub class: String,
    /// An object of whatever else there is to say.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub custom_details: Value,
}

/// Holds a change event: something happened, and nobody has to do anything.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChangeEvent {
    /// The integration's key: a secret.
    pub routing_key: String,
    /// What has happened.
    pub payload: Change,
    /// Links, each with `href` and `text`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Value>,
}

/// Holds what has happened, of a [`ChangeEvent`].
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Change {
    /// One sentence; cut to [`SUMMARY_MAX_CHARS`] when it is encoded.
    pub summary: String,
    /// When.
    pub timestamp: String,
    /// Where it has happened.
    pub source: String,
    /// An object of whatever else there is to say.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub custom_details: Value,
}

impl ChangeEvent {
    /// Encodes it, as [`Event::encode`] does.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut event = self.clone();
        event.payload.summary = truncate::chars(&event.payload.summary, SUMMARY_MAX_CHARS).0;
        within(event, |event| Some(&mut event.payload.custom_details))
    }
}

/// Returns where change events go that belong to events for an address: `…/v2/change/enqueue` beside `…/v2/enqueue`; any
/// other address takes both.
#[must_use]
pub fn change_url(url: &str) -> String {
    match url.strip_suffix("/enqueue") {
        Some(before) => format!("{before}/change/enqueue"),
        None => url.to_owned(),
    }
}

impl Event {
    /// Encodes it. Where that is longer than [`PAGERDUTY_MAX_BYTES`] it leaves out the details, and says so.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut event = self.clone();
        if let Some(payload) = &mut event.payload {
            payload.summary = truncate::chars(&payload.summary, SUMMARY_MAX_CHARS).0;
        }
        within(event, |event| {
            Some(&mut event.payload.as_mut()?.custom_details)
        })
    }
}

/// Encodes an event; without its details where it is too long.
fn within<E: Serialize>(
    mut event: E,
    details: impl FnOnce(&mut E) -> Option<&mut Value>,
) -> Vec<u8> {
    let encoded = encode(&event);
    if encoded.len() <= PAGERDUTY_MAX_BYTES {
        return encoded;
    }
    let said = "Custom details have been removed because the event was larger than 512 kB";
    if let Some(details) = details(&mut event) {
        *details = json!({ "error": said });
    }
    encode(&event)
}

fn encode(event: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(event).expect("an event has text keys and finite numbers")
}

/// Returns the key of a group's incident: SHA-256 of the group's key, in base 16.
#[must_use]
pub fn dedup_key(group_key: &str) -> String {
    hex(&Sha256::digest(group_key))
}
