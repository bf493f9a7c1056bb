//! Rules: when to alert and what to say, or what to record.

mod builder;
mod closure;
mod compile;
mod error;
mod group;
mod ids;
mod loss;
mod notify;
mod policy;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::promql::{Query, Settings};
pub use closure::{Closure, Held};
pub use compile::{CompiledExpr, compile};
pub use error::RuleError;
pub use group::RuleGroup;
pub(crate) use ids::Ids;
pub use loss::Loss;
pub use notify::{Escalation, Notify};
pub use policy::{AtLeast, NoData, OnError};

/// Says what becomes of a rule's result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleKind {
    /// Each row is an alert.
    #[default]
    Alert,
    /// Each row is a sample of a series that has the name of the rule.
    Record,
}

/// Declares an alert or a recorded series: the fields of a Prometheus rule, and what only a program can say.
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
    /// fails says so in its text. Queries are asked of the engine's series, as of the evaluation.
    pub annotations: BTreeMap<String, String>,
    /// What tells it from all others of the engine, for whoever changes rules at run time; empty: nothing does.
    pub id: String,
    /// Asked in place of the expression, which is empty then.
    pub closure: Option<Closure>,
    /// How many of the last evaluations must have held; `None`: this one. The value of the alert is how many did.
    pub at_least: Option<AtLeast>,
    /// An expression that keeps an alert firing as long as it has a row of the alert's labels, even where
    /// [`expr`](Self::expr) has none: fires above 0.2, goes on above 0.15. The labels are those of the series, before those
    /// of the rule.
    pub hold: Option<String>,
    /// What becomes of it where there is nothing to compare.
    pub no_data: NoData,
    /// What becomes of it where its evaluation fails.
    pub on_error: OnError,
    /// Who is told, how often, and who next.
    pub notify: Notify,
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
            file: Box::default(),
            rule: self.name.clone(),
            field: field.into(),
            value: value.into(),
            problem: problem.to_string(),
        }
    }
}
