#![doc = include_str!("../../docs/alert_template_form.md")]

mod channel;
mod compared;
mod composite;
mod condition;
mod expr;
mod known;
mod notify;
mod problem;
mod read;
mod rule;
mod series;
mod severity;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::time::Duration;

pub use channel::{Channel, Setting, Via};
pub use condition::{Aggregate, Condition, Operator, Per, Reading};
pub use known::Known;
pub(crate) use notify::is_channel;
pub(crate) use problem::Problem;
pub use read::parse;
pub use rule::group;
pub use severity::Severity;

use crate::rule::{AtLeast, Escalation, NoData, OnError};

/// The longest length of time that a template may have.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// Declares an alert in the words of those who operate: a metric, a limit, for how long, and who is told.
///
/// A plain value; [`rule`](Self::rule) compiles it, [`parse`] reads it from a file, a
/// [`Manager`](crate::manager::Manager) keeps many.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use admf_alerts::alert_template::{AlertTemplate, Condition, Known, Operator, Severity};
///
/// let condition = Condition::Threshold {
///     of: "win_ratio".into(),
///     operator: Operator::Lt,
///     value: Some(0.4),
/// };
/// let template = AlertTemplate::new("low_win_ratio", condition)
///     .severity(Severity::High)
///     .timeframe(Duration::from_secs(1_800));
/// let rule = template.rule(&Known::default())?;
/// assert_eq!(rule.expr, "win_ratio < 0.4");
/// assert_eq!(rule.for_, Duration::from_secs(1_800));
/// # Ok::<(), admf_alerts::RuleError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AlertTemplate {
    /// What tells it from all others; not empty.
    pub id: String,
    /// The label `alertname` of its alerts; empty: the id.
    pub name: String,
    /// What the alert says: the annotation `description`, a template of texts. Empty: nothing.
    pub description: String,
    /// A label; empty: none.
    pub category: String,
    /// A label.
    pub severity: Severity,
    /// Whether it is evaluated. Default: yes.
    pub enabled: bool,
    /// The label `tags`, sorted and with commas between them; empty: none.
    pub tags: Vec<String>,
    /// When it alerts.
    pub condition: Condition,
    /// The number of a condition that has none; where both have one they must be the same.
    pub threshold: Option<f64>,
    /// The number at which it is resolved, where that is not the one at which it fires.
    pub clear: Option<f64>,
    /// How long the condition must hold, at every evaluation and with data for all of it. Default 0.
    pub timeframe: Duration,
    /// How long after a notice nobody is told again. Default 0.
    pub cooldown_period: Duration,
    /// Who is told next while it fires.
    pub escalation_rules: Vec<Escalation>,
    /// The channels that it sends by.
    pub channels: Vec<Via>,
    /// What becomes of it where there is nothing to compare.
    pub no_data: NoData,
    /// What becomes of it where its evaluation fails.
    pub on_error: OnError,
    /// At how many of the last evaluations the condition must have held.
    pub consecutive: Option<AtLeast>,
    /// More labels of the alert; templates of texts.
    pub labels: BTreeMap<String, String>,
    /// What else the alert says, such as `summary` and `runbook_url`; templates of texts.
    pub annotations: BTreeMap<String, String>,
}

impl AlertTemplate {
    /// Declares an alert with the severity `warning` that fires at once.
    pub fn new(id: impl Into<String>, condition: impl Into<Condition>) -> Self {
        Self {
            id: id.into(),
            name: String::new(),
            description: String::new(),
            category: String::new(),
            severity: Severity::default(),
            enabled: true,
            tags: Vec::new(),
            condition: condition.into(),
            threshold: None,
            clear: None,
            timeframe: Duration::ZERO,
            cooldown_period: Duration::ZERO,
            escalation_rules: Vec::new(),
            channels: Vec::new(),
            no_data: NoData::default(),
            on_error: OnError::default(),
            consecutive: None,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
        }
    }

    /// Sets the name of its alerts.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets what the alert says.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }

    /// Sets how bad it is.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Sets whether it is evaluated.
    #[must_use]
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Sets how long the condition must hold.
    #[must_use]
    pub fn timeframe(mut self, length: Duration) -> Self {
        self.timeframe = length;
        self
    }

    /// Sets how long after a notice nobody is told again.
    #[must_use]
    pub fn cooldown_period(mut self, length: Duration) -> Self {
        self.cooldown_period = length;
        self
    }

    /// Sends by a channel: one of this name that is set up elsewhere, or one that is set up here.
    #[must_use]
    pub fn channel(mut self, channel: impl Into<Via>) -> Self {
        self.channels.push(channel.into());
        self
    }

    /// Adds who is told next while it fires.
    #[must_use]
    pub fn escalate(mut self, level: Escalation) -> Self {
        self.escalation_rules.push(level);
        self
    }

    /// Sets the number at which it is resolved.
    #[must_use]
    pub fn clear(mut self, value: f64) -> Self {
        self.clear = Some(value);
        self
    }
}
