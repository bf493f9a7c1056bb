mod numbers;
mod visit;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;

use super::*;
use crate::catalogue::{Label, Metric};
use crate::handle::{Counter, Gauge, Histogram};
use crate::meter::HandleError;

const TRADES: Metric = Metric::counter("t_trades_total", "Trades.").labels(&[
    Label::one_of("side", &["buy", "sell"]),
    Label::capped("symbol", 2),
]);
const VALUE: Metric = Metric::gauge("t_value_ratio", "Value.");
const LATENCY: Metric = Metric::histogram("t_latency_seconds", "Latency.", &[0.1, 1.0, 10.0])
    .labels(&[Label::capped("source", 10)]);

fn exporter() -> Exporter {
    Exporter::local(Catalogue::new([TRADES, VALUE, LATENCY]).unwrap())
}

/// The lines about the metrics of these tests, without the exporter's own.
fn rendered(exporter: &Exporter) -> Vec<String> {
    let own = |line: &&str| !line.contains("admf_metrics_");
    exporter
        .render()
        .lines()
        .filter(own)
        .map(str::to_owned)
        .collect()
}

/// The value of one series, to the letter.
fn value(exporter: &Exporter, series: &str) -> Option<String> {
    let text = exporter.render();
    let rest = |line: &str| Some(line.strip_prefix(series)?.strip_prefix(' ')?.to_owned());
    text.lines().find_map(rest)
}

#[test]
fn what_is_exposed_is_what_is_declared_sorted() {
    let exporter = exporter();
    exporter.meter().gauge(&VALUE, &[]).unwrap().set(0.25);
    for source in ["z", "a"] {
        exporter
            .meter()
            .histogram(&LATENCY, &[("source", source)])
            .unwrap()
            .record(0.5);
    }
    for (side, symbol) in [("sell", "X"), ("buy", "X")] {
        // In any order: the declaration decides.
        let labels = [("symbol", symbol), ("side", side)];
        exporter
            .meter()
            .counter(&TRADES, &labels)
            .unwrap()
            .increment(3);
    }
    let expected = r##"# HELP t_latency_seconds Latency.
# TYPE t_latency_seconds histogram
t_latency_seconds_bucket{source="a",le="0.1"} 0
t_latency_seconds_bucket{source="a",le="1"} 1
t_latency_seconds_bucket{source="a",le="10"} 1
t_latency_seconds_bucket{source="a",le="+Inf"} 1
t_latency_seconds_sum{source="a"} 0.5
t_latency_seconds_count{source="a"} 1
t_latency_seconds_bucket{source="z",le="0.1"} 0
t_latency_seconds_bucket{source="z",le="1"} 1
t_latency_seconds_bucket{source="z",le="10"} 1
t_latency_seconds_bucket{source="z",le="+Inf"} 1
t_latency_seconds_sum{source="z"} 0.5
t_latency_seconds_count{source="z"} 1
# HELP t_trades_total Trades.
# TYPE t_trades_total counter
t_trades_total{side="buy",symbol="X"} 3
t_trades_total{side="sell",symbol="X"} 3
# HELP t_value_ratio Value.
# TYPE t_value_ratio gauge
t_value_ratio 0.25"##;
    assert_eq!(rendered(&exporter), expected.lines().collect::<Vec<_>>());
}

#[test]
fn every_declared_metric_is_exposed_with_its_help_and_kind_and_nothing_else_is() {
    let exporter = exporter();
    exporter.meter().gauge(&VALUE, &[]).unwrap();
    exporter
        .meter()
        .histogram(&LATENCY, &[("source", "a")])
        .unwrap();
    exporter
        .meter()
        .counter(&TRADES, &[("side", "buy"), ("symbol", "X")])
        .unwrap();
    // What it says of the scrape before.
    let _ = exporter.scrape();
    let declared = exporter.meter().catalogue().iter().flat_map(|metric| {
        let Metric {
            name, kind, help, ..
        } = metric;
        [
            format!("# HELP {name} {help}"),
            format!("# TYPE {name} {kind}"),
        ]
    });
    let text = exporter.render();
    let exposed: Vec<_> = text.lines().filter(|line| line.starts_with('#')).collect();
    assert_eq!(exposed, declared.collect::<Vec<_>>());
    assert!(text.ends_with('\n') && !text.contains("\n\n"));
}

