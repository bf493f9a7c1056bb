//! Objectives of services, and the rules that say when their error budgets are used up too fast.
//!
#![doc = include_str!("../../docs/slo.md")]

mod check;
mod read;
mod rules;
mod sli;
#[cfg(test)]
mod tests;
mod window;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::rule::{RuleError, RuleGroup};
pub use read::parse;
pub use sli::Sli;
pub use window::{BurnWindow, Urgency};

/// Declares what a service promises: which part of its events is good, over a period.
///
/// A plain value; [`groups`](Self::groups) checks it and makes its rules.
///
/// # Examples
///
/// ```
/// use admf_alerts::slo::{Sli, Slo};
///
/// let errors = Sli::events(r#"http_requests_total{code=~"5.."}"#, "http_requests_total");
/// let slo = Slo::new("api-availability", 0.999, errors)
///     .label("team", "desk")
///     .runbook_url("https://runbooks.example/api");
/// let [ratios, alerts] = slo.groups()?;
/// assert_eq!(ratios.rules[2].name, "slo:sli_error:ratio_rate5m");
/// let names: Vec<_> = alerts.rules.iter().map(|rule| &*rule.name).collect();
/// assert_eq!(names, ["ApiAvailabilityBudgetBurnPage", "ApiAvailabilityBudgetBurnTicket"]);
/// # Ok::<(), admf_alerts::RuleError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Slo {
    /// What tells it from others, the label `slo` of its series and alerts: `[a-zA-Z][a-zA-Z0-9_-]*`.
    pub name: String,
    /// What it promises to whom: the annotation `description`, a template. Default: empty.
    pub description: String,
    /// The part of events that must be good, between 0 and 1, neither included.
    pub objective: f64,
    /// What is good.
    pub sli: Sli,
    /// Over how long the objective is to hold. Default: 30 days.
    pub period: Duration,
    /// How far evaluations are apart, at most 5 minutes; `None`, the default: they are at every step.
    pub interval: Option<Duration>,
    /// Labels of its series, and so of its alerts. Default: none.
    pub labels: BTreeMap<String, String>,
    /// The label `severity` of what wakes somebody up. Default: `critical`.
    pub page: String,
    /// The label `severity` of what can wait for the morning. Default: `warning`.
    pub ticket: String,
    /// When to alert. Default: [`BurnWindow::WORKBOOK`].
    pub windows: Vec<BurnWindow>,
    /// The annotation `runbook_url`. Default: empty, which leaves it out.
    pub runbook_url: String,
    /// Whether the ratio of the whole period is recorded, and what is left of the budget. Prometheus, or whoever
    /// evaluates it, must then keep samples as long. Default: yes.
    pub period_rules: bool,
}

impl Slo {
    /// Creates an objective over 30 days with the usual windows.
    pub fn new(name: impl Into<String>, objective: f64, sli: Sli) -> Self {
        Self {
            name: name.into(),
            description: String::new(),
            objective,
            sli,
            period: Duration::from_secs(30 * 86_400),
            interval: None,
            labels: BTreeMap::new(),
            page: "critical".to_owned(),
            ticket: "warning".to_owned(),
            windows: BurnWindow::WORKBOOK.to_vec(),
            runbook_url: String::new(),
            period_rules: true,
        }
    }

    /// Sets what it promises to whom.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Sets over how long the objective is to hold.
    #[must_use]
    pub fn period(mut self, period: Duration) -> Self {
        self.period = period;
        self
    }

    /// Sets how far evaluations are apart.
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Adds a label.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(name.into(), value.into());
        self
    }

    /// Sets the label `severity` of both urgencies.
    #[must_use]
    pub fn severities(mut self, page: impl Into<String>, ticket: impl Into<String>) -> Self {
        (self.page, self.ticket) = (page.into(), ticket.into());
        self
    }

    /// Sets when to alert.
    #[must_use]
    pub fn windows(mut self, windows: impl IntoIterator<Item = BurnWindow>) -> Self {
        self.windows = windows.into_iter().collect();
        self
    }

    /// Sets where it is written what to do.
    #[must_use]
    pub fn runbook_url(mut self, url: impl Into<String>) -> Self {
        self.runbook_url = url.into();
        self
    }

    /// Sets whether the ratio of the whole period is recorded, and what is left of the budget.
    #[must_use]
    pub fn period_rules(mut self, period_rules: bool) -> Self {
        self.period_rules = period_rules;
        self
    }

    /// Makes the rules: a group that records the ratios of errors, and one that alerts on them, to be evaluated in this
    /// order.
    ///
    /// # Errors
    ///
    /// Names the field that is refused: an objective that is not between 0 and 1, windows that are not short < long <
    /// period, a factor that no ratio can exceed, a selector that is none, a name that is none.
    pub fn groups(&self) -> Result<[RuleGroup; 2], RuleError> {
        check::check(self)?;
        let groups = rules::groups(self);
        check::rules(self, &groups)?;
        Ok(groups)
    }

    /// Checks that the threshold of a latency is a bucket, where `buckets_of` knows the bounds of the histogram. Without that
    /// bucket there are no ratios, and so no alerts.
    ///
    /// # Errors
    ///
    /// Names the threshold and the bounds that there are.
    pub fn check_bucket(
        &self,
        buckets_of: impl FnOnce(&str) -> Option<Vec<f64>>,
    ) -> Result<(), RuleError> {
        check::bucket(self, buckets_of)
    }

    fn refused(&self, field: &str, value: impl ToString, problem: impl ToString) -> RuleError {
        RuleError {
            of: "slo",
            file: Box::default(),
            rule: self.name.clone(),
            field: field.to_owned(),
            value: value.to_string().into(),
            problem: problem.to_string(),
        }
    }
}
