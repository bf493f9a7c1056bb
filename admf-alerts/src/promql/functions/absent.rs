//! What is not there.

use std::sync::Arc;

use super::super::eval::{Eval, Evaluated};
use super::super::expr::{Expr, Millis};
use super::super::value::{Sample, Value};
use super::Function;
use crate::labels::Labels;
use crate::series::{MatchOp, NAME};

pub(super) const FUNCTIONS: [Function; 2] = [
    Function::special("absent", absent),
    Function::special("absent_over_time", absent_over_time),
];

fn absent(eval: &Eval<'_>, args: &[Expr], time: Millis) -> Evaluated {
    let there = !eval.vector(&args[0], time)?.is_empty();
    Ok(Value::Vector(unless(there, &args[0])))
}

fn absent_over_time(eval: &Eval<'_>, args: &[Expr], time: Millis) -> Evaluated {
    let mut there = false;
    eval.windows(args, time, |_, _| {
        there = true;
        Ok(())
    })?;
    Ok(Value::Vector(unless(there, &args[0])))
}

fn unless(there: bool, expr: &Expr) -> Vec<Sample> {
    if there {
        return vec![];
    }
    vec![Sample::new(Arc::new(implied(expr)), 1.0)]
}

/// The labels that what is absent would have, as far as its selector says.
fn implied(expr: &Expr) -> Labels {
    let mut labels = Labels::new();
    let (Expr::Vector(selector) | Expr::Matrix(selector, _)) = expr else {
        return labels;
    };
    let [all] = &selector.any[..] else {
        return labels;
    };
    let mut seen = vec![];
    for matcher in all.iter().filter(|matcher| matcher.name() != NAME) {
        if matcher.op() == MatchOp::Equal && !seen.contains(&matcher.name()) {
            labels.insert(matcher.name(), matcher.value());
            seen.push(matcher.name());
        } else {
            labels.remove(matcher.name());
        }
    }
    labels
}
