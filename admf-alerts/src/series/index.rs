//! Which series have a label.

use std::collections::{BTreeSet, HashMap};

use super::SeriesId;
use super::matcher::{MatchOp, Matcher};
use crate::labels::Labels;

/// Series by the name and value of their labels.
#[derive(Debug, Default)]
pub(super) struct Index {
    names: HashMap<String, HashMap<String, BTreeSet<SeriesId>>>,
}

impl Index {
    pub(super) fn insert(&mut self, labels: &Labels, id: SeriesId) {
        for (name, value) in labels.iter() {
            let values = entry(&mut self.names, name);
            entry(values, value).insert(id);
        }
    }

    pub(super) fn remove(&mut self, labels: &Labels, id: SeriesId) {
        for (name, value) in labels.iter() {
            let Some(values) = self.names.get_mut(name) else {
                continue;
            };
            if let Some(ids) = values.get_mut(value) {
                ids.remove(&id);
                if ids.is_empty() {
                    values.remove(value);
                }
            }
            if values.is_empty() {
                self.names.remove(name);
            }
        }
    }

    /// Finds the series that may match, by the matcher that leaves the fewest; `None`: all may.
    pub(super) fn candidates(&self, matchers: &[Matcher]) -> Option<Vec<SeriesId>> {
        let narrow = matchers.iter().filter(|matcher| !matcher.is_match(""));
        let found = narrow.map(|matcher| self.matched(matcher));
        let fewest = found.min_by_key(|sets| sets.iter().map(|ids| ids.len()).sum::<usize>())?;
        let mut ids: Vec<_> = fewest.into_iter().flatten().copied().collect();
        ids.sort_unstable();
        Some(ids)
    }

    fn matched(&self, matcher: &Matcher) -> Vec<&BTreeSet<SeriesId>> {
        let Some(values) = self.names.get(matcher.name()) else {
            return Vec::new();
        };
        if matcher.op() == MatchOp::Equal {
            return values.get(matcher.value()).into_iter().collect();
        }
        let found = values.iter().filter(|(value, _)| matcher.is_match(value));
        found.map(|(_, ids)| ids).collect()
    }
}

/// Finds an entry without a new string where it is there.
fn entry<'m, V: Default>(map: &'m mut HashMap<String, V>, key: &str) -> &'m mut V {
    if !map.contains_key(key) {
        map.insert(key.to_owned(), V::default());
    }
    map.get_mut(key).expect("it was put there")
}
