use super::*;

#[test]
fn a_query_says_what_it_selects_and_for_which_function() {
    let settings = Settings::default();
    let text = r#"sum(rate(a{job="x"}[5m])) / b + max_over_time({__name__="c"}[1m:]) > {d="e"}"#;
    let query = Query::parse(text, &settings).unwrap();
    let uses = query.uses();
    let shown: Vec<_> = uses.iter().map(|it| (it.name(), it.function)).collect();
    let expected = [
        (Some("a"), Some("rate")),
        (Some("b"), None),
        (Some("c"), Some("max_over_time")),
        (None, None),
    ];
    assert_eq!(shown, expected);
    assert_eq!(uses[0].window, Some(Duration::from_secs(300)));
    assert_eq!(uses[1].window, None);
}

#[test]
fn a_function_is_given_the_samples_behind_what_only_leaves_out_or_names() {
    let of = |text: &str| {
        let query = Query::parse(text, &Settings::default()).unwrap();
        let uses = query.uses();
        let first = uses.first().unwrap();
        (first.function, first.compared, first.buckets)
    };
    let rate = Some("rate");
    for (text, expected) in [
        ("rate(m[5m:])", rate),
        ("rate(topk(3, m)[5m:])", rate),
        ("rate((m > 3)[5m:])", rate),
        ("rate((3 < m)[5m:])", rate),
        ("rate((m unless n)[5m:])", rate),
        ("rate(sort(m)[5m:])", rate),
        ("sort(m)", Some("sort")),
        ("rate((m > bool 3)[5m:])", None),
        ("rate((m * 2)[5m:])", None),
        ("rate((-m)[5m:])", None),
        ("rate(sum(m)[5m:])", None),
        ("abs(m)", Some("abs")),
    ] {
        assert_eq!(of(text).0, expected, "{text}");
    }
    for (text, compared) in [
        ("m > 3", true),
        ("3 == m", true),
        ("sum(m) > bool 3", true),
        ("m > n", false),
        ("m * 2 > 3", false),
        ("abs(m) > 3", false),
        ("count(m) > 3", false),
    ] {
        assert_eq!(of(text).1, compared, "{text}");
    }
    for (text, without_le) in [
        ("histogram_quantile(0.9, m)", Some(false)),
        (
            "histogram_quantile(0.9, sum by (le) (rate(m[5m]) / 2))",
            Some(false),
        ),
        (
            "histogram_quantile(0.9, sum by (a) (rate(m[5m])))",
            Some(true),
        ),
        ("histogram_quantile(0.9, sum without (le) (m))", Some(true)),
        ("histogram_quantile(scalar(m), n)", None),
        ("rate(m[5m])", None),
    ] {
        assert_eq!(of(text).2.map(|it| it.without_le), without_le, "{text}");
    }
    let text = "histogram_quantile(0.9, a + on () histogram_quantile(0.5, b) / histogram_quantile(0.5, c))";
    let query = Query::parse(text, &Settings::default()).unwrap();
    let calls: Vec<_> = query
        .uses()
        .iter()
        .map(|it| it.buckets.map(|it| it.call))
        .collect();
    assert_eq!(calls, [Some(0), Some(1), Some(2)]);
}

#[test]
fn a_query_says_how_far_back_it_looks() {
    let settings = Settings::default().lookback(Duration::from_secs(60));
    for (expr, minutes) in [
        ("1", Some(0)),
        ("m", Some(1)),
        ("m offset 5m", Some(6)),
        ("m offset -5m", Some(0)),
        ("rate(m[10m] offset 1m) + m", Some(11)),
        ("max_over_time(rate(m[5m])[1h:1m] offset 2m)", Some(67)),
        ("topk(scalar(m offset 7m), sum(m))", Some(8)),
        ("m @ end()", Some(1)),
        ("max_over_time((m offset -90m)[1h:1m] offset 2m)", Some(62)),
        ("max_over_time((m offset 5m)[1h:1m] offset -90m)", Some(0)),
        (
            "max_over_time(max_over_time(m[3m:1m] offset -5m)[1h:1m])",
            Some(60),
        ),
        ("max_over_time(m[1h:1m] @ 100)", None),
        ("m @ 100", None),
    ] {
        let reach = Query::parse(expr, &settings).unwrap().reach(&settings);
        assert_eq!(
            reach,
            minutes.map(|it: u64| Duration::from_secs(it * 60)),
            "{expr}"
        );
    }
}

#[test]
fn each_selector_says_how_far_back_it_looks_itself() {
    let settings = Settings::default().lookback(Duration::from_secs(60));
    let text =
        "a + max_over_time((b / sum_over_time(c[5m]))[1h:1m] offset 2m) > d @ 100 or e offset 3m";
    let query = Query::parse(text, &settings).unwrap();
    let uses = query.uses().into_iter();
    let shown: Vec<_> = uses
        .map(|it| {
            (
                it.name().unwrap(),
                it.reach(&settings).map(|it| it.as_secs() / 60),
            )
        })
        .collect();
    let expected = [
        ("a", Some(1)),
        ("b", Some(63)),
        ("c", Some(67)),
        ("d", None),
        ("e", Some(4)),
    ];
    assert_eq!(shown, expected);
}

/// A query that is given what it says it needs gives what it gives with all there is.
#[test]
fn what_a_query_reaches_is_enough_for_it() {
    let settings = Settings::default();
    for expr in [
        "m",
        "rate(m[7m])",
        "m offset 3m",
        "max_over_time(delta(m[5m])[10m:1m] offset 2m)",
    ] {
        let query = Query::parse(expr, &settings).unwrap();
        let reach = query.reach(&settings).unwrap();
        let mut small = Store::new(Limits::default().age(reach)).unwrap();
        for minute in 0..=60i64 {
            let labels = Labels::from_iter([(NAME, "m"), ("job", "a")]);
            small
                .append(&labels, minute * 60_000, minute as f64)
                .unwrap();
        }
        let Value::Vector(all) = query.instant(&store(), &settings, 3_600_000).unwrap() else {
            panic!("it is a vector");
        };
        let found = query.instant(&small, &settings, 3_600_000).unwrap();
        assert_eq!(found, Value::Vector(vec![all[0].clone()]), "{expr}");
    }
}
