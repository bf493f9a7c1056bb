//! Labels made of labels.

use std::sync::Arc;

use super::super::error::QueryError;
use super::super::eval::{Eval, Evaluated};
use super::super::expr::{Expr, Millis};
use super::super::value::{Sample, Value, settle};
use super::Function;
use crate::labels::Labels;
use crate::series::NAME;

pub(super) const FUNCTIONS: [Function; 2] = [
    Function::special("label_replace", label_replace),
    Function::special("label_join", label_join),
];

/// The longest label that is made here, in bytes.
const LONGEST: usize = 64 * 1024;
/// How many bytes of a label count as one more sample.
const SAMPLE: usize = 64;

fn label_replace(eval: &Eval<'_>, args: &[Expr], time: Millis) -> Evaluated {
    let texts = texts(args)?;
    let [target, replacement, source, pattern] = texts[..] else {
        return Err(QueryError::failed("label_replace() takes four texts"));
    };
    let regex = eval.pattern(pattern)?;
    check(eval, target, "destination label name in label_replace()")?;
    let places = replacement.matches('$').count();
    relabel(eval, args, time, target, |labels| {
        let text = labels.get(source).unwrap_or_default();
        let Some(found) = regex.captures(text) else {
            return Ok(None);
        };
        short(replacement.len() + places * text.len())?;
        let mut value = String::new();
        found.expand(replacement, &mut value);
        Ok(Some(value))
    })
}

fn label_join(eval: &Eval<'_>, args: &[Expr], time: Millis) -> Evaluated {
    let texts = texts(args)?;
    let [target, separator, sources @ ..] = &texts[..] else {
        return Err(QueryError::failed("label_join() takes two texts at least"));
    };
    check(eval, target, "destination label name in label_join()")?;
    for source in sources {
        check(eval, source, "source label name in label_join()")?;
    }
    relabel(eval, args, time, target, |labels| {
        let values = sources.iter().map(|it| labels.get(it).unwrap_or_default());
        let lengths = values.clone().map(|it| it.len() + separator.len());
        short(lengths.sum())?;
        Ok(Some(values.collect::<Vec<_>>().join(separator)))
    })
}

/// Sets one label of each series, where there is a value for it.
fn relabel(
    eval: &Eval<'_>,
    args: &[Expr],
    time: Millis,
    target: &str,
    value: impl Fn(&Labels) -> Result<Option<String>, QueryError>,
) -> Evaluated {
    let mut samples = eval.vector(&args[0], time)?;
    if !eval.delayed() {
        settle(&mut samples);
        samples.iter_mut().for_each(|it| it.nameless = false);
    }
    for sample in &mut samples {
        if let Some(value) = value(&sample.labels)? {
            eval.touch(value.len() / SAMPLE)?;
            let mut labels = Labels::clone(&sample.labels);
            labels.insert(target, value);
            sample.labels = Arc::new(labels);
            sample.nameless &= target != NAME;
        }
    }
    distinct(&samples)?;
    Ok(Value::Vector(samples))
}

/// Refuses a label that might become too long, before it does: each call could double the one before.
fn short(length: usize) -> Result<(), QueryError> {
    if length > LONGEST {
        let problem = format!("a label would be longer than {LONGEST} bytes");
        return Err(QueryError::failed(problem));
    }
    Ok(())
}

fn distinct(samples: &[Sample]) -> Result<(), QueryError> {
    super::super::value::all_differ(samples.iter().map(|it| Arc::clone(&it.labels)))
}

fn texts(args: &[Expr]) -> Result<Vec<&str>, QueryError> {
    let texts = args[1..].iter().map(|arg| match arg {
        Expr::Text(text) => Ok(&**text),
        _ => Err(QueryError::failed("expected a text")),
    });
    texts.collect()
}

fn check(eval: &Eval<'_>, name: &str, what: &str) -> Result<(), QueryError> {
    if eval.is_label(name) {
        return Ok(());
    }
    Err(QueryError::failed(format!("invalid {what}: {name}")))
}
