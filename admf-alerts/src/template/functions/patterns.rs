//! Patterns in the syntax of RE2, as Go reads them.

use regex::{Regex, RegexBuilder};

use super::super::bounds::Out;
use super::{Value, text};

/// How large a compiled pattern may be, in bytes.
const MAX_PATTERN: usize = 1024 * 1024;

pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    let mut builder = RegexBuilder::new(&translated(pattern));
    let regex = builder.size_limit(MAX_PATTERN).build();
    regex.map_err(|error| {
        let error = error.to_string();
        let reason = error.lines().last().unwrap_or_default();
        let reason = reason.trim().trim_start_matches("error: ");
        format!("`{pattern}` is not a pattern: {reason}")
    })
}

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

/// Writes a pattern of Go for the crate `regex`, where the same signs mean another thing: classes
/// such as `\d` are of ASCII alone, `[`, `&`, `-` and `~` in brackets are themselves, `\Q…\E` quotes,
/// and `{` that counts nothing is itself.
fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    let mut bracket = Bracket::Outside;
    while let Some(c) = rest.chars().next() {
        let (written, taken) = match c {
            '\\' => escape(rest, bracket != Bracket::Outside),
            '[' if bracket == Bracket::Outside => {
                let negated = rest.starts_with("[^");
                bracket = Bracket::Start;
                let taken = if negated { 2 } else { 1 };
                out.push_str(&rest[..taken]);
                rest = &rest[taken..];
                continue;
            }
            '{' if bracket == Bracket::Outside && !counts(rest) => (r"\{".to_owned(), 1),
            c if bracket == Bracket::Outside => (c.to_string(), c.len_utf8()),
            ']' if bracket == Bracket::Inside => {
                bracket = Bracket::Outside;
                out.push(']');
                rest = &rest[1..];
                continue;
            }
            '[' => match rest.find(":]").filter(|_| rest.starts_with("[:")) {
                Some(end) => (rest[..end + 2].to_owned(), end + 2),
                None => (r"\[".to_owned(), 1),
            },
            ']' | '&' | '~' => (format!("\\{c}"), 1),
            // At the start or before the end it is itself, and in the middle a range.
            '-' if bracket == Bracket::Start || rest.starts_with("-]") => (r"\-".to_owned(), 1),
            c => (c.to_string(), c.len_utf8()),
        };
        if bracket == Bracket::Start {
            bracket = Bracket::Inside;
        }
        out.push_str(&written);
        rest = &rest[taken..];
    }
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bracket {
    Outside,
    /// Right behind `[` or `[^`, where `]` is itself.
    Start,
    Inside,
}

/// Translates what begins with a backslash; returns it and what it takes.
fn escape(rest: &str, in_bracket: bool) -> (String, usize) {
    let Some(c) = rest[1..].chars().next() else {
        return (rest.to_owned(), rest.len());
    };
    let class = match (c, in_bracket) {
        ('d', _) => "[0-9]",
        ('D', _) => "[^0-9]",
        ('w', _) => "[0-9A-Za-z_]",
        ('W', _) => "[^0-9A-Za-z_]",
        ('s', _) => r"[\t\n\f\r ]",
        ('S', _) => r"[^\t\n\f\r ]",
        ('b', false) => r"(?-u:\b)",
        ('Q', _) => {
            let end = rest.find(r"\E");
            let quoted = &rest[2..end.unwrap_or(rest.len())];
            return (regex::escape(quoted), end.map_or(rest.len(), |end| end + 2));
        }
        _ => "",
    };
    let taken = 1 + c.len_utf8();
    let written = if class.is_empty() {
        &rest[..taken]
    } else {
        class
    };
    (written.to_owned(), taken)
}

/// Says whether the brace at the start counts repetitions: `{2}`, `{2,}`, `{2,3}`.
fn counts(rest: &str) -> bool {
    let Some((inside, _)) = rest[1..].split_once('}') else {
        return false;
    };
    let (least, most) = inside.split_once(',').unwrap_or((inside, "0"));
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && number(least) && number(most)
}
