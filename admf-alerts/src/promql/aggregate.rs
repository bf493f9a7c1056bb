//! Many series into few.

use std::sync::Arc;

use super::Semantics;
use super::error::QueryError;
use super::eval::Eval;
use super::expr::{Aggregate, AggregateOp, Expr, Grouping, Millis};
use super::group::{Members, View, groups};
use super::number::{self, Mean, Spread, Sum};
use super::older::{Moving, Plain};
use super::value::{Sample, Value};
use crate::labels::Labels;
use crate::series::NAME;

type Samples = Result<Vec<Sample>, QueryError>;

impl Eval<'_> {
    pub(super) fn view(&self) -> View {
        View {
            delayed: self.delayed(),
        }
    }

    pub(super) fn aggregate(&self, aggregate: &Aggregate, time: Millis) -> Samples {
        let grouping = &aggregate.grouping;
        match aggregate.op {
            AggregateOp::Topk => self.extreme(aggregate, time, true),
            AggregateOp::Bottomk => self.extreme(aggregate, time, false),
            AggregateOp::CountValues => self.count_values(aggregate, time),
            AggregateOp::Quantile => {
                let q = self.scalar(param(aggregate)?, time)?;
                let samples = self.vector(&aggregate.expr, time)?;
                let groups = groups(self.view(), &samples, grouping);
                let of = |members: &Members<'_>| {
                    let mut values: Vec<_> = members.samples.iter().map(|it| it.value).collect();
                    number::quantile(q, &mut values)
                };
                Ok(groups.iter().map(|it| single(it, of(it))).collect())
            }
            op => {
                let samples = self.vector(&aggregate.expr, time)?;
                let groups = groups(self.view(), &samples, grouping);
                let semantics = self.semantics();
                let of = |members: &Members<'_>| reduce(op, members, semantics);
                Ok(groups.iter().map(|it| single(it, of(it))).collect())
            }
        }
    }

    /// The `k` greatest or smallest of each group, in order; NaN comes last either way.
    fn extreme(&self, aggregate: &Aggregate, time: Millis, greatest: bool) -> Samples {
        let k = self.scalar(param(aggregate)?, time)?;
        let k = self.count(k)?;
        let samples = self.vector(&aggregate.expr, time)?;
        let mut found = vec![];
        for mut members in groups(self.view(), &samples, &aggregate.grouping) {
            members.samples.sort_by(|a, b| {
                let values = match greatest {
                    true => b.value.partial_cmp(&a.value),
                    false => a.value.partial_cmp(&b.value),
                };
                let nan = a.value.is_nan().cmp(&b.value.is_nan());
                values.unwrap_or(nan)
            });
            members.samples.truncate(k);
            found.extend(members.samples.into_iter().cloned());
        }
        Ok(found)
    }

    fn count(&self, k: f64) -> Result<usize, QueryError> {
        if k.is_nan() && self.semantics() == Semantics::Prometheus3 {
            return Err(QueryError::failed("Parameter value is NaN"));
        }
        let past = match k {
            k if k <= i64::MIN as f64 => "under",
            k if k.is_nan() || k >= i64::MAX as f64 => "over",
            _ => return Ok(if k < 1.0 { 0 } else { k as usize }),
        };
        let k = number::plain(k);
        Err(QueryError::failed(format!(
            "Scalar value {k} {past}flows int64"
        )))
    }

    /// How often each value occurs, the value as a label.
    fn count_values(&self, aggregate: &Aggregate, time: Millis) -> Samples {
        let Value::Text(label) = self.eval(param(aggregate)?, time)? else {
            return Err(QueryError::failed("expected a text"));
        };
        if !self.is_label(&label) {
            let problem = format!("invalid label name {label:?}");
            return Err(QueryError::failed(problem));
        }
        let samples = self.vector(&aggregate.expr, time)?;
        let labelled = samples.iter().map(|sample| {
            let mut labels = Labels::clone(&sample.labels);
            labels.insert(label.as_str(), number::plain(sample.value));
            Sample {
                labels: Arc::new(labels),
                value: sample.value,
                nameless: sample.nameless && label != NAME,
            }
        });
        let labelled: Vec<_> = labelled.collect();
        let grouping = match &aggregate.grouping {
            Grouping::Only(names) => {
                let names = names.iter().filter(|name| **name != label);
                Grouping::Only(names.cloned().chain([label.clone()]).collect())
            }
            Grouping::Without(names) => Grouping::Without(names.clone()),
        };
        let groups = groups(self.view(), &labelled, &grouping);
        let of = |members: &Members<'_>| members.samples.len() as f64;
        Ok(groups.iter().map(|it| single(it, of(it))).collect())
    }

    /// Says whether a label may be called that: anything since Prometheus 3.
    pub(super) fn is_label(&self, name: &str) -> bool {
        if self.semantics() == Semantics::Prometheus3 {
            return !name.is_empty();
        }
        let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        !name.is_empty()
            && name.chars().all(part)
            && !name.starts_with(|c: char| c.is_ascii_digit())
    }
}

fn param(aggregate: &Aggregate) -> Result<&Expr, QueryError> {
    let param = aggregate.param.as_ref();
    param.ok_or_else(|| QueryError::failed("the aggregation lacks its parameter"))
}

fn single(members: &Members<'_>, value: f64) -> Sample {
    let mut sample = Sample::new(Arc::clone(&members.labels), value);
    sample.nameless = members.nameless;
    sample
}

fn reduce(op: AggregateOp, members: &Members<'_>, semantics: Semantics) -> f64 {
    let values = members.samples.iter().map(|sample| sample.value);
    match op {
        AggregateOp::Sum | AggregateOp::Avg | AggregateOp::Stddev | AggregateOp::Stdvar => {
            match semantics {
                Semantics::Prometheus2 => add_older(op, values),
                Semantics::Prometheus3 => add(op, values),
            }
        }
        AggregateOp::Min => extremum(values, |new, old| new < old),
        AggregateOp::Max => extremum(values, |new, old| new > old),
        AggregateOp::Count => values.len() as f64,
        _ => 1.0,
    }
}

fn add(op: AggregateOp, values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut mean, mut spread) = <(Sum, Mean, Spread)>::default();
    match op {
        AggregateOp::Sum => {
            values.for_each(|value| sum.add(value));
            sum.total()
        }
        AggregateOp::Avg => {
            values.for_each(|value| mean.add(value));
            mean.mean()
        }
        _ => {
            values.for_each(|value| spread.add(value));
            root(op, spread.variance())
        }
    }
}

fn add_older(op: AggregateOp, values: impl Iterator<Item = f64>) -> f64 {
    if op == AggregateOp::Avg {
        let mut mean = Moving::plain();
        values.for_each(|value| mean.add(value));
        return mean.mean();
    }
    let mut plain = Plain::default();
    values.for_each(|value| plain.add(value));
    match op {
        AggregateOp::Sum => plain.sum,
        _ => root(op, plain.variance()),
    }
}

fn root(op: AggregateOp, variance: f64) -> f64 {
    match op {
        AggregateOp::Stddev => variance.sqrt(),
        _ => variance,
    }
}

/// The first value that none beats; NaN only where all are.
pub(super) fn extremum(
    mut values: impl Iterator<Item = f64>,
    beats: impl Fn(f64, f64) -> bool,
) -> f64 {
    let first = values.next().unwrap_or(f64::NAN);
    values.fold(first, |best, value| {
        let better = beats(value, best) || best.is_nan();
        if better { value } else { best }
    })
}
