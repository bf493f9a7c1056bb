//! Where `metrics` and its exporter for Prometheus go wrong: each fault on the bare exporter, and ours
//! without it. Those of memory are in `memory.rs`, that of the exporter's listener is in `http/pitfall.rs`,
//! that of the global recorder in `global.rs`, which has a process of its own.

use std::collections::HashSet;
use std::time::Duration;

use admf_metrics::trading::{self, TradingMetrics};
use admf_metrics::{Catalogue, Exporter, Label, Metric};
use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use metrics_exporter_prometheus::{Matcher, NativeHistogramConfig, PrometheusBuilder};

const HITS: Metric = Metric::counter("hits_total", "Hits.").labels(&[Label::capped("path", 300)]);
const LEVEL: Metric = Metric::gauge("level", "Level.");
const DRAWDOWN: Metric = Metric::gauge("drawdown_percent", "Drawdown.").unit("percent");
const LATENCY: Metric = Metric::histogram("latency_seconds", "Latency.", &[1.0, 2.0]);

/// What the bare exporter shows after `act`.
fn bare_with(builder: PrometheusBuilder, act: impl FnOnce()) -> String {
    let recorder = builder.build_recorder();
    metrics::with_local_recorder(&recorder, act);
    recorder.handle().render()
}

fn bare(act: impl FnOnce()) -> String {
    bare_with(PrometheusBuilder::new(), act)
}

fn exporter() -> Exporter {
    Exporter::local(Catalogue::new([HITS, LEVEL, DRAWDOWN, LATENCY]).unwrap())
}

/// What ours shows after `act`, without what it says of itself but what it refused.
fn ours(act: impl FnOnce()) -> String {
    let exporter = exporter();
    metrics::with_local_recorder(exporter.meter(), act);
    shown(&exporter)
}

fn shown(exporter: &Exporter) -> String {
    let own = |line: &&str| !line.contains("admf_metrics_") || line.contains("refused_total{");
    let text = exporter.render();
    text.lines()
        .filter(own)
        .flat_map(|line| [line, "\n"])
        .collect()
}

fn refused(text: &str, reason: &str) -> bool {
    text.contains(&format!(
        "admf_metrics_refused_total{{reason=\"{reason}\"}} 1\n"
    ))
}

#[test]
fn pitfall_1_a_metric_that_nobody_described_has_its_help() {
    let act = || gauge!("level").set(1.0);
    assert!(!bare(act).contains("# HELP"));
    assert!(ours(act).contains("# HELP level Level.\n# TYPE level gauge\nlevel 1\n"));
}

#[test]
fn pitfall_2_a_name_has_one_kind() {
    let act = || {
        gauge!("level").set(1.0);
        counter!("level").increment(1);
    };
    assert_eq!(bare(act).matches("# TYPE level ").count(), 2);
    assert!(admf_exposition::check(&bare(act)).is_err());
    let text = ours(act);
    assert_eq!(text.matches("# TYPE level ").count(), 1);
    assert!(refused(&text, "kind"), "{text}");
}

#[test]
fn pitfall_3_names_do_not_collapse_into_each_other() {
    let act = || {
        counter!("hits.total", "path" => "/").increment(7);
        counter!("hits_total", "path" => "/").increment(5);
    };
    let text = bare(act);
    assert!(
        text.contains("hits_total{path=\"/\"} 5\n") ^ text.contains("hits_total{path=\"/\"} 7\n"),
        "{text}"
    );
    let text = ours(act);
    assert!(
        text.contains("hits_total{path=\"/\"} 5\n") && refused(&text, "undeclared"),
        "{text}"
    );
    assert!(Catalogue::new([Metric::counter("hits.total", "Hits.")]).is_err());
}

#[test]
fn pitfall_4_a_histogram_is_no_summary() {
    let act = || histogram!("latency_seconds").record(1.5);
    assert!(bare(act).contains("# TYPE latency_seconds summary\n"));
    let text = ours(act);
    assert!(text.contains("# TYPE latency_seconds histogram\n"));
    assert!(text.contains("latency_seconds_bucket{le=\"2\"} 1\n"));
    assert!(Catalogue::new([Metric::histogram("latency_seconds", "Latency.", &[])]).is_err());
}