#[test]
fn a_series_is_exposed_with_zero_once_it_is_resolved() {
    let exporter = exporter();
    let series = "t_trades_total{side=\"buy\",symbol=\"X\"}";
    assert_eq!(value(&exporter, series), None);
    exporter
        .meter()
        .counter(&TRADES, &[("side", "buy"), ("symbol", "X")])
        .unwrap();
    assert_eq!(value(&exporter, series).as_deref(), Some("0"));
}

#[test]
fn a_value_past_its_list_or_cap_goes_to_the_overflow_series_and_is_counted() {
    let exporter = exporter();
    for symbol in ["A", "B", "C", "D", "A"] {
        let labels = [("side", "buy"), ("symbol", symbol)];
        exporter
            .meter()
            .counter(&TRADES, &labels)
            .unwrap()
            .increment(1);
    }
    exporter
        .meter()
        .counter(&TRADES, &[("side", "short"), ("symbol", "A")])
        .unwrap()
        .increment(1);
    let expected = [
        "t_trades_total{side=\"_other\",symbol=\"A\"} 1",
        "t_trades_total{side=\"buy\",symbol=\"A\"} 2",
        "t_trades_total{side=\"buy\",symbol=\"B\"} 1",
        "t_trades_total{side=\"buy\",symbol=\"_other\"} 2",
    ];
    assert_eq!(rendered(&exporter)[2..], expected);
    let overflow = "admf_metrics_overflow_total{metric=\"t_trades_total\"}";
    assert_eq!(value(&exporter, overflow).as_deref(), Some("3"));
}

#[test]
fn a_flood_of_label_values_stays_bounded() {
    let exporter = exporter();
    for i in 0..10_000 {
        let symbol = i.to_string();
        exporter
            .meter()
            .counter(&TRADES, &[("side", "buy"), ("symbol", &symbol)])
            .unwrap()
            .increment(1);
    }
    assert_eq!(rendered(&exporter).len(), 2 + 3);
    let series = "t_trades_total{side=\"buy\",symbol=\"_other\"}";
    assert_eq!(value(&exporter, series).as_deref(), Some("9998"));
}

#[test]
fn samples_that_are_not_finite_are_dropped_and_counted() {
    let exporter = exporter();
    let gauge = exporter.meter().gauge(&VALUE, &[]).unwrap();
    let histogram = exporter
        .meter()
        .histogram(&LATENCY, &[("source", "a")])
        .unwrap();
    gauge.set(2.0);
    histogram.record(2.0);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        gauge.set(bad);
        gauge.increment(bad);
        gauge.decrement(bad);
        histogram.record(bad);
    }
    assert_eq!(value(&exporter, "t_value_ratio").as_deref(), Some("2"));
    assert_eq!(
        value(&exporter, "t_latency_seconds_sum{source=\"a\"}").as_deref(),
        Some("2")
    );
    assert_eq!(
        value(&exporter, "t_latency_seconds_count{source=\"a\"}").as_deref(),
        Some("1")
    );
    let dropped = |metric| {
        value(
            &exporter,
            &format!("admf_metrics_dropped_samples_total{{metric=\"{metric}\"}}"),
        )
    };
    assert_eq!(dropped("t_value_ratio").as_deref(), Some("9"));
    assert_eq!(dropped("t_latency_seconds").as_deref(), Some("3"));
    assert_eq!(dropped("t_trades_total"), None);
}

