//! The macros of `metrics` in every form, and the layers of `metrics-util` around a meter.

use std::collections::BTreeMap;

use admf_metrics::{Catalogue, Exporter, Label, Metric};
use metrics_util::layers::{FanoutBuilder, Layer, PrefixLayer};

use crate::shows;

const CALLS: Metric = Metric::counter("f_calls_total", "Calls.")
    .labels(&[Label::capped("of", 3), Label::capped("by", 3)]);
const LEVEL: Metric = Metric::gauge("f_level", "Level.");
const WAIT: Metric = Metric::histogram("f_wait_seconds", "Wait.", &[1.0]);

fn exporter() -> Exporter {
    Exporter::local(Catalogue::new([CALLS, LEVEL, WAIT]).unwrap())
}

#[test]
fn the_macros_find_one_series_in_every_form() {
    let exporter = exporter();
    metrics::with_local_recorder(exporter.meter(), || {
        metrics::describe_counter!("f_calls_total", metrics::Unit::Bytes, "other words");
        metrics::counter!("f_calls_total", "of" => "a", "by" => "b").increment(1);
        metrics::counter!("f_calls_total", "by" => "b", "of" => "a").increment(1);
        metrics::counter!(target: "here", level: metrics::Level::DEBUG, "f_calls_total", "of" => "a", "by" => String::from("b")).increment(1);
        let labels = [("by", "b"), ("of", "a")];
        metrics::counter!("f_calls_total", &labels).increment(1);
        let labels: BTreeMap<_, _> = labels.into_iter().collect();
        let labels: Vec<_> = labels
            .iter()
            .map(|(name, value)| metrics::Label::new(*name, *value))
            .collect();
        metrics::counter!(String::from("f_calls_total"), labels).increment(1);
        assert!(shows(&exporter, "f_calls_total{of=\"a\",by=\"b\"} 5"));
        let total = metrics::counter!("f_calls_total", "of" => "a", "by" => "b");
        total.absolute(3);
        assert!(shows(&exporter, "f_calls_total{of=\"a\",by=\"b\"} 5"));
        total.absolute(9);
        let level = metrics::gauge!("f_level");
        level.increment(-1.5);
        level.decrement(-0.5);
        level.increment(f64::NAN);
        metrics::histogram!("f_wait_seconds").record_many(0.5, 3);
        metrics::histogram!("f_wait_seconds").record(std::time::Duration::from_millis(1500));
    });
    for line in [
        "# HELP f_calls_total Calls.",
        "f_calls_total{of=\"a\",by=\"b\"} 9",
        "f_level -1",
        "admf_metrics_dropped_samples_total{metric=\"f_level\"} 1",
        "f_wait_seconds_bucket{le=\"1\"} 3",
        "f_wait_seconds_sum 3",
        "f_wait_seconds_count 4",
    ] {
        assert!(shows(&exporter, line), "{line}: {}", exporter.render());
    }
}

#[test]
fn a_recorder_inside_a_recorder_gets_what_is_said_in_its_scope() {
    let (outer, inner) = (exporter(), exporter());
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                metrics::with_local_recorder(outer.meter(), || {
                    metrics::gauge!("f_level").increment(1.0);
                    metrics::with_local_recorder(inner.meter(), || {
                        metrics::gauge!("f_level").increment(10.0);
                    });
                    metrics::gauge!("f_level").increment(1.0);
                });
            });
        }
    });
    assert!(shows(&outer, "f_level 4"));
    assert!(shows(&inner, "f_level 20"));
}

#[test]
fn layers_of_others_work_around_a_meter() {
    let (one, two) = (exporter(), exporter());
    let both = FanoutBuilder::default()
        .add_recorder(one.meter().clone())
        .add_recorder(two.meter().clone())
        .build();
    metrics::with_local_recorder(&both, || {
        metrics::counter!("f_calls_total", "of" => "a", "by" => "b").increment(2);
        metrics::gauge!("f_level").set(7.0);
        metrics::histogram!("f_wait_seconds").record(0.5);
    });
    for exporter in [&one, &two] {
        assert!(shows(exporter, "f_calls_total{of=\"a\",by=\"b\"} 2"));
        assert!(shows(exporter, "f_level 7"));
        assert!(shows(exporter, "f_wait_seconds_count 1"));
    }
    // It writes `f.level`, which no catalogue can declare.
    let prefixed = PrefixLayer::new("f").layer(one.meter().clone());
    metrics::with_local_recorder(&prefixed, || metrics::gauge!("level").set(1.0));
    let refused = "admf_metrics_refused_total{reason=\"undeclared\"} 1";
    assert!(shows(&one, refused));
    assert!(shows(&one, "f_level 7"));
}
