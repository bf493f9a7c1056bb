//! Rules: when to alert, after how long, and what to say.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::condition::Condition;
use crate::scan;

/// Declares an alert, with the fields of a Prometheus rule.
///
/// A plain value; [`Engine::new`](crate::Engine::new) checks names and templates.
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
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Rule {
    /// The label `alertname` of its alerts; not empty, no control characters.
    pub name: String,
    /// What must hold. Each series for which it does is an alert of its own.
    pub expr: Condition,
    /// How long it must hold, at every step, before the alert fires. Default 0: it fires at once.
    pub for_: Duration,
    /// How long the alert goes on firing once it holds no more. Default 0.
    pub keep_firing_for: Duration,
    /// Labels added to those of the series, which they replace; templates. `alertname` is always the
    /// name of the rule; one that comes out empty is left out. They tell alerts apart, so that a
    /// `{{ $value }}` in one begins a new alert whenever the value changes.
    pub labels: BTreeMap<String, String>,
    /// What the alert says to people; templates, as in [`template`](crate::template).
    ///
    /// `{{ $value }}` is the value, `{{ $labels.NAME }}` a label of the series, empty if missing. One that
    /// fails says so in its text. Queries have nobody to answer them yet, and fail.
    pub annotations: BTreeMap<String, String>,
}

impl Rule {
    /// Creates a rule that fires at once, with no labels and no annotations.
    pub fn new(name: impl Into<String>, expr: Condition) -> Self {
        Self {
            name: name.into(),
            expr,
            for_: Duration::ZERO,
            keep_firing_for: Duration::ZERO,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
        }
    }

    /// Creates a rule from a text such as `drawdown_ratio > 0.05`; see [`Condition::parse`].
    ///
    /// # Errors
    ///
    /// Says why the text is not a condition.
    pub fn parse(name: impl Into<String>, expr: &str) -> Result<Self, RuleError> {
        let name = name.into();
        match Condition::parse(expr) {
            Ok(expr) => Ok(Self::new(name, expr)),
            Err(error) => {
                let (value, problem) = error.into_parts();
                Err(RuleError {
                    rule: name,
                    field: "expr".to_owned(),
                    value,
                    problem,
                })
            }
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
}

/// Reports a rule that cannot be evaluated as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    pub(crate) rule: String,
    pub(crate) field: String,
    pub(crate) value: String,
    pub(crate) problem: String,
}

impl RuleError {
    /// Returns the name of the rule.
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
            rule,
            field,
            value,
            problem,
        } = self;
        let line = format!("rule `{rule}`: {field} `{value}`: {problem}");
        f.write_str(&scan::shown(&line))
    }
}

impl std::error::Error for RuleError {}
