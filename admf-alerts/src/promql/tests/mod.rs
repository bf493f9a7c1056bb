mod hostile;
mod presence;
mod uses;

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::labels::Labels;
use crate::series::{Limits, NAME};

/// One sample a minute, from 0 to an hour, of `m` with two jobs.
fn store() -> Store {
    let mut store = Store::new(Limits::default().age(Duration::MAX)).unwrap();
    for minute in 0..=60i64 {
        for (job, factor) in [("a", 1.0), ("b", 2.0)] {
            let labels = Labels::from_iter([(NAME, "m"), ("job", job)]);
            let value = minute as f64 * factor;
            store.append(&labels, minute * 60_000, value).unwrap();
        }
    }
    store
}

fn ask(expr: &str, settings: &Settings) -> Result<Value, QueryError> {
    Query::parse(expr, settings)?.instant(&store(), settings, 600_000)
}

fn shown(expr: &str, settings: &Settings) -> String {
    match ask(expr, settings) {
        Ok(Value::Vector(samples)) => {
            let each = samples
                .iter()
                .map(|it| format!("{} {}", it.labels, it.value));
            each.collect::<Vec<_>>().join("; ")
        }
        Ok(Value::Scalar(value)) => value.to_string(),
        other => format!("{other:?}"),
    }
}

fn problem(expr: &str, settings: &Settings) -> String {
    let problem = ask(expr, settings).unwrap_err().to_string();
    assert!(!problem.contains('\n'), "{problem}");
    problem
}

const OLDER: Semantics = Semantics::Prometheus2;

