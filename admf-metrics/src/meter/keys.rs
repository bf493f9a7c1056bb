//! Series by the keys of the facade, so that a macro finds its series by the hash that the key brings.

use std::sync::{Arc, PoisonError, RwLock};

use hashbrown::HashTable;
use metrics::Key;

use super::table::Series;

/// Locks, so that threads which resolve other series seldom meet.
const SHARDS: usize = 16;

type Shard = RwLock<HashTable<(Key, Arc<Series>)>>;

/// Holds no key but of a series that is there, and one for each: keys with the same labels in another
/// order are equal. An entry is made and taken out with the lock of its metric held.
#[derive(Debug)]
pub(super) struct Keys {
    shards: [Shard; SHARDS],
}

impl Keys {
    pub(super) fn new() -> Self {
        let shards = std::array::from_fn(|_| RwLock::default());
        Self { shards }
    }

    /// Finds a series, without allocating.
    pub(super) fn find<R>(&self, key: &Key, then: impl FnOnce(&Series) -> R) -> Option<R> {
        let shard = self.shard(key.get_hash());
        let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
        let (_, series) = shard.find(key.get_hash(), |(other, _)| other == key)?;
        Some(then(series))
    }

    pub(super) fn insert(&self, key: &Key, series: &Arc<Series>) {
        let hash = key.get_hash();
        if series.key_hash.set(hash).is_ok() {
            let mut shard = self
                .shard(hash)
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            let entry = (key.to_retained(), Arc::clone(series));
            shard.insert_unique(hash, entry, |(key, _)| key.get_hash());
        }
    }

    pub(super) fn remove(&self, series: &Arc<Series>) {
        let Some(&hash) = series.key_hash.get() else {
            return;
        };
        let mut shard = self
            .shard(hash)
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if let Ok(entry) = shard.find_entry(hash, |(_, other)| Arc::ptr_eq(other, series)) {
            entry.remove();
        }
    }

    fn shard(&self, hash: u64) -> &Shard {
        // The table takes its place by the low bits and its tag by the highest seven.
        &self.shards[(hash >> 48) as usize % SHARDS]
    }
}
