//! The rules, one by one.

use std::sync::OnceLock;

use super::*;
use crate::Time;

const MILLI: Duration = Duration::from_millis(1);

fn last_good(value: u32, age: Duration) -> Option<Rescued<u32>> {
    let source = Source::LastGood { age };
    Some(Rescued { value, source })
}

#[test]
fn a_failure_is_answered_with_the_last_good_answer_of_its_own_key() {
    let (fallback, clock) = fallback(FallbackConfig::default());
    fallback.succeed("a", &1);
    clock.advance(250 * MILLI);
    fallback.succeed("b", &2);
    fallback.succeed("", &3);
    assert_eq!(fallback.rescue("a"), last_good(1, 250 * MILLI));
    assert_eq!(fallback.rescue("b"), last_good(2, Duration::ZERO));
    assert_eq!(fallback.rescue(""), last_good(3, Duration::ZERO));
    assert_eq!(fallback.rescue("c"), None);
    fallback.succeed("a", &4);
    clock.advance(MILLI);
    assert_eq!(fallback.rescue("a"), last_good(4, MILLI));
    assert!(fallback.rescue("a").is_some_and(|it| it.is_stale()));
}

#[test]
fn an_answer_that_has_reached_the_greatest_age_is_too_old() {
    let max_age = Some(1000 * MILLI);
    let (fallback, clock) = fallback(FallbackConfig {
        max_age,
        ..Default::default()
    });
    fallback.succeed("a", &1);
    clock.set(Time::from_nanos(999_999_999));
    assert_eq!(
        fallback.rescue("a"),
        last_good(1, Duration::from_nanos(999_999_999))
    );
    clock.set(Time::from_nanos(1_000_000_000));
    assert_eq!(fallback.rescue("a"), None);
    fallback.succeed("a", &2);
    assert_eq!(fallback.rescue("a"), last_good(2, Duration::ZERO));
}

#[test]
fn a_clock_that_goes_back_gives_an_age_of_zero() {
    let max_age = Some(100 * MILLI);
    let (fallback, clock) = fallback(FallbackConfig {
        max_age,
        ..Default::default()
    });
    clock.advance(1000 * MILLI);
    fallback.succeed("a", &1);
    clock.set(Time::ZERO);
    assert_eq!(fallback.rescue("a"), last_good(1, Duration::ZERO));
}

#[test]
fn a_greatest_age_of_zero_serves_nothing() {
    let max_age = Some(Duration::ZERO);
    let (fallback, _) = fallback(FallbackConfig {
        max_age,
        ..Default::default()
    });
    fallback.succeed("a", &1);
    assert_eq!(fallback.rescue("a"), None);
}

#[test]
fn the_function_is_asked_before_the_value_and_neither_is_kept() {
    let (fallback, _) = fallback(FallbackConfig::default());
    let fallback = fallback.with_value(7).with_function(|key| key.parse().ok());
    for _ in 0..2 {
        let rescued = fallback.rescue("42").unwrap();
        assert_eq!((rescued.value, rescued.source), (42, Source::Function));
        let rescued = fallback.rescue("AAPL").unwrap();
        assert_eq!((rescued.value, rescued.source), (7, Source::Value));
        assert_eq!((rescued.is_stale(), rescued.age()), (false, None));
    }
    fallback.succeed("42", &1);
    assert_eq!(fallback.rescue("42"), last_good(1, Duration::ZERO));
    let seen = fallback.snapshot();
    assert_eq!((seen.keys, seen.max_keys), (1, 1024));
    assert_eq!(
        (seen.last_good, seen.function, seen.value, seen.passed_on),
        (1, 2, 2, 0)
    );
}

#[test]
fn with_last_good_off_only_the_last_resort_answers() {
    let (fallback, _) = fallback(FallbackConfig {
        last_good: false,
        ..Default::default()
    });
    fallback.succeed("a", &1);
    assert_eq!(fallback.rescue("a"), None);
    let fallback = fallback.with_value(9);
    fallback.succeed("a", &1);
    assert_eq!(fallback.rescue("a").unwrap().value, 9);
    let seen = fallback.snapshot();
    assert_eq!((seen.keys, seen.value, seen.passed_on), (0, 1, 1));
}

