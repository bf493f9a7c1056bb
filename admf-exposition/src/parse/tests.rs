use std::borrow::Cow;

use super::*;
use crate::cursor::steps;
use crate::model::Sample;

#[test]
fn comments_escapes_blanks_and_special_numbers_are_read() {
    let text = "\
# HELP calls_total Calls \\\\ by \"outcome\"\\nand more.
# TYPE calls_total counter
calls_total{outcome=\"ok\"} 12 1700000000000
calls_total { outcome = \"a\\\\b\\\"c\\nd\" , } 3
# any comment
nan NaN
plus\t+Inf
minus -inf
small 1e-3
rule:sum{} .5
";
    let read = parse(text).unwrap();
    let calls = &read.families()[0];
    assert_eq!((calls.name, calls.kind), ("calls_total", Kind::Counter));
    assert_eq!(
        calls.help.as_deref(),
        Some("Calls \\ by \"outcome\"\nand more.")
    );
    let [ok, escaped] = &calls.samples[..] else {
        panic!("{calls:?}")
    };
    assert_eq!((ok.value, ok.timestamp), (12.0, Some(1_700_000_000_000)));
    assert_eq!((escaped.line, escaped.timestamp), (4, None));
    assert_eq!(escaped.labels.get("outcome").as_deref(), Some("a\\b\"c\nd"));
    assert_eq!(escaped.labels.get("le"), None);
    let others = read.samples().skip(2);
    let others: Vec<_> = others.map(|it| (it.name, it.value.to_string())).collect();
    let expected = [
        ("nan", "NaN"),
        ("plus", "inf"),
        ("minus", "-inf"),
        ("small", "0.001"),
        ("rule:sum", "0.5"),
    ];
    assert_eq!(others, expected.map(|(name, it)| (name, it.to_owned())));
    assert_eq!(read.families()[5].samples[0].labels.iter().count(), 0);
}

#[test]
fn the_samples_of_a_histogram_are_of_its_family() {
    let text = "\
# TYPE a_seconds histogram
a_seconds_bucket{le=\"+Inf\"} 2
a_seconds_sum 3
a_seconds_count 2
a_seconds_max 2
# TYPE b summary
b_bucket 1
b_count 1
";
    let read = parse(text).unwrap();
    let families = read.families().iter();
    let names: Vec<_> = families.map(|it| (it.name, it.samples.len())).collect();
    let expected = [
        ("a_seconds", 3),
        ("a_seconds_max", 1),
        ("b", 1),
        ("b_bucket", 1),
    ];
    assert_eq!(names, expected);
}

#[test]
fn of_what_is_said_twice_the_first_counts() {
    let text =
        "# HELP a A.\n# TYPE a gauge\n# TYPE a counter\n# HELP a B.\na 1\n# TYPE a summary\na 2\n";
    let read = parse(text).unwrap();
    let a = &read.families()[0];
    assert_eq!((a.kind, a.help.as_deref()), (Kind::Gauge, Some("A.")));
    let values: Vec<_> = a.samples.iter().map(|it| it.value).collect();
    assert_eq!(values, [1.0, 2.0]);
}

#[test]
fn texts_are_borrowed_and_a_sample_takes_80_bytes() {
    let text = "# HELP a A.\na{b=\"c\",d=\"\\n\"} 1\n";
    let read = parse(text).unwrap();
    let a = &read.families()[0];
    assert!(matches!(a.help, Some(Cow::Borrowed("A."))));
    let labels: Vec<_> = a.samples[0].labels.iter().collect();
    assert!(matches!(labels[0], ("b", Cow::Borrowed("c"))));
    assert!(matches!(&labels[1], ("d", Cow::Owned(it)) if it == "\n"));
    assert!(size_of::<Sample<'_>>() <= 80);
}

/// Texts that may make a careless reader look at the same bytes again and again.
fn hostile(n: usize) -> Vec<String> {
    let each = |make: &dyn Fn(usize) -> String| (0..n).map(make).collect::<String>();
    vec![
        each(&|i| format!("a{{b=\"{i}\"}} {i}\n")),
        each(&|i| format!("a{i} 1\n")),
        each(&|i| format!("# TYPE a{i} histogram\na{i}_sum 1\n")),
        each(&|_| "a 1\nb 1\n".to_owned()),
        each(&|_| "# TYPE a gauge\n".to_owned()),
        format!("a{{{}}} 1\n", each(&|i| format!("b{i}=\"\\n\","))),
        format!("a{{{}}} 1\n", each(&|_| "b=\"c\",".to_owned())),
        format!("a{{{}}} 1\n", each(&|i| format!("__{i}=\"\",b{i}=\"c\","))),
        format!("a{{{}}} 1\n", each(&|i| format!("__{i}=\"c\","))),
        format!(
            "# TYPE a histogram\n{}",
            each(&|i| format!("a_bucket{{le=\"{}\"}} 1\n", n - i))
        ),
        format!(
            "# TYPE a histogram\n{}",
            each(&|i| format!("a_bucket{{b=\"{i}\"}} NaN\n"))
        ),
        format!("a{{b=\"{}\"}} 1\n", "\\\"".repeat(n)),
        format!("a{{b=\"{}\n", "\\\\".repeat(n)),
        format!("a{}1\n", " ".repeat(n)),
        format!("a{} 1\n", "_sum".repeat(n)),
        format!("a 0.{}1\n", "0".repeat(n)),
        "\n".repeat(n),
        "{".repeat(n),
    ]
}

/// Counts what is done to read a text, and to do all else with it.
fn cost(text: &str) -> (usize, usize) {
    steps::take();
    let read = parse(text);
    let reading = steps::take();
    if let Ok(mut read) = read {
        let _ = crate::validate(&read);
        let _ = crate::lint(&read);
        read.sort();
        assert!(parse(&read.to_string()).is_ok());
    }
    (reading, steps::take())
}

#[test]
fn ten_times_the_text_takes_ten_times_the_steps() {
    for (small, large) in hostile(300).iter().zip(hostile(3000)) {
        let (few, many) = (cost(small), cost(&large));
        let growth = large.len() / small.len() + 1;
        assert!(many.0 <= 5 * large.len() + 10, "{many:?}: {small:.60}");
        assert!(
            many.1 <= (few.1 + 10) * growth,
            "{few:?} {many:?}: {small:.60}"
        );
    }
}

#[test]
fn a_hundred_thousand_series_and_a_megabyte_in_one_label_are_read_and_checked() {
    let series = |i| format!("a{{b=\"{i}\",c=\"{}\"}} {i}\n", i % 7);
    let many: String = (0..100_000).map(series).collect();
    let read = parse(&many).unwrap();
    assert_eq!(read.samples().count(), 100_000);
    assert_eq!(crate::validate(&read), Ok(()));
    let long = format!("a{{b=\"{0}\"}} 1\na{{b=\"{0}\"}} 1\n", "x".repeat(1 << 20));
    let problems = crate::check(&long).unwrap_err();
    assert!(problems.to_string().len() < 300, "{problems}");
}
