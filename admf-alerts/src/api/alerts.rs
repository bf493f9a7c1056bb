//! Alerts and groups, as Alertmanager shows them.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::answer::Problem;
use super::asked::{Asked, Filter};
use crate::channel::time::millis;
use crate::labels::Labels;
use crate::notify::{Alert, Fingerprint, Notifier, order, order_of_sets};
use crate::series::Matcher;

/// Says which alerts are asked for.
#[derive(Debug)]
pub(super) struct Wanted {
    filter: Filter,
    receiver: Option<Matcher>,
    active: bool,
    silenced: bool,
    inhibited: bool,
}

impl Wanted {
    /// `unprocessed` makes no difference, as in Alertmanager: whoever asks looks at every alert first.
    pub(super) fn of(asked: &Asked) -> Result<Self, Problem> {
        let said = |problem| Problem::said(StatusCode::BAD_REQUEST, problem);
        Ok(Self {
            filter: asked.filter().map_err(said)?,
            receiver: asked.receiver()?,
            active: asked.is("active"),
            silenced: asked.is("silenced"),
            inhibited: asked.is("inhibited"),
        })
    }

    /// Returns what keeps an alert quiet, if it is asked for.
    fn look(&self, notifier: &Notifier, alert: &Alert, now: Duration) -> Option<Quiet> {
        if alert.once || alert.ends_at.is_some_and(|end| end < now) {
            return None;
        }
        if !self.filter.matches(|name| alert.labels.get(name)) {
            return None;
        }
        let quiet = Quiet::of(notifier, &alert.labels, now);
        let shown = (self.active || !quiet.is_active())
            && (self.silenced || quiet.silences.is_empty())
            && (self.inhibited || quiet.source.is_none());
        shown.then_some(quiet)
    }

    fn receives(&self, receiver: &str) -> bool {
        self.receiver
            .as_ref()
            .is_none_or(|it| it.is_match(receiver))
    }
}

/// What keeps an alert quiet.
struct Quiet {
    silences: Vec<String>,
    /// One of those, as in Alertmanager.
    source: Option<Fingerprint>,
}

impl Quiet {
    fn of(notifier: &Notifier, labels: &Labels, now: Duration) -> Self {
        let silences = notifier.silences().of(labels, now).map(str::to_owned);
        Self {
            silences: silences.collect(),
            source: notifier.inhibited_by(labels, now).next(),
        }
    }

    fn is_active(&self) -> bool {
        self.silences.is_empty() && self.source.is_none()
    }
}

/// Lists the alerts that are asked for and have not ended, by fingerprint.
pub(super) fn alerts(notifier: &Notifier, wanted: &Wanted, now: Duration) -> Vec<Value> {
    let mut shown = Vec::new();
    for alert in notifier.alerts() {
        let receivers: Vec<&str> = notifier
            .destinations(&alert.labels)
            .map(|it| it.1)
            .collect();
        if !receivers.iter().any(|it| wanted.receives(it)) {
            continue;
        }
        if let Some(quiet) = wanted.look(notifier, alert, now) {
            shown.push((alert.fingerprint(), body(alert, &quiet, &receivers)));
        }
    }
    shown.sort_by_key(|it| it.0);
    shown.into_iter().map(|it| it.1).collect()
}

/// Lists the groups with the alerts in them that are asked for.
pub(super) fn groups(notifier: &Notifier, wanted: &Wanted, now: Duration) -> Vec<Value> {
    let mut receivers: BTreeMap<Fingerprint, Vec<&str>> = BTreeMap::new();
    let mut groups = Vec::new();
    for group in notifier.groups() {
        let receiver = group.node().receiver.as_str();
        if !wanted.receives(receiver) {
            continue;
        }
        let mut alerts = Vec::new();
        for alert in group.alerts() {
            if let Some(quiet) = wanted.look(notifier, alert, now) {
                receivers
                    .entry(alert.fingerprint())
                    .or_default()
                    .push(receiver);
                alerts.push((alert, quiet));
            }
        }
        if !alerts.is_empty() {
            alerts.sort_by(|a, b| order(&a.0.labels, &b.0.labels));
            groups.push((group.labels(), receiver, alerts));
        }
    }
    receivers.values_mut().for_each(|it| it.sort_unstable());
    groups.sort_by(|a, b| order_of_sets(a.0, b.0).then_with(|| a.1.cmp(b.1)));
    let shown = groups.into_iter().map(|(labels, receiver, alerts)| {
        let alerts = alerts.iter().map(|(alert, quiet)| {
            let receivers = receivers.get(&alert.fingerprint());
            body(alert, quiet, receivers.map_or(&[], Vec::as_slice))
        });
        json!({
            "alerts": alerts.collect::<Vec<_>>(),
            "labels": pairs(labels),
            "receiver": { "name": receiver },
        })
    });
    shown.collect()
}

fn body(alert: &Alert, quiet: &Quiet, receivers: &[&str]) -> Value {
    let state = if quiet.is_active() {
        "active"
    } else {
        "suppressed"
    };
    let receivers = receivers.iter().map(|name| json!({ "name": name }));
    let mut body = json!({
        "annotations": alert.annotations,
        "endsAt": millis(alert.ends_at.unwrap_or_default()),
        "fingerprint": alert.fingerprint().to_string(),
        "receivers": receivers.collect::<Vec<_>>(),
        "startsAt": millis(alert.starts_at),
        "status": {
            "inhibitedBy": quiet.source.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "silencedBy": quiet.silences,
            "state": state,
        },
        "updatedAt": millis(alert.updated_at),
        "labels": pairs(&alert.labels),
    });
    if !alert.generator_url.is_empty() {
        body["generatorURL"] = json!(alert.generator_url);
    }
    body
}

pub(super) fn pairs(labels: &Labels) -> Value {
    labels
        .iter()
        .map(|(name, value)| (name, Value::from(value)))
        .collect()
}
