//! Why rules cannot be written for Prometheus.

use std::fmt;

use super::scenario::Scenario;
use crate::rule::{Rule, RuleError, RuleGroup};
use crate::scan;

/// Reports what cannot be exported: file, group, rule, field, value, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportError(Box<Refused>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Refused {
    file: String,
    group: String,
    rule: String,
    scenario: String,
    field: String,
    value: String,
    problem: String,
}

impl ExportError {
    /// What is wrong with a group itself.
    pub(super) fn of_group(
        group: &RuleGroup,
        field: &str,
        value: impl Into<String>,
        problem: impl ToString,
    ) -> Self {
        Self(Box::new(Refused {
            file: group.file.clone(),
            group: group.name.clone(),
            rule: String::new(),
            scenario: String::new(),
            field: field.to_owned(),
            value: value.into(),
            problem: problem.to_string(),
        }))
    }

    /// What is wrong with a rule of a group.
    pub(super) fn of_rule(
        group: &RuleGroup,
        rule: &Rule,
        field: &str,
        value: impl Into<String>,
        problem: impl ToString,
    ) -> Self {
        let mut error = Self::of_group(group, field, value, problem);
        error.0.rule.clone_from(&rule.name);
        error
    }

    /// What is wrong with a scenario, or goes wrong in it.
    pub(super) fn of_scenario(
        scenario: &Scenario,
        field: &str,
        value: impl Into<String>,
        problem: impl ToString,
    ) -> Self {
        let mut error = Self::of_group(&RuleGroup::default(), field, value, problem);
        error.0.scenario.clone_from(&scenario.name);
        error
    }

    /// What the engine refuses.
    pub(super) fn refused(group: &RuleGroup, rule: &Rule, error: &RuleError) -> Self {
        Self::of_rule(group, rule, error.field(), error.value(), &error.problem)
    }

    /// Returns the file of the group; empty where it is of none.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.0.file
    }

    /// Returns the name of the group; empty where it is about a scenario.
    #[must_use]
    pub fn group(&self) -> &str {
        &self.0.group
    }

    /// Returns the name of the rule; empty where it is about the group.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.0.rule
    }

    /// Returns the field, such as `cooldown` or `labels.severity`.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.0.field
    }

    /// Returns what it holds.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.0.value
    }

    /// Returns why that cannot be written.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.0.problem
    }
}

/// One line: ``rules.yml: group `calls`: rule `Late`: cooldown `5m`: …``.
impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refused {
            file,
            group,
            rule,
            scenario,
            field,
            value,
            problem,
        } = &*self.0;
        let mut line = String::new();
        if !file.is_empty() {
            line += &format!("{file}: ");
        }
        let places = [("group", group), ("rule", rule), ("scenario", scenario)];
        for (what, name) in places.iter().filter(|(_, name)| !name.is_empty()) {
            line += &format!("{what} `{name}`: ");
        }
        line += &format!("{field} `{value}`: {problem}");
        f.write_str(&scan::shown(&line))
    }
}

impl std::error::Error for ExportError {}
