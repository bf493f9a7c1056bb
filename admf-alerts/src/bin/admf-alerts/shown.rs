//! Results, as promtool and the API of Prometheus write them.

use admf_alerts::Labels;
use admf_alerts::promql::{Range, Value};
use admf_alerts::series::NAME;
use admf_exposition::write;
use serde_json::{Map, json};

use crate::moment;

/// One line for each series at one time; for samples over time the series first, then each.
pub(crate) fn lines(value: &Value, time: i64) -> Vec<String> {
    let at = |time| format!("@[{}]", moment::shown(time));
    match value {
        Value::Scalar(value) => vec![format!("scalar: {} {}", number(*value), at(time))],
        Value::Text(text) => vec![format!("string: {text:?} {}", at(time))],
        Value::Vector(samples) => {
            let samples = samples.iter();
            let line = samples.map(|it| (metric(&it.labels), number(it.value)));
            line.map(|(metric, value)| format!("{metric} => {value} {}", at(time)))
                .collect()
        }
        Value::Matrix(ranges) => {
            let of = |range: &Range| {
                let points = range.points.iter();
                let points = points.map(|it| format!("  {} {}", number(it.value), at(it.time)));
                let first = format!("{} =>", metric(&range.labels));
                std::iter::once(first).chain(points).collect::<Vec<_>>()
            };
            ranges.iter().flat_map(of).collect()
        }
        other => vec![format!("{other:?}")],
    }
}

/// What the API of Prometheus has as `data`.
pub(crate) fn json(value: &Value, time: i64) -> serde_json::Value {
    let pair = |time: i64, value: f64| json!([time as f64 / 1_000.0, number(value)]);
    let (kind, result) = match value {
        Value::Scalar(value) => ("scalar", pair(time, *value)),
        Value::Text(text) => ("string", json!([time as f64 / 1_000.0, text])),
        Value::Vector(samples) => {
            let samples = samples.iter();
            let all = samples
                .map(|it| json!({"metric": names(&it.labels), "value": pair(time, it.value)}));
            ("vector", all.collect())
        }
        Value::Matrix(ranges) => {
            let all = ranges.iter().map(|range| {
                let points = range.points.iter();
                let values: Vec<_> = points.map(|it| pair(it.time, it.value)).collect();
                json!({"metric": names(&range.labels), "values": values})
            });
            ("matrix", all.collect())
        }
        other => ("unknown", json!(format!("{other:?}"))),
    };
    json!({"resultType": kind, "result": result})
}

fn names(labels: &Labels) -> Map<String, serde_json::Value> {
    let labels = labels.iter();
    labels
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect()
}

fn metric(labels: &Labels) -> String {
    let mut labels = labels.clone();
    let name = labels.remove(NAME).unwrap_or_default();
    match labels.is_empty() && !name.is_empty() {
        true => name,
        false => format!("{name}{labels}"),
    }
}

fn number(value: f64) -> String {
    let mut text = String::new();
    write::number(&mut text, value).expect("a text takes all");
    text
}
