//! What is served when.

use super::*;
use crate::fallback::Source;
use crate::{Chance, Policy as _, Snapshot, Time};

#[test]
fn an_answer_is_fresh_then_stale_then_good_on_errors_then_gone() {
    let (cache, clock) = quotes(aging());
    let at = |seconds, nanos| clock.set(Time::from_nanos(seconds * 1_000_000_000 + nanos));
    cache.insert("a", 1);
    at(9, 999_999_999);
    assert!(matches!(cache.begin(&"a"), Begun::Fresh(1)));
    for (seconds, nanos) in [(10, 0), (14, 999_999_999)] {
        at(seconds, nanos);
        let Begun::Refresh(stale, lead) = cache.begin(&"a") else {
            panic!("it is stale")
        };
        assert_eq!(stale.age(), Some(env_age(seconds, nanos)));
        let Begun::Stale(stale) = cache.begin(&"a") else {
            panic!("another refreshes")
        };
        assert_eq!((stale.value, stale.is_stale()), (1, true));
        drop(lead);
    }
    for (seconds, nanos) in [(15, 0), (29, 999_999_999)] {
        at(seconds, nanos);
        drop(lead(&cache, "a"));
        assert_eq!(cache.rescue(&"a").unwrap().value, 1);
    }
    at(30, 0);
    assert_eq!(cache.rescue(&"a"), None);
    assert_eq!(cache.snapshot().entries, 1);
    drop(lead(&cache, "a"));
    let seen = cache.snapshot();
    assert_eq!((seen.entries, seen.bytes, seen.expired), (0, 0, 1));
}

fn env_age(seconds: u64, nanos: u64) -> Duration {
    Duration::from_secs(seconds) + Duration::from_nanos(nanos)
}

#[test]
fn a_clock_that_goes_back_makes_nothing_stale() {
    let (cache, clock) = quotes(aging());
    clock.set(Time::from_nanos(7_000_000_000));
    cache.insert("a", 1);
    clock.set(Time::ZERO);
    assert_eq!(cache.get(&"a"), Some(1));
}

#[test]
fn a_ttl_of_0_keeps_nothing_but_what_stands_in_for_errors() {
    let config = |stale_if_error| CacheConfig {
        ttl: Duration::ZERO,
        stale_if_error,
        ..Default::default()
    };
    let (cache, clock) = quotes(config(Duration::ZERO));
    cache.insert("a", 1);
    assert_eq!((cache.get(&"a"), cache.snapshot().entries), (None, 0));
    cache.reconfigure(config(SECOND)).unwrap();
    cache.insert("a", 1);
    assert_eq!(cache.get(&"a"), None);
    assert_eq!(cache.rescue(&"a").map(|it| it.value), Some(1));
    clock.advance(SECOND);
    assert_eq!(cache.rescue(&"a"), None);
}

#[test]
fn a_jitter_takes_its_part_of_the_ttl() {
    let (env, clock) = Env::manual();
    let env = env.with_chance(Chance::scripted([0.0, 0.5]));
    let config = CacheConfig {
        jitter: 0.2,
        ..aging()
    };
    let cache = Cache::new("quotes", config, &env).unwrap();
    cache.insert("whole", 1);
    cache.insert("less", 2);
    clock.advance(9 * SECOND - Duration::from_nanos(1));
    assert_eq!(cache.get(&"less"), Some(2));
    clock.advance(Duration::from_nanos(1));
    assert_eq!(cache.get(&"less"), None);
    assert_eq!(cache.get(&"whole"), Some(1));
}

#[test]
fn an_answer_may_have_a_lifetime_of_its_own() {
    let (cache, clock) = quotes(aging());
    let lifetime = Lifetime {
        ttl: Some(SECOND),
        stale_while_revalidate: Some(Duration::ZERO),
        ..Default::default()
    };
    cache.insert_for("a", 1, lifetime);
    lead(&cache, "b").land_for(&2, lifetime);
    clock.advance(SECOND);
    for key in ["a", "b"] {
        drop(lead(&cache, key));
    }
    // What it leaves open the config says.
    clock.advance(20 * SECOND - Duration::from_nanos(1));
    assert!(cache.rescue(&"a").is_some());
    clock.advance(Duration::from_nanos(1));
    assert_eq!((cache.rescue(&"a"), cache.rescue(&"b")), (None, None));
}

#[test]
fn other_settings_go_for_what_is_kept() {
    let (cache, clock) = quotes(aging());
    cache.insert("a", 1);
    clock.advance(9 * SECOND);
    let ttl = 9 * SECOND;
    cache.reconfigure(CacheConfig { ttl, ..aging() }).unwrap();
    assert_eq!(cache.get(&"a"), None);
    cache.reconfigure(aging()).unwrap();
    assert_eq!(cache.get(&"a"), Some(1));
}

