//! Several series that are found together, by the values that they share.

use std::collections::HashSet;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::catalogue::{Label, Metric, Values};
use crate::meter::{HandleError, Meter, hash_of};

/// Keeps what `N` values were resolved to: handles of one or more metrics, which all are shown once one
/// of them is needed. Where a single series is needed, a [`Family`](super::Family) finds it.
///
/// Finding what was found before hashes the values and takes a lock that only a new bundle holds alone;
/// it allocates nothing. Values past a bound share the bundle of [`Label::OVERFLOW`], so there are no
/// more bundles than the labels can tell apart. Once a series of the metrics is removed, all are made
/// anew as they are needed, so that none writes to what is not shown.
pub(crate) struct Bundles<V, const N: usize> {
    meter: Meter,
    /// Where the catalogue has the metrics of the series.
    metrics: Box<[usize]>,
    /// Where the first of them has the labels.
    labels: [usize; N],
    hasher: DefaultHashBuilder,
    held: RwLock<Held<V, N>>,
}

struct Held<V, const N: usize> {
    /// How many series of the metrics were gone before the first bundle was made.
    removals: u64,
    bundles: HashTable<([Box<str>; N], V)>,
    /// The values that have a bundle, for each label.
    seen: [HashSet<Box<str>>; N],
}

impl<V: Clone, const N: usize> Bundles<V, N> {
    /// Creates one for series of `first`, found by the values of these labels of it, and of `others`
    /// that come with them.
    pub(crate) fn new(
        meter: &Meter,
        first: &Metric,
        others: &[&Metric],
        labels: [&'static str; N],
    ) -> Result<Self, HandleError> {
        let all = [first].into_iter().chain(others.iter().copied());
        let positions = all.map(|metric| meter.position(metric.name));
        let metrics = positions.collect::<Result<Box<[_]>, _>>()?;
        let declared = meter.metric(metrics[0]);
        let mut places = [0; N];
        for (place, label) in places.iter_mut().zip(labels) {
            let found = declared.labels.iter().position(|it| it.name == label);
            *place = found.ok_or_else(|| HandleError::UnknownLabel {
                metric: declared.name,
                label: label.to_owned(),
            })?;
        }
        Ok(Self::empty(meter.clone(), metrics, places))
    }

    /// Creates one for the same series that holds nothing yet.
    #[cfg(feature = "http")]
    pub(crate) fn anew(&self) -> Self {
        Self::empty(self.meter.clone(), self.metrics.clone(), self.labels)
    }

    fn empty(meter: Meter, metrics: Box<[usize]>, labels: [usize; N]) -> Self {
        Self {
            meter,
            metrics,
            labels,
            hasher: DefaultHashBuilder::default(),
            held: RwLock::new(Held {
                removals: 0,
                bundles: HashTable::new(),
                seen: std::array::from_fn(|_| HashSet::new()),
            }),
        }
    }

    /// Returns the bundle of these values, and makes it where there is none.
    pub(crate) fn with(&self, values: [&str; N], make: impl FnOnce([&str; N]) -> V) -> V {
        // Read before anything is made of the series that are there.
        let removals = self.meter.removals(&self.metrics);
        let (found, bounded) = self.held(removals, values);
        let past = values
            .iter()
            .zip(bounded)
            .filter(|(it, bound)| *it != bound);
        if let past @ 1.. = past.count() {
            // As if the values had come to the meter.
            self.meter.count_past(self.metrics[0], past as u64);
        }
        // Outside of the lock: what is made may ask a recorder that is not ours.
        found.unwrap_or_else(|| self.hold(removals, bounded, make(bounded)))
    }

    /// Finds a bundle, and tells of whose values it is.
    fn held<'v>(&self, removals: u64, values: [&'v str; N]) -> (Option<V>, [&'v str; N]) {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        if held.removals != removals {
            // What is held goes, and with it what has a place.
            return (None, values);
        }
        if let Some(found) = held.find(self.hash(values), values) {
            return (Some(found), values);
        }
        let bounded = self.bounded(&held, values);
        (held.find(self.hash(bounded), bounded), bounded)
    }

    /// Keeps a bundle, but where another was faster, or its values or its series have no place now.
    fn hold(&self, removals: u64, values: [&str; N], made: V) -> V {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        if self.meter.removals(&self.metrics) != removals {
            return made;
        }
        if held.removals != removals {
            held.removals = removals;
            held.bundles.clear();
            held.seen.iter_mut().for_each(HashSet::clear);
        }
        let hash = self.hash(values);
        if let Some(faster) = held.find(hash, values) {
            return faster;
        }
        let at_most = self.meter.metric(self.metrics[0]).at_most;
        if held.bundles.len() < at_most && self.bounded(&held, values) == values {
            for (value, seen) in values.iter().zip(&mut held.seen) {
                if *value != Label::OVERFLOW && !seen.contains(*value) {
                    seen.insert((*value).into());
                }
            }
            let bundle = (values.map(Box::from), made.clone());
            let rehash = |(values, _): &([Box<str>; N], V)| {
                let values = values.each_ref();
                self.hash(values.map(|value| &**value))
            };
            held.bundles.insert_unique(hash, bundle, rehash);
        }
        made
    }

    /// Bounds the values as the meter does, and by what is held: its series may come later.
    fn bounded<'v>(&self, held: &Held<V, N>, values: [&'v str; N]) -> [&'v str; N] {
        let metric = self.meter.metric(self.metrics[0]);
        std::array::from_fn(|i| {
            let (value, label, seen) = (values[i], self.labels[i], &held.seen[i]);
            let has_place = match metric.labels[label].values {
                Values::OneOf(_) => true,
                Values::Cap(cap) => seen.len() < cap || seen.contains(value),
            };
            let within = has_place && self.meter.admits(self.metrics[0], label, value);
            if within { value } else { Label::OVERFLOW }
        })
    }

    fn hash(&self, values: [&str; N]) -> u64 {
        hash_of(&self.hasher, values.into_iter())
    }
}

impl<V: Clone, const N: usize> Held<V, N> {
    fn find(&self, hash: u64, values: [&str; N]) -> Option<V> {
        let same = |(of, _): &([Box<str>; N], V)| of.iter().map(|it| &**it).eq(values);
        let (_, found) = self.bundles.find(hash, same)?;
        Some(found.clone())
    }
}

impl<V, const N: usize> fmt::Debug for Bundles<V, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bundles")
            .field("metrics", &self.metrics.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