#[test]
fn a_handle_that_is_not_declared_is_refused_and_uses_up_nothing() {
    let exporter = exporter();
    let error = |result: Result<Counter, HandleError>| result.unwrap_err().to_string();
    let other = Metric::counter("t_other_total", "Other.");
    assert_eq!(
        error(exporter.meter().counter(&other, &[])),
        "metric `t_other_total` is not declared in the catalogue"
    );
    assert_eq!(
        error(exporter.meter().counter(&VALUE, &[])),
        "metric `t_value_ratio` is declared as a gauge, not as a counter"
    );
    for i in 0..5 {
        let symbol = i.to_string();
        assert_eq!(
            error(exporter.meter().counter(&TRADES, &[("symbol", &symbol)])),
            "metric `t_trades_total` needs a value for the label `side`"
        );
    }
    let labels = [("side", "buy"), ("symbol", "A"), ("venue", "B")];
    assert_eq!(
        error(exporter.meter().counter(&TRADES, &labels)),
        "metric `t_trades_total` does not declare the label `venue`"
    );
    let labels = [("side", "buy"), ("symbol", "A"), ("side", "sell")];
    assert_eq!(
        error(exporter.meter().counter(&TRADES, &labels)),
        "metric `t_trades_total` was given the label `side` more than once"
    );
    assert!(rendered(&exporter).is_empty());
    exporter
        .meter()
        .counter(&TRADES, &[("side", "buy"), ("symbol", "A")])
        .unwrap();
    assert!(value(&exporter, "t_trades_total{side=\"buy\",symbol=\"A\"}").is_some());
}

#[test]
fn the_macros_of_the_facade_obey_the_catalogue() {
    let exporter = exporter();
    metrics::with_local_recorder(exporter.meter(), || {
        metrics::describe_gauge!("t_value_ratio", metrics::Unit::Percent, "something else");
        metrics::gauge!("t_value_ratio").set(f64::NAN);
        metrics::gauge!("t_value_ratio").set(0.5);
        metrics::counter!("t_trades_total", "symbol" => "A", "side" => "up").increment(1);
        metrics::histogram!("t_latency_seconds", "source" => "a").record(20.0);
        metrics::counter!("t_unknown_total").increment(1);
        metrics::gauge!("t_trades_total", "symbol" => "A", "side" => "buy").set(1.0);
        metrics::histogram!("t_latency_seconds").record(1.0);
    });
    let text = exporter.render();
    assert!(
        text.contains("# HELP t_value_ratio Value.\n# TYPE t_value_ratio gauge\n"),
        "{text}"
    );
    assert!(text.contains("\nt_value_ratio 0.5\n"), "{text}");
    assert!(
        text.contains("\nt_trades_total{side=\"_other\",symbol=\"A\"} 1\n"),
        "{text}"
    );
    assert!(
        text.contains("\nt_latency_seconds_count{source=\"a\"} 1\n"),
        "{text}"
    );
    assert!(!text.contains("t_unknown_total"), "{text}");
    for reason in ["undeclared", "kind", "labels"] {
        let refused = format!("admf_metrics_refused_total{{reason=\"{reason}\"}}");
        assert_eq!(value(&exporter, &refused).as_deref(), Some("1"), "{reason}");
    }
}

#[test]
fn two_exporters_do_not_meet() {
    let (one, other) = (exporter(), exporter());
    one.meter().gauge(&VALUE, &[]).unwrap().set(1.0);
    other.meter().gauge(&VALUE, &[]).unwrap().set(2.0);
    assert_eq!(value(&one, "t_value_ratio").as_deref(), Some("1"));
    assert_eq!(value(&other, "t_value_ratio").as_deref(), Some("2"));
}

