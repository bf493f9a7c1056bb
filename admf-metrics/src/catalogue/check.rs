//! What a declaration must satisfy so that the exposition is valid and says what was declared.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::name::{check_name, is_camel_case, is_name};
use super::{Kind, Label, Metric, Values};

/// The most labels of a metric, so that their values fit into an array.
pub(crate) const MAX_LABELS: usize = 16;

/// Reports the first declaration that cannot be exported as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueError {
    metric: String,
    problem: String,
}

impl CatalogueError {
    /// Returns the name of the metric that was refused.
    #[must_use]
    pub fn metric(&self) -> &str {
        &self.metric
    }
}

impl fmt::Display for CatalogueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "metric `{}`: {}", self.metric, self.problem)
    }
}

impl std::error::Error for CatalogueError {}

pub(super) type Checked = Result<(), String>;

pub(super) fn check_all(metrics: &[Metric], most: usize) -> Result<(), CatalogueError> {
    if let Some(metric) = metrics.get(most) {
        let problem = format!("catalogue holds more than {most} metrics");
        return Err(CatalogueError {
            metric: metric.name.to_owned(),
            problem,
        });
    }
    // What a histogram expands to cannot meet another name: `check_name` keeps the suffixes free.
    let mut declared = HashMap::new();
    for metric in metrics {
        let checked = check(metric).and_then(|()| {
            match declared.insert(metric.name, metric) {
                // Two parts that feed one metric both declare it.
                Some(other) if other != metric => {
                    Err("name is declared twice, differently".to_owned())
                }
                _ => Ok(()),
            }
        });
        checked.map_err(|problem| CatalogueError {
            metric: metric.name.to_owned(),
            problem,
        })?;
    }
    Ok(())
}

fn check(metric: &Metric) -> Checked {
    check_name(metric)?;
    if metric.help.trim().is_empty() {
        return Err("help is empty".to_owned());
    }
    check_buckets(metric)?;
    check_labels(metric.labels)?;
    check_series(metric)
}

/// What closed labels can say must all have a place, after whatever came: only caps make series that are
/// not foreseen. The series that says `_other` alone has one of its own.
fn check_series(metric: &Metric) -> Checked {
    let most = metric.at_most;
    let closed = |label: &&Label| matches!(label.values, Values::OneOf(_));
    let closed = metric.labels.iter().filter(closed);
    let all = closed.fold(1_usize, |n, label| n.saturating_mul(label.max_values()));
    let listed = all - 1;
    match most {
        0 => Err("at_most must be at least 1, is 0".to_owned()),
        _ if listed > most => Err(format!(
            "at_most is {most}, but the lists of its labels alone make {listed} series, `{}` included",
            Label::OVERFLOW
        )),
        _ => Ok(()),
    }
}

fn check_buckets(metric: &Metric) -> Checked {
    let buckets = metric.buckets;
    if metric.kind != Kind::Histogram {
        return if buckets.is_empty() {
            Ok(())
        } else {
            Err(format!("buckets are given, but it is a {}", metric.kind))
        };
    }
    if buckets.is_empty() {
        return Err("buckets of a histogram must not be empty".to_owned());
    }
    if let Some(bound) = buckets.iter().find(|bound| !bound.is_finite()) {
        return Err(format!("buckets must be finite, one is {bound}"));
    }
    match buckets.windows(2).find(|pair| pair[0] >= pair[1]) {
        Some(pair) => Err(format!(
            "buckets must ascend, but {} comes before {}",
            pair[0], pair[1]
        )),
        None => Ok(()),
    }
}

fn check_labels(labels: &[Label]) -> Checked {
    if labels.len() > MAX_LABELS {
        let given = labels.len();
        return Err(format!("labels must be at most {MAX_LABELS}, are {given}"));
    }
    let mut names = HashSet::new();
    for label in labels {
        let name = label.name;
        if !is_name(name) {
            return Err(format!("label `{name}` must match [a-zA-Z_][a-zA-Z0-9_]*"));
        }
        if is_camel_case(name) {
            return Err(format!("label `{name}` must be in snake case"));
        }
        if name.starts_with("__") || ["le", "quantile", "job", "instance"].contains(&name) {
            return Err(format!("label `{name}` is reserved by Prometheus"));
        }
        if !names.insert(name) {
            return Err(format!("label `{name}` is declared twice"));
        }
        check_values(label)?;
    }
    Ok(())
}

fn check_values(label: &Label) -> Checked {
    let name = label.name;
    match label.values {
        Values::Cap(0) => Err(format!("label `{name}`: cap must be at least 1, is 0")),
        Values::Cap(_) => Ok(()),
        Values::OneOf([]) => Err(format!("label `{name}`: values must not be empty")),
        Values::OneOf(values) => {
            let mut seen = HashSet::new();
            match values.iter().find(|value| !seen.insert(**value)) {
                Some(value) => Err(format!("label `{name}`: value `{value}` is declared twice")),
                None => Ok(()),
            }
        }
    }
}
