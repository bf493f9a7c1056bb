//! Escapes and numbers.

use std::borrow::Cow;

use crate::problem::shown;

/// Checks what follows a backslash. All that may are of one byte.
pub(crate) fn check_escape(rest: &str, known: &str) -> Result<(), String> {
    match rest.chars().next() {
        Some(c) if known.contains(c) => Ok(()),
        Some(c) => Err(format!(
            "unknown escape `\\{}`",
            shown(c.encode_utf8(&mut [0; 4]))
        )),
        None => Err("backslash at the end".to_owned()),
    }
}

/// Reads the text of a `# HELP`, which knows fewer escapes than a label.
pub(crate) fn help(text: &str) -> Result<Cow<'_, str>, String> {
    let mut from = 0;
    while let Some(at) = text[from..].find('\\') {
        check_escape(&text[from + at + 1..], "\\n")?;
        from += at + 2;
    }
    Ok(unescape(text))
}

/// Resolves escapes that were checked.
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next().map(|c| if c == 'n' { '\n' } else { c })),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Reads a float as Prometheus does: decimal, or NaN or infinity in any case, a NaN without sign. A
/// number that does not fit is refused.
pub(crate) fn number(text: &str) -> Result<f64, String> {
    let value = text.parse::<f64>().ok();
    match value.filter(|value| !(value.is_nan() && text.starts_with(['+', '-']))) {
        None => Err(format!("`{}` is not a number", shown(text))),
        Some(value) if value.is_infinite() && text.contains(|c: char| c.is_ascii_digit()) => {
            Err(format!("`{}` is out of range", shown(text)))
        }
        Some(value) => Ok(value),
    }
}
