use super::*;
use crate::engine::{EvalError, Row};
use crate::promql::Settings;
use crate::{Closure, Rule, RuleGroup};

fn metrics() -> Metrics {
    let gauge = |name: &str| KnownMetric::new(name, FamilyKind::Gauge);
    Metrics::default()
        .with(gauge("drawdown_ratio").label("book"))
        .with(
            gauge("breaker_state")
                .label("name")
                .closed_label("state", ["open", "half_open", "closed"]),
        )
        .with(
            KnownMetric::new("data_latency_seconds", FamilyKind::Histogram)
                .closed_label("le", ["0.5", "1", "inf"])
                .label("feed"),
        )
        .with(KnownMetric::new("gc_seconds", FamilyKind::Summary).no_labels())
        .with(KnownMetric::new("calls_total", FamilyKind::Counter).label("code"))
        .with(KnownMetric::new("odd", FamilyKind::Untyped))
}

fn found(expr: &str) -> Vec<(Severity, String)> {
    let group = RuleGroup::new("g", [Rule::new("A", expr)]);
    let found = metrics().check(&[group], &Settings::default());
    let said = |it: Finding| {
        assert_eq!((it.group, it.rule, it.error.field()), (0, 0, "expr"));
        (it.severity, it.error.problem)
    };
    found.into_iter().map(said).collect()
}

#[track_caller]
fn refused(expr: &str, problem: &str) {
    assert_eq!(
        found(expr),
        [(Severity::Error, problem.to_owned())],
        "{expr}"
    );
}

#[test]
fn what_is_well_asked_is_found_good() {
    for expr in [
        "drawdown_ratio{book=\"a\"} > 0.05",
        "drawdown_ratio{job=\"api\",instance=~\".*\"} > 0.05",
        "deriv(drawdown_ratio[5m]) > 0 and delta(drawdown_ratio[5m]) > 0",
        "breaker_state{state=\"open\"} == 1",
        "breaker_state{state=~\"open|half_open\",name!~\"a.*\"} == 1",
        "breaker_state{state!=\"\",state=~\".*open\"} == 1",
        "histogram_quantile(0.95, sum by (le) (rate(data_latency_seconds_bucket[5m]))) > 60",
        "histogram_quantile(0.95, rate(data_latency_seconds_bucket{feed=\"a\"}[5m]) * on () group_left calls_total) > 1",
        "histogram_quantile(0.5, odd)",
        "rate(data_latency_seconds_sum[5m]) / rate(data_latency_seconds_count[5m]) > 1",
        "rate(data_latency_seconds_bucket{le=\"1\"}[5m]) + rate(data_latency_seconds_bucket{le=\"1.0\"}[5m]) > 1",
        "rate(data_latency_seconds_bucket{le=\"+Inf\"}[5m]) > 1",
        "gc_seconds{quantile=\"0.9\"} > 1 and rate(gc_seconds_count[5m]) > 0",
        "max_over_time(rate(calls_total{code=~\"5..\"}[5m])[1h:1m]) > 1",
        "absent(calls_total) == 1",
        "rate(odd[5m]) > 1 and delta(odd{any=\"thing\"}[5m]) > 1",
        "up == 0 or absent(ALERTS{alertstate=\"firing\"}) or ALERTS_FOR_STATE > 0 or scrape_duration_seconds > 1",
    ] {
        assert_eq!(found(expr), [], "{expr}");
    }
}

#[test]
fn a_name_that_no_metric_has_is_refused_with_those_that_are_near() {
    refused(
        "call_total > 1",
        "unknown metric `call_total`; near it is `calls_total`",
    );
    refused(
        "1 - calls_totals",
        "unknown metric `calls_totals`; near it is `calls_total`",
    );
    refused("calls_total_bucket", "unknown metric `calls_total_bucket`");
    refused("business_profit < 0", "unknown metric `business_profit`");
    refused(
        "gc_seconds_bucket > 1",
        "unknown metric `gc_seconds_bucket`",
    );
}

#[test]
fn a_histogram_by_its_bare_name_is_refused_with_what_to_use() {
    let problem = "histogram `data_latency_seconds` has no series of this name: use `histogram_quantile(0.95, sum by (le) \
        (rate(data_latency_seconds_bucket[5m])))`, or `data_latency_seconds_sum` and `data_latency_seconds_count`";
    for expr in [
        "data_latency_seconds > 60",
        "absent(data_latency_seconds)",
        "histogram_quantile(0.9, rate(data_latency_seconds[5m]))",
    ] {
        refused(expr, problem);
    }
}

