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
        (Some("c"), None),
        (None, None),
    ];
    assert_eq!(shown, expected);
    assert_eq!(uses[0].window, Some(Duration::from_secs(300)));
    assert_eq!(uses[1].window, None);
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
