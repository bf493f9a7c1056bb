//! From readings to expressions.

use std::time::Duration;

use super::condition::{Aggregate, Reading};
use super::known::Known;
use super::problem::Problem;
use crate::labels::Quoted;
use crate::samples::FamilyKind;
use crate::scan;

/// Over how long a rate or a quantile is taken where nobody says.
const WINDOW: Duration = Duration::from_secs(300);

/// A reading as an expression.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) expr: String,
    /// Whether it is a selector and nothing else.
    pub(super) is_selector: bool,
    /// The series that it is made of, or that are there as long as those.
    selector: String,
}

impl Shown {
    /// That there was a value at the beginning of a window.
    pub(super) fn since(&self, of: &Reading, window: &str) -> Result<String, Problem> {
        let then = aggregated(of, &format!("{} offset {window}", self.selector))?;
        Ok(format!(" and {then}"))
    }
}

/// What a metric is now.
pub(super) fn level(of: &Reading, known: &Known) -> Result<Shown, Problem> {
    let series = known.series(&of.metric)?;
    let kind = known.kind(&series);
    match (kind, of.quantile) {
        (FamilyKind::Histogram, None) => {
            let problem = format!("`{series}` is a histogram: say which `quantile`");
            Err(Problem::new("metric", &of.metric, problem))
        }
        (FamilyKind::Histogram | FamilyKind::Untyped, Some(quantile)) => {
            quantile_of(of, &series, quantile)
        }
        (_, Some(quantile)) => {
            let problem = format!("`{series}` is no histogram");
            Err(Problem::new("quantile", quantile, problem))
        }
        (_, None) => {
            let selector = selector(of, &series)?;
            Ok(Shown {
                is_selector: of.aggregate.is_none(),
                expr: aggregated(of, &selector)?,
                selector,
            })
        }
    }
}

/// How fast a counter grows by the second.
pub(super) fn rate(of: &Reading, known: &Known) -> Result<Shown, Problem> {
    let mut series = known.series(&of.metric)?;
    match known.kind(&series) {
        FamilyKind::Gauge => {
            let problem = format!("`{series}` is a gauge, and has no rate");
            return Err(Problem::new("metric", &of.metric, problem));
        }
        FamilyKind::Histogram | FamilyKind::Summary => series.push_str("_count"),
        _ => {}
    }
    if let Some(quantile) = of.quantile {
        let problem = "a rate has none";
        return Err(Problem::new("quantile", quantile, problem));
    }
    let selector = selector(of, &series)?;
    let rate = format!("rate({selector}[{}])", window(of)?);
    Ok(Shown {
        expr: aggregated(of, &rate)?,
        is_selector: false,
        selector,
    })
}

/// Buckets are summed where labels are left out, since nothing else can be done with them.
fn quantile_of(of: &Reading, series: &str, quantile: f64) -> Result<Shown, Problem> {
    if !(0.0..=1.0).contains(&quantile) {
        return Err(Problem::new("quantile", quantile, "must be from 0 to 1"));
    }
    let buckets = selector(of, &format!("{series}_bucket"))?;
    let buckets = format!("rate({buckets}[{}])", window(of)?);
    let count = selector(of, &format!("{series}_count"))?;
    let labels = labels("groupBy", &of.group_by)?;
    let buckets = match of.aggregate {
        None => aggregated(of, &buckets)?,
        Some(Aggregate::Sum) => {
            let comma = if labels.is_empty() { "" } else { ", " };
            Aggregate::Sum.of(&format!("le{comma}{labels}"), &buckets)
        }
        Some(other) => {
            let problem = "buckets can only be taken together by `sum`";
            return Err(Problem::new("aggregate", other.word(), problem));
        }
    };
    Ok(Shown {
        expr: format!("histogram_quantile({quantile}, {buckets})"),
        is_selector: false,
        selector: count,
    })
}

/// That there is none of the series.
pub(super) fn absent(of: &Reading, known: &Known) -> Result<String, Problem> {
    let none = "an absence has none";
    let refused = [
        ("aggregate", of.aggregate.is_some()),
        ("groupBy", !of.group_by.is_empty()),
        ("quantile", of.quantile.is_some()),
        ("window", of.window.is_some()),
    ];
    if let Some((field, _)) = refused.iter().find(|it| it.1) {
        return Err(Problem::new(*field, "", none));
    }
    let mut series = known.series(&of.metric)?;
    if known.kind(&series) == FamilyKind::Histogram {
        series.push_str("_count");
    }
    Ok(format!("absent({})", selector(of, &series)?))
}

fn aggregated(of: &Reading, expr: &str) -> Result<String, Problem> {
    let labels = labels("groupBy", &of.group_by)?;
    match of.aggregate {
        Some(aggregate) => Ok(aggregate.of(&labels, expr)),
        None if labels.is_empty() => Ok(expr.to_owned()),
        None => {
            let problem = "needs an `aggregate`: `sum`, `avg`, `min`, `max` or `count`";
            Err(Problem::new("groupBy", labels, problem))
        }
    }
}

fn selector(of: &Reading, series: &str) -> Result<String, Problem> {
    let mut matchers = Vec::new();
    for (label, values) in &of.matching {
        if !scan::is_label_name(label) {
            let problem = "is no name of a label: [a-zA-Z_][a-zA-Z0-9_]*";
            return Err(Problem::new("where", label, problem));
        }
        matchers.push(match &values[..] {
            [] => {
                let problem = "must have a value";
                return Err(Problem::new(format!("where.{label}"), "", problem));
            }
            [value] => format!("{label}={}", Quoted(value)),
            several => {
                let several: Vec<_> = several.iter().map(|it| regex::escape(it)).collect();
                format!("{label}=~{}", Quoted(&several.join("|")))
            }
        });
    }
    match matchers.is_empty() {
        true => Ok(series.to_owned()),
        false => Ok(format!("{series}{{{}}}", matchers.join(","))),
    }
}

/// Names of labels, as expressions list them.
pub(super) fn labels(field: &str, labels: &[String]) -> Result<String, Problem> {
    match labels.iter().find(|it| !scan::is_label_name(it)) {
        None => Ok(labels.join(", ")),
        Some(label) => {
            let problem = "is no name of a label: [a-zA-Z_][a-zA-Z0-9_]*";
            Err(Problem::new(field, label, problem))
        }
    }
}

/// Over how long the reading's rate is taken.
pub(super) fn window(of: &Reading) -> Result<String, Problem> {
    length("window", of.window.unwrap_or(WINDOW))
}

/// A length as expressions write it.
pub(super) fn length(field: &str, length: Duration) -> Result<String, Problem> {
    let refused = |problem| Err(Problem::new(field, format!("{length:?}"), problem));
    let millis = length.as_millis();
    match millis {
        0 => refused("must be at least a millisecond"),
        _ if length > super::LONGEST => refused("must be at most a year"),
        _ if millis.is_multiple_of(60_000) => Ok(format!("{}m", millis / 60_000)),
        _ if millis.is_multiple_of(1_000) => Ok(format!("{}s", millis / 1_000)),
        _ => Ok(format!("{millis}ms")),
    }
}

impl Aggregate {
    /// Wraps an expression, so that these labels are left.
    pub(super) fn of(self, labels: &str, expr: &str) -> String {
        let by = match labels {
            "" => String::new(),
            labels => format!(" by ({labels}) "),
        };
        format!("{}{by}({expr})", self.word())
    }
}
