//! Whether the names and texts of a rule are what they must be.

use std::collections::BTreeMap;

use crate::rule::{Rule, RuleError, RuleKind};
use crate::scan;
use crate::template::{Template, TemplateError};

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
