//! What a batch says to people.

use serde::Serialize;

use super::level::Level;
use super::time::shown;
use crate::notify::{Alert, Batch};

/// Labels and annotations that are told in fields of their own.
const TOLD: [&str; 5] = ["alertname", "severity", "summary", "description", "message"];

/// Holds what a batch says to people: what mails and Slack show of it, and what templates may ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Notice {
    /// The name of the rule; where there are several, that of the first, and how many more there are.
    pub rule: String,
    /// The worst of those that fire, or of all where none does: `CRITICAL`.
    pub severity: String,
    /// `TRIGGERED` if any fires, else `RESOLVED`.
    pub status: &'static str,
    /// The alerts.
    pub alerts: Vec<NoticeAlert>,
}

/// Holds one alert of a [`Notice`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NoticeAlert {
    /// The name of its rule.
    pub rule: String,
    /// How bad it is, in capitals; `NONE` where it does not say.
    pub severity: String,
    /// `TRIGGERED` or `RESOLVED`.
    pub status: &'static str,
    /// When it began, and when it ended if it has: `2026-11-21 03:57:33+00:00`.
    pub time: String,
    /// Its annotations `message` or `summary`, and `description`.
    pub message: String,
    /// All other labels, then all other annotations.
    pub metrics: Vec<(String, String)>,
    /// Names its labels.
    pub fingerprint: String,
}

impl Notice {
    /// Puts a batch in words.
    #[must_use]
    pub fn new(batch: &Batch) -> Self {
        let alerts: Vec<_> = batch.alerts.iter().map(|it| NoticeAlert::new(it)).collect();
        Self {
            rule: rule(&alerts),
            severity: worst(batch).to_uppercase(),
            status: status(batch.is_firing()),
            alerts,
        }
    }
}

impl NoticeAlert {
    fn new(alert: &Alert) -> Self {
        let mut time = shown(alert.starts_at);
        if let Some(end) = alert.ends_at {
            time += &format!(" to {}", shown(end));
        }
        let annotations = alert.annotations.iter();
        let annotations = annotations.map(|(name, value)| (name.as_str(), value.as_str()));
        let pairs = alert.labels.iter().chain(annotations);
        let other = pairs.filter(|(name, _)| !TOLD.contains(name));
        Self {
            rule: name(alert).to_owned(),
            severity: severity(alert).to_uppercase(),
            status: status(alert.ends_at.is_none()),
            time,
            message: message(alert),
            metrics: other
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            fingerprint: alert.fingerprint().to_string(),
        }
    }
}

/// The severity of the worst alert that fires; of all, where none does.
pub(super) fn worst(batch: &Batch) -> &str {
    let firing = batch.is_firing();
    let alerts = batch.alerts.iter();
    let told = alerts.filter(|alert| !firing || alert.ends_at.is_none());
    let severities = told.map(|alert| severity(alert));
    // Of equals the first, so that the order of the batch decides.
    severities
        .reduce(|worst, it| match Level::of(it) > Level::of(worst) {
            true => it,
            false => worst,
        })
        .unwrap_or("none")
}

pub(super) fn severity(alert: &Alert) -> &str {
    alert.labels.get("severity").unwrap_or("none")
}

pub(super) fn message(alert: &Alert) -> String {
    let said = |name: &str| alert.annotations.get(name).filter(|it| !it.is_empty());
    let short = said("message").or_else(|| said("summary"));
    match (short, said("description")) {
        (Some(short), Some(long)) if short != long => format!("{short}\n{long}"),
        (Some(text), _) | (None, Some(text)) => text.clone(),
        (None, None) => String::new(),
    }
}

fn name(alert: &Alert) -> &str {
    alert.labels.get("alertname").unwrap_or("alert")
}

fn rule(alerts: &[NoticeAlert]) -> String {
    let Some(first) = alerts.first() else {
        return String::new();
    };
    let mut others: Vec<&str> = alerts.iter().map(|it| it.rule.as_str()).collect();
    others.sort_unstable();
    others.dedup();
    match others.len() - 1 {
        0 => first.rule.clone(),
        more => format!("{} and {more} more", first.rule),
    }
}

fn status(fires: bool) -> &'static str {
    if fires { "TRIGGERED" } else { "RESOLVED" }
}