#[test]
fn a_window_has_both_its_ends_in_two_and_its_right_one_in_three() {
    let expr = r#"count_over_time(m{job="a"}[1m])"#;
    let settings = Settings::default();
    assert_eq!(shown(expr, &settings), r#"{job="a"} 1"#);
    assert_eq!(shown(expr, &settings.semantics(OLDER)), r#"{job="a"} 2"#);
}

#[test]
fn a_sample_as_old_as_the_lookback_counts_in_two_only() {
    let mut store = Store::new(Limits::default()).unwrap();
    store
        .append(&Labels::from_iter([(NAME, "m")]), 0, 1.0)
        .unwrap();
    for (semantics, time, there) in [
        (Semantics::Prometheus3, 299_999, true),
        (Semantics::Prometheus3, 300_000, false),
        (OLDER, 300_000, true),
        (OLDER, 300_001, false),
    ] {
        let settings = Settings::default().semantics(semantics);
        let query = Query::parse("count(m)", &settings).unwrap();
        let found = query.instant(&store, &settings, time).unwrap();
        assert_eq!(
            found != Value::Vector(vec![]),
            there,
            "{semantics:?} at {time}"
        );
    }
}

#[test]
fn what_came_with_three_is_refused_in_two() {
    let settings = Settings::default();
    let newer = [
        ("m[600]", "at 2: a length of time has a unit, as in `5m`"),
        (
            "m offset 50",
            "at 9: a length of time has a unit, as in `5m`",
        ),
        ("vector(5m)", "at 7: a length of time is no number"),
        ("start()", "`start` is not known here"),
        (
            "double_exponential_smoothing(m[5m], 0.1, 0.1)",
            "`double_exponential_smoothing` is not known here",
        ),
    ];
    for (expr, refusal) in newer {
        assert!(ask(expr, &settings).is_ok(), "{expr}");
        assert_eq!(problem(expr, &settings.semantics(OLDER)), refusal);
    }
    let older = "holt_winters(m[5m], 0.1, 0.1)";
    assert_eq!(
        problem(older, &settings),
        "`holt_winters` is not known here"
    );
    assert!(ask(older, &settings.semantics(OLDER)).is_ok());
}

#[test]
fn a_query_that_touches_too_many_samples_is_refused() {
    let limited = Settings::default().max_samples(100);
    let refusal = "the query touches more than 100 samples";
    assert_eq!(problem("rate(m[1h])[10m:1m]", &limited), refusal);
    // Steps without samples count too, or there would be no end.
    assert_eq!(
        problem("max_over_time(vector(1)[100y:1ms])", &limited),
        refusal
    );
    let query = Query::parse("1", &limited).unwrap();
    let refused = query.range(&store(), &limited, (0, i64::MAX, 1));
    assert_eq!(refused, Err(QueryError::TooManySamples { limit: 100 }));
    assert!(ask("rate(m[10m])", &limited).is_ok());
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let settings = Settings::default();
    let parentheses = "(".repeat(100_000) + "1" + &")".repeat(100_000);
    assert_eq!(
        problem(&parentheses, &settings),
        "at 65536: the expression is longer than 65536 bytes"
    );
    let too_deep = "the expression is nested more than 200 deep";
    for expr in [
        "(".repeat(30_000) + "1" + &")".repeat(30_000),
        "-".repeat(60_000) + "1",
        "1".to_owned() + &"+1".repeat(30_000),
        "1".to_owned() + &"^1".repeat(30_000),
        "m".to_owned() + &" and m".repeat(9_000),
        "abs(".repeat(9_000) + "m" + &")".repeat(9_000),
        "sum(".repeat(9_000),
    ] {
        assert!(
            problem(&expr, &settings).ends_with(too_deep),
            "{}",
            &expr[..20]
        );
    }
    for expr in [
        "(".repeat(199) + "m" + &")".repeat(199),
        "-".repeat(199) + "m",
        "m".to_owned() + &" + m".repeat(199),
        "m".to_owned() + &" or m".repeat(199),
        "sum(".repeat(199) + "m" + &")".repeat(199),
    ] {
        assert!(ask(&expr, &settings).is_ok(), "{}", &expr[..20]);
    }
}

#[test]
fn what_is_side_by_side_is_not_nested() {
    let expr = "max(m) + ".to_owned() + &"(m - m) + ".repeat(150) + "max(m)";
    assert!(ask(&expr, &Settings::default()).is_ok());
    let args = vec!["\"a\""; 500].join(", ");
    let expr = format!("label_join(m, \"b\", {args})");
    assert!(ask(&expr, &Settings::default()).is_ok());
}

#[test]
fn an_error_says_where_it_is_known() {
    let settings = Settings::default();
    for (expr, expected) in [
        ("sum(m", "at 3: it is not closed"),
        ("sum m)", "at 5: `)` closes nothing"),
        ("m[5m)", "at 4: `)` closes nothing"),
        (r#"m{a="b}"#, "at 4: the text is not closed"),
        (
            "m[1e300]",
            "at 2: a length of time is above 0 and at most 290 years",
        ),
        (
            "m offset -1e300",
            "at 10: a length of time is above 0 and at most 290 years",
        ),
        (
            "m offset NaN",
            "at 9: a length of time is above 0 and at most 290 years",
        ),
        (
            "m[99999999999s]",
            "at 2: a length of time is above 0 and at most 290 years",
        ),
        (
            "m[1d99999999999s]",
            "at 2: a length of time is above 0 and at most 290 years",
        ),
        (
            r#"m{a="\xff"}"#,
            "at 5: a byte is written as itself: texts are UTF-8",
        ),
        (
            "rate(m)",
            "expected type matrix in call to function 'rate', got vector",
        ),
        ("info(m)", "`info` is not known here"),
        (r#"m{a=~"("}"#, "illegal regex for ("),
        ("", "no expression found in input"),
    ] {
        assert_eq!(problem(expr, &settings), expected);
    }
}

#[test]
fn names_that_are_lost_make_series_equal_at_once_or_at_the_end() {
    let mut store = Store::new(Limits::default()).unwrap();
    for name in ["a_total", "b_total"] {
        let labels = Labels::from_iter([(NAME, name), ("job", "x")]);
        for time in [0, 60_000] {
            store.append(&labels, time, time as f64).unwrap();
        }
    }
    let ask = |expr: &str, settings: Settings| {
        let query = Query::parse(expr, &settings).unwrap();
        let value = query.instant(&store, &settings, 60_000);
        value.map(|value| match value {
            Value::Vector(samples) => samples.iter().map(|it| it.labels.to_string()).collect(),
            other => vec![format!("{other:?}")],
        })
    };
    let now = Settings::default();
    let later = now.delayed_name_removal(true);
    let same = QueryError::failed("vector cannot contain metrics with the same labelset");
    let both = r#"{__name__=~"[ab]_total"}"#;
    for (expr, at_once, at_the_end) in [
        (
            format!("rate({both}[5m])"),
            Err(same.clone()),
            Err(same.clone()),
        ),
        (format!("-{both}"), Err(same.clone()), Err(same.clone())),
        (
            format!("count({both} * 2)"),
            Err(same.clone()),
            Ok(vec!["{}"]),
        ),
        (
            format!(r#"label_replace(-{both}, "n", "$1", "__name__", "(.)_total")"#),
            Err(same),
            Ok(vec![r#"{job="x",n="a"}"#, r#"{job="x",n="b"}"#]),
        ),
    ] {
        let expected = |it: Result<Vec<&str>, QueryError>| {
            it.map(|it| it.into_iter().map(str::to_owned).collect::<Vec<_>>())
        };
        assert_eq!(ask(&expr, now), expected(at_once), "{expr}");
        assert_eq!(ask(&expr, later), expected(at_the_end), "{expr}");
    }
}

#[test]
fn a_range_is_its_instants_one_after_another() {
    let settings = Settings::default();
    let store = store();
    let query = Query::parse("sum(rate(m[5m:30s])) > 0.04", &settings).unwrap();
    let ranges = query
        .range(&store, &settings, (0, 3_000_000, 45_000))
        .unwrap();
    let [range] = &ranges[..] else {
        panic!("{ranges:?}");
    };
    let mut found = 0;
    for step in 0..=66 {
        let time = step * 45_000;
        let Value::Vector(samples) = query.instant(&store, &settings, time).unwrap() else {
            panic!("it is a vector");
        };
        let there = range.points.iter().find(|point| point.time == time);
        assert_eq!(samples.first().map(|it| it.value), there.map(|it| it.value));
        found += samples.len();
    }
    assert_eq!(found, range.points.len());
    let unbounded = query.range(&store, &settings, (0, 1, 0));
    assert_eq!(
        unbounded.unwrap_err().to_string(),
        "the step must be above 0"
    );
}

#[test]
fn the_same_functions_round_as_their_generation_did() {
    let settings = Settings::default();
    let infinite = "stddev(vector(1/0))";
    assert_eq!(shown(infinite, &settings), "{} NaN");
    assert_eq!(shown(infinite, &settings.semantics(OLDER)), "{} 0");
    let named = "m{job=\"a\"} atan2 1 > 0";
    assert!(!shown(named, &settings).contains(NAME));
    assert!(shown(named, &settings.semantics(OLDER)).contains(NAME));
}

const WORDS: [&str; 60] = [
    "m",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ",",
    ":",
    "=",
    "!=",
    "=~",
    "!~",
    "\"a\"",
    "'b",
    "`c`",
    "5m",
    "600",
    "1e300",
    "0x",
    "0xff",
    "NaN",
    "Inf",
    "-",
    "+",
    "*",
    "/",
    "%",
    "^",
    "==",
    "bool",
    "on",
    "ignoring",
    "group_left",
    "by",
    "without",
    "sum",
    "topk",
    "quantile",
    "count_values",
    "rate",
    "abs",
    "time",
    "start",
    "end",
    "@",
    "offset",
    "and",
    "or",
    "unless",
    "atan2",
    "label_replace",
    "vector",
    "scalar",
    "é",
    "\\",
    "#",
    "\n",
    "99999999999999s",
    "\"\\é\"",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn no_words_make_it_panic(words in prop::collection::vec(0usize..60, 0..14), spaced: bool) {
        let words: Vec<_> = words.into_iter().map(|it| WORDS[it]).collect();
        let text = words.join(if spaced { " " } else { "" });
        for semantics in [OLDER, Semantics::Prometheus3] {
            let settings = Settings::default().semantics(semantics).max_samples(100_000);
            let _ = ask(&text, &settings);
            if Query::parse(&text, &settings).is_ok() && let Ok(found) = presence(&text, semantics) {
                let read = Query::parse(&found.expr, &settings);
                prop_assert!(read.is_ok(), "{} | {} | {:?}", text, found.expr, read);
            }
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,30}") {
        let _ = ask(&text, &Settings::default().max_samples(100_000));
    }
}
