//! What PagerDuty is told of a batch.

use serde_json::{Value, json};

use super::level::Level;
use super::notice::{self, Notice};
use super::pagerduty::{Change, ChangeEvent, Event, EventAction, Payload, dedup_key};
use super::texts::{Filler, PagerDutyTexts};
use super::time::rfc3339;
use crate::notify::{Alert, Batch, Reason};

/// Returns the events that tell of what fires and has ended in a batch, to be sent in this order.
///
/// A group is one incident. What began and ended while nobody could be told is opened and then ended, so that it is seen.
/// What is told of once has no end, and so is no incident: see [`change_event`]. `external_url` is where this notifier is
/// found; it may be empty.
#[must_use]
pub fn events(batch: &Batch, routing_key: &str, external_url: &str) -> Vec<Event> {
    let lasting = part(batch, false);
    let event = |action| Event {
        client: "admf".to_owned(),
        client_url: external_url.to_owned(),
        payload: (action == EventAction::Trigger).then(|| payload(&lasting)),
        links: match action {
            EventAction::Trigger => links(&lasting),
            _ => Vec::new(),
        },
        ..bare(&batch.key.group, routing_key, action)
    };
    actions(batch).iter().map(|action| event(*action)).collect()
}

/// Returns the event that tells of what happened in a batch; `None` where nothing is told of once.
///
/// It opens no incident and wakes nobody. It goes to another address than the [events] of incidents: see
/// [`change_url`](super::change_url).
#[must_use]
pub fn change_event(batch: &Batch, routing_key: &str) -> Option<ChangeEvent> {
    let happened = part(batch, true);
    let last = happened.alerts.iter().map(|it| it.starts_at).max()?;
    let payload = payload(&happened);
    let listed = happened.alerts.iter().map(|alert| {
        json!({
            "labels": alert.labels.to_string(),
            "message": notice::message(alert),
            "at": rfc3339(alert.starts_at),
        })
    });
    Some(ChangeEvent {
        routing_key: routing_key.to_owned(),
        payload: Change {
            summary: payload.summary,
            source: payload.source,
            timestamp: rfc3339(last),
            custom_details: json!({ "happened": listed.collect::<Vec<_>>() }),
        },
        links: links(&happened),
    })
}

impl ChangeEvent {
    /// Returns [what happened](change_event) in the words of the channel's owner, as far as he has any, and what is wrong with them.
    #[must_use]
    pub fn filled(
        batch: &Batch,
        routing_key: &str,
        external_url: &str,
        texts: &PagerDutyTexts,
    ) -> (Option<Self>, Option<String>) {
        let happened = part(batch, true);
        let mut event = change_event(&happened, routing_key);
        let noted = worded(
            &happened,
            external_url,
            event.as_mut_slice(),
            |it, filler| {
                texts.put_change(it, filler);
            },
        );
        (event, noted)
    }
}

/// Words events by the part of a batch that they tell of, and returns what is wrong with the words.
fn worded<E>(
    part: &Batch,
    external_url: &str,
    events: &mut [E],
    put: impl Fn(&mut E, &mut Filler<'_>),
) -> Option<String> {
    let mut filler = Filler::new(part, external_url);
    for event in events {
        put(event, &mut filler);
    }
    filler.noted
}

/// How many events tell of a batch.
#[cfg(feature = "channels")]
pub(super) fn count(batch: &Batch) -> u32 {
    let changes = batch.alerts.iter().any(|it| it.once);
    actions(batch).len() as u32 + u32::from(changes)
}

/// What of a batch is told of once, or what is not.
fn part(batch: &Batch, once: bool) -> Batch {
    let alerts = batch.alerts.iter().filter(|it| it.once == once);
    Batch {
        alerts: alerts.cloned().collect(),
        ..batch.clone()
    }
}

impl Event {
    /// Returns the events of a batch in the words of the channel's owner, as far as he has any, and what is wrong with them.
    ///
    /// What his words are not there for, or fail for, is worded as by [`events`].
    #[must_use]
    pub fn filled(
        batch: &Batch,
        routing_key: &str,
        external_url: &str,
        texts: &PagerDutyTexts,
    ) -> (Vec<Self>, Option<String>) {
        let lasting = part(batch, false);
        let mut events = events(&lasting, routing_key, external_url);
        let noted = worded(&lasting, external_url, &mut events, |it, filler| {
            texts.put(it, filler);
        });
        (events, noted)
    }
}

/// What is done to the incident of a batch, in this order.
fn actions(batch: &Batch) -> &'static [EventAction] {
    let mut lasting = batch.alerts.iter().filter(|it| !it.once).peekable();
    if lasting.peek().is_none() || batch.reason == Reason::Happened {
        return &[];
    }
    // Of what nobody may know that it began.
    let missed = lasting
        .clone()
        .all(|it| batch.missed.contains(&it.fingerprint()));
    match (lasting.any(|it| it.ends_at.is_none()), batch.reason) {
        (true, _) => &[EventAction::Trigger],
        (false, Reason::First) => &[EventAction::Trigger, EventAction::Resolve],
        (false, _) if missed => &[EventAction::Trigger, EventAction::Resolve],
        (false, _) => &[EventAction::Resolve],
    }
}

