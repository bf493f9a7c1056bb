//! What an expression is asked of, and what it answers.

use std::time::Duration;

use super::error::EvalError;
use super::options::Options;
use crate::labels::Labels;
use crate::promql::{Query, Semantics, Value};
use crate::series::{Matcher, NAME, Store};
use crate::template;

/// Holds one row of a rule's result: a label set for which the condition holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The labels of the series; a `__name__` among them does not reach the alert.
    pub labels: Labels,
    /// Its value.
    pub value: f64,
}

/// What a condition says.
pub(super) enum Found {
    Rows(Vec<Row>),
    /// There is nothing to compare, and the alerts stay as they are.
    NoData,
}

/// A store at one time.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    pub(super) store: &'a Store,
    pub(super) options: &'a Options,
    /// Milliseconds.
    pub(super) time: i64,
}

impl At<'_> {
    pub(super) fn rows(&self, query: &Query) -> Result<Vec<Row>, EvalError> {
        let value = query.instant(self.store, &self.options.promql, self.time);
        match value.map_err(|error| EvalError::query(error.to_string()))? {
            Value::Scalar(value) => Ok(vec![Row {
                labels: Labels::new(),
                value,
            }]),
            Value::Vector(samples) => {
                let row = |sample: crate::promql::Sample| Row {
                    labels: Labels::clone(&sample.labels),
                    value: sample.value,
                };
                Ok(samples.into_iter().map(row).collect())
            }
            _ => Err(EvalError::query("rule result is not a vector or scalar")),
        }
    }
}

/// Shows the series of an engine to a [closure](crate::rule::Closure), as they are at the time of an evaluation.
#[derive(Clone, Copy, Debug)]
pub struct View<'a>(pub(super) At<'a>);

impl View<'_> {
    /// Returns the time of the evaluation, as of which the series are shown.
    #[must_use]
    pub fn now(&self) -> Duration {
        Duration::from_millis(self.0.time.unsigned_abs())
    }

    /// Returns the latest samples of the series that have this name and these labels, and any more: as the selector does.
    #[must_use]
    pub fn rows(&self, name: &str, labels: &[(&str, &str)]) -> Vec<Row> {
        let named = [(NAME, name)];
        let pairs = named.iter().chain(labels);
        let matchers: Vec<Matcher> = pairs
            .map(|(name, value)| Matcher::equal(name, value))
            .collect();
        let At { store, time, .. } = self.0;
        let settings = &self.0.options.promql;
        let begin = time.saturating_sub(millis(settings.lookback));
        let after = match settings.semantics {
            Semantics::Prometheus2 => begin.saturating_sub(1),
            Semantics::Prometheus3 => begin,
        };
        let selected = store.select(&matchers);
        let rows = selected.into_iter().filter_map(|series| {
            Some(Row {
                labels: Labels::clone(series.labels()),
                value: series.at(time, after)?.value,
            })
        });
        rows.collect()
    }

    /// Returns the latest value of the one series that has this name and these labels; `None` where there is none, or
    /// more than one.
    #[must_use]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        match &self.rows(name, labels)[..] {
            [row] => Some(row.value),
            _ => None,
        }
    }

    /// Returns the rows of an expression.
    ///
    /// # Errors
    ///
    /// Says why it is none, or has no answer.
    pub fn query(&self, expr: &str) -> Result<Vec<Row>, EvalError> {
        let query = Query::parse(expr, &self.0.options.promql);
        self.0
            .rows(&query.map_err(|error| EvalError::query(error.to_string()))?)
    }
}

/// Answers what texts ask.
pub(super) struct Asking<'a> {
    pub(super) at: At<'a>,
    /// What was read before.
    pub(super) known: &'a [Query],
}

impl template::Query for Asking<'_> {
    fn query(&self, expr: &str) -> Result<Vec<template::Sample>, String> {
        let read;
        let query = match self.known.iter().find(|query| query.text() == expr) {
            Some(query) => query,
            None => {
                let parsed = Query::parse(expr, &self.at.options.promql);
                read = parsed.map_err(|error| error.to_string())?;
                &read
            }
        };
        let rows = self.at.rows(query).map_err(|error| error.to_string())?;
        let sample = |row: Row| template::Sample {
            labels: row.labels.into(),
            value: row.value,
        };
        Ok(rows.into_iter().map(sample).collect())
    }
}

/// Milliseconds of a time, as series count it.
pub(super) fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).map_or(i64::MAX / 8, |it| it.min(i64::MAX / 8))
}
