//! The entries, and how many there may be.

use std::fmt;
use std::hash::{Hash, RandomState};
use std::sync::Arc;
use std::time::Duration;

use quick_cache::unsync::Cache;
use quick_cache::{Lifecycle, OptionsBuilder, Weighter};

use super::config::CacheConfig;
use super::state::{Freshness, Lifetime};
use crate::Time;

pub(super) type Size<K, V> = Arc<dyn Fn(&K, &V) -> usize + Send + Sync>;

/// An answer and what is known of it.
#[derive(Debug)]
pub(super) struct Entry<V> {
    pub(super) value: V,
    pub(super) at: Time,
    /// What the caller's size says.
    pub(super) bytes: u64,
    /// What was drawn for it, in `[0, 1)`.
    pub(super) luck: f64,
    pub(super) own: Lifetime,
}

/// Entries that left; what they hold is the caller's code, and goes when no lock is held.
pub(super) type Gone<K, V> = Vec<Kept<K, V>>;

/// The entries within both bounds.
pub(super) struct Store<K, V> {
    config: CacheConfig,
    scale: Scale,
    kept: Entries<K, V>,
    bytes: u64,
    pub(super) size: Size<K, V>,
    pub(super) evicted: u64,
    pub(super) expired: u64,
}

type Entries<K, V> = Cache<Arc<K>, Kept<K, V>, Weigh, RandomState, HandOut>;

#[derive(Debug)]
pub(super) struct Kept<K, V> {
    /// Held here too, so that no key is dropped where an entry takes the place of another.
    key: Arc<K>,
    entry: Arc<Entry<V>>,
    weight: u64,
}

/// One weight for two bounds: an entry weighs its part of the bytes or of the entries, whichever is
/// more, so that no sum within `all` is beyond either.
///
/// As many entries as are allowed weigh at most `all` and one more weighs more; of bytes likewise,
/// without rounding: `all` is a multiple of `max_bytes`, and more than the square of any number of
/// entries. It is at most 2⁵³, which a float holds exactly.
#[derive(Clone, Copy, Debug)]
struct Scale {
    all: u64,
    per_byte: u64,
    per_entry: u64,
}

struct Weigh;

struct HandOut;

impl Scale {
    fn new(config: &CacheConfig) -> Self {
        let per_byte = (1 << 53) / config.max_bytes;
        let all = per_byte * config.max_bytes;
        Self {
            all,
            per_byte,
            per_entry: all / config.max_entries as u64,
        }
    }

    /// Returns the weight of so many bytes, where they fit at all.
    fn weight(&self, bytes: u64) -> Option<u64> {
        let weight = bytes.checked_mul(self.per_byte)?;
        (weight <= self.all).then_some(weight.max(self.per_entry))
    }
}

impl<K, V> Weighter<Arc<K>, Kept<K, V>> for Weigh {
    fn weight(&self, _: &Arc<K>, kept: &Kept<K, V>) -> u64 {
        kept.weight
    }
}

impl<K, V> Lifecycle<Arc<K>, Kept<K, V>> for HandOut {
    type RequestState = Gone<K, V>;

    fn on_evict(&self, gone: &mut Self::RequestState, _: Arc<K>, kept: Kept<K, V>) {
        gone.push(kept);
    }
}

fn entries<K: Hash + Eq, V>(config: &CacheConfig, scale: &Scale) -> Entries<K, V> {
    // All of it may be hot: an entry that is heavier than the hot part is not taken at all.
    let options = OptionsBuilder::new()
        .estimated_items_capacity(config.max_entries)
        .weight_capacity(scale.all)
        .hot_allocation(1.0)
        .build()
        .expect("both capacities are set");
    Cache::with_options(options, Weigh, RandomState::new(), HandOut)
}

impl<K, V> Kept<K, V> {
    fn share(&self) -> Self {
        Self {
            key: self.key.clone(),
            entry: self.entry.clone(),
            weight: self.weight,
        }
    }
}