#[test]
fn a_scrape_sees_what_its_hooks_wrote_whole_while_others_scrape_too() {
    const STATE: Metric =
        Metric::gauge("t_state", "State.").labels(&[Label::one_of("state", &["open", "closed"])]);
    let exporter = Exporter::local(Catalogue::new([STATE]).unwrap());
    let [open, closed] = ["open", "closed"]
        .map(|state| exporter.meter().gauge(&STATE, &[("state", state)]).unwrap());
    let scrapes = AtomicU64::new(0);
    exporter.meter().on_scrape(move |_| {
        let is_open = scrapes.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
        open.set(f64::from(u8::from(is_open)));
        closed.set(f64::from(u8::from(!is_open)));
    });
    let scrape = || {
        for _ in 0..500 {
            let text = exporter.render();
            let held = text
                .lines()
                .filter(|line| line.starts_with("t_state{") && line.ends_with(" 1"));
            assert_eq!(held.count(), 1, "{text}");
        }
    };
    std::thread::scope(|threads| {
        threads.spawn(scrape);
        threads.spawn(scrape);
    });
}

#[test]
fn a_hook_sets_gauges_when_scraped_and_one_that_panics_harms_nobody() {
    let exporter = exporter();
    let source = Arc::new(AtomicU64::new(1));
    let (gauge, pulled) = (
        exporter.meter().gauge(&VALUE, &[]).unwrap(),
        Arc::clone(&source),
    );
    exporter
        .meter()
        .on_scrape(|_| panic!("a hook that panics, on purpose"));
    exporter
        .meter()
        .on_scrape(move |_| gauge.set(pulled.load(Ordering::Relaxed) as f64));
    exporter.meter().on_scrape(|meter| {
        let labels = [("side", "buy"), ("symbol", "A")];
        meter.counter(&TRADES, &labels).unwrap().absolute(11);
    });
    assert_eq!(value(&exporter, "t_value_ratio").as_deref(), Some("1"));
    source.store(7, Ordering::Relaxed);
    assert_eq!(value(&exporter, "t_value_ratio").as_deref(), Some("7"));
    let trades = "t_trades_total{side=\"buy\",symbol=\"A\"}";
    assert_eq!(value(&exporter, trades).as_deref(), Some("11"));
    assert_eq!(
        value(&exporter, "admf_metrics_hook_panics_total").as_deref(),
        Some("4")
    );
}

#[test]
fn handles_that_do_nothing_need_no_exporter() {
    Counter::noop().increment(1);
    Gauge::noop().set(f64::NAN);
    Histogram::noop().record(1.0);
}

/// Reads a label value back as Prometheus does.
fn unescape(text: &str) -> String {
    let mut chars = text.chars();
    let mut out = String::new();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some(c @ ('\\' | '"')) => c,
                other => panic!("escape of {other:?}"),
            },
            c => c,
        });
    }
    out
}

proptest! {
    #[test]
    fn any_label_value_comes_out_as_it_went_in(source in r#"[\\"\n a]{0,6}|.{0,8}"#) {
        let exporter = exporter();
        exporter.meter().histogram(&LATENCY, &[("source", &source)]).unwrap();
        let lines = rendered(&exporter);
        let count = lines.last().unwrap();
        let text = count
            .strip_prefix("t_latency_seconds_count{source=\"")
            .and_then(|rest| rest.strip_suffix("\"} 0"));
        prop_assert_eq!(unescape(text.unwrap()), source);
    }

    #[test]
    fn buckets_are_cumulative_and_end_in_the_count(
        samples in prop::collection::vec(-1.0..20.0_f64, 0..50),
    ) {
        let exporter = exporter();
        let histogram = exporter.meter().histogram(&LATENCY, &[("source", "a")]).unwrap();
        for sample in &samples {
            histogram.record(*sample);
        }
        for (le, bound) in [("0.1", 0.1), ("1", 1.0), ("10", 10.0), ("+Inf", f64::INFINITY)] {
            let expected = samples.iter().filter(|sample| **sample <= bound).count();
            let series = format!("t_latency_seconds_bucket{{source=\"a\",le=\"{le}\"}}");
            prop_assert_eq!(value(&exporter, &series), Some(expected.to_string()));
        }
        let count = value(&exporter, "t_latency_seconds_count{source=\"a\"}");
        prop_assert_eq!(count, Some(samples.len().to_string()));
    }
}
