//! A map that knows what changed since somebody last asked.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

/// Holds values by key. What is written is noted from the first [`take`](Self::take) on, so that nothing piles up where
/// nobody asks.
#[derive(Clone, Debug)]
pub(crate) struct Kept<K, V> {
    map: BTreeMap<K, V>,
    changed: Option<BTreeSet<K>>,
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self {
            map: BTreeMap::new(),
            changed: None,
        }
    }
}

/// What is written says nothing of what is there.
impl<K: PartialEq, V: PartialEq> PartialEq for Kept<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.map == other.map
    }
}

impl<K: Eq, V: Eq> Eq for Kept<K, V> {}

impl<K, V> Deref for Kept<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &Self::Target {
        &self.map
    }
}

impl<K: Clone + Ord, V> Kept<K, V> {
    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.note(&key);
        self.map.insert(key, value);
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let value = self.map.remove(key)?;
        self.note(key);
        Some(value)
    }

    /// Returns a value that is going to be changed.
    pub(crate) fn change(&mut self, key: &K) -> Option<&mut V> {
        if self.map.contains_key(key) {
            self.note(key);
        }
        self.map.get_mut(key)
    }

    /// Returns a value that is going to be changed; one that was not there is made.
    pub(crate) fn change_or(&mut self, key: K, fresh: impl FnOnce() -> V) -> &mut V {
        self.note(&key);
        self.map.entry(key).or_insert_with(fresh)
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&K, &V) -> bool) {
        let changed = &mut self.changed;
        self.map.retain(|key, value| {
            let kept = keep(key, value);
            if let Some(changed) = changed.as_mut().filter(|_| !kept) {
                changed.insert(key.clone());
            }
            kept
        });
    }

    pub(crate) fn clear(&mut self) {
        self.retain(|_, _| false);
    }

    fn note(&mut self, key: &K) {
        if let Some(changed) = &mut self.changed {
            changed.insert(key.clone());
        }
    }

    /// Notes no changes, until they are asked for again.
    pub(crate) fn forget_changes(&mut self) {
        self.changed = None;
    }

    /// Lists what was written since the last time, `None` where it was removed; all, if nobody has asked yet.
    pub(crate) fn take<T>(&mut self, show: impl Fn(&V) -> T) -> BTreeMap<K, Option<T>> {
        let shown = |key: K| {
            let value = self.map.get(&key).map(&show);
            (key, value)
        };
        match self.changed.replace(BTreeSet::new()) {
            Some(changed) => changed.into_iter().map(shown).collect(),
            None => self.map.keys().cloned().map(shown).collect(),
        }
    }
}

impl<K, V> From<BTreeMap<K, V>> for Kept<K, V> {
    fn from(map: BTreeMap<K, V>) -> Self {
        Self { map, changed: None }
    }
}
