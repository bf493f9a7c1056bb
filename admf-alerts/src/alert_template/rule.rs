//! From a template to a rule.

use std::collections::BTreeSet;

use super::channel::{Channel, Via};
use super::condition::Condition;
use super::known::Known;
use super::problem::Problem;
use super::{AlertTemplate, LONGEST, expr};
use crate::engine::check;
use crate::rule::{Escalation, NoData, Notify, Rule, RuleError, RuleGroup};

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

    fn notify(&self, known: &Known) -> Result<Notify, Problem> {
        let own = self.own_channels();
        let names = known.channels().iter().map(String::as_str);
        let names: BTreeSet<&str> = names.chain(own.clone().map(|it| &*it.name)).collect();
        let disabled = own.filter(|it| !it.enabled).map(|it| &*it.name);
        let disabled: BTreeSet<&str> = disabled.collect();
        let mut notify = Notify::default();
        for (at, channel) in self.channels.iter().enumerate() {
            let field = format!("channels[{at}]");
            match channel {
                Via::Own(own) => own.check().map_err(|problem| problem.below(&field))?,
                Via::Named(name) => is_channel(&field, name, &names)?,
            }
            let name = channel.name();
            if self.channels[..at].iter().any(|it| it.name() == name) {
                let problem = "another channel of the template has this name";
                return Err(Problem::new(format!("{field}.name"), name, problem));
            }
            if !disabled.contains(name) {
                notify.receivers.push(name.to_owned());
            }
        }
        notify.cooldown = self.cooldown_period;
        notify.escalation = self.escalation(&names, &disabled)?;
        Ok(notify)
    }

    /// The channels that it sets up.
    pub(crate) fn own_channels(&self) -> impl Iterator<Item = &Channel> + Clone {
        self.channels.iter().filter_map(|it| match it {
            Via::Own(channel) => Some(channel),
            Via::Named(_) => None,
        })
    }

    /// Levels that have no channel but such as are disabled are left out.
    fn escalation(
        &self,
        names: &BTreeSet<&str>,
        disabled: &BTreeSet<&str>,
    ) -> Result<Vec<Escalation>, Problem> {
        let mut levels: Vec<Escalation> = Vec::new();
        for (at, rule) in self.escalation_rules.iter().enumerate() {
            let field = format!("escalationRules[{at}]");
            let refused = |key: &str, value: String, problem: &str| {
                Err(Problem::new(format!("{field}.{key}"), value, problem))
            };
            if rule.delay > LONGEST {
                return refused(
                    "delay",
                    format!("{:?}", rule.delay),
                    "must be at most a year",
                );
            }
            let (level, delay) = levels
                .last()
                .map_or((0, None), |it| (it.level, Some(it.delay)));
            if rule.level <= level {
                return refused(
                    "level",
                    rule.level.to_string(),
                    "must be above the one before, from 1",
                );
            }
            if delay.is_some_and(|before| rule.delay < before) {
                let delay = (rule.delay.as_secs_f64() / 60.0).to_string();
                return refused("delay", delay, "must not be less than the one before");
            }
            if rule.receivers.is_empty() {
                return refused("channels", String::new(), "there must be at least one");
            }
            for (at, name) in rule.receivers.iter().enumerate() {
                is_channel(&format!("{field}.channels[{at}]"), name, names)?;
            }
            let mut rule = rule.clone();
            rule.receivers
                .retain(|name| !disabled.contains(name.as_str()));
            levels.push(rule);
        }
        levels.retain(|it| !it.receivers.is_empty());
        Ok(levels)
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
        Problem::new(field, &error.value, error.problem)
    }
}

/// Refuses a channel that nobody has set up.
pub(crate) fn is_channel(field: &str, name: &str, known: &BTreeSet<&str>) -> Result<(), Problem> {
    if known.contains(name) {
        return Ok(());
    }
    let known: Vec<&str> = known.iter().copied().collect();
    let problem = match known.is_empty() {
        true => "unknown channel; there are none".to_owned(),
        false => format!("unknown channel; there are `{}`", known.join("`, `")),
    };
    Err(Problem::new(field, name, problem))
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
