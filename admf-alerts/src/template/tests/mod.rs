use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

mod bounds;
mod load;

struct Ups;

impl Query for Ups {
    fn query(&self, expression: &str) -> Result<Vec<Sample>, String> {
        if expression != "up" {
            return Err(format!("`{expression}` cannot be read"));
        }
        let sample = |(job, value)| Sample {
            labels: Arc::new(Labels::from_iter([("job", job)])),
            value,
        };
        Ok([("b", 1.0), ("a", 0.5)].map(sample).to_vec())
    }
}

fn rendered(text: &str) -> Result<String, String> {
    let template = Template::parse(text).map_err(|error| error.to_string())?;
    let data = Data::new(Labels::from_iter([("book", "main"), ("a_1", "x")]), 0.5);
    let data = data.external(Labels::from_iter([("dc", "eu")]), "http://here");
    let rendered = template.render(&data, &Ups);
    rendered.map_err(|error| error.to_string())
}

#[test]
fn value_labels_and_what_is_external_are_filled_in() {
    let cases = [
        ("", ""),
        ("plain } text }}", "plain } text }}"),
        ("{{ $value }}", "0.5"),
        ("{{$value}}{{.Value}}", "0.50.5"),
        ("{{ $labels.book }}/{{ .Labels.a_1 }}", "main/x"),
        ("[{{ $labels.missing }}]", "[]"),
        ("{ {{ $value }} }", "{ 0.5 }"),
        (
            "{{ $externalLabels.dc }} {{ $externalURL }}",
            "eu http://here",
        ),
        (
            "{{ . }}",
            "{map[a_1:x book:main] map[dc:eu] http://here 0.5}",
        ),
        (
            "{{ range query `up` | sortByLabel `job` }}{{ .Labels.job }}={{ .Value }} {{ end }}",
            "a=0.5 b=1 ",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(rendered(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_filled_in_is_not_read_again() {
    let labels = Labels::from_iter([("book", "{{ $value }}")]);
    let template = Template::parse("{{ $labels.book }}").unwrap();
    let text = template.render(&Data::new(labels, 1.0), &NoQueries);
    assert_eq!(text.as_deref(), Ok("{{ $value }}"));
}

#[test]
fn floats_are_written_as_go_writes_them() {
    let cases = [
        (0.0, "0"),
        (-0.5, "-0.5"),
        (0.1 + 0.2, "0.30000000000000004"),
        (123_456.0, "123456"),
        (999_999.5, "999999.5"),
        (1_000_000.0, "1e+06"),
        (1_234_567.0, "1.234567e+06"),
        (0.0001, "0.0001"),
        (0.000_012, "1.2e-05"),
        (1e100, "1e+100"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "+Inf"),
        (f64::NEG_INFINITY, "-Inf"),
    ];
    let template = Template::parse("{{ $value }}").unwrap();
    for (value, expected) in cases {
        let text = template.render(&Data::new(Labels::new(), value), &NoQueries);
        assert_eq!(text.as_deref(), Ok(expected));
    }
}

#[test]
fn what_fails_says_where_and_why_and_stands_in_the_text() {
    let cases = [
        (
            "{{ gt $value 1 }}",
            "line 1, column 4: `gt`: incompatible types for comparison: float64 and int",
        ),
        (
            "a\n é {{ toUpper 5 }}",
            "line 2, column 7: `toUpper`: string was expected, not int",
        ),
        (
            "{{ query `down` }}",
            "line 1, column 4: `query`: `down` cannot be read",
        ),
        (
            "{{ query `up` }}",
            "line 1, column 4: the answer to a query cannot be written",
        ),
        (
            "{{ $labels.book.x }}",
            "line 1, column 16: string has no field `x`",
        ),
        (
            "{{ range $value }}{{ end }}",
            "line 1, column 10: `range` cannot go over float64",
        ),
        (
            "{{ printf `%x` 1.5 }}",
            "line 1, column 4: `printf`: `%x` of a float is not supported",
        ),
        (
            "{{ printf `%[1]d` 1 }}",
            "line 1, column 4: `printf`: `[` in a format is not supported",
        ),
        (
            "{{ printf `%*d` 1 2 }}",
            "line 1, column 4: `printf`: `*` in a format is not supported",
        ),
        (
            "{{ printf `%#v` 1 }}",
            "line 1, column 4: `printf`: `%#v` is not supported",
        ),
        (
            "{{ slice `é` 1 }}",
            "line 1, column 4: `slice`: the cut is within a character",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(rendered(text).unwrap_err(), expected, "{text}");
    }
    let template = Template::parse("{{ query `up` }}").unwrap();
    let error = template.render(&Data::new(Labels::new(), 0.0), &NoQueries);
    assert_eq!(
        error.unwrap_err().text(),
        "<error expanding template: line 1, column 4: `query`: there is nothing to query here>"
    );
}

#[test]
fn a_pattern_that_is_not_a_literal_is_read_when_rendering() {
    let cases = [
        ("{{ $p := `^m` }}{{ match $p $labels.book }}", Ok("true")),
        (
            "{{ $labels.book | reReplaceAll (print `a(.)`) `<$1>` }}",
            Ok("m<i>n"),
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(rendered(text).as_deref(), expected.as_deref(), "{text}");
    }
    let error = rendered("{{ match (print `(`) `a` }}").unwrap_err();
    assert_eq!(
        error,
        "line 1, column 4: `match`: `(` is an invalid regular expression: unclosed group"
    );
}

#[test]
fn patterns_are_those_of_re2() {
    let cases = [
        (r"^\d$", "٣", false),
        (r"^\w$", "é", false),
        ("^[a&&b]+$", "a&b", true),
        ("^[a[b]+$", "[", true),
        ("^[]a]$", "]", true),
        ("^[a-]$", "-", true),
        (r"\Qa.b\E", "axb", false),
        ("^a{,2}$", "a{,2}", true),
        (r"^\<\x{e9}\101$", "<éA", true),
        ("a.b", "a\nb", false),
    ];
    for (pattern, subject, expected) in cases {
        let text = format!("{{{{ match `{pattern}` `{subject}` }}}}");
        assert_eq!(rendered(&text), Ok(expected.to_string()), "{pattern}");
    }
    let wrong = [
        ("(", "unclosed group"),
        ("a**", "a repetition is repeated"),
        ("a{1001}", "more than 1000 repetitions"),
        ("(?x:a)", "there is no such group"),
        (r"\h", r"there is no escape `\h`"),
        (r"(a)\1", r"there is no escape `\1`"),
        ("[[:any:]]", "there is no class `[:any:]`"),
        ("[a", "brackets are not closed"),
    ];
    for (pattern, reason) in wrong {
        let error = Template::parse(&format!("{{{{ match `{pattern}` `a` }}}}"));
        let expected =
            format!("line 1, column 4: `{pattern}` is an invalid regular expression: {reason}");
        assert_eq!(error.map(|_| ()).unwrap_err().to_string(), expected);
    }
}

/// The words of templates, and some that are none.
fn word() -> impl Strategy<Value = String> {
    let words = vec![
        "{{",
        "{{-",
        "}}",
        "-}}",
        " ",
        "\n",
        "é",
        "if ",
        "else",
        "end",
        "with ",
        "range ",
        "break",
        "continue",
        "$x",
        ":=",
        "=",
        "|",
        ",",
        "(",
        ")",
        ".",
        ".Labels",
        "$labels",
        "$value",
        "$",
        "nil",
        "true",
        "1",
        "-1",
        "1.5",
        "0x",
        "9e99",
        "\"",
        "\\",
        "`",
        "'",
        "'a'",
        "%",
        "{{end}}",
        "{{range .Labels}}",
        "{{if 1}}",
        "{{with $x := .}}",
        "{{ print ",
        "{{ printf `%9.9v` ",
        "{{ index ",
        "{{ slice `éé` ",
        "{{ query `up` }}",
        "{{ reReplaceAll `(.)` `$1$1` ",
        "{{ match `[` ",
        "{{ humanizeTimestamp ",
        "{{ humanizeDuration ",
        "{{ parseDuration `9y` }}",
        "/*",
        "*/",
    ];
    prop_oneof![9 => select(words).prop_map(str::to_owned), 1 => ".{0,3}"]
}

proptest! {
    #[test]
    fn no_text_makes_a_template_panic(words in prop::collection::vec(word(), 0..24)) {
        if let Err(error) = rendered(&words.concat()) {
            prop_assert!(!error.contains('\n') && error.starts_with("line "), "{error}");
        }
    }

    #[test]
    fn no_value_makes_a_function_panic(value: f64, text in ".{0,12}", verb in "[-+# 0]{0,3}[0-9]{0,2}(\\.[0-9]{0,2})?.") {
        let template = "{{ range $n, $x := .Labels }}{{ printf $labels.verb $x }}{{ printf $labels.verb $value }}\
            {{ printf $labels.verb (len $x) }}{{ title $x }}{{ toUpper $x }}{{ toLower $x }}{{ js $x }}{{ html $x }}\
            {{ urlquery $x }}{{ stripPort $x }}{{ stripDomain $x }}{{ reReplaceAll `.` $x `ab` }}{{ end }}\
            {{ humanize $value }}{{ humanize1024 $value }}{{ humanizeDuration $value }}{{ humanizePercentage $value }}";
        let verb = format!("%{verb}");
        let data = Data::new(Labels::from_iter([("text", text.as_str()), ("verb", &verb)]), value);
        let text = Template::parse(template).unwrap().render(&data, &NoQueries);
        if let Err(error) = text {
            prop_assert!(error.to_string().contains("not supported"), "{error}");
        }
        for function in ["match $labels.text `a`", "humanize $labels.text", "parseDuration $labels.text", "humanizeTimestamp $value"] {
            let _ = Template::parse(&format!("{{{{ {function} }}}}")).unwrap().render(&data, &NoQueries);
        }
    }
}
