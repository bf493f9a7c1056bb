//! `printf`: the verbs of a format, and values by them.

use std::sync::Arc;

use super::super::bounds::Out;
use super::super::value::Value;
use super::spec::Spec;
use super::{numbers, texts};

/// How many digits of a width or a precision Go reads: until they make more than this.
const MAX_WIDTH: usize = 1_000_000;

/// Writes `format` with the values in it. What does not fit is shown in the text, as Go does:
/// `%!d(float64=1)`, `%!s(MISSING)`, `%!(EXTRA int=3)`.
pub(in super::super) fn printf(
    out: &mut Out,
    format: &str,
    values: &[Value],
) -> Result<(), String> {
    let mut values = values.iter();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        out.push(before)?;
        let (spec, after) = read(after)?;
        rest = after;
        match (spec.verb, values.len()) {
            ('\0', _) => out.push("%!(NOVERB)")?,
            ('%', _) => out.push("%")?,
            (verb, 0) => out.push(&format!("%!{verb}(MISSING)"))?,
            _ => {
                let next = values.next().expect("one is left");
                value(out, &spec, next)?;
            }
        }
    }
    out.push(rest)?;
    extra(out, values.as_slice())
}

fn extra(out: &mut Out, values: &[Value]) -> Result<(), String> {
    for (i, it) in values.iter().enumerate() {
        out.push(if i == 0 { "%!(EXTRA " } else { ", " })?;
        if let Value::Nil = it {
            out.push("<nil>")?;
        } else {
            out.push(it.kind())?;
            out.push("=")?;
            value(out, &Spec::plain(), it)?;
        }
    }
    if values.is_empty() {
        return Ok(());
    }
    out.push(")")
}

/// Reads flags, width, precision and verb; a verb that is not there is `\0`.
fn read(text: &str) -> Result<(Spec, &str), String> {
    let mut spec = Spec::default();
    let mut rest = text;
    while let Some(flag) = rest.chars().next() {
        match flag {
            '#' => spec.sharp = true,
            '0' => spec.zero = !spec.minus,
            '+' => spec.plus = true,
            ' ' => spec.space = true,
            '-' => (spec.minus, spec.zero) = (true, false),
            _ => break,
        }
        rest = &rest[1..];
    }
    (spec.width, rest) = number(rest);
    if let Some(after) = rest.strip_prefix('.') {
        let (precision, after) = number(after);
        spec.precision = Some(precision.unwrap_or(0));
        rest = after;
    }
    let verb = rest.chars().next();
    if let Some(sign @ ('*' | '[')) = verb {
        return Err(format!("`{sign}` in a format is not supported"));
    }
    spec.verb = verb.unwrap_or('\0');
    if spec.verb == 'v' {
        if spec.sharp {
            return Err("`%#v` is not supported".to_owned());
        }
        (spec.named, spec.plus) = (spec.plus, false);
    }
    Ok((spec, &rest[verb.map_or(0, char::len_utf8)..]))
}

/// Reads digits. Go gives up on the whole format where too many follow.
fn number(text: &str) -> (Option<usize>, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit());
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    if digits.is_empty() {
        return (None, rest);
    }
    // All but the last may make that many.
    let fits = digits[..digits.len() - 1].parse().unwrap_or(0) <= MAX_WIDTH;
    match digits.parse() {
        Ok(number) if fits => (Some(number), rest),
        _ => (None, ""),
    }
}

