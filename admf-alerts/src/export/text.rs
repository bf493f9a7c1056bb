//! Texts as YAML that every reader takes for the same texts.

/// How long a key may be that stands before its colon; a YAML reader looks no further than 1024 bytes.
const KEY: usize = 1_000;

/// What YAML takes for something else than a text.
const WORDS: [&str; 11] = [
    "true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf",
];

/// Writes a line `key: value` at a depth; a text of many lines stands below it.
pub(super) fn entry(depth: usize, key: &str, value: &str) -> String {
    let (pad, key) = (" ".repeat(depth), line(key));
    let value = block(depth + 2, value).unwrap_or_else(|| line(value));
    match key.len() > KEY {
        true => format!("{pad}? {key}\n{pad}: {value}\n"),
        false => format!("{pad}{key}: {value}\n"),
    }
}

/// Writes a text on one line: as it is, or in quotes where that could be read as something else.
pub(crate) fn line(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else if text.chars().all(is_printable) {
        format!("'{}'", text.replace('\'', "''"))
    } else {
        format!("\"{}\"", text.chars().map(escaped).collect::<String>())
    }
}

/// Makes a text fit for a comment, which ends with the line.
pub(crate) fn comment(text: &str) -> String {
    let shown = |c| if is_printable(c) { c } else { '\u{fffd}' };
    text.chars().map(shown).collect()
}

/// Writes many lines as they are, where nothing in them could be lost.
fn block(depth: usize, text: &str) -> Option<String> {
    let (body, sign) = match text.strip_suffix('\n') {
        Some(body) => (body, "|"),
        None => (text, "|-"),
    };
    let lines = body.split('\n');
    let kept = |line: &str| {
        let blank = line.starts_with(' ') && line.trim().is_empty();
        !blank && line.chars().all(is_printable)
    };
    let first = !body.starts_with(' ') && !body.starts_with('\n');
    if !text.contains('\n') || body.is_empty() || body.ends_with('\n') || !first {
        return None;
    }
    if !lines.clone().all(kept) {
        return None;
    }
    let pad = " ".repeat(depth);
    let lines = lines.map(|line| match line {
        "" => "\n".to_owned(),
        line => format!("\n{pad}{line}"),
    });
    Some(lines.fold(sign.to_owned(), |block, line| block + &line))
}

/// Says whether a text may stand without quotes: what looks like a word or an expression and like nothing else.
fn is_plain(text: &str) -> bool {
    let word = WORDS.iter().any(|word| word.eq_ignore_ascii_case(text));
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '(');
    let ends = !text.ends_with([' ', ':']);
    let inside = text.chars().all(|c| matches!(c, ' '..='~'));
    begins && ends && inside && !word && !text.contains(": ") && !text.contains(" #")
}

/// Says whether YAML takes the character for itself, and for no end of a line.
fn is_printable(c: char) -> bool {
    match c {
        '\u{2028}' | '\u{2029}' | '\u{feff}' => false,
        ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' => true,
        c => c >= '\u{10000}',
    }
}

fn escaped(c: char) -> String {
    match c {
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        '\\' | '"' => format!("\\{c}"),
        c if is_printable(c) => c.to_string(),
        c => format!("\\u{:04x}", u32::from(c)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_quotes_only_where_it_could_be_read_as_something_else() {
        for plain in [
            "up",
            "rate(a_total{job=\"x\"}[5m]) > 0.5",
            "page",
            "(a + b) / c",
            "a:b:c",
            "null_or_not",
        ] {
            assert_eq!(line(plain), plain);
        }
        for (text, written) in [
            ("", "''"),
            ("5", "'5'"),
            ("True", "'True'"),
            ("~", "'~'"),
            ("a: b", "'a: b'"),
            ("a:", "'a:'"),
            ("a #b", "'a #b'"),
            (" a", "' a'"),
            ("a ", "'a '"),
            ("{{ $value }} isn't it", "'{{ $value }} isn''t it'"),
            ("é", "'é'"),
            ("-a", "'-a'"),
            ("a\tb", "\"a\\tb\""),
            ("\u{7}\u{2028}\"\\", "\"\\u0007\\u2028\\\"\\\\\""),
        ] {
            assert_eq!(line(text), written);
        }
    }

    #[test]
    fn many_lines_stay_many_lines_where_none_is_lost() {
        assert_eq!(entry(2, "a", "x\n  y\n"), "  a: |\n    x\n      y\n");
        assert_eq!(entry(2, "a", "x\n\n# y"), "  a: |-\n    x\n\n    # y\n");
        for text in ["\n", "x\n\n", " x\ny", "\nx", "x\n \ny", "x\r\ny"] {
            assert!(entry(0, "a", text).starts_with("a: \""), "{text:?}");
        }
        let key = "k".repeat(2_000);
        assert_eq!(entry(0, &key, "x"), format!("? {key}\n: x\n"));
    }
}