impl<K: Hash + Eq, V> Store<K, V> {
    pub(super) fn new(config: CacheConfig) -> Self {
        let scale = Scale::new(&config);
        let size = |_: &K, _: &V| size_of::<K>() + size_of::<V>();
        Self {
            kept: entries(&config, &scale),
            scale,
            config,
            bytes: 0,
            size: Arc::new(size),
            evicted: 0,
            expired: 0,
        }
    }

    /// Uses the entry of `key`.
    pub(super) fn find(&self, key: &K, now: Time) -> Option<(&Arc<Entry<V>>, Duration, Freshness)> {
        let entry = &self.kept.get(key)?.entry;
        let age = now.since(entry.at);
        Some((entry, age, self.look(entry, age)))
    }

    fn look(&self, entry: &Entry<V>, age: Duration) -> Freshness {
        entry.own.look(&self.config, age, entry.luck)
    }

    /// Keeps an entry in place of what `key` had, where it fits and lives, and returns what goes.
    pub(super) fn keep(&mut self, key: Arc<K>, entry: Arc<Entry<V>>) -> Gone<K, V> {
        if self.look(&entry, Duration::ZERO) == Freshness::Gone {
            return self.remove(&key).into_iter().collect();
        }
        let mut gone = Vec::new();
        let old = self.put(key, entry, &mut gone);
        self.evicted += gone.len() as u64;
        gone.extend(old);
        gone
    }

    /// Puts an entry, adds to `gone` what has no room, itself where it is too large, and returns the
    /// one whose place it takes.
    fn put(
        &mut self,
        key: Arc<K>,
        entry: Arc<Entry<V>>,
        gone: &mut Gone<K, V>,
    ) -> Option<Kept<K, V>> {
        let bytes = entry.bytes;
        let Some(weight) = self.scale.weight(bytes) else {
            let old = self.remove(&key);
            let weight = 0;
            gone.push(Kept { key, entry, weight });
            return old;
        };
        // Put over it rather than after it, so that a key keeps the use that it had.
        let old = self.kept.peek(&*key).map(Kept::share);
        let many = gone.len();
        let kept = Kept {
            key: key.clone(),
            entry,
            weight,
        };
        self.kept.insert_with_lifecycle(key, kept, gone);
        if let Some(old) = &old {
            // It may be handed out as evicted, which it is not.
            gone.retain(|it| !Arc::ptr_eq(&it.entry, &old.entry));
        }
        let left = gone[many..].iter().chain(&old);
        let left: u64 = left.map(|kept| kept.entry.bytes).sum();
        self.bytes = self.bytes + bytes - left;
        old
    }

    /// Removes the entry of `key`.
    pub(super) fn remove(&mut self, key: &K) -> Option<Kept<K, V>> {
        let (_, kept) = self.kept.remove(key)?;
        self.bytes -= kept.entry.bytes;
        Some(kept)
    }

    /// Removes the entry of `key` where it is good for nothing any more.
    pub(super) fn expire(&mut self, key: &K, now: Time) -> Option<Kept<K, V>> {
        let entry = &self.kept.peek(key)?.entry;
        if self.look(entry, now.since(entry.at)) != Freshness::Gone {
            return None;
        }
        self.expired += 1;
        self.remove(key)
    }

    pub(super) fn clear(&mut self) -> Gone<K, V> {
        self.bytes = 0;
        self.kept.drain().map(|(_, kept)| kept).collect()
    }

    /// Goes by another config, and returns the entries that do not fit any more.
    pub(super) fn reconfigure(&mut self, config: CacheConfig) -> Gone<K, V> {
        let old = std::mem::replace(&mut self.config, config);
        let config = &self.config;
        let mut gone = Vec::new();
        if (config.max_entries, config.max_bytes) != (old.max_entries, old.max_bytes) {
            // The weights are others.
            self.scale = Scale::new(config);
            let new = entries(config, &self.scale);
            let mut kept = std::mem::replace(&mut self.kept, new);
            self.bytes = 0;
            for (_, Kept { key, entry, .. }) in kept.drain() {
                self.put(key, entry, &mut gone);
            }
            self.evicted += gone.len() as u64;
        }
        gone
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn config(&self) -> &CacheConfig {
        &self.config
    }
}

impl<K, V> fmt::Debug for Store<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("config", &self.config)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}