#[test]
fn the_key_that_was_not_used_for_longest_goes_first() {
    let (fallback, _) = fallback(FallbackConfig {
        max_keys: 2,
        ..Default::default()
    });
    fallback.succeed("a", &1);
    fallback.succeed("b", &2);
    assert!(fallback.rescue("a").is_some());
    fallback.succeed("c", &3);
    assert_eq!(fallback.rescue("b"), None);
    assert!(fallback.rescue("a").is_some() && fallback.rescue("c").is_some());
}

#[test]
fn a_flood_of_keys_is_bounded() {
    let (fallback, _) = fallback(FallbackConfig {
        max_keys: 10,
        ..Default::default()
    });
    for number in 0..1_000 {
        fallback.succeed(&number.to_string(), &number);
    }
    assert_eq!(fallback.snapshot().keys, 10);
    assert_eq!(fallback.rescue("999").unwrap().value, 999);
}

#[test]
fn reconfiguring_keeps_what_there_is_room_for() {
    let (fallback, clock) = fallback(FallbackConfig::default());
    for (key, value) in [("a", 1), ("b", 2), ("c", 3)] {
        fallback.succeed(key, &value);
    }
    let smaller = FallbackConfig {
        max_keys: 2,
        ..Default::default()
    };
    fallback.reconfigure(smaller.clone()).unwrap();
    assert_eq!(fallback.rescue("a"), None);
    assert_eq!(fallback.rescue("c"), last_good(3, Duration::ZERO));

    clock.advance(MILLI);
    let max_age = Some(MILLI);
    fallback
        .reconfigure(FallbackConfig {
            max_age,
            ..smaller.clone()
        })
        .unwrap();
    assert_eq!(fallback.rescue("c"), None);
    fallback.reconfigure(smaller.clone()).unwrap();
    assert_eq!(fallback.rescue("c"), last_good(3, MILLI));

    // What would not be kept up to date is forgotten.
    fallback
        .reconfigure(FallbackConfig {
            last_good: false,
            ..smaller.clone()
        })
        .unwrap();
    fallback.reconfigure(smaller).unwrap();
    assert_eq!(fallback.rescue("c"), None);
    let error = fallback.reconfigure(FallbackConfig {
        max_keys: 0,
        ..Default::default()
    });
    let text = "`max_keys` must be at least 1, is 0";
    assert_eq!(error.unwrap_err().to_string(), text);
}

/// An answer whose copies and ends use the policy that keeps it.
struct Nosy(Arc<OnceLock<Fallback<Self>>>);

impl Clone for Nosy {
    fn clone(&self) -> Self {
        self.0.get().map(Fallback::snapshot);
        Self(self.0.clone())
    }
}

impl Drop for Nosy {
    fn drop(&mut self) {
        self.0.get().map(Fallback::snapshot);
    }
}

#[test]
fn answers_are_copied_and_dropped_with_no_lock_held() {
    let handle = Arc::new(OnceLock::new());
    let config = FallbackConfig {
        max_keys: 1,
        ..Default::default()
    };
    let fallback = Fallback::new("nosy", config.clone(), &Env::manual().0).unwrap();
    assert!(handle.set(fallback.clone()).is_ok());
    let answer = || Nosy(handle.clone());
    let fallback = fallback.with_value(answer()).with_value(answer());
    fallback.succeed("a", &answer());
    fallback.succeed("a", &answer());
    fallback.succeed("b", &answer());
    assert!(fallback.rescue("b").is_some_and(|it| it.is_stale()));
    assert!(fallback.rescue("a").is_some_and(|it| !it.is_stale()));
    fallback
        .reconfigure(FallbackConfig {
            last_good: false,
            ..config
        })
        .unwrap();
    fallback.succeed("a", &answer());
    assert_eq!(fallback.snapshot().keys, 0);
}

#[test]
fn a_name_answers_with_one_type() {
    let env = Env::manual().0;
    let config = FallbackConfig::default();
    let numbers = Fallback::<u32>::new("quotes", config.clone(), &env).unwrap();
    numbers.succeed("a", &1);
    let same = Fallback::<u32>::get_or_new("quotes", config.clone(), &env).unwrap();
    assert!(same.rescue("a").is_some());
    let error = Fallback::<String>::get_or_new("quotes", config.clone(), &env).unwrap_err();
    assert_eq!(error.field(), "kind");
    let error = Fallback::<String>::new("quotes", config, &env).unwrap_err();
    assert_eq!(error.field(), "name");
    let shown = format!("{numbers:?}");
    assert!(shown.starts_with("Fallback { name: \"quotes\""), "{shown}");
}
