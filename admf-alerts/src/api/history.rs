//! What happened.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::extract::State;
use axum::http::Uri;
use serde_json::{Value, json};

use super::Api;
use super::alerts::pairs;
use super::answer::{Answer, Json, Problem};
use super::asked::Asked;
use super::body::ITEMS;
use super::time::Time;
use crate::channel::time::rfc3339;
use crate::history::{Entry, Filter, Kind};

/// How many entries are listed where nobody says.
const SOME: usize = 100;

/// Lists what happened, the newest first.
pub(super) async fn list(State(api): State<Api>, address: Uri) -> Answer {
    let filter = filter(&Asked::of(&address))?;
    let entries = api.service.history(&filter);
    let entries: Vec<Value> = entries.iter().map(shown).collect();
    Ok(Json::of(json!({ "entries": entries })))
}

fn filter(asked: &Asked) -> Result<Filter, Problem> {
    let matchers = asked.filter();
    let matchers = matchers.map_err(|problem| Problem::bad(format!("filter: {problem}")))?;
    let kinds: Result<BTreeSet<Kind>, _> = asked.all("kind").map(kind).collect();
    Ok(Filter {
        since: time(asked, "since")?,
        until: time(asked, "until")?,
        kinds: kinds?,
        matchers: matchers.0,
        limit: Some(limit(asked)?),
    })
}

fn time(asked: &Asked, name: &str) -> Result<Option<Duration>, Problem> {
    let time = asked.last(name).map(Time::read).transpose();
    let time = time.map_err(|problem| Problem::bad(format!("{name}: {problem}")))?;
    Ok(time.map(|it| it.0.unwrap_or_default()))
}

fn kind(name: &str) -> Result<Kind, Problem> {
    Kind::named(name).ok_or_else(|| {
        let all: Vec<_> = Kind::ALL.iter().map(|it| it.as_str()).collect();
        Problem::bad(format!("kind: {name:?} is none of {}", all.join(", ")))
    })
}

fn limit(asked: &Asked) -> Result<usize, Problem> {
    let limit = asked.last("limit").map_or(Ok(SOME), str::parse);
    let fit = limit.ok().filter(|it| (1..=ITEMS).contains(it));
    fit.ok_or_else(|| Problem::bad(format!("limit: must be a number from 1 to {ITEMS}")))
}

fn shown(entry: &Entry) -> Value {
    let event = &entry.event;
    let alerts = event.alerts.iter().map(ToString::to_string);
    json!({
        "id": entry.number,
        "first": rfc3339(entry.first),
        "last": rfc3339(entry.last),
        "count": entry.count,
        "kind": event.kind.as_str(),
        "labels": pairs(&event.labels),
        "alerts": alerts.collect::<Vec<_>>(),
        "group": event.group,
        "receiver": event.receiver,
        "channel": event.channel,
        "text": event.text,
        "cut": event.cut,
    })
}
