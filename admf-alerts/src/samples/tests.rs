use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;

fn problem(text: &str) -> String {
    Samples::parse(text).unwrap_err().to_string()
}

#[test]
fn an_exposition_is_read_with_comments_escapes_blanks_and_special_numbers() {
    let text = "\
# HELP calls_total Calls \\\\ by \"outcome\"\\nand more.
# TYPE calls_total counter
calls_total{outcome=\"ok\"} 12 1700000000000
 calls_total { outcome = \"a\\\\b\\\"c\\nd\" , } 3
#a comment
# EOF

nan NaN
plus\t+Inf
minus -Inf
small 1e-3
rule:sum{} .5
";
    let samples = Samples::parse(text).unwrap();
    assert_eq!(samples.len(), 7);
    assert_eq!(
        samples.value("calls_total", &[("outcome", "ok")]),
        Some(12.0)
    );
    assert_eq!(
        samples.value("calls_total", &[("outcome", "a\\b\"c\nd")]),
        Some(3.0)
    );
    assert_eq!(samples.value("calls_total", &[]), None);
    assert!(samples.value("nan", &[]).unwrap().is_nan());
    assert_eq!(samples.value("plus", &[]), Some(f64::INFINITY));
    assert_eq!(samples.value("minus", &[]), Some(f64::NEG_INFINITY));
    assert_eq!(samples.value("small", &[]), Some(0.001));
    assert_eq!(samples.value("rule:sum", &[]), Some(0.5));
    let family = samples.family("calls_total").unwrap();
    assert_eq!(family.kind, FamilyKind::Counter);
    assert_eq!(
        family.help.as_deref(),
        Some("Calls \\ by \"outcome\"\nand more.")
    );
    let first = samples
        .iter()
        .find(|sample| sample.timestamp.is_some())
        .unwrap();
    assert_eq!(
        (first.value, first.timestamp),
        (12.0, Some(1_700_000_000_000))
    );
}

#[test]
fn the_series_of_a_histogram_are_of_its_family() {
    let text = "\
# TYPE latency_seconds histogram
latency_seconds_bucket{le=\"1\"} 1
latency_seconds_bucket{le=\"+Inf\"} 2
latency_seconds_sum 3
latency_seconds_count 2
# TYPE latency_seconds_max gauge
latency_seconds_max 2
";
    let samples = Samples::parse(text).unwrap();
    assert_eq!(
        samples.value("latency_seconds_bucket", &[("le", "+Inf")]),
        Some(2.0)
    );
    assert_eq!(
        problem(&format!("{text}latency_seconds_count{{a=\"b\"}} 1\n")),
        "line 8: lines of `latency_seconds` are not together"
    );
}

#[test]
fn an_empty_label_is_no_label() {
    let samples = Samples::parse("a{b=\"\"} 1\n").unwrap();
    assert_eq!(samples.value("a", &[]), Some(1.0));
    assert_eq!(
        problem("a{b=\"\"} 1\na 1\n"),
        "line 2: series `a` is given twice"
    );
}

#[test]
fn nothing_is_an_empty_exposition() {
    assert!(Samples::parse("").unwrap().is_empty());
}

#[test]
fn what_is_out_of_order_is_refused_by_its_line() {
    let cases = [
        (
            "\nx\n",
            "line 2: expected a value, but there is nothing more",
        ),
        (
            "a 1\nb 2",
            "line 2: last line does not end with a line feed",
        ),
        (
            "a{b=\"1\"} 1\na{b=\"1\"} 2\n",
            "line 2: series `a{b=\"1\"}` is given twice",
        ),
        (
            "a 1\nb 1\na{c=\"d\"} 1\n",
            "line 3: lines of `a` are not together",
        ),
        (
            "# TYPE a gauge\n# TYPE a gauge\n",
            "line 2: second TYPE of `a`",
        ),
        ("# HELP a b\n# HELP a c\n", "line 2: second HELP of `a`"),
        (
            "a 1\n# TYPE a gauge\n",
            "line 2: TYPE of `a` comes after its samples",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(problem(text), expected, "{text:?}");
    }
    assert_eq!(Samples::parse("\nx\n").unwrap_err().line(), 2);
}

#[test]
fn doubtful_numbers_of_others_are_taken_as_they_are() {
    let text = "# TYPE a histogram\na_bucket{le=\"1\"} 2\na_sum NaN\n# TYPE b counter\nb -1\n a{__c=\"d\"} 1 -5\n";
    assert!(admf_exposition::check(text).is_err());
    let samples = Samples::parse(&text.replace(" a{", " c{")).unwrap();
    assert!(samples.value("a_sum", &[]).unwrap().is_nan());
    assert_eq!(samples.value("b", &[]), Some(-1.0));
    assert_eq!(samples.value("c", &[("__c", "d")]), Some(1.0));
}

#[test]
fn a_selector_finds_by_name_and_labels() {
    let text = "a{b=\"1\",c=\"x\"} 1\na{b=\"2\"} 2\na 3\nab{b=\"1\"} 4\n";
    let samples = Samples::parse(text).unwrap();
    let cases: [(&str, &[f64]); 8] = [
        ("{__name__=~\"a.?\",b=\"1\"}", &[1.0, 4.0]),
        ("{b=~\"1|2\",__name__!=\"ab\"}", &[1.0, 2.0]),
        ("a", &[3.0, 1.0, 2.0]),
        ("a{b=\"1\"}", &[1.0]),
        ("a{b!=\"1\"}", &[3.0, 2.0]),
        ("a{b=\"\"}", &[3.0]),
        ("a{c!=\"\",b=\"2\"}", &[]),
        ("none", &[]),
    ];
    for (selector, expected) in cases {
        let found = Selector::parse(selector).unwrap();
        let values: Vec<_> = samples.select(&found).map(|sample| sample.value).collect();
        assert_eq!(values, expected, "{selector}");
    }
}

#[test]
fn what_does_more_than_select_is_no_selector() {
    for text in [
        "a > 1",
        "sum(a)",
        "a[5m]",
        "a offset 5m",
        "a @ 3",
        "1",
        "a{",
    ] {
        assert!(Selector::parse(text).is_err(), "{text}");
    }
}

/// A name, its comments, and its series by labels.
type Generated = (
    Option<FamilyKind>,
    Option<String>,
    Vec<(Labels, f64, Option<i64>)>,
);

fn family() -> impl Strategy<Value = Generated> {
    let kind = prop::sample::select(vec![
        FamilyKind::Counter,
        FamilyKind::Gauge,
        FamilyKind::Histogram,
        FamilyKind::Summary,
    ]);
    let help = r#"h[\\\n" #é]{0,5}"#;
    let labels = btree_map(
        "[a-zA-Z_][a-z0-9_]{0,2}",
        r#"[\\\n"{},= aé]{0,4}|.{1,4}"#,
        0..3,
    );
    let series = (
        labels.prop_map(Labels::from_iter),
        any::<f64>(),
        any::<Option<i64>>(),
    );
    (
        prop::option::of(kind),
        prop::option::of(help),
        vec(series, 0..4),
    )
}

fn samples(families: BTreeMap<String, Generated>) -> Samples {
    let mut samples = Samples::default();
    let kinds: Vec<_> = families
        .iter()
        .map(|(name, it)| (name.clone(), it.0.unwrap_or_default()))
        .collect();
    for (name, (kind, help, series)) in families {
        // A metric called like a series of another is refused.
        let series_of = |(other, kind): &(String, FamilyKind)| {
            let mut suffixes = kind.suffixes().iter();
            suffixes.any(|suffix| name == format!("{other}{suffix}"))
        };
        if kinds.iter().any(series_of) {
            continue;
        }
        if kind.is_some() || help.is_some() {
            let family = Family {
                kind: kind.unwrap_or_default(),
                help,
            };
            samples.families.insert(name.clone(), family);
        }
        let suffixes = kind.unwrap_or_default().suffixes();
        for (i, (labels, value, timestamp)) in series.into_iter().enumerate() {
            let suffix = suffixes
                .get(i % suffixes.len().max(1))
                .copied()
                .unwrap_or_default();
            let series = samples.series.entry(format!("{name}{suffix}")).or_default();
            series.insert(labels, Point { value, timestamp });
        }
    }
    samples
}

/// All there is, with NaN equal to itself.
fn content(samples: &Samples) -> impl PartialEq + std::fmt::Debug + use<> {
    let point = |sample: Sample<'_>| {
        let value = if sample.value.is_nan() {
            f64::NAN
        } else {
            sample.value
        };
        (
            sample.name.to_owned(),
            sample.labels.clone(),
            value.to_bits(),
            sample.timestamp,
        )
    };
    (
        samples.families.clone(),
        samples.iter().map(point).collect::<Vec<_>>(),
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        families in btree_map("[a-z_:]([a-z0-9_:]|_sum|_count){0,3}", family(), 0..5),
    ) {
        let written = samples(families);
        let text = written.to_string();
        let read = Samples::parse(&text);
        prop_assert!(read.is_ok(), "{read:?} of {text}");
        prop_assert_eq!(content(&read.unwrap()), content(&written));
    }

    #[test]
    fn no_text_makes_it_panic(text in r#"([a-z{}=,"\\#0-9 \t]|# TYPE |# HELP |\n|é){0,60}"#) {
        if let Err(error) = Samples::parse(&text) {
            prop_assert!(error.line() <= text.split('\n').count());
        }
    }
}
