//! What templates may name.

use std::collections::BTreeSet;

use super::problem::Problem;
use crate::catalogue::{self, Metrics};
use crate::promql::Settings;
use crate::rule::{Rule, RuleError, RuleGroup};
use crate::samples::FamilyKind;
use crate::scan;

/// Holds what templates may name: metrics and channels.
///
/// With no catalogue of metrics a name stands for itself, and what it is goes by its suffix.
#[derive(Clone, Debug, Default)]
pub struct Known {
    metrics: Option<Metrics>,
    channels: BTreeSet<String>,
    pub(crate) settings: Settings,
}

impl Known {
    /// Knows these metrics.
    #[must_use]
    pub fn new(metrics: Metrics) -> Self {
        Self {
            metrics: Some(metrics),
            ..Self::default()
        }
    }

    /// Adds a channel that is set up elsewhere.
    #[must_use]
    pub fn channel(mut self, name: impl Into<String>) -> Self {
        self.channels.insert(name.into());
        self
    }

    /// Sets how expressions are read. Default: as Prometheus 3 does.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    pub(crate) fn channels(&self) -> &BTreeSet<String> {
        &self.channels
    }

    /// Finds the series that a name means.
    pub(super) fn series(&self, name: &str) -> Result<String, Problem> {
        let refused = |problem: String| Problem::new("metric", name, problem);
        if name.is_empty() {
            return Err(refused("must be set".to_owned()));
        }
        match &self.metrics {
            Some(metrics) => {
                let found = metrics.resolve(name);
                let found = found.map_err(|unknown| refused(unknown.to_string()));
                found.map(str::to_owned)
            }
            None if scan::is_metric_name(name) => Ok(name.to_owned()),
            None => Err(refused("other names need a catalogue".to_owned())),
        }
    }

    /// What the samples of a series are. The parts of a histogram are counters.
    pub(super) fn kind(&self, series: &str) -> FamilyKind {
        let found = self.metrics.as_ref().and_then(|it| it.find(series));
        let ends = |with: &[&str]| with.iter().any(|suffix| series.ends_with(suffix));
        match found {
            Some(metric) => metric.kind,
            None if self.metrics.is_none() && ends(&["_total"]) => FamilyKind::Counter,
            None if ends(&["_bucket", "_count", "_sum"]) => FamilyKind::Counter,
            None => FamilyKind::Untyped,
        }
    }

    /// Refuses what can never do what is meant, by what is known of the metrics.
    pub(super) fn check(&self, rule: &Rule) -> Result<(), RuleError> {
        let Some(metrics) = &self.metrics else {
            return Ok(());
        };
        let group = [RuleGroup::new("", [rule.clone()])];
        let found = metrics.check(&group, &self.settings).into_iter();
        let mut wrong = found.filter(|it| it.severity == catalogue::Severity::Error);
        wrong.next().map_or(Ok(()), |it| Err(it.error))
    }

    /// The label of a state set that says which state a series is of: `state`, or else the only one with a list of values.
    pub(super) fn state(&self, series: &str, state: &str) -> Result<String, Problem> {
        let metric = self.metrics.as_ref().and_then(|it| it.find(series));
        let Some(labels) = metric.and_then(|it| it.labels.as_ref()) else {
            return Ok("state".to_owned());
        };
        let named = labels.iter().find(|it| it.name == "state");
        let mut closed = labels.iter().filter(|it| it.values.is_some());
        let label = named.or_else(|| closed.next().filter(|_| closed.next().is_none()));
        let refused = |problem: String| Err(Problem::new("", state, problem));
        let Some(label) = label else {
            return refused(format!("`{series}` has no label that says a state"));
        };
        match &label.values {
            Some(values) if !values.iter().any(|it| it == state) => {
                let values = values.join("`, `");
                refused(format!("no state of `{series}`; there are `{values}`"))
            }
            _ => Ok(label.name.clone()),
        }
    }
}
