//! What the catalogue takes, promtool finds clean.

use std::io::Write;
use std::process::{Command, Stdio};

use admf_metrics::{Catalogue, Exporter, Kind, Label, Meter, Metric};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// Returns what `promtool check metrics` says, `None` where it is not installed and nobody requires it.
fn promtool(text: &str) -> Option<String> {
    let mut command = Command::new("promtool");
    let command = command.args(["check", "metrics"]).stdin(Stdio::piped());
    let Ok(mut process) = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn() else {
        assert!(
            std::env::var_os("ADMF_REQUIRE_SERVERS").is_none(),
            "promtool is missing"
        );
        return None;
    };
    let mut input = process.stdin.take().expect("it is piped");
    input.write_all(text.as_bytes()).expect("it reads all");
    drop(input);
    let output = process.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Some(format!("{:?} {said}", output.status.code()))
}

/// A kind, a name, and the name of a label.
fn declaration() -> impl Strategy<Value = (u8, String, String)> {
    let word = "(_(foo|Foo|fooBar|FOO|gauge|Counter|histogram|summary|gauge_histogram|untyped|info|x|x1|account|resume\
                |(kilo|micro|mebi|MILLI|)(bytes|seconds|bits|minutes|meters|kelvins|percent|ratio|Seconds)\
                |s|ms|S|sec|b|kb|h|d|total|count|sum|bucket|created)|_|__)";
    let name = format!("{word}{{1,3}}(_total|_seconds|_bytes|_ratio|)");
    let name = prop::string::string_regex(&name).expect("it is a pattern");
    (0..3u8, name, "(a|_a|aB|AB|a1|le|quantile|a__b|bytes|ms)")
}

#[test]
fn the_names_of_2000_declarations_that_are_taken_are_clean_for_promtool() {
    let mut runner = TestRunner::deterministic();
    let (mut taken, mut refused) = (Vec::new(), 0);
    for i in 0..2000 {
        let tree = declaration()
            .new_tree(&mut runner)
            .expect("nothing is filtered");
        let (kind, name, label) = tree.current();
        let name: &'static str = String::leak(format!("n{i}{name}"));
        let metric = match kind {
            0 => Metric::counter(name, "Help."),
            1 => Metric::gauge(name, "Help."),
            _ => Metric::histogram(name, "Help.", &[1.0]),
        };
        let label = Label::capped(String::leak(label), 2);
        let metric = metric.labels(Vec::leak(vec![label]));
        match Catalogue::new([metric]) {
            Ok(_) => taken.push(metric),
            Err(_) => refused += 1,
        }
    }
    assert!(
        taken.len() > 150 && refused > 150,
        "{} {refused}",
        taken.len()
    );
    for metrics in taken.chunks(900) {
        let exporter = Exporter::local(Catalogue::new(metrics.iter().copied()).unwrap());
        for metric in metrics {
            resolve(exporter.meter(), metric);
        }
        let text = exporter.render();
        let Some(said) = promtool(&text) else { return };
        assert_eq!(said, "Some(0) ");
    }
}

fn resolve(meter: &Meter, metric: &Metric) {
    let labels = [(metric.labels[0].name, "v")];
    match metric.kind {
        Kind::Counter => drop(meter.counter(metric, &labels).unwrap()),
        Kind::Gauge => drop(meter.gauge(metric, &labels).unwrap()),
        _ => drop(meter.histogram(metric, &labels).unwrap()),
    }
}
