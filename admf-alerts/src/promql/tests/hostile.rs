//! Expressions that ask for too much, or for nothing that there is.

use super::*;

/// Values and bounds that no arithmetic likes.
fn odd() -> Store {
    let mut store = Store::new(Limits::default()).unwrap();
    let values = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e308, -0.0];
    for (time, value) in values.into_iter().enumerate() {
        for le in ["0", "1", "NaN", "+Inf", "-Inf", "x"] {
            let labels = Labels::from_iter([("__name__", "m"), ("le", le)]);
            store.append(&labels, time as i64, value).unwrap();
        }
    }
    store
}

const TIMES: [i64; 5] = [i64::MIN, -1, 4, 10_000, i64::MAX];

#[test]
fn what_would_touch_too_many_samples_is_refused_though_it_selects_nothing() {
    let store = odd();
    let settings = Settings::default().max_samples(20_000);
    for expr in [
        "count_over_time(m[290y:1ms])",
        "sum_over_time(vector(1)[290y:1ms])",
        "count_over_time(nothing[200y:1ms])",
        "count_over_time(vector(time())[100y:1s] offset -200y)",
        "max_over_time(max_over_time(max_over_time(m[1h:1s])[1d:1s])[1d:1s])",
        "absent_over_time(label_replace(nothing, \"a\", \"b\", \"c\", \"d\")[290y:1ms])",
    ] {
        let query = Query::parse(expr, &settings).unwrap();
        for time in [4, 10_000, i64::MAX / 16] {
            let refused = query.instant(&store, &settings, time);
            assert_eq!(
                refused,
                Err(QueryError::TooManySamples { limit: 20_000 }),
                "{expr} at {time}"
            );
        }
    }
}

/// Calls one function again and again, each time over what it gave before.
fn nested(times: usize, call: impl Fn(String) -> String) -> String {
    let first = r#"label_replace(m, "x", "12345678", "", "")"#.to_owned();
    (0..times).fold(first, |expr, _| call(expr))
}

#[test]
fn a_label_that_doubles_again_and_again_is_refused() {
    let store = odd();
    let settings = Settings::default();
    let joined = |expr: String| format!(r#"label_join({expr}, "x", "", "x", "x")"#);
    let replaced = |expr: String| format!(r#"label_replace({expr}, "x", "$1$1", "x", "(.*)")"#);
    for (expr, fits) in [
        (nested(13, joined), true),
        (nested(14, joined), false),
        (nested(12, replaced), true),
        (nested(13, replaced), false),
        (nested(60, joined), false),
        (nested(60, replaced), false),
    ] {
        let query = Query::parse(&expr, &settings).unwrap();
        let answer = query.instant(&store, &settings, 4);
        match answer {
            Ok(_) => assert!(fits, "{expr}"),
            Err(error) => {
                assert!(!fits, "{expr}");
                assert_eq!(
                    error.to_string(),
                    "a label would be longer than 65536 bytes"
                );
            }
        }
    }
    // All of them together count as samples.
    let few = Settings::default().max_samples(5_000);
    let query = Query::parse(&nested(13, joined), &few).unwrap();
    let refused = query.instant(&store, &few, 4);
    assert_eq!(refused, Err(QueryError::TooManySamples { limit: 5_000 }));
}

const ODD: &[&str] = &[
    "m[290y:1ms]",
    "1[290y:1ms]",
    "nothing[290y:1ms]",
    "sum_over_time(vector(1)[290y:1ms])",
    "count_over_time((nothing)[200y:1ms])",
    "count_over_time(time()[100y:1s] @ 9e9 offset -200y)",
    "m @ NaN",
    "m @ Inf",
    "m @ 1e300",
    "m @ -1e300",
    "m @ 9223372036854775807",
    "m @ 18446744073709551616",
    "m[5m] @ 1e18",
    "m[0s]",
    "m[1s:0s]",
    "m[1s:0.1ms]",
    "m[1ms:1y]",
    "m offset -290y",
    "m[1s] offset 290y offset 290y",
    "topk(1e300, m)",
    "topk(-1e300, m)",
    "topk(NaN, m)",
    "bottomk(Inf, m)",
    "quantile(NaN, m)",
    "quantile(Inf, m)",
    "histogram_quantile(NaN, m)",
    "histogram_quantile(0.5, m)",
    "round(m, 0)",
    "round(m, NaN)",
    "clamp(m, Inf, -Inf)",
    "predict_linear(m[1s], NaN)",
    "predict_linear(m[1s], 1e308)",
    "deriv(m[1s])",
    "rate(m[1s])",
    "irate(m[1s])",
    "quantile_over_time(NaN, m[1s])",
    "stddev_over_time(m[1s])",
    "day_of_month(m)",
    "days_in_month(vector(1e300))",
    "year(vector(-1e300))",
    "month(vector(9e18))",
    "day_of_year(vector(-9e18))",
    "day_of_year(vector(NaN))",
    "hour(vector(1e18))",
    "double_exponential_smoothing(m[1s], 0.5, 0.5)",
    "count_values(\"\", m)",
    "count_values(\"le\", m)",
    "label_replace(m, \"le\", \"$1$1$99999999999\", \"le\", \"(.*)\")",
    "label_replace(m, \"x\", \"\", \"le\", \"((a{999}){999}){999}\")",
    "m{le=~\"((a{1000}){1000}){1000}\"}",
    "label_join(m, \"\", \"\", \"\")",
    "m % 0",
    "m ^ 1e308",
    "m atan2 NaN",
    "1 % 0",
    "-m ^ -m",
    "scalar(m)",
    "vector(scalar(nothing))",
    "absent(m)",
    "absent_over_time(nothing[290y])",
    "timestamp(m @ 1e15)",
    "sum by (\u{0}) (m)",
    "{__name__=~\".*\"}",
    "{}",
    "m{",
    "\"",
    "'\\x",
    "\u{feff}m",
    "m[",
    "m[5",
    "m[5m",
    "m[5m:",
    "offset",
    "@",
    "m @",
    "m @ -",
    "0x",
    "1e",
    "1e999",
    "0xffffffffffffffffffff",
    "m[99999999999999999999y]",
    "m offset 1e999",
    "m[1e400]",
    "m[5m:5m][5m:5m]",
    "max_over_time(m[1h:1s])",
    "min_over_time(max_over_time(sum_over_time(m[1h:1s])[1d:1s])[1d:1s])",
];

#[test]
fn odd_expressions_have_an_answer_or_an_error_at_any_time() {
    let store = odd();
    let mut exprs: Vec<String> = ODD.iter().map(|it| (*it).to_owned()).collect();
    exprs.push("(".repeat(100_000));
    exprs.push("-".repeat(60_000) + "1");
    exprs.push("1+".repeat(30_000) + "1");
    exprs.push(format!("m{{{}}}", "a=\"b\",".repeat(8_000)));
    exprs.push(format!("sum by ({}) (m)", vec!["a"; 20_000].join(",")));
    exprs.push(format!("m == {}", ["on(a) m"; 10].join(" == ")));
    let mut answers = 0;
    for semantics in [Semantics::Prometheus2, Semantics::Prometheus3] {
        let settings = Settings::default().semantics(semantics).max_samples(20_000);
        for expr in &exprs {
            let Ok(query) = Query::parse(expr, &settings) else {
                continue;
            };
            assert!(
                query.reach(&settings) >= Some(Duration::ZERO) || expr.contains('@'),
                "{expr}"
            );
            for time in TIMES {
                answers += usize::from(query.instant(&store, &settings, time).is_ok());
            }
        }
    }
    // Most are read, and answered.
    assert!(answers > 300, "{answers}");
}
