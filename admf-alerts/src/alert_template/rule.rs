//! From a template to a rule.

use std::collections::BTreeSet;

use super::condition::Condition;
use super::known::Known;
use super::problem::Problem;
use super::{AlertTemplate, LONGEST, expr};
use crate::engine::check;
use crate::rule::{NoData, Rule, RuleError, RuleGroup};

impl AlertTemplate {
    /// Compiles the template, and checks all that can be checked without data.
    ///
    /// # Errors
    ///
    /// Names the field that is refused, its value, and why.
    pub fn rule(&self, known: &Known) -> Result<Rule, RuleError> {
        let rule = self.compiled(known);
        let rule = rule.map_err(|problem| problem.of(&self.id))?;
        let checked = check(&rule, &known.settings).and_then(|()| known.check(&rule));
        checked.map_err(|error| self.blamed(error).of(&self.id))?;
        Ok(rule)
    }

    fn compiled(&self, known: &Known) -> Result<Rule, Problem> {
        if self.id.is_empty() {
            return Err(Problem::new("id", "", "must be set"));
        }
        let lengths = [
            ("timeframe", self.timeframe),
            ("cooldownPeriod", self.cooldown_period),
        ];
        if let Some((field, length)) = lengths.iter().find(|it| it.1 > LONGEST) {
            let problem = "must be at most a year";
            return Err(Problem::new(*field, format!("{length:?}"), problem));
        }
        let compiled = expr::compile(&self.condition, self.threshold, self.clear, known)?;
        self.check_no_data()?;
        let mut rule = Rule::new(self.alert_name(), compiled.expr);
        rule.id.clone_from(&self.id);
        rule.for_ = self.timeframe;
        rule.hold = compiled.hold;
        rule.no_data = self.no_data;
        rule.on_error = self.on_error;
        rule.at_least = self.consecutive;
        rule.notify = self.notify(known)?;
        rule.labels = self.labels.clone();
        for (label, value) in self.own_labels() {
            if rule.labels.insert(label.to_owned(), value).is_some() {
                let problem = "is set by the template itself";
                return Err(Problem::new("labels", label, problem));
            }
        }
        rule.annotations = self.annotations.clone();
        if !self.description.is_empty() {
            let said = rule.annotations.entry("description".to_owned());
            said.or_insert_with(|| self.description.clone());
        }
        if let Condition::Closure(closure) = &self.condition {
            rule.closure = Some(closure.clone());
        }
        Ok(rule)
    }

    fn alert_name(&self) -> &str {
        if self.name.is_empty() {
            &self.id
        } else {
            &self.name
        }
    }

    fn own_labels(&self) -> Vec<(&'static str, String)> {
        // They are templates there, and these are none.
        let plain = |text: &str| text.replace("{{", "{{\"{{\"}}");
        let mut labels = vec![("severity", self.severity.label().to_owned())];
        if !self.category.is_empty() {
            labels.push(("category", plain(&self.category)));
        }
        if !self.tags.is_empty() {
            let tags: BTreeSet<&str> = self.tags.iter().map(String::as_str).collect();
            let tags: Vec<&str> = tags.into_iter().collect();
            labels.push(("tags", plain(&tags.join(","))));
        }
        labels
    }

    /// Where nothing is what the condition asks for, nothing cannot be what it lacks; and what is pending goes on by
    /// `keep_last` without the data that a timeframe needs.
    fn check_no_data(&self) -> Result<(), Problem> {
        let problem = match self.no_data {
            NoData::Ok => return Ok(()),
            _ if expr::asks_for_nothing(&self.condition) => {
                "an absence is what there is no data of: leave it out"
            }
            NoData::KeepLast if !self.timeframe.is_zero() => {
                "a timeframe needs data for all of it: `ok` or `alert`"
            }
            _ => return Ok(()),
        };
        Err(Problem::new("noData", self.no_data.name(), problem))
    }

    /// Finds the field of the template that the engine's complaint is about.
    fn blamed(&self, error: RuleError) -> Problem {
        let field = match error.field.as_str() {
            "expr" | "hold" => "condition",
            "name" if self.name.is_empty() => "id",
            "annotations.description" if !self.description.is_empty() => "description",
            "at_least" => "consecutive",
            "no_data" => "noData",
            "on_error" => "onError",
            "for" => "timeframe",
            other => other,
        };
        Problem::new(field, error.value(), error.problem.as_str())
    }
}

/// Compiles the templates that are enabled into one group.
///
/// # Errors
///
/// As [`AlertTemplate::rule`], of those too that are not enabled; and an id that is there twice.
pub fn group(
    name: impl Into<String>,
    templates: &[AlertTemplate],
    known: &Known,
) -> Result<RuleGroup, RuleError> {
    let mut ids = BTreeSet::new();
    let mut rules = Vec::new();
    for template in templates {
        if !ids.insert(&template.id) {
            let problem = Problem::new("id", &template.id, "another template has this id");
            return Err(problem.of(&template.id));
        }
        let rule = template.rule(known)?;
        if template.enabled {
            rules.push(rule);
        }
    }
    Ok(RuleGroup::new(name, rules))
}
