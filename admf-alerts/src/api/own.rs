//! What neither Alertmanager nor Prometheus has.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::Uri;
use serde_json::{Value, json};

use super::Api;
use super::alerts::pairs;
use super::answer::{Answer, Json, Problem};
use super::asked::Asked;
use super::body::{self, object};
use super::guard;
use crate::labels::Labels;
use crate::notify::{Outcome, Posted};
use crate::scan::is_label_name;

/// Says where alerts of these labels go.
pub(super) async fn routes(State(api): State<Api>, address: Uri) -> Answer {
    let asked = Asked::of(&address);
    let labels: Result<Vec<_>, _> = asked.all("label").map(label).collect();
    let labels: Labels = labels?.into_iter().collect();
    let groups: Vec<(String, String)> = api.service.look(|notifier, _| {
        let all = notifier.destinations(&labels);
        all.map(|(key, receiver)| (key, receiver.to_owned()))
            .collect()
    });
    let receivers: Vec<&String> = groups.iter().map(|it| &it.1).collect();
    let shown = groups
        .iter()
        .map(|(key, receiver)| json!({ "key": key, "receiver": receiver }));
    Ok(Json::of(
        json!({ "receivers": receivers, "groups": shown.collect::<Vec<_>>() }),
    ))
}

fn label(text: &str) -> Result<(&str, &str), Problem> {
    let pair = text.split_once('=').filter(|it| is_label_name(it.0));
    pair.ok_or_else(|| Problem::bad(format!("label: {text:?} is no label such as `a=b`")))
}

object!(
    /// Something that happened.
    Happened {
        "level" => level: String,
        "message" => message: String,
        "labels" => labels: BTreeMap<String, String>,
    }
);

/// Takes something that happened, to be told once: an alert named `Notice`, unless the labels name it, whose `severity` is
/// the level and whose summary is the message.
pub(super) async fn notice(State(api): State<Api>, guard::Posted(body): guard::Posted) -> Answer {
    let read: Happened = body::own(&body)?;
    let some = |it: Option<String>, name| {
        let it = it.filter(|it| !it.is_empty());
        it.ok_or_else(|| Problem::bad(format!("{name}: must not be empty")))
    };
    let (level, message) = (some(read.level, "level")?, some(read.message, "message")?);
    let mut labels = Labels::from_iter([("alertname", "Notice")]);
    for (name, value) in read.labels.unwrap_or_default() {
        if !is_label_name(&name) || name == "severity" {
            let problem = format!("labels: {name:?} is no name of a label, or is said by level");
            return Err(Problem::bad(problem));
        }
        labels.insert(name, value);
    }
    labels.insert("severity", level);
    let posted = Posted {
        labels: labels.clone(),
        annotations: [("summary".to_owned(), message)].into(),
        ..Posted::default()
    };
    api.service.post_once(posted).map_err(Problem::bad)?;
    Ok(Json::of(json!({ "labels": pairs(&labels) })))
}

/// Tries all channels of a receiver.
pub(super) async fn test_channel(
    State(api): State<Api>,
    Path(receiver): Path<String>,
    _: guard::Posted,
) -> Answer {
    let tried = api.service.test_channel(&receiver).await;
    let tried = tried.map_err(Problem::missing)?;
    let shown = tried.into_iter().map(|it| {
        let outcome = match it.report.outcome {
            Outcome::Sent => "sent",
            Outcome::Again { .. } => "again",
            Outcome::Refused => "refused",
        };
        json!({ "channel": it.channel, "outcome": outcome, "said": it.report.said })
    });
    Ok(Json::of(
        json!({ "channels": shown.collect::<Vec<Value>>() }),
    ))
}
