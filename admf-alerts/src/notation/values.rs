//! A sequence of values.

use super::Item;
use crate::series::STALE;

/// How many values a series may have.
const MOST: usize = 1_000_000;

pub(super) fn values(text: &str) -> Result<Vec<Item>, String> {
    let mut items = vec![];
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (item, after) = split(rest)?;
        let (repeated, of) = match item.contains("}}") {
            true => native(item)?,
            false => plain(item)?,
        };
        if items.len() + repeated > MOST {
            return Err(format!("more than {MOST} values"));
        }
        items.extend(of.take(repeated));
        rest = after;
    }
    Ok(items)
}

/// The next item, and what follows. A native histogram has blanks, and one may be added to another.
fn split(rest: &str) -> Result<(&str, &str), String> {
    let mut end = 0;
    while rest[end..].starts_with("{{") || rest[end..].starts_with("+{{") {
        let close = rest[end..].find("}}");
        end += close.ok_or("a histogram is not closed")? + 2;
    }
    let blank = rest[end..].find(char::is_whitespace);
    let (item, after) = rest.split_at(blank.map_or(rest.len(), |blank| end + blank));
    Ok((item, after.trim_start()))
}

/// How many there are, of what comes one after another.
type Repeated = (usize, Values);

/// Values that grow by a step, or what is no value.
struct Values {
    item: Item,
    step: f64,
}

impl Iterator for Values {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        let item = self.item;
        if let Item::Value(value) = &mut self.item
            && self.step != 0.0
        {
            *value += self.step;
        }
        Some(item)
    }
}

fn native(item: &str) -> Result<Repeated, String> {
    let times = item.rsplit_once("}}x").map(|(_, times)| times);
    let times = times.map_or(Ok(0), |times| count(times, item))?;
    let (item, step) = (Item::Native, 0.0);
    Ok((times + 1, Values { item, step }))
}

/// `5`, `_`, `stale`, `5x3`, `_x3`, `5+2x3`, `5-2x3`.
fn plain(item: &str) -> Result<Repeated, String> {
    let (body, times) = match item.rsplit_once('x') {
        Some((body, times)) => (body, Some(count(times, item)?)),
        None => (item, None),
    };
    let alike = |item, repeated| Ok((repeated, Values { item, step: 0.0 }));
    if body == "_" {
        return alike(Item::Omitted, times.unwrap_or(1));
    }
    if body == "stale" && times.is_none() {
        return alike(Item::Value(f64::from_bits(STALE)), 1);
    }
    let exponent = |at: usize| matches!(body.as_bytes()[at - 1], b'e' | b'E');
    let mut signs = body.char_indices().skip(1);
    let sign = signs.find(|&(at, c)| matches!(c, '+' | '-') && !exponent(at));
    let (start, step) = match (sign, times) {
        (Some((at, _)), Some(_)) => (number(&body[..at])?, number(&body[at..])?),
        (Some(_), None) => return Err(format!("`{item}` does not say how often")),
        (None, _) => (number(body)?, 0.0),
    };
    let word = !body.ends_with(|c: char| c.is_ascii_digit() || c == '.');
    if times.is_some() && word {
        return Err(format!("`{item}` is no value"));
    }
    let item = Item::Value(start);
    Ok((times.unwrap_or(0) + 1, Values { item, step }))
}

fn count(times: &str, item: &str) -> Result<usize, String> {
    let digits = !times.is_empty() && times.bytes().all(|it| it.is_ascii_digit());
    let times = times.parse().ok().filter(|&it: &usize| it < MOST);
    let times = times.filter(|_| digits);
    times.ok_or_else(|| format!("`{item}` is not repeated a number of times below {MOST}"))
}

/// Reads a number as Prometheus writes one: digits, a point and an exponent, `Inf`, `NaN`, with or without a sign. Whole
/// numbers that begin with 0 are octal.
///
/// # Errors
///
/// Says that it is none.
pub fn number(text: &str) -> Result<f64, String> {
    let problem = || format!("`{text}` is no number");
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let words = ["inf", "nan"].iter();
    let word = words
        .into_iter()
        .any(|it| it.eq_ignore_ascii_case(unsigned));
    if !word && !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Err(problem());
    }
    let octal = unsigned.len() > 1 && unsigned.starts_with('0');
    if octal && unsigned.bytes().all(|it| (b'0'..=b'7').contains(&it)) {
        let value = i64::from_str_radix(unsigned, 8).map_err(|_| problem())? as f64;
        return Ok(if text.starts_with('-') { -value } else { value });
    }
    text.parse().map_err(|_| problem())
}