#[test]
fn pitfall_5_label_values_stay_apart_whatever_is_in_them() {
    let values = ["\\", "\\\\", "a\"b", "a\\\"b", "\n", "\\n"];
    let act = || {
        for value in values {
            counter!("hits_total", "path" => value).increment(1);
        }
    };
    let series = |text: &str| {
        let of = text.lines().filter(|line| line.starts_with("hits_total{"));
        of.map(str::to_owned).collect::<HashSet<_>>().len()
    };
    assert!(series(&bare(act)) < values.len());
    assert_eq!(series(&ours(act)), values.len());
}

#[test]
fn pitfall_6_a_name_is_shown_to_the_letter() {
    let act = || {
        describe_gauge!("drawdown_percent", Unit::Percent, "Drawdown.");
        gauge!("drawdown_percent").set(2.0);
    };
    let recommended = || PrometheusBuilder::new().with_recommended_naming(true);
    let text = bare_with(recommended(), act);
    assert!(text.contains("drawdown_percent_ratio 2\n"), "{text}");
    assert!(ours(act).contains("\ndrawdown_percent 2\n"));

    // The suffix comes after the buckets were looked for: what is to match it does not.
    let act = || {
        describe_histogram!("latency", Unit::Seconds, "Latency.");
        histogram!("latency").record(1.5);
    };
    let seconds = Matcher::Suffix("_seconds".to_owned());
    let builder = recommended().set_buckets_for_metric(seconds, &[1.0, 2.0]);
    let text = bare_with(builder.unwrap(), act);
    assert!(text.contains("# TYPE latency_seconds summary\n"), "{text}");
    let text = ours(|| histogram!("latency_seconds").record(1.5));
    assert!(
        text.contains("# TYPE latency_seconds histogram\n"),
        "{text}"
    );
}

#[test]
fn pitfall_7_a_help_does_not_hang_on_who_described_last() {
    let describe = |text: &'static str| describe_counter!("hits_total", text);
    let count = || counter!("hits_total", "path" => "/").increment(1);
    let help = |text: &str| {
        text.lines()
            .find(|line| line.starts_with("# HELP hits_total"))
            .unwrap()
            .to_owned()
    };
    let recorder = PrometheusBuilder::new().build_recorder();
    let rendered = |act: &dyn Fn()| {
        metrics::with_local_recorder(&recorder, act);
        recorder.handle().render()
    };
    let first = help(&rendered(&|| {
        describe("first");
        count();
    }));
    let second = help(&rendered(&|| describe("second")));
    let at_once = help(&bare(|| {
        describe("first");
        describe("second");
        count();
    }));
    // One order of words, two texts: it hangs on when the first was published.
    assert_ne!([&first, &second], [&at_once, &at_once]);
    let text = ours(|| {
        describe("first");
        count();
        describe("second");
    });
    assert_eq!(help(&text), "# HELP hits_total Hits.");
}

#[test]
fn pitfall_8_labels_are_those_that_are_declared_each_once() {
    let act = || counter!("hits_total", "path" => "/", "le" => "1").increment(1);
    assert!(bare(act).contains("le=\"1\""));
    assert!(refused(&ours(act), "labels"));

    let act = || counter!("hits_total", "pa.th" => "x", "pa_th" => "y").increment(1);
    assert!(
        bare(act).contains("pa_th=\"x\",pa_th=\"y\""),
        "{}",
        bare(act)
    );
    assert!(refused(&ours(act), "labels"));

    let act = || counter!("hits_total", "path" => "x", "path" => "y").increment(1);
    assert_eq!(bare(act).matches("path=").count(), 1);
    assert!(refused(&ours(act), "labels"));

    for name in ["le", "__name__", "job", "instance", "quantile", "pa.th"] {
        let labels = Box::leak(Box::new([Label::capped(name, 1)]));
        assert!(Catalogue::new([LEVEL.labels(labels)]).is_err(), "{name}");
    }
}

