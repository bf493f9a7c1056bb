//! What people read.

use serde_json::Value;

/// Writes rows under their names, each column as wide as what is in it.
pub(crate) fn table(names: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    if rows.is_empty() {
        return Vec::new();
    }
    let head: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
    let cells = |row: &Vec<String>| row.iter().map(|it| plain(it)).collect::<Vec<_>>();
    let rows: Vec<Vec<String>> = std::iter::once(&head).chain(rows).map(cells).collect();
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max();
    let widths: Vec<usize> = (0..names.len()).filter_map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let cells: Vec<_> = cells.map(|(it, width)| format!("{it:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// Writes names and values, a line each.
pub(crate) fn pairs(pairs: &[(&str, String)]) -> Vec<String> {
    let width = pairs.iter().map(|it| it.0.chars().count()).max();
    let width = width.unwrap_or_default();
    let line = |(name, value): &(&str, String)| format!("{name:width$}  {value}");
    let lines = pairs.iter().filter(|it| !it.1.is_empty());
    lines.map(line).collect()
}

/// Writes each field of a document with its path, a line each.
pub(crate) fn fields(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk("", document, &mut found);
    let found: Vec<_> = found
        .iter()
        .map(|(name, it)| (&**name, it.clone()))
        .collect();
    pairs(&found)
}

fn walk(path: &str, value: &Value, found: &mut Vec<(String, String)>) {
    let below = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                walk(&below(name), value, found);
            }
        }
        Value::Array(values) => {
            for (at, value) in values.iter().enumerate() {
                walk(&format!("{path}[{at}]"), value, found);
            }
        }
        other => found.push((plain(path), text(other))),
    }
}

/// A text as it is, anything else as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Escapes what a terminal would obey, and what turns the direction of a line round.
pub(crate) fn plain(text: &str) -> String {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}')
    };
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match odd(c) {
            true => plain.extend(c.escape_default()),
            false => plain.push(c),
        }
    }
    plain
}
