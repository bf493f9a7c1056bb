//! What must hold of an exposition so that nobody loses or mistakes what it says.

mod parts;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::kind::Kind;
use crate::model::{Exposition, Family, Sample};
use crate::problem::{Found, Problem, Problems};
use crate::rule::Rule;

/// The labels of a series, in an order of their own.
type Key<'t> = Vec<(&'t str, Cow<'t, str>)>;

/// Checks what Prometheus takes without a word and then drops or counts wrong.
///
/// - The text is in order: one `# HELP` and one `# TYPE` of a metric, before its samples; its lines
///   together; each series once, whatever the order of its labels; a line feed at the end.
/// - A counter is finite and not negative.
/// - A histogram has, for each set of labels, buckets whose bounds ascend and whose counts do not fall, the last of
///   them `le="+Inf"`, a `_count` that equals it, and a `_sum` that is finite. A summary has `_count`, `_sum`,
///   and quantiles from 0 to 1.
/// - No label begins with `__`, and no metric is called like a series of a histogram or summary.
/// - Prometheus 2 scrapes it: it stops at a blank before a name or a signed timestamp.
///
/// It takes time in proportion to the text.
///
/// # Errors
///
/// Lists what is wrong, by line; of each rule the first 100 problems, and how many there are in all.
pub fn validate(exposition: &Exposition<'_>) -> Result<(), Problems> {
    let mut problems = exposition.misplaced.clone();
    names(exposition, &mut problems);
    for family in exposition.families() {
        series(family, &mut problems);
        match family.kind {
            Kind::Counter => counters(family, &mut problems),
            Kind::Histogram | Kind::Summary => parts::check(family, &mut problems),
            Kind::Gauge | Kind::Untyped => {}
        }
    }
    problems.none()
}

/// A metric that was named before the histogram whose series it looks like.
fn names(exposition: &Exposition<'_>, problems: &mut Found) {
    let families = exposition.families();
    let lines: HashMap<_, _> = families.iter().map(|it| (it.name, it.line)).collect();
    for family in families {
        for suffix in family.kind.suffixes() {
            let name = format!("{}{suffix}", family.name);
            if let Some(&line) = lines.get(name.as_str()) {
                let whole = format!("{} `{}`", family.kind, family.name);
                problems.push(Problem::new(line, Rule::NameTaken, &name, whole));
            }
        }
    }
}

fn series(family: &Family<'_>, problems: &mut Found) {
    let mut seen = HashSet::with_capacity(family.samples.len());
    for sample in &family.samples {
        let labels = sample.labels.sorted_without(None);
        // The first is enough: each of thousands would show the whole line again.
        if let Some((name, _)) = labels.iter().find(|(name, _)| name.starts_with("__")) {
            problems.push(problem(sample, Rule::LabelReserved, name));
        }
        if !seen.insert((sample.name, labels)) {
            problems.push(problem(sample, Rule::OneSeries, ""));
        }
    }
}

fn counters(family: &Family<'_>, problems: &mut Found) {
    for wrong in family.samples.iter().filter(|it| !is_count(it.value)) {
        problems.push(problem(wrong, Rule::Counter, number(wrong.value)));
    }
}

fn is_count(value: f64) -> bool {
    value.is_finite() && value >= 0.0
}

/// A number as the format spells it.
fn number(value: f64) -> String {
    let mut text = String::new();
    // A `String` takes all that is written.
    let _ = crate::write::number(&mut text, value);
    text
}

fn problem(sample: &Sample<'_>, rule: Rule, value: impl std::fmt::Display) -> Problem {
    let series = format!("{}{}", sample.name, sample.labels);
    Problem::new(sample.line, rule, &series, value)
}