#[test]
fn pitfall_9_buckets_ascend_and_a_sum_is_a_number() {
    let name = || Matcher::Full("latency_seconds".to_owned());
    let with = |buckets| {
        PrometheusBuilder::new()
            .set_buckets_for_metric(name(), buckets)
            .unwrap()
    };
    let sample = || histogram!("latency_seconds").record(1.5);
    // 1.5 is at most 2, whatever comes before that.
    let text = bare_with(with(&[2.0, 1.0]), sample);
    let place = |text: &str| text.find("le=\"2\"").unwrap() < text.find("le=\"1\"").unwrap();
    assert!(place(&text), "{text}");
    assert!(admf_exposition::check(&text).is_err(), "{text}");
    assert!(Catalogue::new([Metric::histogram("a_seconds", "A.", &[2.0, 1.0])]).is_err());

    let act = || {
        sample();
        histogram!("latency_seconds").record(f64::NAN);
    };
    assert!(bare_with(with(&[1.0, 2.0]), act).contains("latency_seconds_sum NaN\n"));
    assert!(ours(act).contains("latency_seconds_sum 1.5\nlatency_seconds_count 1\n"));

    let act = || (0..2).for_each(|_| histogram!("latency_seconds").record(f64::MAX));
    assert!(bare_with(with(&[1.0, 2.0]), act).contains("latency_seconds_sum inf\n"));
    assert!(ours(act).contains("latency_seconds_sum 1.7976931348623157e308\n"));
}

#[test]
fn pitfall_10_a_histogram_is_there_in_the_text() {
    let act = || histogram!("latency_seconds").record(1.5);
    let native = NativeHistogramConfig::new(1.1, 160, 1e-9).unwrap();
    let name = Matcher::Full("latency_seconds".to_owned());
    let builder = PrometheusBuilder::new().set_native_histogram_for_metric(name, native);
    assert!(!bare_with(builder, act).contains("latency_seconds"));
    assert!(ours(act).contains("latency_seconds_count 1\n"));
}

#[test]
fn pitfall_11_a_handle_counts_for_as_long_as_nobody_removes_its_series() {
    use metrics_util::MetricKindMask;
    let builder = PrometheusBuilder::new().idle_timeout(MetricKindMask::ALL, Some(Duration::ZERO));
    let recorder = builder.build_recorder();
    let held = metrics::with_local_recorder(&recorder, || counter!("hits_total", "path" => "/"));
    held.increment(1);
    // The exporter's clock has to move: a few readings at most.
    let gone = (0..1_000_000).any(|_| !recorder.handle().render().contains("hits_total"));
    assert!(gone);
    held.increment(1);
    assert!(!recorder.handle().render().contains("hits_total"));

    let exporter = exporter();
    let labels = [("path", "/")];
    let held = exporter.meter().counter(&HITS, &labels).unwrap();
    (0..3).for_each(|_| drop(exporter.render()));
    held.increment(2);
    assert!(shown(&exporter).contains("hits_total{path=\"/\"} 2\n"));
    // Said, not silent: and what is resolved again is shown again.
    assert!(exporter.meter().remove(&HITS, &labels));
    exporter
        .meter()
        .counter(&HITS, &labels)
        .unwrap()
        .increment(1);
    assert!(shown(&exporter).contains("hits_total{path=\"/\"} 1\n"));
}

#[test]
fn pitfall_12_a_series_is_shown_with_0_from_when_it_is_resolved() {
    assert!(bare(|| describe_counter!("hits_total", "Hits.")).is_empty());
    let act = || drop(counter!("hits_total", "path" => "/"));
    assert!(bare(act).contains("hits_total{path=\"/\"} 0\n"));
    assert!(ours(act).contains("hits_total{path=\"/\"} 0\n"));
}

