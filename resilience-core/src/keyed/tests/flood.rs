use super::*;
use Outcome::{Failure, Success};

#[test]
fn trap_30_a_flood_of_a_million_keys_stays_within_the_cap() {
    let (keyed, _) = keyed(permits(1), 50, Some(SECOND));
    for n in 0..1_000_000 {
        assert!(keyed.call(&format!("flood-{n}"), Success));
    }
    let seen = keyed.snapshot();
    assert_eq!((seen.keys, seen.pushed_out), (50, 999_950));
    assert_eq!(keyed.keys()[0], "flood-999950");
}

#[test]
fn trap_30_a_flood_of_failing_keys_stays_within_the_cap_and_stops_nobody() {
    let (keyed, _) = keyed(circuits(1), 50, None);
    for n in 0..20_000 {
        assert!(keyed.call(&format!("flood-{n}"), Failure));
    }
    let seen = keyed.snapshot();
    assert_eq!((seen.keys, seen.overflowed), (50, 19_950));
    assert!(keyed.call("a", Success));
    assert_eq!(keyed.snapshot().keys, 50);
}

#[test]
fn idle_keys_go_a_few_at_each_use_of_others() {
    let (keyed, clock) = keyed(slots(1), 1000, Some(SECOND));
    (0..1000).for_each(|n| drop(keyed.gate(&format!("flood-{n}"))));
    clock.advance(SECOND);
    for _ in 0..500 {
        keyed.call("a", Success);
    }
    // Nobody has read, which would let all of them go at once.
    assert_eq!(keyed.0.kept(), 1);
}
