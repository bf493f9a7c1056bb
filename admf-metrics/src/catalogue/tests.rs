use metrics_exporter_prometheus::PrometheusBuilder;

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
fn a_name_is_declared_once_and_those_of_the_exporter_are_taken() {
    assert_eq!(
        refusal([GOOD, GOOD]),
        "metric `a_ratio`: name is declared twice"
    );
    let hidden = Metric {
        kind: Kind::Counter,
        name: "admf_metrics_overflow_total",
        ..GOOD
    };
    assert_eq!(
        refusal([hidden]),
        "metric `admf_metrics_overflow_total`: name is declared twice"
    );
}

#[test]
fn the_catalogue_is_bounded() {
    let many = (0..1000).map(|i| Metric::gauge(Box::leak(format!("g{i}").into_boxed_str()), "G."));
    assert_eq!(
        refusal(many),
        "metric `g996`: catalogue holds more than 1000 metrics"
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
fn a_recorder_of_the_callers_own_gets_buckets_and_help() {
    const LATENCY: Metric = Metric::histogram("a_seconds", "A \\ b\nc.", &[0.5]);
    let catalogue = Catalogue::new([LATENCY]).unwrap();
    let render = |builder: PrometheusBuilder| {
        let recorder = builder.build_recorder();
        catalogue.describe(&recorder);
        metrics::with_local_recorder(&recorder, || metrics::histogram!("a_seconds").record(0.1));
        recorder.handle().render()
    };
    let text = render(catalogue.recorder());
    assert!(
        text.contains("# HELP a_seconds A \\\\ b\\nc.\n# TYPE a_seconds histogram\n"),
        "{text}"
    );
    assert!(text.contains("a_seconds_bucket{le=\"0.5\"} 1\n"), "{text}");
    // What would happen without: the reason why the catalogue sets them.
    assert!(render(PrometheusBuilder::new()).contains("# TYPE a_seconds summary\n"));
}
