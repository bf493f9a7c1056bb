//! The short form: `name: {condition, severity, notification}`.

use std::time::Duration;

use super::{channel, fields};
use crate::alert_template::{AlertTemplate, LONGEST, Severity};
use crate::yaml::{At, Read};

const ALERT: &[&str] = &[
    "condition",
    "severity",
    "notification",
    "channels",
    "suppression_minutes",
    "description",
    "enabled",
];

/// Reads one alert of the short form.
pub(super) fn alert(
    at: &At<'_>,
    name: &str,
    variables: super::Variables<'_>,
) -> Read<AlertTemplate> {
    at.knows(ALERT)?;
    let Some(condition) = at.text("condition")? else {
        return Err(at.refused("`condition` must be set"));
    };
    let mut alert = AlertTemplate::new(name, condition);
    alert.severity = fields::word(at, "severity", &Severity::WORDS)?.unwrap_or_default();
    if let Some(notification) = at.some("notification") {
        let length = length(notification.own_text()?);
        alert.timeframe = length.map_err(|problem| notification.refused(problem))?;
    }
    alert.channels = channel::channels(at, variables)?;
    alert.cooldown_period = fields::minutes(at, "suppression_minutes")?.unwrap_or_default();
    at.text("description")?
        .unwrap_or_default()
        .clone_into(&mut alert.description);
    alert.enabled = fields::truth(at, "enabled")?.unwrap_or(true);
    Ok(alert)
}

/// `immediate`, or a whole number of seconds, minutes or hours.
fn length(text: &str) -> Result<Duration, String> {
    let problem = || {
        format!(
            "`{text}` is neither `immediate` nor a length of time such as `30 seconds`, `5 minutes` or `1 hour`"
        )
    };
    if text == "immediate" {
        return Ok(Duration::ZERO);
    }
    let (number, unit) = text.split_once(' ').ok_or_else(problem)?;
    let seconds: u64 = match unit {
        "second" | "seconds" => 1,
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3_600,
        _ => return Err(problem()),
    };
    let digits = number.bytes().all(|it| it.is_ascii_digit());
    let number: Option<u64> = number.parse().ok().filter(|_| digits);
    let length = number.ok_or_else(problem)?.checked_mul(seconds);
    let length = length.map(Duration::from_secs).filter(|it| *it <= LONGEST);
    length.ok_or_else(|| format!("`{text}` is more than a year"))
}
