//! Who takes care of which alert.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::Api;
use super::alerts::pairs;
use super::answer::{Answer, Json, Problem};
use super::asked::Filter;
use super::body::{self, List, object};
use super::guard::Posted;
use crate::channel::time::rfc3339;
use crate::duration;
use crate::notify::{Acknowledgement, Alert, Fingerprint};

object!(
    /// What is acknowledged, and by whom.
    Read {
        "filter" => filter: List<String>,
        "fingerprint" => fingerprint: String,
        "by" => by: String,
        "comment" => comment: String,
        "for" => length: String,
    }
);

pub(super) async fn acknowledge(State(api): State<Api>, Posted(body): Posted) -> Answer {
    let read: Read = body::own(&body)?;
    let by = read.by.filter(|it| !it.is_empty());
    let by = by.ok_or_else(|| Problem::bad("by: must say who takes care of it"))?;
    let comment = read.comment.unwrap_or_default();
    let length = read.length.as_deref().map(duration::parse).transpose();
    let length = length.map_err(|problem| Problem::bad(format!("for: {problem}")))?;
    let (which, one) = match (read.filter, read.fingerprint) {
        (Some(filter), None) => (matching(&api, filter)?, false),
        (None, Some(text)) => ([fingerprint(&text)?].into(), true),
        _ => {
            let problem =
                "either filter, a list of matchers, or fingerprint must say of which alerts";
            return Err(Problem::bad(problem));
        }
    };
    let mut acknowledged = Vec::new();
    for alert in which {
        match api.service.acknowledge_for(alert, &by, &comment, length) {
            Ok(()) => acknowledged.push(alert.to_string()),
            Err(problem) if one => return Err(Problem::missing(problem)),
            // It has ended since.
            Err(_) => {}
        }
    }
    Ok(Json::of(json!({ "acknowledged": acknowledged })))
}

/// The alerts that fire and that a filter asks for.
fn matching(api: &Api, List(filter): List<String>) -> Result<BTreeSet<Fingerprint>, Problem> {
    let filter = match filter.is_empty() {
        true => Err("must not be empty".to_owned()),
        false => Filter::read(filter.iter().map(String::as_str)),
    };
    let filter = filter.map_err(|problem| Problem::bad(format!("filter: {problem}")))?;
    Ok(api.service.look(|notifier, now| {
        let alerts = notifier.alerts().filter(|it| !it.is_resolved(now));
        let asked = alerts.filter(|it| filter.matches(|name| it.labels.get(name)));
        asked.map(Alert::fingerprint).collect()
    }))
}

pub(super) async fn list(State(api): State<Api>) -> Answer {
    let all: Vec<Value> = api.service.look(|notifier, now| {
        let alerts = notifier.alerts().filter(|it| !it.is_resolved(now));
        let shown = alerts.filter_map(|alert| {
            let by = notifier.acknowledged(now, alert.fingerprint())?;
            Some(shown(alert, by))
        });
        shown.collect()
    });
    Ok(Json::of(json!({ "acknowledgements": all })))
}

fn shown(alert: &Alert, acknowledgement: &Acknowledgement) -> Value {
    json!({
        "fingerprint": alert.fingerprint().to_string(),
        "labels": pairs(&alert.labels),
        "by": acknowledgement.by,
        "comment": acknowledgement.comment,
        "at": rfc3339(acknowledgement.at),
        "until": acknowledgement.until.map(rfc3339),
    })
}

pub(super) async fn unacknowledge(State(api): State<Api>, Path(text): Path<String>) -> Answer {
    let gone = api.service.unacknowledge(fingerprint(&text)?);
    gone.map(|()| Json(None)).map_err(Problem::missing)
}

fn fingerprint(text: &str) -> Result<Fingerprint, Problem> {
    let digits = text.len() == 16 && text.bytes().all(|it| it.is_ascii_hexdigit());
    let read = u64::from_str_radix(text, 16).ok().filter(|_| digits);
    let bad = || Problem::bad(format!("fingerprint: {text:?} is not 16 digits of base 16"));
    read.map(Fingerprint).ok_or_else(bad)
}
