//! Queries and what they give.

use std::sync::Arc;

use super::super::{Query, Sample};
use super::{Value, text, wanted};

pub(super) fn query(query: &dyn Query, args: &[Value]) -> Result<Value, String> {
    let samples = query.query(text(args, 0)?)?;
    Ok(Value::Samples(samples.into_iter().map(Arc::new).collect()))
}

pub(super) fn first(args: &[Value]) -> Result<Value, String> {
    let first = samples(&args[0])?.first();
    let first = first.ok_or("there is no sample")?;
    Ok(Value::Sample(Arc::clone(first)))
}

pub(super) fn value(args: &[Value]) -> Result<Value, String> {
    Ok(Value::Float(sample(&args[0])?.value))
}

/// The label that is never there but by a `label_replace` to it.
pub(super) fn strvalue(args: &[Value]) -> Result<Value, String> {
    let labels = &sample(&args[0])?.labels;
    Ok(Value::text(labels.get("__value__").unwrap_or_default()))
}

pub(super) fn label(args: &[Value]) -> Result<Value, String> {
    let name = text(args, 0)?;
    let labels = &sample(&args[1])?.labels;
    Ok(Value::text(labels.get(name).unwrap_or_default()))
}

pub(super) fn sort_by_label(args: &[Value]) -> Result<Value, String> {
    let name = text(args, 0)?;
    let mut samples = samples(&args[1])?.to_vec();
    samples.sort_by(|a, b| a.labels.get(name).cmp(&b.labels.get(name)));
    Ok(Value::Samples(samples.into()))
}

fn samples(value: &Value) -> Result<&[Arc<Sample>], String> {
    match value {
        Value::Samples(samples) => Ok(samples),
        other => Err(wanted("the answer to a query", other)),
    }
}

fn sample(value: &Value) -> Result<&Sample, String> {
    match value {
        Value::Sample(sample) => Ok(sample),
        other => Err(wanted("a sample", other)),
    }
}
