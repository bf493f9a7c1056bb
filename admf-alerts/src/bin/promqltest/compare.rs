//! Whether a result is the expected one.

use admf_alerts::Labels;
use admf_alerts::notation::{Described, Item};
use admf_alerts::promql::{Range, Sample, Value};
use admf_alerts::series::Point;

use crate::script::{Eval, Expected, Failure};

pub(crate) type Compared = Result<(), String>;

/// How far apart two numbers may be, as a part of their sum.
const TOLERANCE: f64 = 1e-6;

pub(crate) fn equal(a: f64, b: f64) -> bool {
    if a == b || a.is_nan() && b.is_nan() {
        return true;
    }
    let sum = a.abs() + b.abs();
    let difference = (a - b).abs();
    if a == 0.0 || b == 0.0 || sum < f64::MIN_POSITIVE {
        return difference < TOLERANCE * f64::MIN_POSITIVE;
    }
    difference / sum.min(f64::MAX) < TOLERANCE
}

pub(crate) fn failure(failure: &Failure, problem: &str) -> Compared {
    let fits = match failure {
        Failure::Any => true,
        Failure::Message(message) => message == problem,
        Failure::Pattern(pattern) => pattern.is_match(problem),
    };
    match fits {
        true => Ok(()),
        false => Err(format!("it fails by `{problem}`")),
    }
}

pub(crate) fn value(eval: &Eval, value: &Value) -> Compared {
    match (&eval.expected, value) {
        (Expected::Scalar(expected), Value::Scalar(found)) => match equal(*expected, *found) {
            true => Ok(()),
            false => Err(format!("expected {expected}, got {found}")),
        },
        (Expected::Text(expected), Value::Text(found)) => match expected == found {
            true => Ok(()),
            false => Err(format!("expected {expected:?}, got {found:?}")),
        },
        (Expected::Series(expected), Value::Vector(found)) => vector(expected, found, eval.ordered),
        (
            Expected::Matrix {
                series,
                start,
                step,
            },
            Value::Matrix(found),
        ) => matrix(series, found, (*start, *step)),
        (_, found) => Err(format!("got another kind of result: {found:?}")),
    }
}

pub(crate) fn vector(expected: &[Described], found: &[Sample], ordered: bool) -> Compared {
    for (place, sample) in found.iter().enumerate() {
        let labels = &*sample.labels;
        let (at, description) = find(expected, labels)?;
        if ordered && at != place {
            return Err(format!("{labels} is at {place}, expected at {at}"));
        }
        match description.items.first() {
            Some(Item::Value(number)) if equal(*number, sample.value) => {}
            other => {
                let value = sample.value;
                return Err(format!("{labels}: expected {other:?}, got {value}"));
            }
        }
    }
    complete(expected, found.iter().map(|sample| &*sample.labels))
}

pub(crate) fn matrix(
    expected: &[Described],
    found: &[Range],
    (start, step): (i64, i64),
) -> Compared {
    for range in found {
        let labels = &*range.labels;
        let (_, description) = find(expected, labels)?;
        let items = description.items.iter().enumerate();
        let points = items.filter_map(|(i, item)| match *item {
            Item::Value(value) => {
                let time = start + i64::try_from(i).unwrap_or(0) * step;
                Some(Point { time, value })
            }
            _ => None,
        });
        let points: Vec<_> = points.collect();
        let same = |(a, b): (&Point, &Point)| a.time == b.time && equal(a.value, b.value);
        if points.len() != range.points.len() || !points.iter().zip(&range.points).all(same) {
            let found = &range.points;
            return Err(format!("{labels}: expected {points:?}, got {found:?}"));
        }
    }
    complete(expected, found.iter().map(|range| &*range.labels))
}

fn find<'d>(expected: &'d [Described], labels: &Labels) -> Result<(usize, &'d Described), String> {
    let mut places = expected.iter().enumerate();
    let found = places.rfind(|(_, it)| it.labels == *labels);
    found.ok_or_else(|| format!("{labels} is not expected"))
}

fn complete<'l>(expected: &[Described], found: impl Iterator<Item = &'l Labels>) -> Compared {
    let found: Vec<_> = found.collect();
    match expected.iter().find(|it| !found.contains(&&it.labels)) {
        Some(missing) => Err(format!("{} is missing", missing.labels)),
        None => Ok(()),
    }
}
