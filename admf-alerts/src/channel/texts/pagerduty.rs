//! Texts of events for PagerDuty.

use serde_json::{Map, Value};

use super::{Filler, Reader, Text, TextError, each};
use crate::channel::config::{Link, PagerDuty};
use crate::channel::pagerduty::{ChangeEvent, Event, Payload};

/// The texts of events, read once.
#[derive(Clone, Debug)]
pub struct PagerDutyTexts {
    client: Option<Text>,
    client_url: Option<Text>,
    description: Option<Text>,
    severity: Option<Text>,
    class: Option<Text>,
    component: Option<Text>,
    group: Option<Text>,
    details: Vec<(String, Text)>,
    images: Vec<Parts>,
    links: Vec<Parts>,
}

/// The parts of a link or a picture, by the names that they have in the event.
type Parts = Vec<(&'static str, Text)>;

/// The severities that PagerDuty knows.
const SEVERITIES: [&str; 4] = ["critical", "error", "warning", "info"];

impl PagerDutyTexts {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// Says which is no template, and why.
    pub fn new(config: &PagerDuty) -> Result<Self, TextError> {
        let reader = Reader(&config.common.definitions);
        let parts = |field: &str, link: &Link| parts(reader, field, link);
        Ok(Self {
            client: reader.maybe("client", &config.client)?,
            client_url: reader.maybe("client_url", &config.client_url)?,
            description: reader.maybe("description", &config.description)?,
            severity: reader.maybe("severity", &config.severity)?,
            class: reader.maybe("class", &config.class)?,
            component: reader.maybe("component", &config.component)?,
            group: reader.maybe("group", &config.group)?,
            details: reader.named("details", &config.details)?,
            images: each("images", &config.images, parts)?,
            links: each("links", &config.links, parts)?,
        })
    }

    /// Puts them in an event, in place of what it says by itself.
    pub(in crate::channel) fn put(&self, event: &mut Event, filler: &mut Filler<'_>) {
        filler.put(&self.client, &mut event.client);
        filler.put(&self.client_url, &mut event.client_url);
        let Some(payload) = &mut event.payload else {
            return;
        };
        filler.put(&self.description, &mut payload.summary);
        filler.put(&self.class, &mut payload.class);
        filler.put(&self.component, &mut payload.component);
        filler.put(&self.group, &mut payload.group);
        self.put_severity(payload, filler);
        if let Value::Object(details) = &mut payload.custom_details {
            for (name, text) in &self.details {
                if let Some(text) = filler.fill(text) {
                    details.insert(name.clone(), Value::String(text));
                }
            }
        }
        let shown = |all: &[Parts], needs: &str, filler: &mut Filler<'_>| -> Vec<Value> {
            let all = all.iter().map(|parts| filled(parts, filler));
            let shown = all.filter(|it| it.contains_key(needs));
            shown.map(Value::Object).collect()
        };
        event.images.extend(shown(&self.images, "src", filler));
        event.links.extend(shown(&self.links, "href", filler));
    }

    /// Says in its words what happened.
    pub(in crate::channel) fn put_change(&self, event: &mut ChangeEvent, filler: &mut Filler<'_>) {
        filler.put(&self.description, &mut event.payload.summary);
    }

    /// PagerDuty takes no event with a severity that it does not know.
    fn put_severity(&self, payload: &mut Payload, filler: &mut Filler<'_>) {
        match filler.fill(&self.severity) {
            Some(text) if SEVERITIES.contains(&text.as_str()) => payload.severity = text,
            Some(_) => {
                let known = SEVERITIES.join("`, `");
                let said = format!("template `severity`: what it says is none of `{known}`");
                filler.noted.get_or_insert(said);
            }
            None => {}
        }
    }
}

fn parts(reader: Reader<'_>, field: &str, link: &Link) -> Result<Parts, TextError> {
    let all = [
        ("src", &link.src),
        ("alt", &link.alt),
        ("href", &link.href),
        ("text", &link.text),
    ];
    let all = all.into_iter().filter(|(_, text)| !text.is_empty());
    let all = all.map(|(name, text)| Ok((name, reader.text(format!("{field}.{name}"), text)?)));
    all.collect()
}

/// The parts that say something.
fn filled(parts: &Parts, filler: &mut Filler<'_>) -> Map<String, Value> {
    let filled = parts
        .iter()
        .map(|(name, text)| (*name, filler.or_empty(text)));
    let filled = filled.filter(|(_, text)| !text.is_empty());
    filled
        .map(|(name, text)| (name.to_owned(), Value::String(text)))
        .collect()
}
