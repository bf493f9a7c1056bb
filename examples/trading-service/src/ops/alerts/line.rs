//! What a change of an alert reads like.

use std::time::Duration;

use admf_alerts::{Alert, AlertEvent};

use crate::bars::Date;

/// Writes a change in one line; `side` is whose it is where its labels do not say.
pub(super) fn line(when: &str, event: &AlertEvent, side: Option<&str>) -> String {
    let word = match event {
        AlertEvent::Fired(_) => "FIRING",
        AlertEvent::Resolved(_) => "RESOLVED",
        _ => "DROPPED",
    };
    let Alert {
        labels,
        annotations,
        ..
    } = event.alert();
    let value = event.alert().brief_value();
    let mut labels = labels.clone();
    let name = labels.remove("alertname").unwrap_or_default();
    if let Some(side) = side.filter(|_| labels.get("side").is_none()) {
        labels.insert("side", side);
    }
    let labels = if labels.is_empty() {
        String::new()
    } else {
        labels.to_string()
    };
    let lasted = lasted(event).map_or_else(String::new, |it| format!(" after {it}"));
    let summary = annotations.get("summary");
    let summary = summary.map_or_else(String::new, |it| format!(": {it}"));
    format!("{when} {word:<8} {name}{labels} value={value}{lasted}{summary}")
}

/// How long a resolved alert fired.
fn lasted(event: &AlertEvent) -> Option<String> {
    let Alert {
        fired_at,
        resolved_at,
        ..
    } = event.alert();
    let lasted = resolved_at.as_ref()?.saturating_sub((*fired_at)?);
    let days = lasted.as_secs() / 86_400;
    Some(match days {
        0 => format!("{:.1} s", lasted.as_secs_f64()),
        days => format!("{days} d"),
    })
}

pub(super) fn date(now: Duration) -> String {
    Date::at(now).map_or_else(String::new, |date| date.to_string())
}

pub(super) fn instant(now: Duration) -> String {
    let second = now.as_secs() % 86_400;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", date(now))
}

/// Replaces what a terminal would obey: a label's value may come from anywhere.
pub(super) fn shown(line: &str) -> String {
    let visible = |it: char| if it.is_control() { '\u{fffd}' } else { it };
    line.chars().map(visible).collect()
}