/// Writes a value.
pub(super) fn value(out: &mut Out, spec: &Spec, value: &Value) -> Result<(), String> {
    let fits = match value {
        _ if spec.verb == 'T' => return spec.by('s').pad(out, value.kind()),
        Value::Nil if spec.verb == 'v' => return spec.pad(out, "<nil>"),
        Value::Nil => false,
        Value::Bool(it) => texts::boolean(out, spec, *it)?,
        Value::Int(it) => numbers::int(out, spec, *it)?,
        Value::Byte(it) => numbers::int(out, spec, i64::from(*it))?,
        Value::Float(it) => numbers::float(out, spec, *it)?,
        Value::Text(it) | Value::Html(it) => texts::text(out, spec, it)?,
        Value::Labels(labels) => {
            map(out, spec, labels.iter())?;
            true
        }
        Value::Pairs(pairs) => {
            let pairs = pairs.iter();
            map(out, spec, pairs.map(|(name, it)| (&**name, &**it)))?;
            true
        }
        Value::Sample(_) => {
            out.push("&")?;
            pointed(out, spec, value)?;
            true
        }
        Value::Struct(it) => {
            out.push(if it.kind.starts_with('*') { "&" } else { "" })?;
            pointed(out, spec, value)?;
            true
        }
        Value::List(list) => {
            items(out, spec, &list.items)?;
            true
        }
        Value::Time(time) if matches!(spec.verb, 'v' | 's' | 'q') => {
            texts::text(out, spec, &time.shown()?)?
        }
        Value::Time(_) => return Err(format!("`%{}` of a time is not supported", spec.verb)),
        Value::Length(it) if matches!(spec.verb, 'v' | 's' | 'q') => {
            texts::text(out, spec, &it.to_string())?
        }
        Value::Length(it) => numbers::int(out, spec, it.0)?,
        Value::Samples(list) if list.is_empty() => {
            out.push("[]")?;
            true
        }
        // Go writes where they are in memory.
        Value::Samples(_) => return Err("the answer to a query cannot be written".to_owned()),
    };
    if fits {
        return Ok(());
    }
    unfit(out, spec, value)
}

/// Writes fields as an action does, without the mark of a pointer.
pub(super) fn pointed(out: &mut Out, spec: &Spec, value: &Value) -> Result<(), String> {
    match value {
        Value::Struct(it) => fields_of(out, spec, it.fields.iter().cloned()),
        Value::Sample(sample) => {
            let fields = [
                ("Labels", Value::Labels(Arc::clone(&sample.labels))),
                ("Value", Value::Float(sample.value)),
            ];
            fields_of(out, spec, fields.into_iter())
        }
        _ => Ok(()),
    }
}

fn items(out: &mut Out, spec: &Spec, items: &[Value]) -> Result<(), String> {
    out.push("[")?;
    for (i, it) in items.iter().enumerate() {
        if i > 0 {
            out.push(" ")?;
        }
        value(out, spec, it)?;
    }
    out.push("]")
}

fn fields_of(
    out: &mut Out,
    spec: &Spec,
    fields: impl Iterator<Item = (&'static str, Value)>,
) -> Result<(), String> {
    out.push("{")?;
    for (i, (name, field)) in fields.enumerate() {
        if i > 0 {
            out.push(" ")?;
        }
        if spec.named {
            out.push(name)?;
            out.push(":")?;
        }
        value(out, spec, &field)?;
    }
    out.push("}")
}

fn map<'p>(
    out: &mut Out,
    spec: &Spec,
    pairs: impl Iterator<Item = (&'p str, &'p str)>,
) -> Result<(), String> {
    out.push("map[")?;
    for (i, (name, it)) in pairs.enumerate() {
        if i > 0 {
            out.push(" ")?;
        }
        value(out, spec, &Value::text(name))?;
        out.push(":")?;
        value(out, spec, &Value::text(it))?;
    }
    out.push("]")
}

/// Shows a value whose verb does not fit it: `%!d(float64=1)`.
fn unfit(out: &mut Out, spec: &Spec, it: &Value) -> Result<(), String> {
    out.push("%!")?;
    out.push_char(spec.verb)?;
    out.push("(")?;
    out.push(it.kind())?;
    if !matches!(it, Value::Nil) {
        out.push("=")?;
        value(out, &spec.by('v'), it)?;
    }
    out.push(")")
}
