//! What an expression gives over time, and whether two of these are the same.

use std::collections::BTreeMap;

use admf_alerts::series::Point;
use serde_json::Value;

pub(crate) type Found = BTreeMap<Vec<(String, String)>, Vec<Point>>;

/// Series by their labels, or why there are none.
pub(crate) type Answer = Result<Found, String>;

/// Reads what `/api/v1/query_range` says.
pub(crate) fn read(json: &Value) -> Answer {
    if json["status"] != "success" {
        return Err(json["error"].to_string());
    }
    let series = json["data"]["result"].as_array().expect("it is a list");
    let labels = |metric: &Value| {
        let pairs = metric.as_object().expect("it is an object").iter();
        let text = |value: &Value| value.as_str().expect("it is a text").to_owned();
        let mut pairs: Vec<_> = pairs
            .map(|(name, value)| (name.clone(), text(value)))
            .collect();
        pairs.sort();
        pairs
    };
    let points = |values: &Value| {
        let values = values.as_array().expect("it is a list").iter();
        values.map(point).collect()
    };
    Ok(series
        .iter()
        .map(|it| (labels(&it["metric"]), points(&it["values"])))
        .collect())
}

fn point(pair: &Value) -> Point {
    let seconds = pair[0].as_f64().expect("it is a time");
    let value = pair[1].as_str().expect("it is a text");
    Point {
        time: (seconds * 1000.0).round() as i64,
        value: value.parse().expect("it is a number"),
    }
}

/// Equal to a part in 10^9. Below 10^-12 there is nothing but what rounding left of numbers that cancel out.
fn near(a: f64, b: f64) -> bool {
    let most = a.abs().max(b.abs());
    a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= most * 1e-9 || most < 1e-12
}

/// Says how two answers differ. Refusals are not compared by their words.
pub(crate) fn differ(ours: &Answer, theirs: &Answer) -> Option<String> {
    let (ours, theirs) = match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => (ours, theirs),
        (Err(_), Err(_)) => return None,
        (Err(problem), Ok(theirs)) => {
            return Some(format!(
                "we fail by {problem}, they give {} series",
                theirs.len()
            ));
        }
        (Ok(ours), Err(problem)) => {
            return Some(format!(
                "we give {} series, they fail by {problem}",
                ours.len()
            ));
        }
    };
    for (labels, points) in theirs {
        let Some(found) = ours.get(labels) else {
            return Some(format!("{labels:?} is missing: {:?}", points.first()));
        };
        let other = |(a, b): &(&Point, &Point)| a.time != b.time || !near(a.value, b.value);
        if let Some((a, b)) = found.iter().zip(points).find(other) {
            return Some(format!("{labels:?}: ours {a:?}, theirs {b:?}"));
        }
        if found.len() != points.len() {
            let (ours, theirs) = (found.len(), points.len());
            return Some(format!("{labels:?}: ours {ours} points, theirs {theirs}"));
        }
    }
    let more = ours.keys().find(|labels| !theirs.contains_key(*labels));
    more.map(|labels| format!("{labels:?} is only ours: {:?}", ours[labels].first()))
}