/// Returns the event that says that somebody has taken up the incident of a group.
#[must_use]
pub fn acknowledge(group_key: &str, routing_key: &str) -> Event {
    bare(group_key, routing_key, EventAction::Acknowledge)
}

fn bare(group_key: &str, routing_key: &str, event_action: EventAction) -> Event {
    Event {
        routing_key: routing_key.to_owned(),
        event_action,
        dedup_key: dedup_key(group_key),
        client: String::new(),
        client_url: String::new(),
        payload: None,
        images: Vec::new(),
        links: Vec::new(),
    }
}

fn payload(batch: &Batch) -> Payload {
    let notice = Notice::new(batch);
    let first = batch.alerts.first();
    let message = first
        .map(|alert| notice::message(alert))
        .unwrap_or_default();
    let label = |names: &[&str]| {
        let value = names.iter().find_map(|name| common(batch, name));
        value.unwrap_or_default().to_owned()
    };
    let source = label(&["instance", "service", "job"]);
    let began = batch.alerts.iter().map(|alert| alert.starts_at).min();
    Payload {
        summary: match message.is_empty() {
            true => notice.rule,
            false => format!("{}: {message}", notice.rule),
        },
        source: if source.is_empty() {
            "admf".to_owned()
        } else {
            source
        },
        severity: Level::of(notice::worst(batch)).pagerduty().to_owned(),
        timestamp: began.map(rfc3339).unwrap_or_default(),
        component: label(&["component"]),
        group: label(&["environment", "env"]),
        class: label(&["alertname"]),
        custom_details: details(batch),
    }
}

/// The value that all alerts have of a label.
fn common<'b>(batch: &'b Batch, name: &str) -> Option<&'b str> {
    let mut values = batch.alerts.iter().map(|alert| alert.labels.get(name));
    let first = values.next()??;
    values.all(|value| value == Some(first)).then_some(first)
}

fn details(batch: &Batch) -> Value {
    let listed = |fires: bool| -> Vec<Value> {
        let alerts = batch.alerts.iter();
        let mine = alerts.filter(|alert| alert.ends_at.is_none() == fires);
        mine.map(|alert| listed(alert)).collect()
    };
    let (firing, resolved) = (listed(true), listed(false));
    json!({
        "num_firing": firing.len().to_string(),
        "num_resolved": resolved.len().to_string(),
        "firing": firing,
        "resolved": resolved,
    })
}

fn listed(alert: &Alert) -> Value {
    json!({
        "labels": alert.labels.to_string(),
        "message": notice::message(alert),
        "began": rfc3339(alert.starts_at),
        "ended": alert.ends_at.map(rfc3339),
    })
}

/// The runbooks of the alerts, each once.
fn links(batch: &Batch) -> Vec<Value> {
    let mut books: Vec<&str> = batch
        .alerts
        .iter()
        .filter_map(|alert| alert.annotations.get("runbook_url").map(String::as_str))
        .filter(|url| url.starts_with("https://") || url.starts_with("http://"))
        .collect();
    books.sort_unstable();
    books.dedup();
    let links = books
        .into_iter()
        .map(|url| json!({ "href": url, "text": "Runbook" }));
    links.collect()
}
