//! Whether the names and texts of a rule are what they must be.

use std::collections::BTreeMap;

use crate::promql::{Query, Settings};
use crate::rule::{Rule, RuleError, RuleKind};
use crate::scan;
use crate::template::{Asked, Template, TemplateError};

pub(super) fn check_name(rule: &Rule) -> Result<(), RuleError> {
    if rule.name.is_empty() {
        return Err(rule.refused("name", &rule.name, "must not be empty"));
    }
    if rule.kind == RuleKind::Alert {
        return Ok(());
    }
    if !scan::is_metric_name(&rule.name) {
        let problem = "a recorded series must be named [a-zA-Z_:][a-zA-Z0-9_:]*";
        return Err(rule.refused("name", &rule.name, problem));
    }
    let zero = [
        ("for", rule.for_),
        ("keep_firing_for", rule.keep_firing_for),
    ];
    if let Some((field, length)) = zero.into_iter().find(|(_, length)| !length.is_zero()) {
        let problem = "a rule that records has none";
        return Err(rule.refused(field, &format!("{length:?}"), problem));
    }
    match rule.annotations.keys().next() {
        Some(name) => Err(rule.refused("annotations", name, "a rule that records has none")),
        None => Ok(()),
    }
}

pub(super) fn check_names(
    rule: &Rule,
    field: &str,
    texts: &BTreeMap<String, String>,
    but: &[&str],
) -> Result<(), RuleError> {
    let bad = |name: &&String| !scan::is_label_name(name) || but.contains(&name.as_str());
    let Some(name) = texts.keys().find(bad) else {
        return Ok(());
    };
    let problem = match but {
        [] => "name must match [a-zA-Z_][a-zA-Z0-9_]*".to_owned(),
        [name, ..] => format!("name must match [a-zA-Z_][a-zA-Z0-9_]* and not be `{name}`"),
    };
    Err(rule.refused(field, name, problem))
}

/// Reads the templates.
pub(super) fn templates(
    rule: &Rule,
    field: &str,
    texts: &BTreeMap<String, String>,
) -> Result<Vec<(String, Template)>, RuleError> {
    let parsed = texts.iter().map(|(name, text)| {
        let template = Template::parse(text);
        let refused =
            |problem: TemplateError| rule.refused(format!("{field}.{name}"), text, problem);
        Ok((name.clone(), template.map_err(refused)?))
    });
    parsed.collect()
}

/// What the texts of a rule ask.
#[derive(Debug, Default)]
pub(super) struct Questions {
    /// What they say they ask.
    pub(super) known: Vec<Query>,
    /// Whether they may ask anything besides: it is put together only when they are rendered.
    pub(super) any: bool,
}

impl Questions {
    /// Reads what the templates of a field ask.
    pub(super) fn read(
        &mut self,
        rule: &Rule,
        field: &str,
        templates: &[(String, Template)],
        settings: &Settings,
    ) -> Result<(), RuleError> {
        for (name, template) in templates {
            for asked in template.asked() {
                let Asked::Text(expr) = asked else {
                    self.any = true;
                    continue;
                };
                let query = Query::parse(expr, settings);
                let refused = |error| rule.refused(format!("{field}.{name}"), expr, error);
                self.known.push(query.map_err(refused)?);
            }
        }
        Ok(())
    }
}
