//! The series of one metric: found by their values, kept in order, bounded in number.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::catalogue::{Label, MAX_LABELS, Metric, Values};
use crate::exporter::label_block;
use crate::handle::Slot;

/// The first number that no sample has yet, of all meters of the process.
static NEXT: AtomicU64 = AtomicU64::new(0);

#[derive(Debug)]
pub(super) struct Series {
    /// The number of its first sample; those of the others follow.
    pub(super) number: u64,
    /// In the order of the declared labels.
    pub(super) values: Box<[Box<str>]>,
    pub(super) slot: Slot,
    /// The hash of the one key that the facade has for it, once it was asked for.
    pub(super) key_hash: OnceLock<u64>,
}

#[derive(Debug)]
pub(super) struct Table {
    metric: Metric,
    /// Keyed by their labels as they are written, so that an exposition is a walk.
    ordered: BTreeMap<Box<str>, Arc<Series>>,
    by_values: HashTable<Arc<Series>>,
    /// Seeded, because values may come from outside. Quick rather than cryptographic: who guesses the seed
    /// makes others compare with no more values than the caps let in.
    hasher: DefaultHashBuilder,
    /// How many series have a value, for each label; stays empty where the values are a list.
    seen: Vec<HashMap<Box<str>, usize>>,
}

/// Where some values lead to.
pub(super) enum Place<'t> {
    Found(&'t Arc<Series>),
    Free,
}

impl Table {
    pub(super) fn new(metric: Metric) -> Self {
        Self {
            metric,
            ordered: BTreeMap::new(),
            by_values: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            seen: metric.labels.iter().map(|_| HashMap::new()).collect(),
        }
    }

    /// Bounds the values, and finds their series; adds to `past` for each bound that was met.
    pub(super) fn place(&self, values: &mut [&str], past: &mut u64) -> Place<'_> {
        // What has a series was admitted when that was made.
        if let Some(series) = self.find(values) {
            return Place::Found(series);
        }
        for (i, value) in values.iter_mut().enumerate() {
            if !self.admits(i, value) {
                *value = Label::OVERFLOW;
                *past += 1;
            }
        }
        if let Some(series) = self.find(values) {
            return Place::Found(series);
        }
        let is_last = values.iter().all(|value| *value == Label::OVERFLOW);
        let most = self.metric.at_most;
        if is_last || self.ordered.len() < most {
            return Place::Free;
        }
        // The series past the most is one more, and takes no place of theirs.
        let last = self.find(&[Label::OVERFLOW; MAX_LABELS][..values.len()]);
        if last.is_some() && self.ordered.len() == most {
            return Place::Free;
        }
        values.fill(Label::OVERFLOW);
        *past += 1;
        last.map_or(Place::Free, Place::Found)
    }

    pub(super) fn admits(&self, label: usize, value: &str) -> bool {
        match self.metric.labels[label].values {
            _ if value == Label::OVERFLOW => true,
            Values::OneOf(values) => values.contains(&value),
            Values::Cap(cap) => {
                let seen = &self.seen[label];
                value.len() <= Label::MAX_VALUE_BYTES
                    && (seen.len() < cap || seen.contains_key(value))
            }
        }
    }

    pub(super) fn find(&self, values: &[&str]) -> Option<&Arc<Series>> {
        let same = |series: &Arc<Series>| {
            series
                .values
                .iter()
                .map(|v| &**v)
                .eq(values.iter().copied())
        };
        self.by_values.find(self.hash(values.iter().copied()), same)
    }

    /// Changes how many series have each of the values that take up a place under a cap.
    fn count(&mut self, values: &[Box<str>], change: impl Fn(usize) -> usize) {
        let labels = self.metric.labels.iter().zip(&mut self.seen);
        for (value, (label, seen)) in values.iter().zip(labels) {
            if matches!(label.values, Values::OneOf(_)) || &**value == Label::OVERFLOW {
                continue;
            }
            match change(seen.get(value).copied().unwrap_or(0)) {
                0 => drop(seen.remove(value)),
                series => drop(seen.insert(value.clone(), series)),
            }
        }
    }

    /// Takes a series in that is not there yet.
    pub(super) fn insert(&mut self, values: &[&str], slot: Slot) -> &Arc<Series> {
        // A bucket without a bound, the sum and the count.
        let samples = self.metric.buckets.len() as u64 + 3;
        let series = Arc::new(Series {
            number: NEXT.fetch_add(samples, Ordering::Relaxed),
            values: values.iter().map(|value| Box::from(*value)).collect(),
            slot,
            key_hash: OnceLock::new(),
        });
        self.count(&series.values, |series| series + 1);
        let block = label_block(self.metric.labels, values);
        let hash = self.hash(values.iter().copied());
        let rehash =
            |series: &Arc<Series>| hash_of(&self.hasher, series.values.iter().map(|v| &**v));
        self.by_values
            .insert_unique(hash, Arc::clone(&series), rehash);
        self.ordered.entry(block).or_insert(series)
    }

    /// Takes a series out, and gives back the places of values that no other has.
    pub(super) fn remove(&mut self, values: &[&str]) -> Option<Arc<Series>> {
        let series = Arc::clone(self.find(values)?);
        let hash = self.hash(values.iter().copied());
        if let Ok(entry) = self
            .by_values
            .find_entry(hash, |other| Arc::ptr_eq(other, &series))
        {
            entry.remove();
        }
        self.ordered
            .remove(&label_block(self.metric.labels, values));
        self.count(&series.values, |series| series.saturating_sub(1));
        Some(series)
    }

    /// Lists the series that have all of these values in the labels at these places.
    pub(super) fn with(&self, places: &[(usize, &str)]) -> Vec<Arc<Series>> {
        let none_has = |(label, value): &(usize, &str)| {
            let capped = matches!(self.metric.labels[*label].values, Values::Cap(_));
            capped && *value != Label::OVERFLOW && !self.seen[*label].contains_key(*value)
        };
        if places.iter().any(none_has) {
            return Vec::new();
        }
        let has_all = |series: &&Arc<Series>| {
            let mut places = places.iter();
            places.all(|(label, value)| &*series.values[*label] == *value)
        };
        self.ordered.values().filter(has_all).cloned().collect()
    }

    /// Returns how many series there are.
    pub(super) fn len(&self) -> usize {
        self.ordered.len()
    }

    /// Lists the series in the order of their labels, each with those as they are written.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Arc<Series>)> {
        self.ordered
            .iter()
            .map(|(block, series)| (&**block, series))
    }

    fn hash<'v>(&self, values: impl Iterator<Item = &'v str>) -> u64 {
        hash_of(&self.hasher, values)
    }
}

/// Hashes values that are found together.
pub(crate) fn hash_of<'v>(
    hasher: &DefaultHashBuilder,
    values: impl Iterator<Item = &'v str>,
) -> u64 {
    let mut hasher = hasher.build_hasher();
    values.for_each(|value| value.hash(&mut hasher));
    hasher.finish()
}
