//! What is no template.

use super::*;

fn refused(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let error = Template::parse(text).map(|_| "").unwrap_err();
        assert_eq!(error.to_string(), *expected, "{text}");
    }
}

#[test]
fn syntax_that_is_wrong_is_refused_with_its_place() {
    refused(&[
        ("{{ $value", "line 1, column 1: `{{` is not closed by `}}`"),
        (
            "a\n{{ }}",
            "line 2, column 4: a value or a function was expected",
        ),
        ("{{ /* a */ }}", "line 1, column 4: `/` cannot stand here"),
        (
            "{{/* a */ }}",
            "line 1, column 10: `*/` must be followed by `}}` or ` -}}`",
        ),
        ("{{/* a", "line 1, column 1: comment does not end"),
        (
            "{{ $labels.a-b }}",
            "line 1, column 13: `-` cannot stand here",
        ),
        ("{{ $x=1 }}", "line 1, column 6: `=` cannot stand here"),
        (
            "{{ print 1\"a\" }}",
            "line 1, column 11: a blank was expected",
        ),
        ("{{ (print 1 }}", "line 1, column 13: `)` was expected"),
        ("{{ print 1) }}", "line 1, column 11: `}}` was expected"),
        ("{{ 1 | }}", "line 1, column 8: `|` leads to nothing"),
        ("{{ 1.x }}", "line 1, column 4: `1.x` is not a number"),
        ("{{ \"a\".x }}", "line 1, column 7: `.x` cannot stand here"),
        ("{{ nil }}", "line 1, column 4: `nil` is no command"),
        (
            "{{ $x := }}",
            "line 1, column 10: a value or a function was expected",
        ),
    ]);
}

