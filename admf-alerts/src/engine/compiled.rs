//! A rule that has been checked, with its expression and templates parsed.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use super::ask::{At, Row, View};
use super::error::EvalError;
use crate::labels::Labels;
use crate::promql::{Query, Settings};
use crate::rule::{Rule, RuleError, RuleKind, compile};
use crate::scan;
use crate::series::NAME;
use crate::template::{Data, Template, TemplateError};

/// The label that holds the name of an alert's rule.
pub(super) const ALERTNAME: &str = "alertname";

#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) rule: Rule,
    /// `None` for a rule with a closure.
    pub(super) query: Option<Query>,
    labels: Vec<(String, Template)>,
    annotations: Vec<(String, Template)>,
}

/// What a row is, once the labels of the rule are on it.
pub(super) struct Instance {
    pub(super) value: f64,
    pub(super) annotations: BTreeMap<String, String>,
}

impl Compiled {
    pub(super) fn new(
        rule: Rule,
        interval: Option<Duration>,
        settings: &Settings,
    ) -> Result<Self, RuleError> {
        check_name(&rule)?;
        let plain = compile(&rule, interval, settings)?;
        let read = |field, expr: &str| {
            let query = Query::parse(expr, settings);
            query.map_err(|error| rule.refused(field, expr, error))
        };
        let query = match rule.closure {
            Some(_) => None,
            None => Some(read("expr", &plain.expr)?),
        };
        check_names(&rule, "labels", &rule.labels, &[NAME])?;
        check_names(&rule, "annotations", &rule.annotations, &[])?;
        let (labels, annotations) = match rule.kind {
            RuleKind::Record => (Vec::new(), Vec::new()),
            RuleKind::Alert => (
                parse(&rule, "labels", &rule.labels)?,
                parse(&rule, "annotations", &rule.annotations)?,
            ),
        };
        Ok(Self {
            rule,
            query,
            labels,
            annotations,
        })
    }

    /// What holds, by the expression or by the closure.
    pub(super) fn rows(&self, at: &At<'_>) -> Result<Vec<Row>, EvalError> {
        match (&self.query, &self.rule.closure) {
            (Some(query), _) => at.rows(query),
            (None, Some(closure)) => closure.rows(&View(*at)),
            (None, None) => Err(EvalError::query("there is nothing to evaluate")),
        }
    }

    /// Turns rows into alerts, each once.
    pub(super) fn alerts(
        &self,
        rows: &[Row],
        at: &At<'_>,
    ) -> Result<BTreeMap<Labels, Instance>, EvalError> {
        let mut alerts = BTreeMap::new();
        for row in rows {
            let mut labels = row.labels.clone();
            labels.remove(NAME);
            for (name, template) in &self.labels {
                labels.insert(name, expand(template, row, at));
            }
            labels.insert(ALERTNAME, &self.rule.name);
            let said = self.annotations.iter();
            let annotations = said.map(|(name, text)| (name.clone(), expand(text, row, at)));
            let instance = Instance {
                value: row.value,
                annotations: annotations.collect(),
            };
            insert_once(&mut alerts, labels, instance)
                .map_err(|labels| EvalError::DuplicateAlerts { labels })?;
        }
        Ok(alerts)
    }

    /// Turns rows into the samples that the rule records, each series once.
    pub(super) fn samples(&self, rows: &[Row]) -> Result<BTreeMap<Labels, f64>, EvalError> {
        let mut samples = BTreeMap::new();
        for row in rows {
            let mut labels = row.labels.clone();
            labels.insert(NAME, &self.rule.name);
            for (name, value) in &self.rule.labels {
                labels.insert(name, value);
            }
            insert_once(&mut samples, labels, row.value)
                .map_err(|labels| EvalError::DuplicateSeries { labels })?;
        }
        Ok(samples)
    }
}

fn insert_once<T>(map: &mut BTreeMap<Labels, T>, labels: Labels, value: T) -> Result<(), Labels> {
    match map.entry(labels) {
        Entry::Vacant(place) => {
            place.insert(value);
            Ok(())
        }
        Entry::Occupied(taken) => Err(taken.key().clone()),
    }
}

fn check_name(rule: &Rule) -> Result<(), RuleError> {
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

fn check_names(
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

fn parse(
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

/// Renders a text for a row. A template that asks for series asks what the rule asks, at the same time;
/// one that fails says so in its text, so that the alert goes out all the same.
fn expand(template: &Template, row: &Row, at: &At<'_>) -> String {
    let data = Data::new(row.labels.clone(), row.value);
    let text = template.render(&data, at);
    text.unwrap_or_else(|error| error.text())
}
