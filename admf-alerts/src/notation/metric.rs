//! Name and labels of a series.

use crate::escape;
use crate::labels::Labels;
use crate::scan;
use crate::series::NAME;

/// Reads name and labels, and returns what follows.
pub(super) fn metric(line: &str) -> Result<(Labels, &str), String> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let end = line.find(|c| !part(c)).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let mut labels = Labels::new();
    if !name.is_empty() {
        if !scan::is_metric_name(name) {
            return Err(format!("`{name}` is no name of a series"));
        }
        labels.insert(NAME, name);
    }
    // `{{` is a value.
    match rest.strip_prefix('{').filter(|rest| !rest.starts_with('{')) {
        Some(inside) => inner(inside.trim_start(), labels),
        None if name.is_empty() && !line.is_empty() => Err(format!("`{line}` is no series")),
        None if rest.is_empty() || rest.starts_with(char::is_whitespace) => Ok((labels, rest)),
        None => Err(format!("`{rest}` after a name")),
    }
}

fn inner(mut rest: &str, mut labels: Labels) -> Result<(Labels, &str), String> {
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            return Ok((labels, after));
        }
        let (key, after) = key(rest)?;
        rest = after.trim_start();
        let (key, value) = match rest.strip_prefix('=') {
            Some(after) => {
                let (value, after) = quoted(after.trim_start())?;
                rest = after.trim_start();
                (key, value)
            }
            // The name of the series in quotes, as Prometheus 3 has it.
            None => (NAME.to_owned(), key),
        };
        if labels.get(&key).is_some() {
            return Err(format!("the label `{key}` is there twice"));
        }
        labels.insert(key, value);
        rest = match rest.strip_prefix(',') {
            Some(after) => after.trim_start(),
            None if rest.starts_with('}') => rest,
            None => return Err("the labels are not closed".to_owned()),
        };
    }
}

/// Reads the name of a label, which Prometheus 3 takes in quotes too.
fn key(rest: &str) -> Result<(String, &str), String> {
    if rest.starts_with(['"', '\'', '`']) {
        return quoted(rest);
    }
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let (key, after) = rest.split_at(end.unwrap_or(rest.len()));
    match scan::is_label_name(key) && after.trim_start().starts_with('=') {
        true => Ok((key.to_owned(), after)),
        false => Err(format!("`{rest}` does not begin with a label")),
    }
}

/// Reads a text in quotes of any kind, and returns what follows.
///
/// # Errors
///
/// What is not in quotes, or not closed; escapes that are not known, or no UTF-8.
pub fn quoted(text: &str) -> Result<(String, &str), String> {
    let quote = text
        .chars()
        .next()
        .filter(|it| matches!(it, '"' | '\'' | '`'));
    let quote = quote.ok_or_else(|| format!("`{text}` is not in quotes"))?;
    let mut bytes = Vec::new();
    let mut at = 1;
    while let Some(c) = text[at..].chars().next() {
        if c == quote {
            let value = String::from_utf8(bytes);
            let value = value.map_err(|_| format!("the escapes of `{text}` are not UTF-8"))?;
            return Ok((value, &text[at + 1..]));
        }
        if c == '\\' && quote != '`' {
            at += escape::read(&text[at..], quote, &mut bytes)?;
        } else {
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            at += c.len_utf8();
        }
    }
    Err(format!("`{text}` is not closed"))
}
