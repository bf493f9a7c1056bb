//! How much is kept.

use super::*;

/// A cache whose entries are as large as their values.
fn sized(max_entries: usize, max_bytes: u64) -> Cache<u32, usize> {
    let config = CacheConfig {
        max_entries,
        max_bytes,
        ..Default::default()
    };
    let cache = Cache::new("sized", config, &Env::manual().0).unwrap();
    cache.with_size(|_, value| *value)
}

fn kept(cache: &Cache<u32, usize>, keys: u32) -> Vec<usize> {
    (0..keys).filter_map(|key| cache.get(&key)).collect()
}

/// Checks that the snapshot says what is there, and both bounds.
fn check(cache: &Cache<u32, usize>, keys: u32) {
    let (seen, kept) = (cache.snapshot(), kept(cache, keys));
    assert_eq!(seen.entries, kept.len());
    assert_eq!(seen.bytes, kept.iter().sum::<usize>() as u64);
    assert!(seen.entries <= seen.max_entries, "{seen:?}");
    assert!(seen.bytes <= seen.max_bytes, "{seen:?}");
}

#[test]
fn as_many_entries_as_are_allowed_are_kept_and_no_more() {
    for max_entries in [1, 2, 3, 7, 1000] {
        for max_bytes in [1 << 40, 1 << 50] {
            let cache = sized(max_entries, max_bytes);
            for key in 0..max_entries as u32 {
                cache.insert(key, 1);
            }
            let seen = cache.snapshot();
            assert_eq!((seen.entries, seen.evicted), (max_entries, 0));
            cache.insert(1_000_000, 1);
            let seen = cache.snapshot();
            assert_eq!((seen.entries, seen.evicted), (max_entries, 1));
        }
    }
}

#[test]
fn as_many_bytes_as_are_allowed_are_kept_and_no_more() {
    for (max_bytes, size) in [
        (1, 1),
        (3, 1),
        (1000, 7),
        (1 << 40, 1 << 38),
        (1 << 50, 1 << 50),
    ] {
        let cache = sized(1 << 24, max_bytes);
        let fit = (max_bytes / size as u64) as u32;
        for key in 0..fit {
            cache.insert(key, size);
        }
        let seen = cache.snapshot();
        assert_eq!((seen.entries, seen.evicted), (fit as usize, 0));
        cache.insert(fit, size);
        assert_eq!(cache.snapshot().evicted, 1);
        check(&cache, fit + 1);
    }
}

#[test]
fn the_largest_entry_is_kept_and_a_larger_one_neither_comes_nor_leaves_the_old() {
    let cache = sized(8, 100);
    cache.insert(1, 100);
    assert_eq!(cache.get(&1), Some(100));
    for size in [101, usize::MAX] {
        cache.insert(1, 100);
        cache.insert(1, size);
        assert_eq!(cache.get(&1), None, "what it had is outdated");
        check(&cache, 2);
    }
    assert_eq!(cache.snapshot().evicted, 2);
}

#[test]
fn entries_without_bytes_count_as_entries() {
    let cache = sized(3, 10);
    for key in 0..9 {
        cache.insert(key, 0);
        check(&cache, 9);
    }
    assert_eq!(cache.snapshot().entries, 3);
}

#[test]
fn an_entry_that_grows_makes_room_for_itself() {
    let cache = sized(8, 100);
    for key in 0..5 {
        cache.insert(key, 20);
    }
    cache.insert(0, 60);
    check(&cache, 5);
    assert_eq!(cache.get(&0), Some(60));
    cache.insert(0, 1);
    check(&cache, 5);
}

#[test]
fn a_reconfiguration_keeps_what_fits() {
    let cache = sized(8, 100);
    for key in 0..8 {
        cache.insert(key, 10);
    }
    for (max_entries, max_bytes, left) in [(8, 1000, 8), (6, 1000, 6), (6, 45, 4), (9, 45, 4)] {
        let config = CacheConfig {
            max_entries,
            max_bytes,
            ..Default::default()
        };
        cache.reconfigure(config).unwrap();
        check(&cache, 8);
        assert_eq!(cache.snapshot().entries, left);
    }
    assert_eq!(cache.snapshot().evicted, 4);
}

mod random {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn both_bounds_hold_after_every_step_and_half_of_one_is_used_before_anything_goes(
            max_entries in 1_usize..9,
            max_bytes in 1_u64..200,
            steps in prop::collection::vec((0_u32..12, 0_usize..60, any::<bool>()), 0..200),
        ) {
            let cache = sized(max_entries, max_bytes);
            for (key, size, reads) in steps {
                if reads {
                    let _ = cache.get(&key);
                    continue;
                }
                let before = cache.snapshot();
                cache.insert(key, size);
                check(&cache, 12);
                let after = cache.snapshot();
                if after.evicted > before.evicted && size as u64 <= max_bytes {
                    let entries = 2 * (before.entries + 1) > max_entries;
                    let bytes = 2 * (before.bytes + size as u64) > max_bytes;
                    prop_assert!(entries || bytes, "{before:?} {size}");
                }
            }
        }
    }
}
