//! Patterns and replacements, in the syntax of RE2.

use proptest::prelude::*;
use proptest::sample::select;

use super::list;

const PIECES: &[&str] = &[
    "a",
    "b",
    "é",
    "1",
    "_",
    "-",
    "&",
    "&&",
    "~~",
    "--",
    " ",
    ".",
    "^",
    "$",
    "|",
    "(",
    ")",
    "(?:",
    "(?i:",
    "(?<m>",
    "(?x:",
    "(?s-i:",
    "{1001}",
    "(?P<n>",
    "[",
    "[^",
    "]",
    "]",
    "[[:alpha:]]",
    "[:digit:]",
    "[a-c]",
    "[]a]",
    "[^]a]",
    "*",
    "+",
    "?",
    "{",
    "}",
    "{2}",
    "{,2}",
    "{1,}",
    "{1,2}",
    r"\d",
    r"\D",
    r"\w",
    r"\W",
    r"\s",
    r"\S",
    r"\b",
    r"\B",
    r"\.",
    r"\-",
    r"\[",
    r"\pL",
    r"\Q",
    r"\E",
    r"\A",
    r"\z",
    r"\x41",
    r"\n",
    r"\t",
    r"\/",
    "a-",
    "-c",
    "[a-",
    "/",
    "#",
    "\\",
    "<",
    r"\<",
    r"\x{e9}",
];

/// `count` templates that match a text, and replace in it, by a pattern of these pieces.
pub(crate) fn patterns(count: usize) -> Vec<String> {
    let piece = PIECES;
    let pattern = prop::collection::vec(select(piece), 1..6);
    let pattern =
        (select(vec!["", "(?i)"]), pattern).prop_map(|(flags, it)| flags.to_owned() + &it.concat());
    let replacement = prop::collection::vec(
        select(vec![
            "$", "$1", "${1}", "${n}", "$n", "x", "é", "{", "}", "$$", "_", "${", "-",
        ]),
        0..4,
    );
    let replacement = replacement.prop_map(|it| it.concat());
    let subject = "[a-cAé1_&~{},2 \\-\\[\\]^.\n]{0,8}";
    let all = (pattern, replacement, subject).prop_map(|(pattern, replacement, subject)| {
        format!(
            "{{{{ match `{pattern}` `{subject}` }}}} {{{{ reReplaceAll `{pattern}` `{replacement}` `{subject}` }}}}"
        )
    });
    list(&all, count)
}
