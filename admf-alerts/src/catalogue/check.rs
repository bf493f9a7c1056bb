//! Rules, held against what is known.

use super::finding::{Finding, Severity};
use super::kinds::{misused, quantile_of};
use super::series::Series;
use super::{KnownMetric, Metrics};
use crate::promql::{self, Query, Settings, Use};
use crate::rule::{Rule, RuleError, RuleGroup, RuleKind};
use crate::samples::FamilyKind;
use crate::series::Matcher;
use crate::template::{Asked, Template};

/// What is wrong with a selector.
pub(super) type Found = (Severity, String);

impl Metrics {
    /// Checks every selector of every rule: that there is such a metric, that its kind is fit for what is done with it,
    /// that it has the labels, and the labels the values.
    ///
    /// What these rules record is known, and may be of any kind. What is found comes in the order of the rules, each thing
    /// once. What labels and annotations ask by `query` is looked at too; conditions that are code cannot be, nor what a text
    /// puts together only when it is rendered.
    ///
    /// # Examples
    ///
    /// ```
    /// use admf_alerts::catalogue::{KnownMetric, Metrics, Severity};
    /// use admf_alerts::promql::Settings;
    /// use admf_alerts::samples::FamilyKind;
    /// use admf_alerts::{Rule, RuleGroup};
    ///
    /// let metrics = Metrics::default()
    ///     .with(KnownMetric::new("data_latency_seconds", FamilyKind::Histogram))
    ///     .with(KnownMetric::new("drawdown_ratio", FamilyKind::Gauge));
    /// let rules = [
    ///     Rule::new("SlowData", "data_latency_seconds > 60"),
    ///     Rule::new("Falling", "rate(drawdown_ratio[5m]) > 0"),
    ///     Rule::new("Drawdown", "drawdown_ratio > 0.05"),
    /// ];
    /// let found = metrics.check(&[RuleGroup::new("rules", rules)], &Settings::default());
    /// let [slow, falling] = &found[..] else { panic!("{found:?}") };
    /// assert_eq!((slow.severity, slow.rule), (Severity::Error, 0));
    /// assert!(slow.error.to_string().contains(
    ///     "histogram `data_latency_seconds` has no series of this name: use `histogram_quantile(0.95, ",
    /// ));
    /// assert!(falling.error.to_string().contains("`rate` of the gauge `drawdown_ratio`"));
    /// ```
    #[must_use]
    pub fn check(&self, groups: &[RuleGroup], settings: &Settings) -> Vec<Finding> {
        let metrics = self.clone().and_recorded(groups);
        let mut all = Vec::new();
        for (group, rules) in groups.iter().enumerate() {
            for (rule, of) in rules.rules.iter().enumerate() {
                let found = metrics.check_rule(of, settings).into_iter();
                all.extend(found.map(|(severity, error)| Finding {
                    severity,
                    group,
                    rule,
                    error,
                }));
            }
        }
        all
    }

    /// Adds what the rules record, of any kind.
    #[must_use]
    pub fn and_recorded<'r>(self, groups: impl IntoIterator<Item = &'r RuleGroup>) -> Self {
        let rules = groups.into_iter().flat_map(|group| &group.rules);
        let records = rules.filter(|rule| rule.kind == RuleKind::Record);
        let untyped = |rule: &Rule| KnownMetric::new(rule.name.clone(), FamilyKind::Untyped);
        self.and(records.map(untyped).fold(Self::default(), Self::with))
    }

    /// Checks the expressions of one rule.
    fn check_rule(&self, rule: &Rule, settings: &Settings) -> Vec<(Severity, RuleError)> {
        let mut found = Vec::new();
        let mut check = |field: &str, text: &str| {
            let checked = match Query::parse(text, settings) {
                Ok(query) => self.check_query(&query),
                Err(error) => vec![(Severity::Error, error.to_string())],
            };
            let placed = |(severity, problem)| (severity, rule.refused(field, text, problem));
            found.extend(checked.into_iter().map(placed));
        };
        if rule.closure.is_none() {
            check("expr", &rule.expr);
        }
        rule.hold.iter().for_each(|hold| check("hold", hold));
        if rule.kind == RuleKind::Alert {
            let labels = rule.labels.iter().map(|it| ("labels", it));
            let annotations = rule.annotations.iter().map(|it| ("annotations", it));
            for (field, (name, text)) in labels.chain(annotations) {
                // What is no template the engine refuses.
                let template = Template::parse(text).ok();
                for asked in template.iter().flat_map(Template::asked) {
                    if let Asked::Text(expr) = asked {
                        check(&format!("{field}.{name}"), expr);
                    }
                }
            }
        }
        found
    }

    fn check_query(&self, query: &Query) -> Vec<Found> {
        let uses = query.uses();
        let mut found: Vec<Found> = Vec::new();
        let mut add = |new: Found| {
            if !found.contains(&new) {
                found.push(new);
            }
        };
        for used in &uses {
            for matchers in used.any {
                self.check_selector(used, matchers)
                    .into_iter()
                    .for_each(&mut add);
            }
        }
        quantile_of(&uses, |name| self.series(name))
            .into_iter()
            .for_each(&mut add);
        found
    }

    fn check_selector(&self, used: &Use<'_>, matchers: &[Matcher]) -> Vec<Found> {
        let Some(name) = promql::name(matchers) else {
            let shown: Vec<String> = matchers.iter().map(ToString::to_string).collect();
            let problem = format!(
                "`{{{}}}` names no metric, and is not checked",
                shown.join(",")
            );
            return vec![(Severity::Skipped, problem)];
        };
        match self.series(name) {
            None => vec![(Severity::Error, self.unknown(name).to_string())],
            Some(Series::Free) => Vec::new(),
            Some(Series::Of(metric, part)) => {
                let kind = misused(used, name, metric, part);
                let labels = self.mislabelled(matchers, metric, part);
                kind.into_iter().chain(labels).collect()
            }
        }
    }
}
