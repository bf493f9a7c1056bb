//! Patterns in the syntax of RE2, as Go reads them.

use regex::Regex;

use super::super::bounds::Out;
use super::{Value, text};

pub(super) fn is_match(pattern: &Regex, args: &[Value]) -> Result<Value, String> {
    // So that what is no text is refused also where the pattern is a literal.
    let subject = text(args, 1)?;
    Ok(Value::Bool(pattern.is_match(subject)))
}

/// Replaces each match in the third by the second, where `$1` or `${name}` is a group.
pub(super) fn replace_all(pattern: &Regex, args: &[Value]) -> Result<Value, String> {
    let (replacement, subject) = (&groups_in(text(args, 1)?), text(args, 2)?);
    let mut out = Out::default();
    let mut rest = 0;
    for groups in pattern.captures_iter(subject) {
        let whole = groups.get_match();
        out.push(&subject[rest..whole.start()])?;
        let mut expanded = String::new();
        groups.expand(replacement, &mut expanded);
        out.push(&expanded)?;
        rest = whole.end();
    }
    out.push(&subject[rest..])?;
    Ok(Value::text(out.into_text()))
}

/// Writes a replacement of Go for the crate `regex`: names are of all letters, digits and `_`, and a
/// dollar before anything else is itself.
fn groups_in(replacement: &str) -> String {
    let mut out = String::with_capacity(replacement.len());
    let mut rest = replacement;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let inside = after.strip_prefix('{');
        let name = inside.unwrap_or(after);
        let end = name.find(|c: char| c != '_' && !c.is_alphanumeric());
        let (name, behind) = name.split_at(end.unwrap_or(name.len()));
        let behind = match inside {
            Some(_) => behind.strip_prefix('}'),
            None => Some(behind),
        };
        rest = match behind {
            Some(behind) if !name.is_empty() => {
                out.extend(["${", name, "}"]);
                behind
            }
            _ => {
                out.push_str("$$");
                after.strip_prefix('$').unwrap_or(after)
            }
        };
    }
    out + rest
}
