//! Samples by some of their labels.

use std::collections::HashMap;
use std::sync::Arc;

use super::expr::Grouping;
use super::value::Sample;
use crate::labels::Labels;
use crate::series::NAME;

/// Which labels are seen: a name that was lost is, where it is only removed at the end.
#[derive(Clone, Copy)]
pub(super) struct View {
    pub(super) delayed: bool,
}

impl View {
    pub(super) fn hides_name(self, sample: &Sample) -> bool {
        sample.nameless && !self.delayed
    }

    /// The value of a label, empty where there is none.
    pub(super) fn get<'s>(self, sample: &'s Sample, name: &str) -> &'s str {
        if name == NAME && self.hides_name(sample) {
            return "";
        }
        sample.labels.get(name).unwrap_or_default()
    }

    /// What samples of one group have in common.
    pub(super) fn key<'s>(self, sample: &'s Sample, grouping: &Grouping) -> Vec<&'s str> {
        match grouping {
            Grouping::Only(names) => names.iter().map(|name| self.get(sample, name)).collect(),
            Grouping::Without(names) => {
                let others = sample.labels.iter();
                let kept = others.filter(|(name, _)| *name != NAME && !contains(names, name));
                kept.flat_map(|(name, value)| [name, value]).collect()
            }
        }
    }

    /// The labels of the group that a sample belongs to.
    pub(super) fn labels(self, sample: &Sample, grouping: &Grouping) -> Labels {
        match grouping {
            Grouping::Only(names) => {
                let kept = names.iter().map(|name| (&**name, self.get(sample, name)));
                kept.collect()
            }
            Grouping::Without(names) => {
                let others = sample.labels.iter();
                others
                    .filter(|(name, _)| *name != NAME && !contains(names, name))
                    .collect()
            }
        }
    }
}

pub(super) fn contains(names: &[String], name: &str) -> bool {
    names.iter().any(|it| it == name)
}

/// Samples that belong together.
pub(super) struct Members<'s> {
    pub(super) labels: Arc<Labels>,
    pub(super) nameless: bool,
    pub(super) samples: Vec<&'s Sample>,
}

/// Sorts samples into groups, in the order of their first samples.
pub(super) fn groups<'s>(
    view: View,
    samples: &'s [Sample],
    grouping: &Grouping,
) -> Vec<Members<'s>> {
    let mut groups: Vec<Members<'s>> = vec![];
    let mut places: HashMap<Vec<&str>, usize> = HashMap::new();
    for sample in samples {
        let key = view.key(sample, grouping);
        let place = *places.entry(key).or_insert_with(|| {
            groups.push(Members {
                labels: Arc::new(view.labels(sample, grouping)),
                nameless: sample.nameless,
                samples: vec![],
            });
            groups.len() - 1
        });
        groups[place].samples.push(sample);
    }
    groups
}
