//! From YAML to rules.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::duration;
use super::yaml::{Kind, Mark, Node};
use crate::engine::check;
use crate::promql::{Semantics, Settings};
use crate::rule::{Rule, RuleError, RuleGroup, RuleKind};

/// What is wrong, and where.
pub(super) struct Refused {
    pub(super) mark: Mark,
    pub(super) field: String,
    pub(super) problem: String,
}

type Read<T> = Result<T, Refused>;

/// A value and the way to it.
struct At<'n> {
    node: &'n Node,
    field: String,
}

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

pub(super) fn file(file: &str, document: &Node, settings: &Settings) -> Read<Vec<RuleGroup>> {
    let document = At {
        node: document,
        field: String::new(),
    };
    document.knows(FILE)?;
    let mut names = BTreeSet::new();
    let mut groups = Vec::new();
    for at in document.list("groups")? {
        let mut group = group(&at, settings)?;
        if !names.insert(group.name.clone()) {
            let name = at.get("name").unwrap_or(at);
            return Err(name.refused("another group of the file has this name"));
        }
        group.file = file.to_owned();
        groups.push(group);
    }
    Ok(groups)
}

fn group(at: &At<'_>, settings: &Settings) -> Read<RuleGroup> {
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
    let rules = rules.map(|at| rule(&at, &shared, settings));
    let interval = at.length("interval")?;
    let mut group = RuleGroup::new(name, rules.collect::<Read<Vec<_>>>()?);
    group.interval = (!interval.is_zero()).then_some(interval);
    group.query_offset = at.length("query_offset")?;
    group.limit = at.limit("limit")?;
    Ok(group)
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
    check(&rule, settings).map_err(|error| at.place(&rule, &error))?;
    Ok(rule)
}

impl<'n> At<'n> {
    fn refused(&self, problem: impl Into<String>) -> Refused {
        Refused {
            mark: self.node.mark,
            field: self.field.clone(),
            problem: problem.into(),
        }
    }

    fn below(&self, key: &str, node: &'n Node) -> Self {
        let dot = if self.field.is_empty() { "" } else { "." };
        At {
            node,
            field: format!("{}{dot}{key}", self.field),
        }
    }

    fn get(&self, key: &str) -> Option<Self> {
        let entry = self.node.get(key)?;
        Some(self.below(key, &entry.value))
    }

    /// What is there and not null.
    fn some(&self, key: &str) -> Option<Self> {
        self.get(key).filter(|at| !at.node.is_null())
    }

    fn knows(&self, keys: &[&str]) -> Read<()> {
        let Kind::Map(entries) = &self.node.kind else {
            return match self.node.is_null() {
                true => Ok(()),
                false => Err(self.refused("must be a map")),
            };
        };
        let unknown = entries.iter().find(|it| !keys.contains(&it.key.as_str()));
        unknown.map_or(Ok(()), |entry| {
            let known = keys.join("`, `");
            let problem = format!("unknown field; there are `{known}`");
            let mark = entry.mark;
            Err(Refused {
                mark,
                ..self.below(&entry.key, &entry.value).refused(problem)
            })
        })
    }

    fn list(&self, key: &str) -> Read<Vec<Self>> {
        let Some(at) = self.some(key) else {
            return Ok(Vec::new());
        };
        let Kind::List(nodes) = &at.node.kind else {
            return Err(at.refused("must be a list"));
        };
        let nodes = nodes.iter().enumerate();
        let at = |(index, node)| At {
            node,
            field: format!("{}[{index}]", at.field),
        };
        Ok(nodes.map(at).collect())
    }

    fn text(&self, key: &str) -> Read<Option<&'n str>> {
        self.some(key).map(|at| at.own_text()).transpose()
    }

    fn own_text(&self) -> Read<&'n str> {
        match &self.node.kind {
            Kind::Scalar(text, _) => Ok(text),
            _ => Err(self.refused("must be a text")),
        }
    }

    /// A text as it is written, also where that is a word for nothing.
    fn raw(&self, key: &str) -> Read<&'n str> {
        self.get(key).map_or(Ok(""), |at| at.own_text())
    }

    fn texts(&self, key: &str) -> Read<BTreeMap<String, String>> {
        let Some(at) = self.some(key) else {
            return Ok(BTreeMap::new());
        };
        let Kind::Map(entries) = &at.node.kind else {
            return Err(at.refused("must be a map"));
        };
        let texts = entries.iter().map(|entry| {
            let text = at.text(&entry.key)?.unwrap_or_default();
            Ok((entry.key.clone(), text.to_owned()))
        });
        texts.collect()
    }

    fn length(&self, key: &str) -> Read<Duration> {
        let Some(at) = self.some(key) else {
            return Ok(Duration::ZERO);
        };
        duration::parse(at.own_text()?).map_err(|problem| at.refused(problem))
    }

    /// A whole number; below 0 is the same as 0.
    fn limit(&self, key: &str) -> Read<u64> {
        let Some(at) = self.some(key) else {
            return Ok(0);
        };
        match &at.node.kind {
            Kind::Scalar(text, true) => match text.parse::<i64>() {
                Ok(limit) => Ok(limit.max(0).unsigned_abs()),
                Err(_) => Err(at.refused(format!("`{text}` is no whole number"))),
            },
            _ => Err(at.refused("must be a whole number")),
        }
    }

    /// Finds the place of what the engine refuses.
    fn place(&self, rule: &Rule, error: &RuleError) -> Refused {
        let name = match rule.kind {
            RuleKind::Alert => "alert",
            RuleKind::Record => "record",
        };
        let mut field = error.field().splitn(2, '.');
        let key = field.next().unwrap_or_default();
        let key = if key == "name" { name } else { key };
        let problem = format!("`{}`: {}", error.value(), error.problem);
        let Some(at) = self.get(key) else {
            return self.refused(problem);
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
}
