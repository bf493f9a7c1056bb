//! Go's own functions over lists, maps and texts.

use std::sync::Arc;

use super::super::bounds::Out;
use super::super::format;
use super::super::value::List;
use super::{Value, text};

pub(super) fn len(args: &[Value]) -> Result<Value, String> {
    let len = args[0].len();
    let len = len.ok_or_else(|| format!("{} has no length", args[0].kind()))?;
    Ok(Value::Int(i64::try_from(len).unwrap_or(i64::MAX)))
}

/// `index x 1 "a"` is `x[1]["a"]`.
pub(super) fn index(args: &[Value]) -> Result<Value, String> {
    let mut value = args[0].clone();
    for at in &args[1..] {
        value = element(&value, at)?;
    }
    Ok(value)
}

fn element(of: &Value, at: &Value) -> Result<Value, String> {
    if let Value::Text(key) = at
        && let Some(value) = of.at_key(key)
    {
        return Ok(value);
    }
    let index = |len| position(at, len, false);
    Ok(match of {
        Value::Samples(all) => Value::Sample(Arc::clone(&all[index(all.len())?])),
        Value::List(all) => all.items[index(all.items.len())?].clone(),
        Value::Text(text) | Value::Html(text) => Value::Byte(text.as_bytes()[index(text.len())?]),
        of => return Err(format!("{} has no index {}", of.kind(), at.kind())),
    })
}

/// `slice x 1 2` is `x[1:2]`: from the first to before the second.
pub(super) fn slice(args: &[Value]) -> Result<Value, String> {
    let len = match &args[0] {
        Value::Labels(_) | Value::Pairs(_) => None,
        other => other.len(),
    };
    let len = len.ok_or_else(|| format!("{} cannot be cut", args[0].kind()))?;
    let bound = |index: usize, default| match args.get(index) {
        Some(at) => position(at, len, true),
        None => Ok(default),
    };
    let (start, end) = (bound(1, 0)?, bound(2, len)?);
    if start > end {
        return Err(format!("{start} is greater than {end}"));
    }
    match &args[0] {
        Value::Samples(samples) => Ok(Value::Samples(samples[start..end].into())),
        Value::List(list) => Ok(Value::List(List {
            of: list.of,
            items: list.items[start..end].into(),
        })),
        _ => {
            let part = text(args, 0)?.get(start..end);
            part.map(Value::text)
                .ok_or_else(|| "the cut is within a character".to_owned())
        }
    }
}

/// Reads an index; one that is a bound of a slice may be the length.
fn position(at: &Value, len: usize, bound: bool) -> Result<usize, String> {
    let at = at.whole().ok_or_else(|| super::wanted("int", at))?;
    let end = if bound { len + 1 } else { len };
    let index = usize::try_from(at).ok().filter(|at| *at < end);
    index.ok_or_else(|| format!("index {at} is out of range, length is {len}"))
}

pub(super) fn print(args: &[Value]) -> Result<Value, String> {
    let mut out = Out::default();
    format::print(&mut out, args)?;
    Ok(Value::text(out.into_text()))
}

pub(super) fn println(args: &[Value]) -> Result<Value, String> {
    let mut out = Out::default();
    format::println(&mut out, args)?;
    Ok(Value::text(out.into_text()))
}

pub(super) fn printf(args: &[Value]) -> Result<Value, String> {
    let mut out = Out::default();
    format::printf(&mut out, text(args, 0)?, &args[1..])?;
    Ok(Value::text(out.into_text()))
}
