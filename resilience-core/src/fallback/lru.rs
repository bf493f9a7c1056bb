//! A map that knows in which order its keys were used.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A map from text, in the order of use. Every operation is logarithmic in the number of keys.
#[derive(Debug)]
pub(super) struct Lru<T> {
    entries: HashMap<Arc<str>, Entry<T>>,
    /// The keys by their last use.
    order: BTreeMap<u64, Arc<str>>,
    /// The number of the next use.
    next: u64,
}

#[derive(Debug)]
struct Entry<T> {
    used: u64,
    value: T,
}

impl<T> Lru<T> {
    pub(super) fn new() -> Self {
        Self {
            entries: HashMap::new(),
            order: BTreeMap::new(),
            next: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Uses `key`.
    pub(super) fn get(&mut self, key: &str) -> Option<&mut T> {
        let entry = self.entries.get_mut(key)?;
        let name = self.order.remove(&entry.used);
        let name = name.expect("every entry is in the order of use");
        entry.used = self.next;
        self.order.insert(self.next, name);
        self.next += 1;
        Some(&mut entry.value)
    }

    /// Uses `key` for `value`, and returns the value that it had.
    pub(super) fn insert(&mut self, key: &str, value: T) -> Option<T> {
        if let Some(old) = self.get(key) {
            return Some(std::mem::replace(old, value));
        }
        let name: Arc<str> = key.into();
        let used = self.next;
        self.next += 1;
        self.order.insert(used, name.clone());
        self.entries.insert(name, Entry { used, value });
        None
    }

    /// Removes the key that was not used for longest.
    pub(super) fn pop_oldest(&mut self) -> Option<T> {
        let (_, name) = self.order.pop_first()?;
        self.entries.remove(&name).map(|entry| entry.value)
    }
}
