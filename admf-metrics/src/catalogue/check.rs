//! What a declaration must satisfy so that the exposition is valid and says what was declared.

use std::collections::HashSet;
use std::fmt;

use super::{Kind, Label, Metric, Values};

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

type Checked = Result<(), String>;

pub(super) fn check_all(metrics: &[Metric], most: usize) -> Result<(), CatalogueError> {
    if let Some(metric) = metrics.get(most) {
        let problem = format!("catalogue holds more than {most} metrics");
        return Err(CatalogueError {
            metric: metric.name.to_owned(),
            problem,
        });
    }
    // What a histogram expands to cannot meet another name: `check_name` keeps the suffixes free.
    let mut names = HashSet::new();
    for metric in metrics {
        let checked = check(metric).and_then(|()| match names.insert(metric.name) {
            true => Ok(()),
            false => Err("name is declared twice".to_owned()),
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
    check_labels(metric.labels)
}

fn check_name(metric: &Metric) -> Checked {
    if !is_name(metric.name) {
        return Err("name must match [a-zA-Z_][a-zA-Z0-9_]*".to_owned());
    }
    match metric.kind {
        Kind::Counter if !metric.name.ends_with("_total") => {
            return Err("name of a counter must end in `_total`".to_owned());
        }
        Kind::Gauge | Kind::Histogram if metric.name.ends_with("_total") => {
            return Err(format!(
                "name of a {} must not end in `_total`",
                metric.kind
            ));
        }
        _ => {}
    }
    // Without the underscore, because the exporter writes `x_account` for the `_count` of a histogram
    // called `x_account`: it takes the suffix for given.
    let suffixes = ["bucket", "sum", "count"];
    let reserved = match metric.kind {
        Kind::Histogram => suffixes.into_iter().find(|s| metric.name.ends_with(s)),
        _ => suffixes
            .into_iter()
            .find(|s| metric.name.ends_with(&format!("_{s}"))),
    };
    match reserved {
        Some(suffix) => Err(format!(
            "name of a {} must not end in `{suffix}`",
            metric.kind
        )),
        None => Ok(()),
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
    let mut names = HashSet::new();
    for label in labels {
        let name = label.name;
        if !is_name(name) {
            return Err(format!("label `{name}` must match [a-zA-Z_][a-zA-Z0-9_]*"));
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

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
