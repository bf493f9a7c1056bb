//! From one kind of value to another, times, and order.

use std::f64::consts::PI;
use std::sync::Arc;

use super::super::Semantics::Prometheus3;
use super::super::eval::{Eval, Evaluated};
use super::super::expr::{Expr, Millis};
use super::super::value::{Sample, Value};
use super::Function;

pub(super) const FUNCTIONS: [Function; 9] = [
    Function::special("vector", vector),
    Function::special("scalar", scalar),
    Function::special("time", |_, _, time| Ok(Value::Scalar(seconds(time)))),
    Function::special("pi", |_, _, _| Ok(Value::Scalar(PI))),
    Function::special("timestamp", timestamp),
    Function::special("sort", |eval, args, time| sort(eval, args, time, false)),
    Function::special("sort_desc", |eval, args, time| sort(eval, args, time, true)),
    Function::special("start", |eval, _, _| {
        Ok(Value::Scalar(seconds(eval.whole().start)))
    })
    .only(Prometheus3),
    Function::special("end", |eval, _, _| {
        Ok(Value::Scalar(seconds(eval.whole().end)))
    })
    .only(Prometheus3),
];

fn seconds(time: Millis) -> f64 {
    time as f64 / 1000.0
}

fn vector(eval: &Eval<'_>, args: &[Expr], time: Millis) -> Evaluated {
    let value = eval.scalar(&args[0], time)?;
    Ok(Value::Vector(vec![Sample::new(Arc::default(), value)]))
}

fn scalar(eval: &Eval<'_>, args: &[Expr], time: Millis) -> Evaluated {
    let samples = eval.vector(&args[0], time)?;
    Ok(Value::Scalar(match &samples[..] {
        [sample] => sample.value,
        _ => f64::NAN,
    }))
}

/// When a selector's samples were taken; of all else, now.
fn timestamp(eval: &Eval<'_>, args: &[Expr], time: Millis) -> Evaluated {
    if let Expr::Vector(selector) = &args[0] {
        let mut samples = vec![];
        eval.latest(selector, time, |labels, point| {
            let sample = Sample::new(Arc::clone(labels), 0.0);
            samples.push(sample.derived(seconds(point.time)));
        })?;
        return eval.derived(samples.into_iter());
    }
    let samples = eval.vector(&args[0], time)?;
    eval.derived(samples.iter().map(|it| it.derived(seconds(time))))
}

/// By value; NaN comes last either way.
fn sort(eval: &Eval<'_>, args: &[Expr], time: Millis, descending: bool) -> Evaluated {
    let mut samples = eval.vector(&args[0], time)?;
    samples.sort_by(|a, b| {
        let order = a.value.partial_cmp(&b.value);
        let nan = || a.value.is_nan().cmp(&b.value.is_nan());
        match order {
            Some(order) if descending => order.reverse(),
            Some(order) => order,
            None => nan(),
        }
    });
    Ok(Value::Vector(samples))
}
