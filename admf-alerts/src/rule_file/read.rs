//! From YAML to rules.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::check;
use crate::promql::{Semantics, Settings};
use crate::rule::{Rule, RuleError, RuleGroup, RuleKind};
use crate::yaml::{At, Kind, Node, Read, Refused};

use super::{Place, RuleFile};

const FILE: &[&str] = &["groups"];
const GROUP_2: &[&str] = &["name", "interval", "limit", "rules"];
const GROUP_3: &[&str] = &[
    "name",
    "interval",
    "limit",
    "rules",
    "query_offset",
    "labels",
];
const RULE: &[&str] = &[
    "record",
    "alert",
    "expr",
    "for",
    "keep_firing_for",
    "labels",
    "annotations",
];

pub(super) fn file(file: &str, document: &Node, settings: &Settings) -> Read<RuleFile> {
    let document = At::top(document);
    document.knows(FILE)?;
    let mut names = BTreeSet::new();
    let mut read = RuleFile::default();
    for at in document.list("groups")? {
        let (mut group, places) = group(&at, settings)?;
        if !names.insert(group.name.clone()) {
            let name = at.get("name").unwrap_or(at);
            return Err(name.refused("another group of the file has this name"));
        }
        group.file = file.to_owned();
        read.groups.push(group);
        read.places.push(places);
    }
    Ok(read)
}

fn group(at: &At<'_>, settings: &Settings) -> Read<(RuleGroup, Vec<Place>)> {
    at.knows(match settings.semantics {
        Semantics::Prometheus2 => GROUP_2,
        Semantics::Prometheus3 => GROUP_3,
    })?;
    let name = at.text("name")?.unwrap_or_default();
    if name.is_empty() {
        return Err(at.refused("`name` must be set"));
    }
    let shared = at.texts("labels")?;
    let rules = at.list("rules")?.into_iter();
    let rules = rules.map(|at| Ok((rule(&at, &shared, settings)?, of_expr(&at))));
    let (rules, places): (Vec<Rule>, Vec<Place>) =
        rules.collect::<Read<Vec<_>>>()?.into_iter().unzip();
    let interval = at.length("interval")?;
    let mut group = RuleGroup::new(name, rules);
    group.interval = (!interval.is_zero()).then_some(interval);
    group.query_offset = at.length("query_offset")?;
    group.limit = at.limit("limit")?;
    Ok((group, places))
}

/// Where the expression of a rule is.
fn of_expr(rule: &At<'_>) -> Place {
    let expr = rule.get("expr");
    let at = expr.as_ref().unwrap_or(rule);
    let texts = ["labels", "annotations"].map(|field| {
        let entries = match rule.get(field).map(|at| &at.node.kind) {
            Some(Kind::Map(entries)) => &entries[..],
            _ => &[],
        };
        entries
            .iter()
            .map(move |it| (format!("{field}.{}", it.key), it.value.mark))
    });
    Place {
        mark: at.node.mark,
        field: at.field.clone(),
        texts: texts.into_iter().flatten().collect(),
    }
}

fn rule(at: &At<'_>, shared: &BTreeMap<String, String>, settings: &Settings) -> Read<Rule> {
    at.knows(RULE)?;
    let [record, alert, expr] = ["record", "alert", "expr"].map(|key| at.raw(key));
    let (kind, name) = match (record?, alert?) {
        ("", "") => return Err(at.refused("`record` or `alert` must be set")),
        ("", alert) => (RuleKind::Alert, alert),
        (record, "") => (RuleKind::Record, record),
        _ => return Err(at.refused("only one of `record` and `alert` may be set")),
    };
    let mut rule = Rule::new(name, expr?);
    if rule.expr.is_empty() {
        return Err(at.refused("`expr` must be set"));
    }
    rule.kind = kind;
    rule.for_ = at.length("for")?;
    rule.keep_firing_for = at.length("keep_firing_for")?;
    rule.labels = at.texts("labels")?;
    rule.annotations = at.texts("annotations")?;
    for (name, value) in shared {
        let label = rule.labels.entry(name.clone());
        label.or_insert_with(|| value.clone());
    }
    check(&rule, settings).map_err(|error| place(at, &rule, &error))?;
    Ok(rule)
}

/// Finds the place of what the engine refuses.
fn place(at: &At<'_>, rule: &Rule, error: &RuleError) -> Refused {
    let name = match rule.kind {
        RuleKind::Alert => "alert",
        RuleKind::Record => "record",
    };
    let mut field = error.field().splitn(2, '.');
    let key = field.next().unwrap_or_default();
    let key = if key == "name" { name } else { key };
    let problem = format!("`{}`: {}", error.value(), error.problem);
    let Some(at) = at.get(key) else {
        return at.refused(problem);
    };
    let inner = field.next().and_then(|inner| at.get(inner));
    let refused = inner.as_ref().unwrap_or(&at).refused(problem);
    // Of a name that is refused the line of the key tells.
    match at.node.get(error.value()) {
        Some(entry) if inner.is_none() => Refused {
            mark: entry.mark,
            ..refused
        },
        _ => refused,
    }
}
