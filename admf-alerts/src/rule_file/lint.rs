//! What a rule file should have, though nothing fails without it.

use std::collections::HashSet;

use super::{FileError, Place, RuleFile};
use crate::rule::{Rule, RuleKind};

impl RuleFile {
    /// Says what an operator will miss: an alert without the label `severity`, without the annotation `summary` or `runbook_url`, and a rule
    /// that has the name and the labels of one before.
    #[must_use]
    pub fn lint(&self) -> Vec<FileError> {
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for (group, places) in self.groups.iter().zip(&self.places) {
            for (rule, place) in group.rules.iter().zip(places) {
                let labels: Vec<_> = rule.labels.iter().collect();
                let again = !seen.insert((rule.kind, &rule.name, labels));
                let again = again.then(|| "another rule has this name and these labels".to_owned());
                let problems = missing(rule).into_iter().chain(again);
                found.extend(problems.map(|problem| self.lints(rule, place, &problem)));
            }
        }
        found
    }

    fn lints(&self, rule: &Rule, place: &Place, problem: &str) -> FileError {
        let field = place.field.strip_suffix(".expr").unwrap_or(&place.field);
        let problem = format!("`{}`: {problem}", rule.name);
        FileError::new(&self.name, place.mark, field, problem)
    }
}

fn missing(rule: &Rule) -> Vec<String> {
    let fields = [
        ("the label", &rule.labels, "severity"),
        ("the annotation", &rule.annotations, "summary"),
        ("the annotation", &rule.annotations, "runbook_url"),
    ];
    let alerts = fields.into_iter().filter(|_| rule.kind == RuleKind::Alert);
    let empty =
        alerts.filter(|(_, all, name)| all.get(*name).is_none_or(|it| it.trim().is_empty()));
    empty
        .map(|(kind, _, name)| format!("{kind} `{name}` is missing"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::Settings;

    #[test]
    fn a_lint_says_what_an_operator_will_miss() {
        let text = "
groups:
- name: a
  rules:
  - record: job:up:sum
    expr: sum by (job) (up)
  - alert: Good
    expr: up == 0
    labels: {severity: page}
    annotations: {summary: s, runbook_url: u}
- name: b
  rules:
  - alert: Good
    expr: up == 1
    labels: {severity: page}
    annotations: {summary: s, runbook_url: u}
  - alert: Bare
    expr: up == 0
    labels: {severity: ''}
";
        let file = RuleFile::parse("r.yml", text, &Settings::default()).expect("it is good");
        let found: Vec<_> = file.lint().iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "r.yml:14:11: groups[1].rules[0]: `Good`: another rule has this name and these labels",
                "r.yml:18:11: groups[1].rules[1]: `Bare`: the label `severity` is missing",
                "r.yml:18:11: groups[1].rules[1]: `Bare`: the annotation `summary` is missing",
                "r.yml:18:11: groups[1].rules[1]: `Bare`: the annotation `runbook_url` is missing",
            ]
        );
    }
}
