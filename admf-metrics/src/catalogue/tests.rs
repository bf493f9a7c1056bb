use super::*;

const GOOD: Metric = Metric::gauge("a_ratio", "A.");

fn refusal(metrics: impl IntoIterator<Item = Metric>) -> String {
    Catalogue::new(metrics).unwrap_err().to_string()
}

fn labelled(label: Label) -> Metric {
    GOOD.labels(Box::leak(Box::new([label])))
}

#[test]
fn a_name_or_help_that_cannot_be_exported_is_refused() {
    let invalid = "name must match [a-zA-Z_][a-zA-Z0-9_]*";
    let cases = [
        (Metric::gauge("1a", "A."), format!("metric `1a`: {invalid}")),
        (Metric::gauge("", "A."), format!("metric ``: {invalid}")),
        (
            Metric::gauge("a.b", "A."),
            format!("metric `a.b`: {invalid}"),
        ),
        (
            Metric::gauge("a:b", "A."),
            format!("metric `a:b`: {invalid}"),
        ),
        (Metric::gauge("é", "A."), format!("metric `é`: {invalid}")),
    ];
    for (metric, expected) in cases {
        assert_eq!(refusal([metric]), expected);
    }
    let cases = [
        (
            Metric::counter("a", "A."),
            "metric `a`: name of a counter must end in `_total`",
        ),
        (
            Metric::gauge("a_total", "A."),
            "metric `a_total`: name of a gauge must not end in `_total`",
        ),
        (
            Metric::gauge("a_count", "A."),
            "metric `a_count`: name of a gauge must not end in `count`",
        ),
        (
            Metric::histogram("a_account", "A.", &[1.0]),
            "metric `a_account`: name of a histogram must not end in `count`",
        ),
        (Metric::gauge("a", " "), "metric `a`: help is empty"),
        (
            Metric::gauge("queueLength", "A."),
            "metric `queueLength`: name must be in snake case",
        ),
        (
            Metric::gauge("wait_milliseconds", "A."),
            "metric `wait_milliseconds`: name must use the base unit `seconds`, not `milliseconds`",
        ),
        (
            Metric::counter("moved_kibibytes_total", "A."),
            "metric `moved_kibibytes_total`: name must use the base unit `bytes`, not `kibibytes`",
        ),
        (
            Metric::gauge("days_left", "A."),
            "metric `days_left`: name must use the base unit `seconds`, not `days`",
        ),
        (
            Metric::gauge("wait_ms", "A."),
            "metric `wait_ms`: name must not abbreviate a unit, but has `ms`",
        ),
        (
            Metric::counter("moved_kb_total", "A."),
            "metric `moved_kb_total`: name must not abbreviate a unit, but has `kb`",
        ),
        (
            Metric::gauge("queue_gauge", "A."),
            "metric `queue_gauge`: name must not include the kind `gauge`",
        ),
        (
            Metric::counter("a_counter_total", "A."),
            "metric `a_counter_total`: name must not include the kind `counter`",
        ),
    ];
    for (metric, expected) in cases {
        assert_eq!(refusal([metric]), expected);
    }
    assert!(Catalogue::new([Metric::gauge("an_account", "A.")]).is_ok());
}

