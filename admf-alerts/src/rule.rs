//! Rules: when to alert and what to say, or what to record.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::promql::{Query, Settings};
use crate::scan;

/// Says what becomes of a rule's result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleKind {
    /// Each row is an alert.
    #[default]
    Alert,
    /// Each row is a sample of a series that has the name of the rule.
    Record,
}

/// Declares an alert or a recorded series, with the fields of a Prometheus rule.
///
/// A plain value; [`Engine`](crate::Engine) checks names, expression and templates.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use admf_alerts::Rule;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let rule = Rule::parse("HighDrawdown", "drawdown_ratio > 0.05")?
///     .for_(Duration::from_secs(60))
///     .label("severity", "warning")
///     .annotation("summary", "drawdown of {{ $labels.book }} is {{ $value }}");
/// assert_eq!(rule.keep_firing_for, Duration::ZERO);
///
/// let refused = Rule::parse("HighDrawdown", "rate(drawdown_ratio) > 0").unwrap_err();
/// assert_eq!(refused.field(), "expr");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Rule {
    /// Whether it alerts or records.
    pub kind: RuleKind,
    /// The label `alertname` of its alerts, or the name of its series; not empty. Rules may share one.
    pub name: String,
    /// A [PromQL expression](crate::promql). Each element of its result is an alert of its own.
    pub expr: String,
    /// How long it must hold, at every step, before the alert fires. Default 0: it fires at once.
    pub for_: Duration,
    /// How long the alert goes on firing once it holds no more. Default 0.
    pub keep_firing_for: Duration,
    /// Labels added to those of the series, which they replace; templates for an alert, plain texts for a
    /// record. `alertname` is always the name of the rule; one that comes out empty is left out. They
    /// tell alerts apart, so that a `{{ $value }}` in one begins a new alert whenever the value changes.
    pub labels: BTreeMap<String, String>,
    /// What the alert says to people; templates, as in [`template`](crate::template).
    ///
    /// `{{ $value }}` is the value, `{{ $labels.NAME }}` a label of the series, empty if missing. One that
    /// fails says so in its text. Queries have nobody to answer them yet, and fail.
    pub annotations: BTreeMap<String, String>,
}

impl Rule {
    /// Creates a rule that alerts at once, with no labels and no annotations.
    pub fn new(name: impl Into<String>, expr: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            expr: expr.into(),
            ..Self::default()
        }
    }

    /// Creates a rule that records its result as the series `name`.
    pub fn record(name: impl Into<String>, expr: impl Into<String>) -> Self {
        Self {
            kind: RuleKind::Record,
            ..Self::new(name, expr)
        }
    }

    /// Does as [`new`](Self::new), and reads the expression already here, as of Prometheus 3.
    ///
    /// # Errors
    ///
    /// Says why the text is not an expression.
    pub fn parse(name: impl Into<String>, expr: &str) -> Result<Self, RuleError> {
        let rule = Self::new(name, expr);
        match Query::parse(expr, &Settings::default()) {
            Ok(_) => Ok(rule),
            Err(error) => Err(rule.refused("expr", expr, error)),
        }
    }

    /// Sets how long the condition must hold before the alert fires.
    #[must_use]
    pub fn for_(mut self, hold: Duration) -> Self {
        self.for_ = hold;
        self
    }

    /// Sets how long the alert goes on firing once the condition holds no more.
    #[must_use]
    pub fn keep_firing_for(mut self, keep: Duration) -> Self {
        self.keep_firing_for = keep;
        self
    }

    /// Adds a label.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, template: impl Into<String>) -> Self {
        self.labels.insert(name.into(), template.into());
        self
    }

    /// Adds an annotation.
    #[must_use]
    pub fn annotation(mut self, name: impl Into<String>, template: impl Into<String>) -> Self {
        self.annotations.insert(name.into(), template.into());
        self
    }

    pub(crate) fn refused(
        &self,
        field: impl Into<String>,
        value: &str,
        problem: impl ToString,
    ) -> RuleError {
        RuleError {
            of: "rule",
            rule: self.name.clone(),
            field: field.into(),
            value: value.to_owned(),
            problem: problem.to_string(),
        }
    }
}

/// Declares rules that are evaluated together, one after another: later ones see what earlier ones record.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use admf_alerts::{Rule, RuleGroup};
///
/// let rules = [
///     Rule::record("job:calls:rate5m", "sum by (job) (rate(calls_total[5m]))"),
///     Rule::new("NoCalls", "job:calls:rate5m == 0"),
/// ];
/// let group = RuleGroup::new("calls", rules).interval(Duration::from_secs(15)).limit(20);
/// assert_eq!(group.rules.len(), 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct RuleGroup {
    /// Where it comes from: the path of its file, or empty. With the name it tells groups apart.
    pub file: String,
    /// Its name, unlike those of all other groups of the file.
    pub name: String,
    /// How far its evaluations are apart; `None`: it is evaluated at every step.
    pub interval: Option<Duration>,
    /// How far back in time its expressions are asked. Default 0.
    pub query_offset: Duration,
    /// How many alerts, pending and firing, or samples a rule may have; more is an error. 0, the default: any number.
    pub limit: u64,
    /// Its rules, in the order of their evaluation.
    pub rules: Vec<Rule>,
}

impl RuleGroup {
    /// Creates a group that is evaluated at every step, without a limit.
    pub fn new(name: impl Into<String>, rules: impl IntoIterator<Item = Rule>) -> Self {
        Self {
            name: name.into(),
            rules: rules.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Sets how far evaluations are apart.
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Sets how far back in time expressions are asked.
    #[must_use]
    pub fn query_offset(mut self, offset: Duration) -> Self {
        self.query_offset = offset;
        self
    }

    /// Sets how many alerts or samples a rule may have.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = limit;
        self
    }
}

impl RuleGroup {
    pub(crate) fn refused(&self, field: &str, value: &str, problem: impl ToString) -> RuleError {
        RuleError {
            of: "group",
            rule: self.name.clone(),
            field: field.to_owned(),
            value: value.to_owned(),
            problem: problem.to_string(),
        }
    }
}

/// Reports a rule, or a group, that cannot be evaluated as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// `rule` or `group`.
    pub(crate) of: &'static str,
    pub(crate) rule: String,
    pub(crate) field: String,
    pub(crate) value: String,
    pub(crate) problem: String,
}

impl RuleError {
    /// Returns the name of the rule, or of the group.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// Returns the field that was refused, such as `expr` or `labels.severity`.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Returns what it held.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            of,
            rule,
            field,
            value,
            problem,
        } = self;
        let line = format!("{of} `{rule}`: {field} `{value}`: {problem}");
        f.write_str(&scan::shown(&line))
    }
}

impl std::error::Error for RuleError {}
