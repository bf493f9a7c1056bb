//! Handles that are found again by their label values, without allocating.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{PoisonError, RwLock};

/// Keeps what label values were resolved to, so that the next lookup allocates nothing.
///
/// At most `most` are held, as many as the labels can tell apart. Past that a lookup resolves anew each
/// time: that costs time and not memory, and the meter leads it to the overflow series and counts it.
pub(crate) struct Held<H, const N: usize> {
    resolve: Box<Resolve<H, N>>,
    most: usize,
    hasher: RandomState,
    held: RwLock<Entries<H, N>>,
}

type Resolve<H, const N: usize> = dyn Fn([&str; N]) -> H + Send + Sync;

/// By the hash of the values; those of one hash are few.
struct Entries<H, const N: usize> {
    by_hash: HashMap<u64, Vec<Entry<H, N>>>,
    count: usize,
}

struct Entry<H, const N: usize> {
    values: [Box<str>; N],
    handle: H,
}

impl<H: Clone, const N: usize> Held<H, N> {
    /// Makes one that holds nothing yet.
    pub(crate) fn new(
        most: usize,
        resolve: impl Fn([&str; N]) -> H + Send + Sync + 'static,
    ) -> Self {
        Self {
            resolve: Box::new(resolve),
            most,
            hasher: RandomState::new(),
            held: RwLock::new(Entries {
                by_hash: HashMap::new(),
                count: 0,
            }),
        }
    }

    /// Returns the handle of these values.
    pub(crate) fn with(&self, values: [&str; N]) -> H {
        let hash = self.hasher.hash_one(values);
        if let Some(handle) = self.read().find(hash, values) {
            return handle;
        }
        // Outside of the lock, because a recorder is not ours. Two that do it at once get one series.
        let handle = (self.resolve)(values);
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(earlier) = held.find(hash, values) {
            return earlier;
        }
        if held.count < self.most {
            held.count += 1;
            let entry = Entry {
                values: values.map(Into::into),
                handle: handle.clone(),
            };
            held.by_hash.entry(hash).or_default().push(entry);
        }
        handle
    }

    /// Says whether a handle of these values is held.
    pub(crate) fn holds(&self, values: [&str; N]) -> bool {
        let hash = self.hasher.hash_one(values);
        self.read().find(hash, values).is_some()
    }

    /// Lets go of the handles of some values.
    pub(crate) fn forget(&self, which: impl Fn(&[Box<str>; N]) -> bool) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.by_hash.retain(|_, entries| {
            entries.retain(|entry| !which(&entry.values));
            !entries.is_empty()
        });
        held.count = held.by_hash.values().map(Vec::len).sum();
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Entries<H, N>> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<H: Clone, const N: usize> Entries<H, N> {
    fn find(&self, hash: u64, values: [&str; N]) -> Option<H> {
        let same = |entry: &&Entry<H, N>| entry.values.iter().map(AsRef::as_ref).eq(values);
        let entry = self.by_hash.get(&hash)?.iter().find(same)?;
        Some(entry.handle.clone())
    }
}

impl<H, const N: usize> fmt::Debug for Held<H, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held")
            .field("most", &self.most)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use proptest::prelude::*;

    use super::*;

    fn held(most: usize) -> (Held<String, 2>, Arc<AtomicUsize>) {
        let resolved = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&resolved);
        let resolve = move |[a, b]: [&str; 2]| {
            counter.fetch_add(1, Ordering::Relaxed);
            format!("{a}|{b}")
        };
        (Held::new(most, resolve), resolved)
    }

    proptest! {
        #[test]
        fn each_lookup_gives_the_handle_of_its_own_values_and_few_are_resolved_twice(
            lookups in prop::collection::vec(("[a-c]{0,2}", "[a-c]{0,2}", any::<bool>()), 0..200),
            most in 0_usize..20,
        ) {
            let (held, resolved) = held(most);
            let (mut model, mut expected) = (HashSet::new(), 0);
            for (a, b, forget) in &lookups {
                if *forget {
                    held.forget(|values| *values[1] == **b);
                    model.retain(|(_, it)| it != b);
                }
                prop_assert_eq!(held.with([a, b]), format!("{a}|{b}"));
                let key = (a.clone(), b.clone());
                if !model.contains(&key) {
                    expected += 1;
                    if model.len() < most {
                        model.insert(key);
                    }
                }
                prop_assert_eq!(resolved.load(Ordering::Relaxed), expected);
            }
        }
    }

    #[test]
    fn values_that_read_alike_when_joined_are_told_apart() {
        let (held, _) = held(10);
        assert_eq!(held.with(["ab", "c"]), "ab|c");
        assert_eq!(held.with(["a", "bc"]), "a|bc");
    }
}
