//! Rules and their alerts, as Prometheus shows them.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::channel::time::{NEVER, rfc3339};
use crate::engine::{Alert, AlertState, Engine, GroupStatus, RuleStatus};
use crate::rule::RuleKind;

/// Shows a group of rules, in the words of Prometheus' API.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use admf_alerts::api::RuleGroupView;
/// use admf_alerts::{Engine, Rule};
///
/// let mut engine = Engine::new([Rule::parse("Watchdog", "vector(1)")?])?;
/// engine.advance(Duration::from_secs(1));
/// let groups = RuleGroupView::of(&engine);
/// assert_eq!(groups[0].name, "rules");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RuleGroupView {
    /// Its name.
    pub name: String,
    /// Its file; empty for one of the program's own.
    pub file: String,
    /// Its rules.
    pub rules: Vec<RuleView>,
    /// How far its evaluations are apart, in seconds; 0: it is evaluated at every step.
    #[serde(serialize_with = "seconds")]
    pub interval: f64,
    /// How many alerts a rule may have; 0: any number.
    pub limit: u64,
    /// How long the last evaluation took: always 0, since nothing here reads a clock.
    #[serde(serialize_with = "seconds")]
    pub evaluation_time: f64,
    /// When it was last evaluated, by RFC 3339.
    pub last_evaluation: String,
}

/// Shows a rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
#[non_exhaustive]
pub enum RuleView {
    /// One that alerts.
    Alerting(AlertingView),
    /// One that records.
    Recording(RecordingView),
}

/// Shows a rule that alerts.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AlertingView {
    /// The worst of its alerts: `inactive`, `pending` or `firing`.
    pub state: String,
    /// Its name.
    pub name: String,
    /// What is evaluated; empty for a closure.
    pub query: String,
    /// `for`, in seconds.
    #[serde(serialize_with = "seconds")]
    pub duration: f64,
    /// `keep_firing_for`, in seconds.
    #[serde(serialize_with = "seconds")]
    pub keep_firing_for: f64,
    /// Its labels, as written.
    pub labels: BTreeMap<String, String>,
    /// Its annotations, as written.
    pub annotations: BTreeMap<String, String>,
    /// Its alerts, pending and firing, by labels.
    pub alerts: Vec<AlertView>,
    /// `ok`, `err` or `unknown`.
    pub health: String,
    /// Why the last evaluation failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// How long the last evaluation took: always 0.
    #[serde(serialize_with = "seconds")]
    pub evaluation_time: f64,
    /// When it was last evaluated, by RFC 3339.
    pub last_evaluation: String,
}

/// Shows a rule that records.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RecordingView {
    /// What it records.
    pub name: String,
    /// What is evaluated.
    pub query: String,
    /// Its labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// `ok`, `err` or `unknown`.
    pub health: String,
    /// Why the last evaluation failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// How long the last evaluation took: always 0.
    #[serde(serialize_with = "seconds")]
    pub evaluation_time: f64,
    /// When it was last evaluated, by RFC 3339.
    pub last_evaluation: String,
}

/// Shows an alert of a rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AlertView {
    /// What names it.
    pub labels: BTreeMap<String, String>,
    /// What it says to people.
    pub annotations: BTreeMap<String, String>,
    /// `pending` or `firing`.
    pub state: String,
    /// Since when its condition holds, by RFC 3339.
    pub active_at: String,
    /// Since when it is kept firing though its condition does not hold, by RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_firing_since: Option<String>,
    /// The value, as Go writes it: `1.5e+00`.
    pub value: String,
}

impl RuleGroupView {
    /// Shows the groups of an engine, whose times are since the Unix epoch.
    #[must_use]
    pub fn of(engine: &Engine) -> Vec<Self> {
        engine.groups().map(|it| Self::new(&it)).collect()
    }

    fn new(group: &GroupStatus<'_>) -> Self {
        let last = group.evaluated.map_or_else(|| NEVER.to_owned(), rfc3339);
        Self {
            name: group.name.to_owned(),
            file: group.file.to_owned(),
            rules: group.rules().map(|it| rule(&it, &last)).collect(),
            interval: group.interval.unwrap_or_default().as_secs_f64(),
            limit: group.limit,
            evaluation_time: 0.0,
            last_evaluation: last,
        }
    }

    /// Lists the alerts of the group, in the order of its rules.
    pub fn alerts(&self) -> impl Iterator<Item = &AlertView> {
        let alerting = self.rules.iter().filter_map(|it| match it {
            RuleView::Alerting(rule) => Some(rule),
            RuleView::Recording(_) => None,
        });
        alerting.flat_map(|it| &it.alerts)
    }
}

fn rule(status: &RuleStatus<'_>, last: &str) -> RuleView {
    let rule = status.rule;
    let health = status.health.to_string();
    let last_error = status.error.map(ToString::to_string);
    let last_evaluation = match status.evaluations {
        0 => NEVER.to_owned(),
        _ => last.to_owned(),
    };
    match rule.kind {
        RuleKind::Record => RuleView::Recording(RecordingView {
            name: rule.name.clone(),
            query: status.query.to_owned(),
            labels: rule.labels.clone(),
            health,
            last_error,
            evaluation_time: 0.0,
            last_evaluation,
        }),
        RuleKind::Alert => RuleView::Alerting(AlertingView {
            state: status.state.unwrap_or(AlertState::Inactive).to_string(),
            name: rule.name.clone(),
            query: status.query.to_owned(),
            duration: rule.for_.as_secs_f64(),
            keep_firing_for: rule.keep_firing_for.as_secs_f64(),
            labels: rule.labels.clone(),
            annotations: rule.annotations.clone(),
            alerts: status.alerts().filter_map(alert).collect(),
            health,
            last_error,
            evaluation_time: 0.0,
            last_evaluation,
        }),
    }
}

fn alert(alert: &Alert) -> Option<AlertView> {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    (alert.state != AlertState::Inactive).then(|| AlertView {
        labels: alert.labels.iter().map(owned).collect(),
        annotations: alert.annotations.clone(),
        state: alert.state.to_string(),
        active_at: rfc3339(alert.active_at),
        keep_firing_since: alert.keep_firing_since.map(rfc3339),
        value: scientific(alert.value),
    })
}

/// Writes a number as Go does with `%e` and as many digits as it takes.
pub(super) fn scientific(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return format!("{}Inf", if value > 0.0 { '+' } else { '-' });
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

/// Writes a number as JSON of Go does: without a point where nothing is behind it.
fn seconds<S: Serializer>(seconds: &f64, to: S) -> Result<S::Ok, S::Error> {
    match *seconds {
        whole if whole.fract() == 0.0 && whole.abs() < 1e15 => to.serialize_i64(whole as i64),
        seconds => to.serialize_f64(seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_as_go_writes_it() {
        for (value, written) in [
            (1.0, "1e+00"),
            (1.0 / 3.0, "3.333333333333333e-01"),
            (-1234.5, "-1.2345e+03"),
            (1e100, "1e+100"),
            (1e-7, "1e-07"),
            (0.0, "0e+00"),
            (-0.0, "-0e+00"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(scientific(value), written);
        }
    }
}
