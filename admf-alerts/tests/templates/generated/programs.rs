//! Nested expressions and blocks.

use proptest::prelude::*;
use proptest::sample::select;

use super::list;

const LEAVES: &[&str] = &[
    "$value",
    ".Value",
    "$labels.job",
    "$labels.missing",
    "$labels",
    "$.ExternalLabels.dc",
    "1",
    "-2",
    "0",
    "0.5",
    "1.0",
    "\"\"",
    "\"api\"",
    "`5`",
    "true",
    "false",
    "'a'",
    "(len $labels)",
    "(query `up{job='a'}` | first)",
    "(query \"none\")",
    "$externalURL",
    "(humanize $value)",
];

fn expression() -> impl Strategy<Value = String> {
    let leaf = select(LEAVES);
    leaf.prop_map(str::to_owned)
        .prop_recursive(3, 12, 3, |inner| {
            let two = select(vec![
                "eq",
                "ne",
                "lt",
                "le",
                "gt",
                "ge",
                "and",
                "or",
                "print",
                "println",
                "index",
                "printf \"%v %5v\"",
                "html",
                "urlquery",
            ]);
            let one = select(vec![
                "not",
                "len",
                "print",
                "toUpper",
                "title",
                "humanize",
                "printf \"%s\"",
                "printf \"%6.2f\"",
                "js",
                "value",
                "label \"job\"",
                "parseDuration",
            ]);
            prop_oneof![
                (two, inner.clone(), inner.clone()).prop_map(|(f, a, b)| format!("({f} {a} {b})")),
                (one.clone(), inner.clone()).prop_map(|(f, a)| format!("({f} {a})")),
                (inner.clone(), one).prop_map(|(a, f)| format!("({a} | {f})")),
                (inner.clone(), inner.clone(), inner)
                    .prop_map(|(a, b, c)| format!("(eq {a} {b} {c})")),
            ]
        })
}

/// `count` templates of nested expressions and blocks.
pub(crate) fn programs(count: usize) -> Vec<String> {
    let shown = expression().prop_map(|it| format!("{{{{ {it} }}}}"));
    let program = shown.prop_recursive(2, 8, 3, |inner| {
        let condition = expression().boxed();
        let lists = select(vec!["$labels", "$externalLabels", "(query \"none\")", "(query `up` | sortByLabel \"job\")"]);
        prop_oneof![
            (condition.clone(), inner.clone(), inner.clone()).prop_map(|(c, a, b)| format!("{{{{ if {c} }}}} {a} {{{{- else -}}}} {b} {{{{ end }}}}")),
            (condition.clone(), inner.clone()).prop_map(|(c, a)| format!("{{{{ with $x := {c} }}}}[{a}{{{{ print $x }}}}]{{{{ end }}}}")),
            (lists, condition, inner.clone()).prop_map(|(l, c, a)| format!("{{{{ range $i, $x := {l} }}}}{{{{ $i }}}}={{{{ if {c} }}}}{{{{ break }}}}{{{{ end }}}}{{{{ printf \"%v\" . }}}} {{{{ else }}}}{a}{{{{ end }}}}")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("{a} {b}")),
        ]
    });
    // Where the dot is another one, `.Value` of a text is an error on both sides.
    list(&program, count)
}
