//! Words of templates, in an order that few templates have.

use proptest::prelude::*;
use proptest::sample::select;

use super::list;

const WORDS: &[&str] = &[
    "$labels",
    "$value",
    "$x",
    "$",
    ".",
    ".Labels",
    ".Labels.job",
    "print",
    "len",
    "1",
    "\"a\"",
    "nil",
    "(",
    ")",
    "|",
    "|",
    ":=",
    "=",
    ",",
    " ",
    "true",
    ".x",
    "-1",
    "(print 1)",
    "`r`",
    "'c'",
    "1.5",
    "not",
];

const OPERANDS: &[&str] = &[
    "{{if 1}}",
    "{{else}}",
    "{{else if 0}}",
    "{{end}}",
    "{{end}}",
    "{{with 1}}",
    "{{range .Labels}}",
    "{{break}}",
    "{{continue}}",
    "{{ $x := 1 }}",
    "{{ $x }}",
    "text",
    "{{ $x = 2 }}",
];

/// `count` texts of the words of templates, in an order that few templates have.
pub(crate) fn soups(count: usize) -> Vec<String> {
    let word = select(vec![
        "{{", "{{", "{{-", "{{ -", "}}", "}}", "-}}", " -}}", " ", " ", " ", "\n", "text", "{",
        "}", "/*", "*/", "if", "else", "end", "with", "range", "break", "continue", "define",
        "nil", "true", "$labels", "$value", "$x", "$", "$y.z", ":=", "=", "|", ",", "(", ")", ".",
        ".Labels", ".Value.x", ".job", "print", "eq", "humanize", "nope", "first", "1", "-1",
        "0x1g", "1.5", "1e", "08", "1_0", "'a'", "'ab'", "'", "\"a\"", "\"\\q\"", "\"", "`a`", "`",
        "@", "1i", "..",
    ]);
    let soup = prop::collection::vec(word, 0..8).prop_map(|words| words.concat());
    let action = prop::collection::vec(select(WORDS), 1..5);
    let action = (
        action,
        select(vec![
            "",
            "",
            "",
            "if ",
            "with ",
            "range ",
            "range $i, $x := ",
            "$x := ",
            "$x = ",
        ]),
    )
        .prop_map(|(words, word)| {
            let end = if word.trim_start_matches('$').starts_with(['i', 'w', 'r']) {
                "{{end}}"
            } else {
                ""
            };
            format!("{{{{ {word}{} }}}}{end}", words.join(" "))
        });
    let blocks = prop::collection::vec(select(OPERANDS), 1..7).prop_map(|words| words.concat());
    list(&prop_oneof![soup, action, blocks], count)
}
