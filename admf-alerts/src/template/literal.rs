//! Numbers, characters and texts as a template writes them.

use super::Fault;
use super::value::Value;
use crate::escape;

/// Reads the number that `text` is, at byte `at` of the template.
pub(super) fn number(text: &str, at: usize) -> Result<Value, Fault> {
    let wrong = |problem: &str| Fault::new(at, format!("`{text}` {problem}"));
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = digits.to_ascii_lowercase();
    let radix = match lower.as_bytes() {
        [b'0', b'x', ..] => 16,
        [b'0', b'o', ..] | [b'0', b'0'..=b'9' | b'_', ..] => 8,
        [b'0', b'b', ..] => 2,
        _ => 10,
    };
    let float = radix != 16 && lower.contains(['.', 'e']);
    if lower.contains('i') || (radix == 16 && lower.contains(['.', 'p'])) {
        return Err(wrong("is a kind of number that is not supported"));
    }
    if float {
        let value = text.replace('_', "").parse::<f64>();
        let value = value.map_err(|_| wrong("is not a number"))?;
        let fits = value.is_finite() && !text.contains('_');
        return fits
            .then_some(Value::Float(value))
            .ok_or_else(|| wrong("is out of range"));
    }
    let prefixed = lower.as_bytes().get(1).is_some_and(u8::is_ascii_alphabetic);
    let body = if radix == 10 || !prefixed {
        &lower
    } else {
        &lower[2..]
    };
    let whole = body.strip_prefix('_').filter(|_| prefixed).unwrap_or(body);
    if whole.starts_with('_') || whole.ends_with('_') || whole.contains("__") {
        return Err(wrong("has `_` where no digit is on both sides"));
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    let whole = format!("{sign}{}", whole.replace('_', ""));
    let value = i64::from_str_radix(&whole, radix);
    value
        .map(Value::Int)
        .map_err(|_| wrong("is not a number of 64 bits"))
}

/// Reads a text in double quotes from the start of `rest`; returns it and what it takes.
pub(super) fn quoted(rest: &str, at: usize) -> Result<(String, usize), Fault> {
    let mut bytes = Vec::new();
    let mut here = 1;
    loop {
        let Some(c) = rest[here..].chars().next().filter(|c| *c != '\n') else {
            return Err(Fault::new(at, "text in double quotes does not end"));
        };
        match c {
            '"' => break,
            '\\' => here += escape(&rest[here..], at + here, '"', &mut bytes)?,
            c => {
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                here += c.len_utf8();
            }
        }
    }
    let text = String::from_utf8(bytes);
    let text = text.map_err(|_| Fault::new(at, "the escapes are not UTF-8"))?;
    Ok((text, here + 1))
}

/// Reads a character in single quotes from the start of `rest`; returns it and what it takes.
pub(super) fn character(rest: &str, at: usize) -> Result<(char, usize), Fault> {
    let wrong = || Fault::new(at, "a character in single quotes was expected");
    let c = rest[1..].chars().next().ok_or_else(wrong)?;
    let (c, taken) = match c {
        '\'' | '\n' => return Err(wrong()),
        '\\' => {
            let mut bytes = Vec::new();
            let taken = escape(&rest[1..], at + 1, '\'', &mut bytes)?;
            // `'\xff'` is the character 255.
            let c = match (bytes.as_slice(), std::str::from_utf8(&bytes)) {
                ([byte], _) => Some(char::from(*byte)),
                (_, Ok(text)) => text.chars().next(),
                _ => None,
            };
            (c.ok_or_else(wrong)?, taken)
        }
        c => (c, c.len_utf8()),
    };
    if !rest[1 + taken..].starts_with('\'') {
        return Err(wrong());
    }
    Ok((c, taken + 2))
}

/// Reads the escape at the start of `rest` into `bytes`; returns what it takes.
fn escape(rest: &str, at: usize, quote: char, bytes: &mut Vec<u8>) -> Result<usize, Fault> {
    escape::read(rest, quote, bytes).map_err(|problem| Fault::new(at, problem))
}
