//! Quantiles of histograms whose buckets are series.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::Semantics;
use super::super::eval::{Eval, Evaluated};
use super::super::expr::{Expr, Millis};
use super::super::value::Sample;
use super::Function;
use crate::labels::Labels;

pub(super) const FUNCTIONS: [Function; 1] =
    [Function::special("histogram_quantile", histogram_quantile)];

/// The label that holds a bucket's upper bound.
const BOUND: &str = "le";

/// How much less than the bucket before it a bucket may count, for rounding alone.
const TOLERANCE: f64 = 1e-12;

#[derive(Clone, Copy, Debug)]
struct Bucket {
    bound: f64,
    count: f64,
}

struct Histogram {
    sample: Sample,
    buckets: Vec<Bucket>,
}

fn histogram_quantile(eval: &Eval<'_>, args: &[Expr], time: Millis) -> Evaluated {
    let q = eval.scalar(&args[0], time)?;
    let samples = eval.vector(&args[1], time)?;
    let results = histograms(&samples).into_iter().map(|it| {
        let value = quantile(q, it.buckets, eval.semantics());
        it.sample.derived(value)
    });
    eval.derived(results)
}

/// Collects the buckets of each histogram; what has no bound that is a number is none.
fn histograms(samples: &[Sample]) -> Vec<Histogram> {
    let mut found: Vec<Histogram> = vec![];
    let mut places: HashMap<Vec<&str>, usize> = HashMap::new();
    for sample in samples {
        let bound = sample.labels.get(BOUND).and_then(|le| le.parse().ok());
        let Some(bound) = bound else {
            continue;
        };
        let labels = sample.labels.iter().filter(|(name, _)| *name != BOUND);
        let key = labels.flat_map(|(name, value)| [name, value]).collect();
        let place = *places.entry(key).or_insert_with(|| {
            let mut labels = Labels::clone(&sample.labels);
            labels.remove(BOUND);
            let mut sample = sample.clone();
            sample.labels = Arc::new(labels);
            found.push(Histogram {
                sample,
                buckets: vec![],
            });
            found.len() - 1
        });
        let count = sample.value;
        found[place].buckets.push(Bucket { bound, count });
    }
    found
}

fn quantile(q: f64, buckets: Vec<Bucket>, semantics: Semantics) -> f64 {
    if q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    let buckets = ordered(buckets, semantics);
    let [first, .., last] = &buckets[..] else {
        return f64::NAN;
    };
    if last.bound != f64::INFINITY || last.count == 0.0 {
        return f64::NAN;
    }
    let finite = &buckets[..buckets.len() - 1];
    let rank = q * last.count;
    let Some(place) = finite.iter().position(|it| it.count >= rank) else {
        return finite.last().map_or(f64::NAN, |it| it.bound);
    };
    if place == 0 && first.bound <= 0.0 {
        return first.bound;
    }
    let below = match place {
        0 => Bucket {
            bound: 0.0,
            count: 0.0,
        },
        place => finite[place - 1],
    };
    let bucket = finite[place];
    let part = (rank - below.count) / (bucket.count - below.count);
    below.bound + (bucket.bound - below.bound) * part
}

/// Sorts by bound, adds up what has the same one, and lets no bucket count less than the one before.
fn ordered(mut buckets: Vec<Bucket>, semantics: Semantics) -> Vec<Bucket> {
    buckets.sort_by(|a, b| a.bound.total_cmp(&b.bound));
    let mut merged: Vec<Bucket> = vec![];
    for bucket in buckets {
        match merged.last_mut() {
            Some(last) if last.bound == bucket.bound => last.count += bucket.count,
            _ => merged.push(bucket),
        }
    }
    let tolerant = semantics == Semantics::Prometheus3;
    let mut before = f64::NEG_INFINITY;
    for bucket in &mut merged {
        let close = tolerant && nearly(before, bucket.count);
        if bucket.count < before || close {
            bucket.count = before;
        } else if bucket.count > before {
            before = bucket.count;
        }
    }
    merged
}

fn nearly(a: f64, b: f64) -> bool {
    let sum = a.abs() + b.abs();
    (a - b).abs() / sum.min(f64::MAX) < TOLERANCE
}
