//! Series with their values: `name{label="value"} 0+10x3 _ stale {{…}}`.

use admf_alerts::Labels;
use admf_alerts::series::{NAME, STALE};

/// One place in a sequence of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Item {
    Number(f64),
    Omitted,
    /// A native histogram, which nothing here knows.
    Native,
}

pub(crate) struct Description {
    pub(crate) labels: Labels,
    pub(crate) items: Vec<Item>,
}

impl Description {
    pub(crate) fn parse(line: &str) -> Result<Self, String> {
        let (labels, rest) = metric(line.trim())?;
        Ok(Self {
            labels,
            items: sequence(rest)?,
        })
    }
}

/// Reads name and labels, and returns what follows.
fn metric(line: &str) -> Result<(Labels, &str), String> {
    let end = line.find(|c: char| c == '{' || c.is_whitespace());
    let (name, mut rest) = line.split_at(end.unwrap_or(line.len()));
    let mut labels = Labels::new();
    labels.insert(NAME, name);
    let after_name = rest.trim_start();
    if !after_name.starts_with('{') || after_name.starts_with("{{") {
        return Ok((labels, rest));
    }
    rest = after_name[1..].trim_start();
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            return Ok((labels, after));
        }
        let (key, after) = match rest.starts_with(['"', '\'', '`']) {
            true => quoted(rest)?,
            false => {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || "_:.".contains(c)));
                let (key, after) = rest.split_at(end.ok_or("the labels are not closed")?);
                (key.to_owned(), after)
            }
        };
        rest = after.trim_start();
        match rest.strip_prefix('=') {
            Some(after) => {
                let (value, after) = quoted(after.trim_start())?;
                labels.insert(key, value);
                rest = after.trim_start();
            }
            None => labels.insert(NAME, key),
        }
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        if rest.is_empty() {
            return Err("the labels are not closed".to_owned());
        }
    }
}

/// Reads a text in quotes, and returns what follows.
pub(crate) fn quoted(text: &str) -> Result<(String, &str), String> {
    let mut chars = text.char_indices();
    let quote = chars.next().map(|(_, quote)| quote);
    let quote = quote.filter(|it| matches!(it, '"' | '\'' | '`'));
    let quote = quote.ok_or_else(|| format!("`{text}` is not in quotes"))?;
    let mut value = String::new();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            return Ok((value, &text[at + 1..]));
        }
        if c != '\\' || quote == '`' {
            value.push(c);
            continue;
        }
        match chars.next() {
            Some((_, 'n')) => value.push('\n'),
            Some((_, 't')) => value.push('\t'),
            Some((_, 'r')) => value.push('\r'),
            Some((_, c @ ('\\' | '"' | '\''))) => value.push(c),
            _ => return Err(format!("`{text}` has an escape that is not known")),
        }
    }
    Err(format!("`{text}` is not closed"))
}

fn sequence(text: &str) -> Result<Vec<Item>, String> {
    let mut items = vec![];
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let mut end = 0;
        // A native histogram has blanks, and one may be added to another.
        while rest[end..].starts_with("{{") || rest[end..].starts_with("+{{") {
            let close = rest[end..].find("}}");
            end += close.ok_or("a histogram is not closed")? + 2;
        }
        let native = end > 0;
        let blank = rest[end..].find(char::is_whitespace);
        end = blank.map_or(rest.len(), |blank| end + blank);
        let item = &rest[..end];
        if native {
            let repeated = item.rsplit_once("}}x").map(|(_, times)| times);
            let times = repeated.map_or(Ok(0), |times| number_of(times, item))?;
            items.extend(std::iter::repeat_n(Item::Native, times + 1));
        } else {
            items.extend(numbers(item)?);
        }
        rest = rest[end..].trim_start();
    }
    Ok(items)
}

fn number_of(times: &str, item: &str) -> Result<usize, String> {
    let times = times.parse().ok().filter(|&it: &usize| it <= 1_000_000);
    times.ok_or_else(|| format!("`{item}` is repeated a number of times that is none"))
}

/// `5`, `_`, `stale`, `5x3`, `_x3`, `5+2x3`, `5-2x3`.
fn numbers(item: &str) -> Result<Vec<Item>, String> {
    let (body, times) = match item.rsplit_once('x') {
        Some((body, times)) => (body, Some(number_of(times, item)?)),
        None => (item, None),
    };
    if body == "_" {
        return Ok(vec![Item::Omitted; times.unwrap_or(1)]);
    }
    let exponent = |at: usize| matches!(body.as_bytes()[at - 1], b'e' | b'E');
    let sign = body
        .char_indices()
        .skip(1)
        .find(|&(at, c)| matches!(c, '+' | '-') && !exponent(at));
    let (start, step) = match sign {
        Some((at, _)) => (number(&body[..at])?, number(&body[at..])?),
        None => (number(body)?, 0.0),
    };
    let mut value = start;
    let mut items = vec![Item::Number(value)];
    for _ in 0..times.unwrap_or(0) {
        if sign.is_some() {
            value += step;
        }
        items.push(Item::Number(value));
    }
    Ok(items)
}

pub(crate) fn number(text: &str) -> Result<f64, String> {
    if text == "stale" {
        return Ok(f64::from_bits(STALE));
    }
    text.parse().map_err(|_| format!("`{text}` is no number"))
}
