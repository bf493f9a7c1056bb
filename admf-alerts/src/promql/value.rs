//! What an expression gives.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use super::error::QueryError;
use crate::labels::Labels;
use crate::series::{NAME, Point};

/// Holds what an expression gives at one time.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A number.
    Scalar(f64),
    /// A text.
    Text(String),
    /// A number for each of many series.
    Vector(Vec<Sample>),
    /// Samples over time for each of many series.
    Matrix(Vec<Range>),
}

/// Shows one element of a vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The labels, `__name__` among them.
    pub labels: Arc<Labels>,
    /// Its value, which may be NaN or infinite.
    pub value: f64,
    /// The name is there for what still asks for it, and not in the result.
    pub(super) nameless: bool,
}

/// Shows one series over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// The labels, `__name__` among them.
    pub labels: Arc<Labels>,
    /// Its samples in order of time.
    pub points: Vec<Point>,
    pub(super) nameless: bool,
}

impl Sample {
    pub(super) fn new(labels: Arc<Labels>, value: f64) -> Self {
        Self {
            labels,
            value,
            nameless: false,
        }
    }

    pub(super) fn with(&self, value: f64) -> Self {
        Self {
            value,
            ..self.clone()
        }
    }

    /// The same series with another value, and another thing by that: it loses its name.
    pub(super) fn derived(&self, value: f64) -> Self {
        Self {
            nameless: true,
            ..self.with(value)
        }
    }
}

/// Removes the name from a label set.
pub(super) fn unnamed(labels: &Arc<Labels>) -> Arc<Labels> {
    if labels.get(NAME).is_none() {
        return Arc::clone(labels);
    }
    let mut unnamed = Labels::clone(labels);
    unnamed.remove(NAME);
    Arc::new(unnamed)
}

/// Removes the names of what lost them.
pub(super) fn settle(samples: &mut [Sample]) {
    for sample in samples.iter_mut().filter(|sample| sample.nameless) {
        sample.labels = unnamed(&sample.labels);
    }
}

/// Fails where two elements have the same labels.
///
/// Only names that were lost can make them equal, so there is nothing to see where all had the same.
pub(super) fn distinct(samples: &[Sample]) -> Result<(), QueryError> {
    let name = |sample: &Sample| sample.labels.get(NAME).map(str::to_owned);
    let first = samples.first().and_then(name);
    if samples
        .iter()
        .all(|it| it.labels.get(NAME) == first.as_deref())
    {
        return Ok(());
    }
    let mut seen = HashSet::with_capacity(samples.len());
    for sample in samples {
        let all = sample.labels.iter();
        let pairs: Vec<_> = all
            .filter(|(name, _)| !(sample.nameless && *name == NAME))
            .collect();
        if !seen.insert(pairs) {
            return Err(duplicate());
        }
    }
    Ok(())
}

/// Fails where a label set comes twice.
pub(super) fn all_differ(labels: impl Iterator<Item = Arc<Labels>>) -> Result<(), QueryError> {
    let mut seen = HashSet::new();
    for labels in labels {
        if !seen.insert(labels) {
            return Err(duplicate());
        }
    }
    Ok(())
}

fn duplicate() -> QueryError {
    QueryError::failed("vector cannot contain metrics with the same labelset")
}

/// Labels as error texts of Prometheus write them: with a space after each comma.
pub(super) struct Shown<'l>(pub(super) &'l Labels);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (i, (name, value)) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}{name}={}", crate::labels::Quoted(value))?;
        }
        f.write_str("}")
    }
}