#[test]
fn what_is_for_counters_is_refused_for_gauges() {
    for function in ["rate", "irate", "increase", "resets"] {
        for (expr, of) in [
            ("drawdown_ratio[5m]", "gauge `drawdown_ratio`"),
            ("(drawdown_ratio > 0)[5m:1m]", "gauge `drawdown_ratio`"),
            ("gc_seconds[5m]", "summary `gc_seconds`"),
        ] {
            let problem = format!(
                "`{function}` of the {of}: it is for counters; for what goes up and down there are `delta` and `deriv`"
            );
            refused(&format!("sum({function}({expr})) > 0"), &problem);
        }
    }
}

#[test]
fn what_is_for_gauges_is_refused_for_counters() {
    for (function, rest) in [
        ("delta", ""),
        ("idelta", ""),
        ("deriv", ""),
        ("predict_linear", ", 60"),
    ] {
        for series in [
            "calls_total",
            "data_latency_seconds_count",
            "gc_seconds_sum",
        ] {
            let problem = format!(
                "`{function}` of the counter `{series}`: it takes a restart for a fall; use `rate` or `increase`"
            );
            refused(&format!("{function}({series}[5m]{rest}) > 0"), &problem);
        }
    }
}

#[test]
fn a_quantile_of_what_is_no_bucket_is_refused() {
    for name in [
        "calls_total",
        "drawdown_ratio",
        "data_latency_seconds_sum",
        "gc_seconds",
    ] {
        let problem = format!(
            "`histogram_quantile` of `{name}`: it is for the buckets of a histogram, `…_bucket`"
        );
        refused(&format!("histogram_quantile(0.9, {name}) > 1"), &problem);
    }
    let lost = "`histogram_quantile` of what has no `le` any more: aggregate `by (le)`";
    refused(
        "histogram_quantile(0.9, sum by (feed) (rate(data_latency_seconds_bucket[5m]))) > 1",
        lost,
    );
}

#[test]
fn a_counter_that_is_compared_as_it_is_is_doubtful() {
    let problem = "the counter `calls_total` is compared with a number: it only grows, until a restart; use `increase` or `rate`";
    for expr in [
        "calls_total > 5",
        "sum by (code) (calls_total{code=\"500\"}) > 5",
        "5 < calls_total",
    ] {
        assert_eq!(
            found(expr),
            [(Severity::Warning, problem.to_owned())],
            "{expr}"
        );
    }
}

#[test]
fn a_label_that_the_metric_has_not_is_refused() {
    refused(
        "drawdown_ratio{bok=\"a\"}",
        "`drawdown_ratio` has no label `bok`; near it is `book`",
    );
    refused(
        "drawdown_ratio{le!=\"1\"}",
        "`drawdown_ratio` has no label `le`",
    );
    refused(
        "rate(data_latency_seconds_count{le=\"1\"}[5m])",
        "`data_latency_seconds` has no label `le`",
    );
    refused(
        "gc_seconds_sum{quantile=\"1\"}",
        "`gc_seconds` has no label `quantile`",
    );
    let shared = metrics().shared_label("cluster");
    let group = [RuleGroup::new(
        "g",
        [Rule::new("A", "drawdown_ratio{cluster=\"a\"}")],
    )];
    assert_eq!(shared.check(&group, &Settings::default()), []);
}

#[test]
fn a_value_off_the_list_is_refused_with_those_that_are_near() {
    let never = |value: &str, near: &str| {
        format!("label `state` of `breaker_state` is never `{value}`{near}")
    };
    for (matcher, value, near) in [
        ("state=\"opened\"", "opened", "; near it is `open`"),
        ("state=\"\"", "", ""),
        ("state!=\"opn\"", "opn", "; near it is `open`"),
        (
            "state=~\"open|half-open\"",
            "half-open",
            "; near it is `half_open`",
        ),
        ("state!~\"shut|open\"", "shut", ""),
        ("state=~\"x.*\"", "x.*", ""),
    ] {
        refused(&format!("breaker_state{{{matcher}}}"), &never(value, near));
    }
    refused(
        "rate(data_latency_seconds_bucket{le=\"2\"}[5m])",
        "label `le` of `data_latency_seconds` is never `2`; near it is `1`",
    );
}

