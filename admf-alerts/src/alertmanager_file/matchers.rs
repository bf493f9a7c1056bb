//! Matchers as Alertmanager 0.25 writes them.

use crate::scan::is_label_name;
use crate::series::{MatchOp, Matcher};

/// What Go takes for white space in a pattern.
const SPACE: [char; 5] = [' ', '\t', '\n', '\r', '\u{c}'];

/// Reads matchers: `a="b"`, or several with commas between them, with or without braces: `{a="b",c=~"d|e"}`.
///
/// A value stands with quotes or without; in both `\"`, `\\` and `\n` are escapes, and another backslash is one.
/// None at all match every alert.
///
/// # Errors
///
/// Says which one is wrong: no operator (`=`, `!=`, `=~`, `!~`), a name that no label has, a quote that is not ended or not
/// escaped, an expression that is none.
///
/// # Examples
///
/// ```
/// use admf_alerts::alertmanager_file::matchers;
///
/// let matchers = matchers(r#"{severity="critical", team=~"db|web"}"#)?;
/// assert_eq!(matchers[1].to_string(), r#"team=~"db|web""#);
/// # Ok::<(), String>(())
/// ```
pub fn matchers(text: &str) -> Result<Vec<Matcher>, String> {
    let inner = text.strip_prefix('{').unwrap_or(text);
    let inner = inner.strip_suffix('}').unwrap_or(inner);
    parts(inner).into_iter().map(matcher).collect()
}

/// What stands between commas that are in no quotes; nothing after the last comma is no part.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut from, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            ',' if !quoted => {
                parts.push(&text[from..at]);
                from = at + 1;
                escaped = false;
            }
            '"' if !escaped => quoted = !quoted,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    if from < text.len() {
        parts.push(&text[from..]);
    }
    parts
}

/// Reads one matcher: commas and braces are of its value.
pub(crate) fn matcher(text: &str) -> Result<Matcher, String> {
    let bad = || format!("`{text}` is no matcher such as `a=\"b\"`");
    let trimmed = text.trim_matches(SPACE);
    let name = trimmed.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    let name = name.into_iter().next().unwrap_or_default();
    let rest = trimmed[name.len()..].trim_start_matches(SPACE);
    let operators = [
        ("=~", MatchOp::Matches),
        ("!~", MatchOp::MatchesNot),
        ("!=", MatchOp::NotEqual),
        ("=", MatchOp::Equal),
    ];
    let found = operators
        .iter()
        .find_map(|(sign, op)| Some((rest.strip_prefix(sign)?, *op)));
    let (value, op) = found.ok_or_else(bad)?;
    if !is_label_name(&name.replace(':', "_")) {
        return Err(bad());
    }
    let value = unescaped(value.trim_start_matches(SPACE));
    let value =
        value.ok_or_else(|| format!("`{text}` has a quote that is not escaped or ended"))?;
    Matcher::new(name, op, &value, false)
}

fn unescaped(text: &str) -> Option<String> {
    let (text, mut open) = match text.strip_prefix('"') {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let mut value = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => value.push('\n'),
                Some(c @ ('"' | '\\')) => value.push(c),
                Some(c) => value.extend(['\\', c]),
                None => value.push('\\'),
            },
            '"' if open && chars.peek().is_none() => open = false,
            '"' => return None,
            c => value.push(c),
        }
    }
    (!open).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What amtool 0.25 says of each: the matchers, or that it refuses them.
    #[test]
    fn matchers_are_read_as_amtool_reads_them() {
        for (text, read) in [
            ("a=b", r#"a="b""#),
            (" a = b c ", r#"a="b c""#),
            ("a=\" b \"", r#"a=" b ""#),
            (r#"a="b\"c""#, r#"a="b\"c""#),
            (r"a=\x", r#"a="\\x""#),
            (r"a=b\", r#"a="b\\""#),
            (r#"a="b\nc""#, r#"a="b\nc""#),
            ("a=", r#"a="""#),
            ("a==b", r#"a="=b""#),
            ("a=!b", r#"a="!b""#),
            ("a = ~b", r#"a="~b""#),
            ("a!~b", r#"a!~"b""#),
            ("a=ü", r#"a="ü""#),
            ("a:b=c", r#"a:b="c""#),
            ("{a=b}}", r#"a="b}""#),
            ("{a=b", r#"a="b""#),
            ("a=b}", r#"a="b""#),
            ("a=b,", r#"a="b""#),
            ("a={b}", r#"a="{b""#),
            (r#"{a="b,c"}"#, r#"a="b,c""#),
            (r#"{a="b",c=~"d|e"}"#, r#"a="b" c=~"d|e""#),
            ("a=b, c = \"d\"", r#"a="b" c="d""#),
            ("", ""),
            ("{}", ""),
        ] {
            let shown = matchers(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let shown: Vec<_> = shown.iter().map(ToString::to_string).collect();
            assert_eq!(shown.join(" "), read, "{text}");
        }
        for text in [
            "a",
            "a!b",
            "=b",
            "a-b=c",
            "ü=c",
            "\"a\"=c",
            "9a=b",
            ",a=b",
            "a=b,,c=d",
            "{{a=b}",
            "a=\"b",
            "a=b\"",
            "a=b\"c",
            "a=\"",
            "a=\"b\" c",
            "a=\"b\"\"c\"",
            "a=~\"(\"",
            "5",
        ] {
            assert!(matchers(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_matcher_that_is_shown_is_read_as_the_same(name in "[a-z_][a-z0-9_]{0,5}", value in "\\PC{0,12}|[\\\\\"\n,{}]{0,6}") {
            let matcher = Matcher::new(&name, MatchOp::NotEqual, &value, false).expect("it is one");
            let read = matchers(&matcher.to_string()).expect("it was shown");
            assert_eq!((read.len(), read[0].name(), read[0].value()), (1, &*name, &*value));
        }
    }
}
