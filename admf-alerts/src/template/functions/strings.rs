//! Texts: their case, and durations read from them.

use super::{Value, text};

/// Makes each word begin with a capital; what parts words is what is no letter, digit or `_`.
pub(super) fn title(args: &[Value]) -> Result<Value, String> {
    let mut begins = true;
    let titled = text(args, 0)?.chars().map(|c| {
        let begun = std::mem::replace(&mut begins, parts_words(c));
        if begun { title_case(c) } else { c }
    });
    Ok(Value::text(titled.collect::<String>()))
}

fn parts_words(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_alphanumeric() && c != '_';
    }
    c.is_whitespace()
}

pub(super) fn to_upper(args: &[Value]) -> Result<Value, String> {
    let upper = text(args, 0)?.chars().map(upper_case);
    Ok(Value::text(upper.collect::<String>()))
}

pub(super) fn to_lower(args: &[Value]) -> Result<Value, String> {
    // The one letter whose small form is two in full.
    let lower = |c: char| {
        if c == 'İ' {
            'i'
        } else {
            one(c, c.to_lowercase())
        }
    };
    Ok(Value::text(
        text(args, 0)?.chars().map(lower).collect::<String>(),
    ))
}

/// Says of a text that it is markup, which is not escaped.
pub(super) fn safe_html(args: &[Value]) -> Result<Value, String> {
    text(args, 0).map(|text| Value::Html(text.into()))
}

fn upper_case(c: char) -> char {
    one(c, c.to_uppercase())
}

pub(super) fn title_case(c: char) -> char {
    match c {
        // Two letters in one, of which the first is great.
        'Ǆ'..='ǆ' => 'ǅ',
        'Ǉ'..='ǉ' => 'ǈ',
        'Ǌ'..='ǌ' => 'ǋ',
        'Ǳ'..='ǳ' => 'ǲ',
        // Georgian has great letters, but begins no word with one.
        'ა'..='ჿ' => c,
        c => upper_case(c),
    }
}

/// Go maps a letter to one letter, so that `ß` stays.
fn one(c: char, mut mapped: impl ExactSizeIterator<Item = char>) -> char {
    if mapped.len() == 1 {
        return mapped.next().unwrap_or(c);
    }
    c
}

/// From the greatest unit to the least, in milliseconds.
const UNITS: [(&str, u64); 7] = [
    ("y", 31_536_000_000),
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

/// Reads a duration such as `1h30m`; returns seconds.
pub(super) fn parse_duration(args: &[Value]) -> Result<Value, String> {
    let text = text(args, 0)?;
    let wrong = || format!("`{text}` is not a duration such as `1h30m`");
    if text == "0" {
        return Ok(Value::Float(0.0));
    }
    let mut millis = 0_u64;
    let (mut rest, mut least) = (text, 0);
    while !rest.is_empty() || least == 0 {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let unit = rest[digits..].find(|c: char| c.is_ascii_digit());
        let unit = &rest[digits..unit.map_or(rest.len(), |unit| digits + unit)];
        let unit = digits + unit.len();
        let known = UNITS[least..]
            .iter()
            .position(|(it, _)| *it == &rest[digits..unit]);
        let known = least + known.ok_or_else(wrong)?;
        let count: u64 = rest[..digits].parse().map_err(|_| wrong())?;
        let part = count.checked_mul(UNITS[known].1);
        let sum = part.and_then(|part| millis.checked_add(part));
        // What Go's durations hold, nanoseconds in 63 bits.
        let sum = sum.filter(|sum| *sum <= 9_223_372_036_854);
        millis = sum.ok_or_else(|| format!("`{text}` is too long"))?;
        (rest, least) = (&rest[unit..], known + 1);
    }
    Ok(Value::Float(millis as f64 / 1000.0))
}