#[test]
fn pitfall_13_a_name_is_not_rewritten_and_none_is_empty() {
    let act = || {
        counter!("1x").increment(1);
        counter!("ünï").increment(1);
        counter!("").increment(1);
    };
    let text = bare(act);
    assert!(
        text.contains("_x 1\n") && text.contains("_n_ 1\n"),
        "{text}"
    );
    assert!(text.lines().any(|line| line.starts_with(' ')), "{text}");
    let text = ours(act);
    assert!(
        text.contains("admf_metrics_refused_total{reason=\"undeclared\"} 3\n"),
        "{text}"
    );
    for name in ["1x_total", "ünï_total", ""] {
        assert!(Catalogue::new([Metric::counter(name, "X.")]).is_err());
    }
}

#[test]
fn pitfall_15_an_amount_with_a_fraction_or_a_sign_is_not_lost() {
    // A counter takes a `u64`: what is left of a unit, and what is negative, is gone without a word.
    let amounts = [0.5, 0.5, 2.75, 0.25, -1.0];
    let text = bare(|| {
        for amount in amounts {
            counter!("volume_total").increment(amount as u64);
        }
    });
    assert!(text.contains("\nvolume_total 2\n"), "{text}");

    let exporter = Exporter::local(Catalogue::new(trading::METRICS).unwrap());
    let metrics = TradingMetrics::new(exporter.meter()).unwrap();
    for amount in amounts {
        metrics.record_volume("X", amount);
    }
    let text = exporter.render();
    assert!(text.contains("admf_trade_volume_total{symbol=\"X\"} 4\n"));
    assert!(text.contains("{component=\"trading_metrics\",error_type=\"invalid_data\"} 1\n"));
    // What may fall is a gauge.
    let act = || {
        gauge!("level").increment(2.5);
        gauge!("level").decrement(3.75);
    };
    assert!(ours(act).contains("\nlevel -1.25\n"));
}

#[test]
fn pitfall_16_an_exposition_is_in_order() {
    let act = || {
        for i in 0..200 {
            counter!("hits_total", "path" => format!("{i:03}")).increment(1);
        }
    };
    let sorted = |text: &str| {
        let of = text.lines().filter(|line| line.starts_with("hits_total{"));
        of.is_sorted()
    };
    assert!(!sorted(&bare(act)));
    assert!(sorted(&ours(act)));
    let exporter = exporter();
    metrics::with_local_recorder(exporter.meter(), act);
    assert_eq!(exporter.render(), exporter.render());
}

#[test]
fn pitfall_19_series_of_one_hash_are_two_series() {
    const PAIRS: Metric = Metric::counter("pairs_total", "Pairs.")
        .labels(&[Label::capped("a", 300), Label::capped("b", 300)])
        .at_most(600);
    let values: Vec<_> = (0..300).map(|i| format!("v{i}")).collect();
    let hash = |a: &String, b: &String| {
        let labels = vec![
            metrics::Label::new("a", a.clone()),
            metrics::Label::new("b", b.clone()),
        ];
        metrics::Key::from_parts("pairs_total", labels).get_hash()
    };
    // In 0.24.4 most of those whose values change places had one hash; some have it still.
    let swapped = values
        .iter()
        .flat_map(|a| values.iter().map(move |b| (a, b)));
    let alike: Vec<_> = swapped
        .filter(|(a, b)| a < b && hash(a, b) == hash(b, a))
        .collect();
    assert!(!alike.is_empty(), "who takes a hash for a series is safe");
    let exporter = Exporter::local(Catalogue::new([PAIRS]).unwrap());
    for (a, b) in alike.iter().flat_map(|&(a, b)| [(a, b), (b, a)]) {
        metrics::with_local_recorder(exporter.meter(), || {
            counter!("pairs_total", "a" => a.clone(), "b" => b.clone()).increment(1);
        });
    }
    let text = exporter.render();
    let once = |line: &&str| line.starts_with("pairs_total{") && line.ends_with(" 1");
    assert_eq!(text.lines().filter(once).count(), 2 * alike.len());
}