#[test]
fn what_names_no_metric_is_skipped_and_said_so() {
    for (expr, shown) in [
        ("{__name__=~\"calls.*\"} > 0", "{__name__=~\"calls.*\"}"),
        ("{job=\"api\"}", "{job=\"api\"}"),
    ] {
        let problem = format!("`{shown}` names no metric, and is not checked");
        assert_eq!(found(expr), [(Severity::Skipped, problem)], "{expr}");
    }
}

#[test]
fn every_place_of_every_rule_is_looked_at_and_each_thing_said_once() {
    let mut hold = Rule::new("Hold", "drawdown_ratio > 0.2");
    hold.hold = Some("drawdown > 0.15".to_owned());
    let mut code = Rule::new("Code", "");
    code.closure = Some(Closure::new(|_| Ok::<Vec<Row>, EvalError>(vec![])));
    let groups = [
        RuleGroup::new(
            "one",
            [hold, code, Rule::new("B", "x + x - job:calls:rate5m")],
        ),
        RuleGroup::new(
            "two",
            [
                Rule::record("job:calls:rate5m", "sum by (job) (rate(calls_totl[5m]))"),
                Rule::new("C", "sum("),
            ],
        ),
    ];
    let found = metrics().check(&groups, &Settings::default());
    let shown: Vec<_> = found
        .iter()
        .map(|it| (it.group, it.rule, it.error.field(), &*it.error.problem))
        .collect();
    assert_eq!(
        shown,
        [
            (0, 0, "hold", "unknown metric `drawdown`"),
            (0, 2, "expr", "unknown metric `x`"),
            (
                1,
                0,
                "expr",
                "unknown metric `calls_totl`; near it is `calls_total`"
            ),
            (1, 1, "expr", "at 3: it is not closed"),
        ]
    );
}

#[test]
fn what_texts_ask_is_looked_at_too_as_far_as_they_say_it() {
    let rule = Rule::new("A", "drawdown_ratio > 0.2")
        .label(
            "owner",
            "{{ with query `rate(drawdown_ratio[5m])` }}{{ . }}{{ end }}",
        )
        .annotation(
            "summary",
            "{{ range query \"calls_totl\" | sortByLabel \"job\" }}{{ .Value }}{{ end }}",
        )
        .annotation(
            "other",
            "{{ query (printf \"%s\" \"none\") }} query \"none\"",
        );
    let groups = [RuleGroup::new(
        "one",
        [
            rule,
            Rule::record("b", "drawdown_ratio").label("a", "{{ query `none` }}"),
        ],
    )];
    let found = metrics().check(&groups, &Settings::default());
    let shown: Vec<_> = found
        .iter()
        .map(|it| {
            (
                it.rule,
                it.error.field(),
                it.error.problem.split(':').next().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (0, "labels.owner", "`rate` of the gauge `drawdown_ratio`"),
            (
                0,
                "annotations.summary",
                "unknown metric `calls_totl`; near it is `calls_total`"
            ),
        ]
    );
}

#[cfg(feature = "metrics")]
#[test]
fn a_catalogue_is_known_with_its_labels_values_and_bounds() {
    use admf_metrics::{Catalogue, trading};
    let metrics = Metrics::from(&Catalogue::new(trading::METRICS).unwrap());
    assert!(metrics.find("admf_metrics_overflow_total").is_some());
    for metric in trading::METRICS {
        let known = metrics.find(metric.name).unwrap();
        assert_eq!(known.unit, metric.unit);
        let labels: Vec<_> = known
            .labels
            .iter()
            .flatten()
            .map(|it| it.name.as_str())
            .collect();
        let declared = metric.labels.iter().map(|it| it.name);
        let le = (!metric.buckets.is_empty()).then_some("le").into_iter();
        assert_eq!(labels, le.chain(declared).collect::<Vec<_>>());
        let series = if metric.buckets.is_empty() {
            ""
        } else {
            "_count"
        };
        let rule = Rule::new("A", format!("{}{series}", metric.name));
        assert_eq!(
            metrics.check(&[RuleGroup::new("g", [rule])], &Settings::default()),
            []
        );
    }
}

proptest::proptest! {
    #[test]
    fn no_expression_makes_the_check_panic(expr in "[a-z_=~!\"{}()|.0-9 ]{0,60}") {
        let _ = found(&expr);
    }
}
