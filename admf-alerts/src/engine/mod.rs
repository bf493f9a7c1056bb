//! The engine: evaluates rules over samples and keeps the states of their alerts.

mod alert;
mod compiled;
mod state;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use crate::condition::Row;
use crate::labels::Labels;
use crate::rule::{Rule, RuleError};
use crate::samples::Samples;
pub use alert::{Alert, AlertEvent, AlertState};
use compiled::Compiled;
use state::RuleState;

/// Evaluates rules, as Prometheus does, on the caller's clock.
///
/// Each label set for which a rule's condition holds is an alert. It is pending until the condition
/// has held for `for_`, at every step, then it fires; once the condition holds no more, or the series is
/// gone, a pending alert is forgotten, and a firing one resolved after `keep_firing_for`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use admf_alerts::{Engine, Rule, Samples};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let rule = Rule::parse("HighDrawdown", "drawdown_ratio > 0.05")?.for_(Duration::from_secs(2));
/// let mut engine = Engine::new([rule])?;
/// let mut printed = Vec::new();
/// for (second, drawdown) in [0.01, 0.07, 0.08, 0.09, 0.02].into_iter().enumerate() {
///     let scrape = Samples::parse(&format!("drawdown_ratio {drawdown}\n"))?;
///     for event in engine.step(Duration::from_secs(second as u64), &scrape) {
///         printed.push(event.to_string());
///     }
/// }
/// assert_eq!(
///     printed,
///     ["FIRING   HighDrawdown value=0.09 since 1s", "RESOLVED HighDrawdown value=0.09 after 1s"],
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Engine {
    rules: Vec<Evaluated>,
    last: Option<Duration>,
}

/// A rule with its state and how its evaluations went.
#[derive(Clone, Debug)]
struct Evaluated {
    compiled: Compiled,
    state: RuleState,
    evaluations: u64,
    failures: u64,
    /// What the last evaluation failed with.
    error: Option<EvalError>,
}

impl Engine {
    /// Checks the rules and begins with no alerts. Rules may share a name.
    ///
    /// # Errors
    ///
    /// Names the first rule, field and value that is refused: an empty name, a label's or
    /// annotation's name or template that is not valid, a threshold of NaN.
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Result<Self, RuleError> {
        let rules = rules.into_iter().map(|rule| {
            let (state, compiled) = (RuleState::default(), Compiled::new(rule)?);
            Ok(Evaluated {
                compiled,
                state,
                evaluations: 0,
                failures: 0,
                error: None,
            })
        });
        Ok(Self {
            rules: rules.collect::<Result<_, _>>()?,
            last: None,
        })
    }

    /// Evaluates every rule at `now`, the time since any fixed origin, and returns what changed, in the
    /// order of the rules and then of labels.
    ///
    /// If the clock was set back, all times are moved back with it: what was pending or firing stays
    /// so, and has lasted as long as before. No time is moved back past the origin.
    ///
    /// A rule that fails keeps its alerts as they are; [`rules`](Self::rules) shows why.
    pub fn step(&mut self, now: Duration, samples: &Samples) -> Vec<AlertEvent> {
        self.step_with(now, |rule| Ok(rule.expr.rows(samples)))
    }

    /// Does as [`step`](Self::step), with the rows of each rule from a query of the caller's.
    ///
    /// A query that fails leaves the alerts of its rule as they are.
    pub fn step_with(
        &mut self,
        now: Duration,
        mut query: impl FnMut(&Rule) -> Result<Vec<Row>, EvalError>,
    ) -> Vec<AlertEvent> {
        let back = self
            .last
            .map_or(Duration::ZERO, |last| last.saturating_sub(now));
        self.last = Some(now);
        let mut events = Vec::new();
        for evaluated in &mut self.rules {
            evaluated.state.set_back(back);
            let rows = query(&evaluated.compiled.rule);
            events.extend(evaluated.evaluate(now, rows));
        }
        events
    }

    /// Lists all alerts: pending, firing, and resolved for no more than 15 minutes.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.rules
            .iter()
            .flat_map(|evaluated| evaluated.state.alerts())
    }

    /// Shows every rule, in their order: its state, and how its evaluations went.
    #[must_use]
    pub fn rules(&self) -> impl ExactSizeIterator<Item = RuleStatus<'_>> {
        self.rules.iter().map(Evaluated::status)
    }
}

impl Evaluated {
    fn evaluate(&mut self, now: Duration, rows: Result<Vec<Row>, EvalError>) -> Vec<AlertEvent> {
        self.evaluations = self.evaluations.saturating_add(1);
        let updated = rows.and_then(|rows| self.state.update(now, &self.compiled, &rows));
        match updated {
            Ok(events) => {
                self.error = None;
                events
            }
            Err(error) => {
                self.failures = self.failures.saturating_add(1);
                self.error = Some(error);
                Vec::new()
            }
        }
    }

    fn status(&self) -> RuleStatus<'_> {
        let worst = self.state.alerts().map(|alert| alert.state).max();
        let state = worst.unwrap_or(AlertState::Inactive);
        RuleStatus {
            rule: &self.compiled.rule,
            state: (self.evaluations > 0).then_some(state),
            evaluations: self.evaluations,
            failures: self.failures,
            error: self.error.as_ref(),
        }
    }
}

/// Shows a rule and how it does.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RuleStatus<'e> {
    /// The rule.
    pub rule: &'e Rule,
    /// The worst state of its alerts; `None` before the first evaluation.
    pub state: Option<AlertState>,
    /// How often it was evaluated.
    pub evaluations: u64,
    /// How often that failed.
    pub failures: u64,
    /// Why the last evaluation failed, if it did.
    pub error: Option<&'e EvalError>,
}

/// Reports why a rule could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvalError {
    /// Two rows are the same alert once the labels of the rule are applied.
    DuplicateLabels {
        /// The labels that both have.
        labels: Labels,
    },
    /// The caller's query failed.
    Query {
        /// Why.
        reason: String,
    },
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateLabels { labels } => write!(
                f,
                "vector contains metrics with the same labelset after applying alert labels: {labels}"
            ),
            Self::Query { reason } => write!(f, "query failed: {reason}"),
        }
    }
}

impl std::error::Error for EvalError {}
