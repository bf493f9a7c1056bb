//! Histograms and summaries, whose series are told by several samples.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::{Key, is_count, number, problem};
use crate::kind::Kind;
use crate::model::{Family, Sample};
use crate::problem::{Found, Problem};
use crate::rule::Rule;
use crate::text;

/// What belongs to one set of labels, without `le` or `quantile`.
#[derive(Default)]
struct Group<'t> {
    buckets: Vec<(f64, Sample<'t>)>,
    sum: Option<Sample<'t>>,
    count: Option<Sample<'t>>,
}

pub(super) fn check(family: &Family<'_>, problems: &mut Found) {
    let mut groups: Vec<(Sample<'_>, Group<'_>)> = Vec::new();
    let mut by_labels: HashMap<Key<'_>, usize> = HashMap::new();
    for sample in &family.samples {
        let key = sample.labels.sorted_without(family.kind.own_label());
        let group = match by_labels.entry(key) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                groups.push((*sample, Group::default()));
                *new.insert(groups.len() - 1)
            }
        };
        sort_in(family, *sample, &mut groups[group].1, problems);
    }
    for (first, group) in &groups {
        complete(family, first, group, problems);
        if family.kind == Kind::Histogram {
            buckets(family, first, group, problems);
        }
    }
}

/// Finds the place of a sample, and checks what it says by itself.
fn sort_in<'t>(
    family: &Family<'t>,
    sample: Sample<'t>,
    group: &mut Group<'t>,
    problems: &mut Found,
) {
    let own = family.kind.own_label().and_then(|it| sample.labels.get(it));
    match (&sample.name[family.name.len()..], own) {
        ("_bucket", Some(bound)) => {
            check_count(&sample, problems);
            match text::number(&bound) {
                Ok(bound) if !bound.is_nan() => group.buckets.push((bound, sample)),
                _ => problems.push(problem(&sample, Rule::Bound, bound)),
            }
        }
        ("_sum", None) => {
            if !sample.value.is_finite() {
                problems.push(problem(&sample, Rule::SumFinite, number(sample.value)));
            }
            group.sum = Some(sample);
        }
        ("_count", None) => {
            check_count(&sample, problems);
            group.count = Some(sample);
        }
        ("", Some(quantile)) if family.kind == Kind::Summary => {
            let share = text::number(&quantile);
            if !share.is_ok_and(|share| (0.0..=1.0).contains(&share)) {
                problems.push(problem(&sample, Rule::Quantile, quantile));
            }
        }
        _ => problems.push(problem(&sample, Rule::Part, family.kind)),
    }
}

fn check_count(sample: &Sample<'_>, problems: &mut Found) {
    if !is_count(sample.value) {
        problems.push(problem(sample, Rule::Count, number(sample.value)));
    }
}

fn complete(family: &Family<'_>, first: &Sample<'_>, group: &Group<'_>, problems: &mut Found) {
    for (part, rule) in [(group.sum, Rule::SumThere), (group.count, Rule::CountThere)] {
        if part.is_none() {
            problems.push(missing(family, first, rule));
        }
    }
}

fn buckets(family: &Family<'_>, first: &Sample<'_>, group: &Group<'_>, problems: &mut Found) {
    for pair in group.buckets.windows(2) {
        let [(below, lower), (bound, bucket)] = pair else {
            continue;
        };
        if bound <= below {
            let order = format!("{} comes after {}", number(*bound), number(*below));
            problems.push(problem(bucket, Rule::BoundsAscend, order));
        } else if bucket.value < lower.value {
            let fall = format!("{} after {}", number(bucket.value), number(lower.value));
            problems.push(problem(bucket, Rule::Cumulative, fall));
        }
    }
    let all = group
        .buckets
        .iter()
        .find(|(bound, _)| *bound == f64::INFINITY);
    match (all, group.count) {
        (None, _) => problems.push(missing(family, first, Rule::InfBucket)),
        (Some((_, all)), Some(count)) if differ(all.value, count.value) => {
            let both = format!(
                "{}, but its bucket le=\"+Inf\" is {}",
                number(count.value),
                number(all.value)
            );
            problems.push(problem(&count, Rule::CountIsInf, both));
        }
        _ => {}
    }
}

#[expect(clippy::float_cmp, reason = "they are two copies of one number")]
fn differ(all: f64, count: f64) -> bool {
    all != count
}

/// Reports what a series lacks, at its first line.
fn missing(family: &Family<'_>, first: &Sample<'_>, rule: Rule) -> Problem {
    let mut series = family.name.to_owned();
    let labels = first.labels.sorted_without(family.kind.own_label());
    // A `String` takes all that is written.
    let _ = crate::write::labels(&mut series, labels);
    Problem::new(first.line, rule, &series, "")
}
