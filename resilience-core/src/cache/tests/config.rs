//! Every number at its bounds and past them.

use super::*;

fn refused(config: CacheConfig) -> Option<&'static str> {
    let made = Quotes::new("quotes", config, &Env::manual().0);
    made.err().map(|error| error.field())
}

#[test]
fn a_jitter_is_a_part_and_no_nan() {
    let jitter = |jitter| {
        refused(CacheConfig {
            jitter,
            ..Default::default()
        })
    };
    for fine in [0.0, -0.0, f64::MIN_POSITIVE, 0.5, 1.0] {
        assert_eq!(jitter(fine), None, "{fine}");
    }
    for wrong in [-0.1, 1.0 + f64::EPSILON, f64::INFINITY, f64::NAN] {
        assert_eq!(jitter(wrong), Some("jitter"), "{wrong}");
    }
}

#[test]
fn both_bounds_have_bounds() {
    for (max_entries, field) in [
        (0, Some("max_entries")),
        (1, None),
        (1 << 24, None),
        ((1 << 24) + 1, Some("max_entries")),
        (usize::MAX, Some("max_entries")),
    ] {
        let config = CacheConfig {
            max_entries,
            ..Default::default()
        };
        assert_eq!(refused(config), field, "{max_entries}");
    }
    for (max_bytes, field) in [
        (0, Some("max_bytes")),
        (1, None),
        (1 << 50, None),
        ((1 << 50) + 1, Some("max_bytes")),
        (u64::MAX, Some("max_bytes")),
    ] {
        let config = CacheConfig {
            max_bytes,
            ..Default::default()
        };
        assert_eq!(refused(config), field, "{max_bytes}");
    }
}

#[test]
fn a_refused_config_changes_nothing() {
    let (cache, _) = quotes(aging());
    let config = CacheConfig {
        jitter: f64::NAN,
        max_entries: 1,
        ..aging()
    };
    let error = cache.reconfigure(config).unwrap_err();
    assert_eq!(error.to_string(), "`jitter` must be 0 to 1, is NaN");
    assert_eq!(cache.snapshot().max_entries, 1024);
}

#[test]
fn the_longest_times_panic_nowhere() {
    for jitter in [0.0, 1.0] {
        let config = CacheConfig {
            ttl: Duration::MAX,
            stale_while_revalidate: Duration::MAX,
            stale_if_error: Duration::MAX,
            jitter,
            ..Default::default()
        };
        let (cache, clock) = quotes(config);
        cache.insert("a", 1);
        clock.set(crate::Time::MAX);
        assert!(!matches!(cache.begin(&"a"), Begun::Lead(_)));
        assert!(cache.rescue(&"a").is_some());
    }
}