#[test]
fn what_is_invalidated_is_neither_served_nor_joined_nor_kept_when_it_lands() {
    let (cache, _) = quotes(aging());
    cache.insert("kept", 1);
    assert!(cache.invalidate(&"kept"));
    assert!(!cache.invalidate(&"kept"));
    let old = lead(&cache, "a");
    let waits = follow(&cache, "a");
    cache.invalidate(&"a");
    let new = lead(&cache, "a");
    old.land(&1);
    assert!(matches!(now(waits), Followed::Landed(1)), "he asked before");
    assert_eq!(cache.get(&"a"), None);
    new.land(&2);
    assert_eq!(cache.get(&"a"), Some(2));
    cache.clear();
    assert_eq!((cache.get(&"a"), cache.snapshot().bytes), (None, 0));
}

#[test]
fn what_is_inserted_is_not_undone_by_a_call_that_began_before() {
    let (cache, _) = quotes(aging());
    let old = lead(&cache, "a");
    cache.insert("a", 2);
    old.land(&1);
    assert_eq!(cache.get(&"a"), Some(2));
}

#[test]
fn the_snapshot_counts_what_happened() {
    let (cache, clock) = quotes(aging());
    let led = lead(&cache, "a");
    let waits = follow(&cache, "a");
    led.land(&1);
    now(waits);
    let _ = cache.begin(&"a");
    clock.advance(10 * SECOND);
    for works in [false, true] {
        let Begun::Refresh(_, lead) = cache.begin(&"a") else {
            panic!("it is stale")
        };
        let _ = cache.begin(&"a");
        assert!(lead.start());
        match works {
            true => lead.land(&2),
            false => lead.fail(None),
        }
    }
    let _ = cache.rescue(&"a");
    let seen = cache.snapshot();
    let expected = CacheSnapshot {
        entries: 1,
        bytes: (size_of::<&str>() + size_of::<u32>()) as u64,
        max_entries: 1024,
        max_bytes: 64 << 20,
        hits: 1,
        misses: 2,
        stale_while_revalidate: 4,
        stale_if_error: 1,
        coalesced: 1,
        refreshes_ok: 1,
        refreshes_failed: 1,
        evicted: 0,
        expired: 0,
    };
    assert_eq!(seen, expected);
    assert_eq!(cache.0.snapshot(), Snapshot::Cache(expected));
}

#[test]
fn the_registry_finds_it_and_clones_share_it() {
    let (env, _) = Env::manual();
    let cache = Quotes::new("quotes", aging(), &env).unwrap();
    assert!(Quotes::new("quotes", aging(), &env).is_err());
    let same = Quotes::get_or_new("quotes", aging(), &env).unwrap();
    same.insert("a", 1);
    assert_eq!(cache.clone().get(&"a"), Some(1));
    let other = Cache::<u8, u8>::get_or_new("quotes", aging(), &env);
    assert_eq!(other.unwrap_err().field(), "kind");
    assert!(env.registry().find("cache", "quotes").is_some());
    drop((cache, same));
    assert!(env.registry().find("cache", "quotes").is_none());
}

#[test]
fn a_rescued_answer_says_how_old_it_is() {
    let (cache, clock) = quotes(aging());
    cache.insert("a", 1);
    clock.advance(12 * SECOND);
    let source = Source::LastGood { age: 12 * SECOND };
    assert_eq!(cache.rescue(&"a"), Some(Rescued { value: 1, source }));
}

#[test]
fn no_code_of_the_callers_but_hash_and_eq_runs_under_a_lock() {
    /// Uses the cache whenever it is copied, dropped or measured.
    struct Nosy(std::sync::Weak<std::sync::OnceLock<Cache<u8, Self>>>);
    impl Nosy {
        fn look(&self) {
            if let Some(cache) = self.0.upgrade().as_ref().and_then(|it| it.get()) {
                let _ = cache.invalidate(&99);
                let _ = cache.snapshot();
            }
        }
    }
    impl Clone for Nosy {
        fn clone(&self) -> Self {
            self.look();
            Self(self.0.clone())
        }
    }
    impl Drop for Nosy {
        fn drop(&mut self) {
            self.look();
        }
    }
    let config = CacheConfig {
        max_entries: 2,
        ..aging()
    };
    let (env, _) = Env::manual();
    let shared = Arc::new(std::sync::OnceLock::new());
    let cache = Cache::new("nosy", config, &env).unwrap();
    let cache = cache.with_size(|_, value: &Nosy| {
        value.look();
        1
    });
    assert!(shared.set(cache.clone()).is_ok());
    for key in [1, 1, 2, 3, 4, 1] {
        cache.insert(key, Nosy(Arc::downgrade(&shared)));
        let _ = cache.get(&key);
    }
    let smaller = CacheConfig {
        max_entries: 1,
        ..aging()
    };
    cache.reconfigure(smaller).unwrap();
    let Begun::Lead(lead) = cache.begin(&9) else {
        panic!("it is missing")
    };
    let Begun::Follow(follow) = cache.begin(&9) else {
        panic!("another calls")
    };
    lead.land(&Nosy(Arc::downgrade(&shared)));
    drop(follow);
    cache.clear();
}
