//! A notice as templates see it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::channel::{Webhook, WebhookAlert};
use crate::notify::{Alert, Batch};
use crate::template::dialect::Dialect;
use crate::template::time::Time;
use crate::template::value::{Of, Value};

/// What a webhook is posted, under the same names.
pub(super) fn value(batch: &Batch, external_url: &str) -> Value {
    let told = Webhook::new(batch, external_url, 0);
    let alerts = told.alerts.into_iter().zip(&batch.alerts);
    let alerts = alerts.map(|(told, alert)| one(told, alert));
    let values = [
        Value::text(told.receiver),
        Value::text(told.status),
        Value::list(Of::Alerts, alerts),
        pairs(told.group_labels),
        pairs(told.common_labels),
        pairs(told.common_annotations),
        Value::text(told.external_url),
    ];
    let names = Dialect::Notice.fields().iter().copied();
    Value::structure("*template.Data", names.zip(values).collect())
}

fn one(told: WebhookAlert, alert: &Alert) -> Value {
    let end = alert.ends_at.map_or(Time::ZERO, Time::after_epoch);
    let fields = vec![
        ("Status", Value::text(told.status)),
        ("Labels", pairs(told.labels)),
        ("Annotations", pairs(told.annotations)),
        ("StartsAt", Value::Time(Time::after_epoch(alert.starts_at))),
        ("EndsAt", Value::Time(end)),
        ("GeneratorURL", Value::text(told.generator_url)),
        ("Fingerprint", Value::text(told.fingerprint)),
    ];
    Value::structure("template.Alert", fields)
}

fn pairs(pairs: BTreeMap<String, String>) -> Value {
    Value::Pairs(Arc::new(pairs))
}
