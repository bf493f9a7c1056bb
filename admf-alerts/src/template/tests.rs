use super::*;

fn rendered(text: &str, value: f64) -> String {
    let labels = Labels::from_iter([("book", "main"), ("a_1", "x")]);
    Template::parse(text).unwrap().render(&labels, value)
}

#[test]
fn value_and_labels_are_filled_in() {
    let cases = [
        ("", ""),
        ("plain } text }}", "plain } text }}"),
        ("{{ $value }}", "0.5"),
        ("{{$value}}{{.Value}}", "0.50.5"),
        ("{{ $labels.book }}/{{ .Labels.a_1 }}", "main/x"),
        ("[{{ $labels.missing }}]", "[]"),
        ("{ {{ $value }} }", "{ 0.5 }"),
    ];
    for (text, expected) in cases {
        assert_eq!(rendered(text, 0.5), expected, "{text}");
    }
}

#[test]
fn what_is_filled_in_is_not_read_again() {
    let labels = Labels::from_iter([("book", "{{ $value }}")]);
    let template = Template::parse("{{ $labels.book }}").unwrap();
    assert_eq!(template.render(&labels, 1.0), "{{ $value }}");
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
    for (value, expected) in cases {
        assert_eq!(rendered("{{ $value }}", value), expected);
    }
}

#[test]
fn anything_else_is_refused() {
    let cases = [
        ("{{ $value", "`{{` is not closed by `}}`"),
        (
            "{{ printf \"%d\" $value }}",
            "`{{ printf \"%d\" $value }}` is neither `{{ $value }}` nor `{{ $labels.NAME }}`",
        ),
        (
            "{{ $labels. }}",
            "`{{ $labels. }}` is neither `{{ $value }}` nor `{{ $labels.NAME }}`",
        ),
        (
            "{{ $labels.a-b }}",
            "`{{ $labels.a-b }}` is neither `{{ $value }}` nor `{{ $labels.NAME }}`",
        ),
        (
            "{{ $Value }}",
            "`{{ $Value }}` is neither `{{ $value }}` nor `{{ $labels.NAME }}`",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(Template::parse(text).unwrap_err(), expected);
    }
}
