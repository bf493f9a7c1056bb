//! A rule that has been checked, with its expression and templates parsed.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::ask::{Asking, At, Found, Row, View, checked};
use super::check::{Questions, check_name, check_names, templates};
use super::error::EvalError;
use crate::labels::Labels;
use crate::promql::{Query, Settings, presence};
use crate::rule::{Closure, Rule, RuleError, RuleKind, compile};
use crate::series::NAME;
use crate::template::{Data, Template};

/// The label that holds the name of an alert's rule.
pub(super) const ALERTNAME: &str = "alertname";

/// The label that says why there is an alert that no series is behind, as in what `no_data` is compiled to.
const REASON: &str = "alert_reason";

#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) rule: Rule,
    /// The expression as it is evaluated, in the form in which Prometheus shows it; empty for a rule with a closure.
    pub(super) shown: String,
    /// `None` for a rule with a closure.
    pub(super) query: Option<Query>,
    /// Has a row where there is data, for a rule that keeps its alerts where there is none.
    data: Option<Query>,
    /// Has the rows that keep alerts firing.
    hold: Option<Query>,
    labels: Vec<(String, Template)>,
    annotations: Vec<(String, Template)>,
    /// What those two ask.
    questions: Questions,
}

/// What a row is, once the labels of the rule are on it.
pub(super) struct Instance {
    pub(super) value: f64,
    /// Of the row, without the name.
    pub(super) series: Labels,
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
        let some = |field, expr: &Option<String>| expr.as_ref().map(|it| read(field, it));
        let query = match rule.closure {
            Some(_) => None,
            None => Some(read("expr", &plain.expr)?),
        };
        let data = some("no_data", &plain.data).transpose()?;
        let hold = some("hold", &rule.hold).transpose()?;
        check_names(&rule, "labels", &rule.labels, &[NAME])?;
        check_names(&rule, "annotations", &rule.annotations, &[])?;
        let (labels, annotations) = match rule.kind {
            RuleKind::Record => (Vec::new(), Vec::new()),
            RuleKind::Alert => (
                templates(&rule, "labels", &rule.labels)?,
                templates(&rule, "annotations", &rule.annotations)?,
            ),
        };
        let shown = promql_parser::parser::parse(&plain.expr);
        let mut questions = Questions::default();
        questions.read(&rule, "labels", &labels, settings)?;
        questions.read(&rule, "annotations", &annotations, settings)?;
        Ok(Self {
            shown: shown.map_or(plain.expr, |it| it.to_string()),
            rule,
            query,
            data,
            hold,
            labels,
            annotations,
            questions,
        })
    }

    /// What is asked of the store, as far as that is known before it is.
    pub(super) fn queries(&self) -> impl Iterator<Item = &Query> {
        let asked = [&self.query, &self.data, &self.hold];
        asked.into_iter().flatten().chain(&self.questions.known)
    }

    /// Says whether it may ask for any series: a closure, or a text, says which only when it is asked.
    pub(super) fn asks_any(&self) -> bool {
        self.rule.closure.is_some() || self.questions.any
    }

    /// What holds, by the expression or by the closure.
    pub(super) fn found(&self, at: &At<'_>) -> Result<Found, EvalError> {
        if let Some(data) = &self.data
            && at.rows(data)?.is_empty()
        {
            return Ok(Found::NoData);
        }
        match (&self.query, &self.rule.closure) {
            (Some(query), _) => at.rows(query),
            (None, Some(closure)) => caught(closure, &View(*at)).and_then(checked),
            (None, None) => Err(EvalError::query("there is nothing to evaluate")),
        }
        .map(Found::Rows)
    }

    /// Says whether there is anything that the condition compares. With a closure there is.
    pub(super) fn has_data(&self, at: &At<'_>) -> bool {
        let settings = &at.options.promql;
        let found = presence(&self.rule.expr, settings.semantics);
        let found = found.ok().filter(|it| !it.always);
        let data = found.and_then(|it| Query::parse(&it.expr, settings).ok());
        data.is_none_or(|data| at.rows(&data).is_ok_and(|rows| !rows.is_empty()))
    }

    /// The rows, without their names, that keep alerts firing.
    pub(super) fn holding(&self, at: &At<'_>) -> Result<BTreeSet<Labels>, EvalError> {
        let Some(hold) = &self.hold else {
            return Ok(BTreeSet::new());
        };
        let rows = at.rows(hold)?.into_iter();
        Ok(rows.map(|row| unnamed(&row)).collect())
    }

    /// The alert that tells of an error.
    pub(super) fn failed(&self, error: &EvalError, at: &At<'_>) -> BTreeMap<Labels, Instance> {
        let row = Row {
            labels: Labels::from_iter([(REASON, "error")]),
            value: 1.0,
        };
        let (labels, mut instance) = self.instance(&row, at);
        let said = instance.annotations.entry("error".to_owned());
        said.or_insert_with(|| error.to_string());
        BTreeMap::from([(labels, instance)])
    }

    /// Turns rows into alerts, each once.
    pub(super) fn alerts(
        &self,
        rows: &[Row],
        at: &At<'_>,
    ) -> Result<BTreeMap<Labels, Instance>, EvalError> {
        let mut alerts = BTreeMap::new();
        for row in rows {
            let (labels, instance) = self.instance(row, at);
            insert_once(&mut alerts, labels, instance)
                .map_err(|labels| EvalError::DuplicateAlerts { labels })?;
        }
        Ok(alerts)
    }

    fn instance(&self, row: &Row, at: &At<'_>) -> (Labels, Instance) {
        let series = unnamed(row);
        let data = Data::new(row.labels.clone(), row.value).external(
            Arc::clone(&at.options.external_labels),
            Arc::clone(&at.options.external_url),
        );
        let mut labels = series.clone();
        for (name, template) in &self.labels {
            labels.insert(name, self.expand(template, &data, at));
        }
        labels.insert(ALERTNAME, &self.rule.name);
        let said = self.annotations.iter();
        let annotations = said.map(|(name, text)| (name.clone(), self.expand(text, &data, at)));
        let instance = Instance {
            value: row.value,
            series,
            annotations: annotations.collect(),
        };
        (labels, instance)
    }

    /// Renders a text for a row. A template that asks for series asks what the rule asks, at the same time;
    /// one that fails says so in its text, so that the alert goes out all the same.
    fn expand(&self, template: &Template, data: &Data, at: &At<'_>) -> String {
        let known = &self.questions.known;
        let text = template.render(data, &Asking { at: *at, known });
        text.unwrap_or_else(|error| error.text())
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

fn unnamed(row: &Row) -> Labels {
    let mut labels = row.labels.clone();
    labels.remove(NAME);
    labels
}

/// Asks a closure, whose panic is an error of its own rule.
fn caught(closure: &Closure, view: &View<'_>) -> Result<Vec<Row>, EvalError> {
    // It is shown what it cannot change, so that nothing of ours is left half done.
    let asked = catch_unwind(AssertUnwindSafe(|| closure.rows(view)));
    asked.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        let message = text.unwrap_or("no text").to_owned();
        // What it panicked with may panic in its turn when it is dropped; what comes of that is let be.
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
            std::mem::forget(again);
        }
        Err(EvalError::Panicked { message })
    })
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
