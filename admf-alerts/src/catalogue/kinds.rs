//! The kind of a metric, held against what is done with it.

use std::collections::BTreeMap;

use super::KnownMetric;
use super::check::Found;
use super::finding::Severity;
use super::series::{Part, Series};
use crate::promql::Use;
use crate::samples::FamilyKind;

const FOR_COUNTERS: [&str; 4] = ["rate", "irate", "increase", "resets"];
const FOR_GAUGES: [&str; 6] = [
    "delta",
    "idelta",
    "deriv",
    "predict_linear",
    "holt_winters",
    "double_exponential_smoothing",
];

/// Says what is wrong with what is done with the series.
pub(super) fn misused(
    used: &Use<'_>,
    series: &str,
    metric: &KnownMetric,
    part: Part,
) -> Option<Found> {
    let error = |problem: String| Some((Severity::Error, problem));
    let function = used.function.unwrap_or_default();
    match (metric.kind, part) {
        (FamilyKind::Histogram, Part::Whole) => error(format!(
            "histogram `{series}` has no series of this name: use `histogram_quantile(0.95, sum by (le) \
             (rate({series}_bucket[5m])))`, or `{series}_sum` and `{series}_count`"
        )),
        (kind @ (FamilyKind::Gauge | FamilyKind::Summary), Part::Whole)
            if FOR_COUNTERS.contains(&function) =>
        {
            error(format!(
                "`{function}` of the {kind} `{series}`: it is for counters; for what goes up and down there are \
                 `delta` and `deriv`"
            ))
        }
        (FamilyKind::Counter, _) | (_, Part::Bucket | Part::Total) => {
            if FOR_GAUGES.contains(&function) {
                return error(format!(
                    "`{function}` of the counter `{series}`: it takes a restart for a fall; use `rate` or `increase`"
                ));
            }
            let problem = || {
                let only = "it only grows, until a restart; use `increase` or `rate`";
                format!("the counter `{series}` is compared with a number: {only}")
            };
            used.compared.then(|| (Severity::Warning, problem()))
        }
        _ => None,
    }
}

/// Says which calls of `histogram_quantile` have no buckets to look at.
pub(super) fn quantile_of<'m>(
    uses: &[Use<'_>],
    series: impl Fn(&str) -> Option<Series<'m>>,
) -> Vec<Found> {
    let mut calls: BTreeMap<usize, Vec<(&Use<'_>, bool)>> = BTreeMap::new();
    for used in uses {
        let Some(buckets) = used.buckets else {
            continue;
        };
        let may_be = match used.name().and_then(&series) {
            Some(Series::Of(metric, part)) => may_be_buckets(metric, part),
            _ => true,
        };
        calls.entry(buckets.call).or_default().push((used, may_be));
    }
    let wrong = calls.into_values().filter_map(|operands| {
        let (used, _) = operands[0];
        let name = used.name().unwrap_or_default();
        let lost = |(used, _): &(&Use<'_>, bool)| used.buckets.is_some_and(|it| it.without_le);
        let problem = if operands.iter().all(|(_, may_be)| !may_be) {
            format!(
                "`histogram_quantile` of `{name}`: it is for the buckets of a histogram, `…_bucket`"
            )
        } else if operands.iter().all(lost) {
            "`histogram_quantile` of what has no `le` any more: aggregate `by (le)`".to_owned()
        } else {
            return None;
        };
        Some((Severity::Error, problem))
    });
    wrong.collect()
}

/// What nobody knows may be buckets, as a recorded series may; of a histogram without its suffix enough is said.
fn may_be_buckets(metric: &KnownMetric, part: Part) -> bool {
    match metric.kind {
        FamilyKind::Untyped => true,
        FamilyKind::Histogram => part != Part::Total,
        _ => false,
    }
}
