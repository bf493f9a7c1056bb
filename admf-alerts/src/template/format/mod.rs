//! Values as texts, as Go's `fmt` writes them.

pub(super) mod float;
mod numbers;
mod printf;
mod spec;
mod texts;

use std::sync::LazyLock;

use regex::Regex;

use super::bounds::Out;
use super::value::Value;
pub(super) use printf::printf;
use spec::Spec;
pub(in crate::template) use texts::quoted;

/// Writes the value of an action.
pub(super) fn action(out: &mut Out, value: &Value) -> Result<(), String> {
    match value {
        Value::Nil => out.push("<no value>"),
        Value::Sample(_) | Value::Struct(_) => printf::pointed(out, &Spec::plain(), value),
        value => printf::value(out, &Spec::plain(), value),
    }
}

/// Writes values with a blank between two that are no texts.
pub(super) fn print(out: &mut Out, values: &[Value]) -> Result<(), String> {
    spaced(out, values, |out, value| {
        printf::value(out, &Spec::plain(), value)
    })
}

/// The same, with each value as an action writes it: so do those functions that escape.
pub(super) fn print_actions(out: &mut Out, values: &[Value]) -> Result<(), String> {
    spaced(out, values, action)
}

fn spaced(
    out: &mut Out,
    values: &[Value],
    write: impl Fn(&mut Out, &Value) -> Result<(), String>,
) -> Result<(), String> {
    let mut after_text = true;
    for value in values {
        let text = matches!(value, Value::Text(_));
        if !text && !after_text {
            out.push(" ")?;
        }
        write(out, value)?;
        after_text = text;
    }
    Ok(())
}

/// Writes values with a blank between any two, and a line feed.
pub(super) fn println(out: &mut Out, values: &[Value]) -> Result<(), String> {
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            out.push(" ")?;
        }
        printf::value(out, &Spec::plain(), value)?;
    }
    out.push("\n")
}

/// Says whether Go shows a character as it is: letters, marks, numbers, punctuation, symbols, the blank.
pub(super) fn is_printable(c: char) -> bool {
    static PRINTABLE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^[\pL\pM\pN\pP\pS ]$").expect("a pattern of our own"));
    match c {
        ' '..='~' => true,
        '\0'..='\u{7f}' => false,
        c => PRINTABLE.is_match(c.encode_utf8(&mut [0; 4])),
    }
}
