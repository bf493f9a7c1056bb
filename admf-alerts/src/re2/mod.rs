//! Patterns of RE2, as Go reads them, for the crate `regex`, where the same signs mean another thing.

mod translate;

use regex::{Regex, RegexBuilder};
use translate::translated;

/// How large a compiled pattern may be, in bytes.
const MAX_PATTERN: usize = 1024 * 1024;

/// Compiles a pattern of Go.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    compiled(pattern, |translated| translated)
}

/// Compiles a pattern of Go that matches whole texts; with `lines` a dot matches a line feed too.
pub(crate) fn anchored(pattern: &str, lines: bool) -> Result<Regex, String> {
    let flags = if lines { "s" } else { "" };
    compiled(pattern, |translated| format!("^(?{flags}:{translated})$"))
}

fn compiled(pattern: &str, whole: impl Fn(String) -> String) -> Result<Regex, String> {
    let wrong = |reason: &str| format!("`{pattern}` is an invalid regular expression: {reason}");
    let translated = translated(pattern).map_err(|reason| wrong(&reason))?;
    let regex = RegexBuilder::new(&whole(translated))
        .size_limit(MAX_PATTERN)
        .build();
    regex.map_err(|error| {
        let error = error.to_string();
        let reason = error.lines().last().unwrap_or_default();
        wrong(reason.trim().trim_start_matches("error: "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_of_a_matcher_means_what_it_means_in_go() {
        for (pattern, text, expected) in [
            ("a|bc", "bc", true),
            ("a|bc", "abc", false),
            (r"\d+", "12", true),
            // Classes are of ASCII.
            (r"\d+", "١٢", false),
            (r"\w+", "é", false),
            ("a{b", "a{b", true),
            ("a{2}", "aa", true),
            ("[[]", "[", true),
            ("[a&&b]", "&", true),
            (r"\Qa.b\E", "a.b", true),
            (r"\Qa.b\E", "axb", false),
            ("(?i)a(?P<x>b)", "AB", true),
            ("#  x", "#  x", true),
        ] {
            let regex = anchored(pattern, false).expect("it is a pattern");
            assert_eq!(regex.is_match(text), expected, "{pattern} {text}");
        }
        let dot = |lines| {
            anchored("a.b", lines)
                .expect("it is a pattern")
                .is_match("a\nb")
        };
        assert!(dot(true) && !dot(false));
        for pattern in [
            "a)|(b",
            "(",
            ")",
            "a**",
            "(?=a)",
            r"\y",
            "a{1001}",
            "[b-a]",
            "(?x)a",
            "[[:nope:]]",
        ] {
            assert!(anchored(pattern, false).is_err(), "{pattern}");
            assert!(compile(pattern).is_err(), "{pattern}");
        }
    }
}
