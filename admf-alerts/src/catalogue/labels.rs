//! The labels of a metric, held against what is asked of them.

use super::check::Found;
use super::finding::Severity;
use super::nearest::{near, nearest};
use super::series::Part;
use super::{KnownMetric, Metrics};
use crate::samples::FamilyKind;
use crate::series::{MatchOp, Matcher, NAME};

/// The label of buckets; its values are numbers, which servers write in several ways.
const LE: &str = "le";

impl Metrics {
    /// Says which matchers ask for labels or values that the metric never has.
    pub(super) fn mislabelled(
        &self,
        matchers: &[Matcher],
        metric: &KnownMetric,
        part: Part,
    ) -> Vec<Found> {
        let named = matchers.iter().filter(|it| it.name() != NAME);
        let wrong = named.filter_map(|matcher| self.wrong_label(matcher, metric, part));
        wrong.map(|problem| (Severity::Error, problem)).collect()
    }

    fn wrong_label(&self, matcher: &Matcher, metric: &KnownMetric, part: Part) -> Option<String> {
        let labels = metric.labels.as_ref()?;
        let (name, asked) = (&metric.name, matcher.name());
        let of_kind = match asked {
            LE => part == Part::Bucket,
            "quantile" => metric.kind == FamilyKind::Summary && part == Part::Whole,
            _ => false,
        };
        let declared = labels.iter().find(|it| it.name == asked);
        if let Some(label) = declared.filter(|_| asked != LE || of_kind) {
            let (value, near) = never(matcher, label.values.as_ref()?)?;
            return Some(format!(
                "label `{asked}` of `{name}` is never `{value}`{near}"
            ));
        }
        if of_kind || self.shared.contains(asked) {
            return None;
        }
        let others = labels.iter().map(|it| it.name.as_str());
        let near = near(nearest(asked, others.filter(|it| *it != asked)));
        Some(format!("`{name}` has no label `{asked}`{near}"))
    }
}

/// Returns what a matcher asks for that is not among the values, and what is near it.
fn never(matcher: &Matcher, values: &[String]) -> Option<(String, String)> {
    let has = |value: &str| match matcher.name() {
        LE => values
            .iter()
            .any(|it| it.parse::<f64>().ok() == value.parse().ok()),
        _ => values.iter().any(|it| it == value),
    };
    let (op, asked) = (matcher.op(), matcher.value());
    let missing = match op {
        MatchOp::Equal => (!has(asked)).then_some(asked),
        // `!= ""` is a way to say that there is a value.
        MatchOp::NotEqual => (!has(asked) && !asked.is_empty()).then_some(asked),
        MatchOp::Matches | MatchOp::MatchesNot => match alternatives(asked) {
            Some(mut all) => all.find(|value| !has(value) && !value.is_empty()),
            None if op == MatchOp::Matches && matcher.name() != LE => {
                let any = values.iter().any(|value| matcher.is_match(value));
                (!any).then_some(asked)
            }
            None => None,
        },
    }?;
    let near = near(nearest(missing, values.iter().map(String::as_str)));
    Some((missing.to_owned(), near))
}

/// Lists what an expression such as `open|half_open` is made of, where it has nothing but plain texts.
fn alternatives(pattern: &str) -> Option<impl Iterator<Item = &str>> {
    let plain = |c: char| c.is_alphanumeric() || "_-:/ |".contains(c);
    pattern.chars().all(plain).then(|| pattern.split('|'))
}
