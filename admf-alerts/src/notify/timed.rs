//! A map that knows whose time comes next.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::time::Duration;

use super::kept::Kept;

/// Says when something is to be done with a value.
pub(super) trait Timed {
    /// When; `None`: not by itself.
    fn due(&self) -> Option<Duration>;
}

/// Holds values by key, and their keys by when they are due.
///
/// A value that was given out to be changed is asked when it is due before the next one is given out.
#[derive(Debug)]
pub(super) struct Agenda<K, V> {
    kept: Kept<K, V>,
    times: BTreeMap<K, Duration>,
    queue: BTreeSet<(Duration, K)>,
    /// Of which `times` and `queue` may be wrong.
    out: Option<K>,
}

impl<K, V> Default for Agenda<K, V> {
    fn default() -> Self {
        Self {
            kept: Kept::default(),
            times: BTreeMap::new(),
            queue: BTreeSet::new(),
            out: None,
        }
    }
}

impl<K, V> Deref for Agenda<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &Self::Target {
        &self.kept
    }
}

impl<K: Clone + Ord, V: Timed> Agenda<K, V> {
    pub(super) fn insert(&mut self, key: K, value: V) {
        self.give(&key);
        self.kept.insert(key, value);
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        let value = self.kept.remove(key)?;
        self.give(key);
        Some(value)
    }

    /// Returns a value that is going to be changed.
    pub(super) fn change(&mut self, key: &K) -> Option<&mut V> {
        self.give(key);
        self.kept.change(key)
    }

    /// Returns a value that is going to be changed; one that was not there is made.
    pub(super) fn change_or(&mut self, key: K, fresh: impl FnOnce() -> V) -> &mut V {
        self.give(&key);
        self.kept.change_or(key, fresh)
    }

    pub(super) fn clear(&mut self) {
        self.kept.clear();
        self.times.clear();
        self.queue.clear();
        self.out = None;
    }

    pub(super) fn forget_changes(&mut self) {
        self.kept.forget_changes();
    }

    /// As [`Kept::take`].
    pub(super) fn take<T>(&mut self, show: impl Fn(&V) -> T) -> BTreeMap<K, Option<T>> {
        self.kept.take(show)
    }

    /// Returns when the first is due.
    pub(super) fn next(&self) -> Option<Duration> {
        let known = |(_, key): &&(Duration, K)| self.out.as_ref() != Some(key);
        let first = self.queue.iter().find(known).map(|(due, _)| *due);
        let out = self.out.as_ref().and_then(|key| self.kept.get(key)?.due());
        first.into_iter().chain(out).min()
    }

    /// Lists all that are due at `now`, in the order of their keys.
    pub(super) fn due(&mut self, now: Duration) -> Vec<K> {
        self.settle();
        let due = self.queue.iter().take_while(|(due, _)| *due <= now);
        let mut due: Vec<K> = due.map(|(_, key)| key.clone()).collect();
        due.sort_unstable();
        due
    }

    fn give(&mut self, key: &K) {
        if self.out.as_ref() != Some(key) {
            self.settle();
            self.out = Some(key.clone());
        }
    }

    fn settle(&mut self) {
        let Some(key) = self.out.take() else { return };
        let (before, due) = (self.times.get(&key).copied(), self.kept.get(&key));
        let due = due.and_then(V::due);
        if before == due {
            return;
        }
        if let Some(before) = before {
            self.queue.remove(&(before, key.clone()));
        }
        match due {
            Some(due) => {
                self.queue.insert((due, key.clone()));
                self.times.insert(key, due);
            }
            None => {
                self.times.remove(&key);
            }
        }
    }
}

impl<K: Clone + Ord, V: Timed> From<BTreeMap<K, V>> for Agenda<K, V> {
    fn from(map: BTreeMap<K, V>) -> Self {
        let times = map.iter();
        let times = times.filter_map(|(key, value)| Some((key.clone(), value.due()?)));
        let times: BTreeMap<K, Duration> = times.collect();
        Self {
            queue: times.iter().map(|(key, due)| (*due, key.clone())).collect(),
            times,
            kept: map.into(),
            out: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    impl Timed for Option<u64> {
        fn due(&self) -> Option<Duration> {
            self.map(Duration::from_secs)
        }
    }

    #[derive(Clone, Debug)]
    enum Act {
        Insert(u8, Option<u64>),
        Change(u8, Option<u64>),
        ChangeOr(u8, Option<u64>),
        Remove(u8),
        Clear,
        /// It goes on from a plain map.
        Again,
        Look(u64),
    }

    fn act() -> impl Strategy<Value = Act> {
        let (key, due) = (|| 0..6_u8, || prop::option::of(0..9_u64));
        prop_oneof![
            3 => (key(), due()).prop_map(|(key, due)| Act::Insert(key, due)),
            3 => (key(), due()).prop_map(|(key, due)| Act::Change(key, due)),
            3 => (key(), due()).prop_map(|(key, due)| Act::ChangeOr(key, due)),
            2 => key().prop_map(Act::Remove),
            1 => Just(Act::Clear),
            1 => Just(Act::Again),
            3 => (0..9_u64).prop_map(Act::Look),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn who_is_due_is_who_would_be_found_by_asking_all(acts in prop::collection::vec(act(), 1..60)) {
            let mut agenda = Agenda::<u8, Option<u64>>::default();
            let mut plain = BTreeMap::<u8, Option<u64>>::new();
            for act in acts {
                match act {
                    Act::Insert(key, due) => {
                        agenda.insert(key, due);
                        plain.insert(key, due);
                    }
                    Act::Change(key, due) => {
                        if let Some(value) = agenda.change(&key) {
                            *value = due;
                        }
                        plain.entry(key).and_modify(|it| *it = due);
                    }
                    Act::ChangeOr(key, due) => {
                        *agenda.change_or(key, || None) = due;
                        plain.insert(key, due);
                    }
                    Act::Remove(key) => assert_eq!(agenda.remove(&key), plain.remove(&key)),
                    Act::Clear => {
                        agenda.clear();
                        plain.clear();
                    }
                    Act::Again => agenda = plain.clone().into(),
                    Act::Look(seconds) => {
                        let now = Duration::from_secs(seconds);
                        let due = plain.iter().filter(|it| it.1.due().is_some_and(|it| it <= now));
                        let due: Vec<u8> = due.map(|it| *it.0).collect();
                        prop_assert_eq!(agenda.due(now), due);
                    }
                }
                prop_assert_eq!(&*agenda, &plain);
                prop_assert_eq!(agenda.next(), plain.values().filter_map(Timed::due).min());
            }
        }
    }
}
