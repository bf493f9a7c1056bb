//! Comparisons, as Go defines them: `gt` is what is not `le`, so that it holds for NaN.

use std::cmp::Ordering;

use super::Value;

pub(super) fn not(args: &[Value]) -> Result<Value, String> {
    Ok(Value::Bool(!args[0].is_true()))
}

/// The first equals one of the others.
pub(super) fn eq(args: &[Value]) -> Result<Value, String> {
    for other in &args[1..] {
        if args[0].equals(other)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

pub(super) fn ne(args: &[Value]) -> Result<Value, String> {
    args[0].equals(&args[1]).map(|it| Value::Bool(!it))
}

pub(super) fn lt(args: &[Value]) -> Result<Value, String> {
    is(args, &[Ordering::Less]).map(Value::Bool)
}

pub(super) fn le(args: &[Value]) -> Result<Value, String> {
    is(args, &[Ordering::Less, Ordering::Equal]).map(Value::Bool)
}

pub(super) fn gt(args: &[Value]) -> Result<Value, String> {
    is(args, &[Ordering::Less, Ordering::Equal]).map(|it| Value::Bool(!it))
}

pub(super) fn ge(args: &[Value]) -> Result<Value, String> {
    is(args, &[Ordering::Less]).map(|it| Value::Bool(!it))
}

fn is(args: &[Value], orders: &[Ordering]) -> Result<bool, String> {
    let order = args[0].order(&args[1])?;
    Ok(order.is_some_and(|order| orders.contains(&order)))
}