#[test]
fn literals_that_are_wrong_are_refused() {
    refused(&[
        (
            "{{ \"a\nb\" }}",
            "line 1, column 4: text in double quotes does not end",
        ),
        (
            "{{ `a }}",
            "line 1, column 4: text in back quotes does not end",
        ),
        (r#"{{ "\q" }}"#, r"line 1, column 5: unknown escape `\q`"),
        (r#"{{ "\u12" }}"#, r"line 1, column 5: unknown escape `\u`"),
        (
            r#"{{ "\ud800" }}"#,
            r"line 1, column 5: unknown escape `\u`",
        ),
        (
            r#"{{ "\xff" }}"#,
            "line 1, column 4: the escapes are not UTF-8",
        ),
        (
            "{{ 'ab' }}",
            "line 1, column 4: a character in single quotes was expected",
        ),
        (
            "{{ '' }}",
            "line 1, column 4: a character in single quotes was expected",
        ),
        (
            "{{ 08 }}",
            "line 1, column 4: `08` is not a number of 64 bits",
        ),
        (
            "{{ 99999999999999999999 }}",
            "line 1, column 4: `99999999999999999999` is not a number of 64 bits",
        ),
        ("{{ 1e999 }}", "line 1, column 4: `1e999` is out of range"),
        (
            "{{ 2i }}",
            "line 1, column 4: `2i` is a kind of number that is not supported",
        ),
        (
            "{{ 0x1p4 }}",
            "line 1, column 4: `0x1p4` is a kind of number that is not supported",
        ),
        (
            "{{ 1__0 }}",
            "line 1, column 4: `1__0` has `_` where no digit is on both sides",
        ),
    ]);
}

#[test]
fn blocks_that_do_not_fit_are_refused() {
    refused(&[
        (
            "{{ if 1 }}a",
            "line 1, column 4: there is no `{{ end }}` to this",
        ),
        (
            "a{{ end }}",
            "line 1, column 5: there is no `if`, `with` or `range` here",
        ),
        (
            "{{ else }}",
            "line 1, column 4: there is no `if`, `with` or `range` here",
        ),
        (
            "{{ if 1 }}{{ else }}{{ else }}{{ end }}",
            "line 1, column 24: there is an `else` already",
        ),
        (
            "{{ with 1 }}{{ else if 1 }}{{ end }}",
            "line 1, column 21: `}}` was expected",
        ),
        (
            "{{ break }}",
            "line 1, column 4: `break` stands in no `range`",
        ),
        (
            "{{ range .Labels }}{{ else }}{{ continue }}{{ end }}",
            "line 1, column 33: `continue` stands in no `range`",
        ),
        (
            "{{ range $i, $v = .Labels }}{{ end }}",
            "line 1, column 17: `range` sets variables as in `range $key, $element := …`",
        ),
    ]);
}

#[test]
fn names_that_nothing_has_are_refused() {
    refused(&[
        (
            "{{ $Value }}",
            "line 1, column 4: there is no variable `$Value`",
        ),
        (
            "{{ $x = 1 }}",
            "line 1, column 4: there is no variable `$x`",
        ),
        (
            "{{ if 1 }}{{ $x := 1 }}{{ else }}{{ $x }}{{ end }}",
            "line 1, column 37: there is no variable `$x`",
        ),
        (
            "{{ range $x := .Labels }}{{ end }}{{ $x }}",
            "line 1, column 38: there is no variable `$x`",
        ),
        ("{{ $ = 1 }}", "line 1, column 4: `$` cannot be set"),
        (
            "{{ .labels.job }}",
            "line 1, column 4: there is no `.labels`, but `.Labels`, `.ExternalLabels`, `.ExternalURL`, `.Value`",
        ),
        (
            "{{ with 1 }}{{ $.Nope }}{{ end }}",
            "line 1, column 17: there is no `.Nope`, but `.Labels`, `.ExternalLabels`, `.ExternalURL`, `.Value`",
        ),
    ]);
}

#[test]
fn functions_that_are_not_there_are_refused_by_name() {
    refused(&[
        (
            "x\n  {{ $value | humanise }}",
            "line 2, column 15: there is no function `humanise`",
        ),
        (
            "{{ tmpl \"a\" . }}",
            "line 1, column 4: function `tmpl` is not supported: rules have no templates by name",
        ),
        (
            "{{ args 1 }}",
            "line 1, column 4: function `args` is not supported: it serves `tmpl`, which is not supported",
        ),
        (
            "{{ toTime $value }}",
            "line 1, column 4: function `toTime` is not supported: write `humanizeTimestamp`",
        ),
        (
            "{{ pathPrefix }}",
            "line 1, column 4: function `pathPrefix` is not supported: write `$externalURL`",
        ),
        (
            "{{ externalURL }}",
            "line 1, column 4: function `externalURL` is not supported: write `$externalURL`",
        ),
        (
            "{{ call 1 }}",
            "line 1, column 4: function `call` is not supported: there are no values that can be called",
        ),
        (
            "{{ define \"a\" }}{{ end }}",
            "line 1, column 4: `define` is not supported in rules",
        ),
        (
            "{{ template \"a\" }}",
            "line 1, column 4: `template` is not supported in rules",
        ),
        (
            "{{ block \"a\" . }}{{ end }}",
            "line 1, column 4: `block` is not supported in rules",
        ),
    ]);
}

#[test]
fn calls_that_cannot_be_right_are_refused() {
    refused(&[
        (
            "{{ humanize }}",
            "line 1, column 4: `humanize` takes 1 arguments, not 0",
        ),
        (
            "{{ 1 | gt 2 3 }}",
            "line 1, column 8: `gt` takes 2 arguments, not 3",
        ),
        (
            "{{ eq 1 }}",
            "line 1, column 4: `eq` takes at least 2 arguments, not 1",
        ),
        (
            "{{ slice 1 2 3 4 }}",
            "line 1, column 4: `slice` takes 1 to 3 arguments, not 4",
        ),
        (
            "{{ $value 1 }}",
            "line 1, column 4: only a function takes arguments",
        ),
        (
            "{{ 1 | $value }}",
            "line 1, column 8: only a function takes arguments",
        ),
        (
            "a\n{{ query 1 }}",
            "line 2, column 4: `query`: string was expected, not int",
        ),
        (
            "{{ label 1 .Labels }}",
            "line 1, column 4: `label`: string was expected, not int",
        ),
        (
            "{{ match 1 \"a\" }}",
            "line 1, column 4: `match`: string was expected, not int",
        ),
        (
            "{{ match \"(\" \"a\" }}",
            "line 1, column 4: `(` is an invalid regular expression: unclosed group",
        ),
    ]);
}
