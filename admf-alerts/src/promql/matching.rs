//! Two vectors, sample by sample.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Semantics;
use super::binary::operate;
use super::error::QueryError;
use super::eval::{Eval, Evaluated};
use super::expr::{Binary, Group, Grouping};
use super::group::contains;
use super::value::{Sample, Shown, Value, unnamed};
use crate::labels::Labels;
use crate::series::NAME;

impl Eval<'_> {
    /// Two vectors, by the labels that must be equal.
    pub(super) fn matched(&self, binary: &Binary, left: &[Sample], right: &[Sample]) -> Evaluated {
        if left.is_empty() || right.is_empty() {
            return Ok(Value::Vector(vec![]));
        }
        let swapped = matches!(binary.group, Group::Right(_));
        let (many, one) = if swapped {
            (right, left)
        } else {
            (left, right)
        };
        let ones = self.ones(binary, one)?;
        let mut results = vec![];
        let mut used: HashSet<(Vec<&str>, Option<Arc<Labels>>)> = HashSet::new();
        for sample in many {
            let key = self.view().key(sample, &binary.on);
            let Some(other) = ones.get(&key) else {
                continue;
            };
            let (a, b) = match swapped {
                true => (other.value, sample.value),
                false => (sample.value, other.value),
            };
            let value = operate(binary, a, b, a);
            // Before 3, what a comparison filters out was no match.
            if value.is_none() && self.semantics() == Semantics::Prometheus2 {
                continue;
            }
            let result = self.joined(binary, sample, other, value.unwrap_or_default());
            let single = matches!(binary.group, Group::None);
            let place = (!single).then(|| Arc::clone(&result.labels));
            if !used.insert((key, place)) {
                let problem = match single {
                    true => "many-to-one matching must be explicit (group_left/group_right)",
                    false => "grouping labels must ensure unique matches",
                };
                let problem = format!("multiple matches for labels: {problem}");
                return Err(QueryError::failed(problem));
            }
            if value.is_some() {
                results.push(result);
            }
        }
        self.derived(results.into_iter())
    }

    /// The side that may have one sample for each set of labels only.
    fn ones<'s>(
        &self,
        binary: &Binary,
        samples: &'s [Sample],
    ) -> Result<HashMap<Vec<&'s str>, &'s Sample>, QueryError> {
        let mut ones = HashMap::with_capacity(samples.len());
        for sample in samples {
            let key = self.view().key(sample, &binary.on);
            if let Some(other) = ones.insert(key, sample) {
                return Err(self.duplicate(binary, sample, other));
            }
        }
        Ok(ones)
    }

    fn duplicate(&self, binary: &Binary, sample: &Sample, other: &Sample) -> QueryError {
        let group = self.view().labels(sample, &binary.on);
        let side = match binary.group {
            Group::Right(_) => "left",
            _ => "right",
        };
        let shown = |sample: &Sample| match self.view().hides_name(sample) {
            true => Shown(&unnamed(&sample.labels)).to_string(),
            false => Shown(&sample.labels).to_string(),
        };
        let mut both = [shown(sample), shown(other)];
        if self.semantics() == Semantics::Prometheus3 {
            both.sort();
        }
        QueryError::failed(format!(
            "found duplicate series for the match group {} on the {side} hand-side of the operation: \
             [{}];many-to-many matching not allowed: matching labels must be unique on one side",
            Shown(&group),
            both.join(", "),
        ))
    }

    /// The result for two samples that match.
    fn joined(&self, binary: &Binary, sample: &Sample, other: &Sample, value: f64) -> Sample {
        let include = match &binary.group {
            Group::Left(labels) | Group::Right(labels) => Some(labels),
            Group::None => None,
        };
        let mut result = sample.with(value);
        let same = match include {
            Some(labels) => labels.is_empty(),
            None => matches!(&binary.on, Grouping::Without(names) if names.is_empty()),
        };
        if !same {
            let mut labels = Labels::clone(&sample.labels);
            if self.view().hides_name(sample) {
                labels.remove(NAME);
            }
            match include {
                None => keep_matched(&mut labels, &binary.on),
                Some(include) => {
                    for name in include {
                        labels.insert(name.as_str(), self.view().get(other, name));
                    }
                }
            }
            result.labels = Arc::new(labels);
        }
        // A name that is taken over is lost only by what loses it last.
        let named = include.is_some_and(|labels| contains(labels, NAME)) && !self.delayed();
        result.nameless = match named {
            true => binary.bool,
            false => result.nameless || self.loses_name(binary),
        };
        result
    }
}

fn keep_matched(labels: &mut Labels, on: &Grouping) {
    match on {
        Grouping::Without(names) => names.iter().for_each(|name| {
            labels.remove(name);
        }),
        Grouping::Only(names) => {
            let kept = labels.iter().filter(|(name, _)| contains(names, name));
            *labels = kept.collect();
        }
    }
}