#[test]
fn buckets_are_finite_ascend_and_belong_to_histograms() {
    let cases: [(&'static [f64], &str); 5] = [
        (&[], "buckets of a histogram must not be empty"),
        (&[1.0, f64::INFINITY], "buckets must be finite, one is inf"),
        (&[f64::NAN], "buckets must be finite, one is NaN"),
        (&[2.0, 1.0], "buckets must ascend, but 2 comes before 1"),
        (&[1.0, 1.0], "buckets must ascend, but 1 comes before 1"),
    ];
    for (buckets, expected) in cases {
        let metric = Metric::histogram("a", "A.", buckets);
        assert_eq!(refusal([metric]), format!("metric `a`: {expected}"));
    }
    let gauge = Metric {
        buckets: &[1.0],
        ..GOOD
    };
    assert_eq!(
        refusal([gauge]),
        "metric `a_ratio`: buckets are given, but it is a gauge"
    );
}

#[test]
fn labels_have_valid_names_and_bounds_each_once() {
    let cases = [
        (
            labelled(Label::capped("b-c", 1)),
            "label `b-c` must match [a-zA-Z_][a-zA-Z0-9_]*",
        ),
        (
            labelled(Label::capped("le", 1)),
            "label `le` is reserved by Prometheus",
        ),
        (
            labelled(Label::capped("__x", 1)),
            "label `__x` is reserved by Prometheus",
        ),
        (
            labelled(Label::capped("symbolName", 1)),
            "label `symbolName` must be in snake case",
        ),
        (
            labelled(Label::capped("b", 0)),
            "label `b`: cap must be at least 1, is 0",
        ),
        (
            labelled(Label::one_of("b", &[])),
            "label `b`: values must not be empty",
        ),
        (
            labelled(Label::one_of("b", &["x", "x"])),
            "label `b`: value `x` is declared twice",
        ),
        (
            GOOD.labels(const { &[Label::capped("b", 1), Label::capped("b", 2)] }),
            "label `b` is declared twice",
        ),
    ];
    for (metric, expected) in cases {
        assert_eq!(refusal([metric]), format!("metric `a_ratio`: {expected}"));
    }
}

#[test]
fn a_name_is_declared_one_way_and_those_of_the_exporter_are_taken() {
    let twice = Catalogue::new([GOOD, GOOD]).unwrap();
    assert_eq!(twice.iter().filter(|it| **it == GOOD).count(), 1);
    assert_eq!(
        refusal([GOOD, GOOD.unit("ratio")]),
        "metric `a_ratio`: name is declared twice, differently"
    );
    let hidden = Metric {
        kind: Kind::Counter,
        name: "admf_metrics_overflow_total",
        ..GOOD
    };
    assert_eq!(
        refusal([hidden]),
        "metric `admf_metrics_overflow_total`: name is declared twice, differently"
    );
}

#[test]
fn the_catalogue_is_bounded() {
    let many = (0..1000).map(|i| Metric::gauge(Box::leak(format!("g{i}").into_boxed_str()), "G."));
    assert_eq!(
        refusal(many),
        "metric `g991`: catalogue holds more than 1000 metrics"
    );
}

#[test]
fn the_most_series_is_the_product_of_what_labels_may_say() {
    let metric = GOOD.labels(const { &[Label::one_of("a", &["x", "y"]), Label::capped("b", 9)] });
    let catalogue = Catalogue::new([metric]).unwrap();
    assert_eq!(metric.max_series(), 30);
    assert_eq!(
        catalogue.max_series() - Catalogue::new([]).unwrap().max_series(),
        30
    );
    assert_eq!(catalogue.find("a_ratio"), Some(&metric));
    assert_eq!(catalogue.find("b_ratio"), None);
}

#[test]
fn a_metric_has_as_many_labels_as_fit_and_a_place_for_all_that_are_listed() {
    let many: Vec<_> = (0..17)
        .map(|i| Label::capped(Box::leak(format!("l{i}").into_boxed_str()), 1))
        .collect();
    let expected = "metric `a_ratio`: labels must be at most 16, are 17";
    assert_eq!(
        refusal([GOOD.labels(Box::leak(many.into_boxed_slice()))]),
        expected
    );
    let expected = "metric `a_ratio`: at_most must be at least 1, is 0";
    assert_eq!(refusal([GOOD.at_most(0)]), expected);
    const LISTED: Metric = GOOD.labels(&[
        Label::one_of("a", &["x", "y"]),
        Label::one_of("b", &["x", "y"]),
        Label::capped("c", 50),
    ]);
    assert_eq!(
        refusal([LISTED.at_most(7)]),
        "metric `a_ratio`: at_most is 7, but the lists of its labels alone make 8 series, `_other` included"
    );
    assert!(Catalogue::new([LISTED.at_most(8)]).is_ok());
    assert_eq!(LISTED.at_most(8).max_series(), 9);
    assert_eq!(LISTED.max_series(), 3 * 3 * 51);
}

#[test]
fn the_names_of_the_sources_pass() {
    let counters = [
        "admf_trades_total",
        "admf_signals_generated_total",
        "admf_network_io_bytes_total",
        "admf_missing_data_points_total",
    ];
    let gauges = [
        "admf_portfolio_value",
        "admf_drawdown_percent",
        "admf_component_status",
        "admf_cpu_usage_percent",
        "admf_memory_usage_bytes",
        "admf_data_quality_score",
    ];
    let histograms = [
        "admf_trade_pnl",
        "admf_event_processing_seconds",
        "admf_data_latency_seconds",
    ];
    let metrics = counters.map(|name| Metric::counter(name, "A."));
    let metrics = metrics
        .into_iter()
        .chain(gauges.map(|name| Metric::gauge(name, "A.")));
    let metrics = metrics.chain(histograms.map(|name| Metric::histogram(name, "A.", &[1.0])));
    assert_eq!(Catalogue::new(metrics).map(drop), Ok(()));
}

#[test]
fn the_table_shows_all_that_is_declared_and_a_cell_stays_a_cell() {
    const ODD: Metric = Metric::histogram(
        "b_seconds",
        "A | B\n<c> *d* `e` [f](g) \\ h_i.",
        &[0.5, 1.0],
    )
    .unit("seconds")
    .fed_by("the | part")
    .labels(&[
        Label::one_of("a", &["x|y", "`", "a b"]),
        Label::capped("b", 3),
        Label::one_of("c", &[""]),
    ]);
    let table = Catalogue::new([ODD, GOOD]).unwrap().markdown();
    let rows: Vec<_> = table.lines().collect();
    assert_eq!(
        rows[0],
        "| name | kind | unit | labels | buckets | fed by | help |"
    );
    assert_eq!(rows[1], "|---|---|---|---|---|---|---|");
    assert_eq!(rows[2], "| `a_ratio` | gauge | | | | | A. |");
    assert!(rows[3].starts_with("| `admf_metrics_dropped_samples_total` | counter | | `metric`: at most 1000 | | admf-metrics |"));
    let odd = r"| `b_seconds` | histogram | seconds | `a`: `x\|y`, `` ` ``, `a b`; `b`: at most 3; `c`: (empty) | 0.5, 1 | the \| part | A \| B \<c> \*d\* \`e\` \[f\](g) \\ h\_i. |";
    assert_eq!(rows.last(), Some(&odd));
    assert_eq!(rows.len(), 2 + 2 + 9);
    // A cell ends at a bar that is not escaped.
    let cells = |row: &&str| row.replace("\\|", "").matches('|').count();
    assert_eq!(rows.iter().map(cells).collect::<Vec<_>>(), [8; 13]);
}
