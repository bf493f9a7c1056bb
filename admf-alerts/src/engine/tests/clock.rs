//! Clocks that are set, machines that are suspended, slots that nobody used.

use super::*;

fn bounded(rule: Rule) -> Engine {
    let options = Options::default().longest_step(seconds(30));
    Engine::with([RuleGroup::new("g", [rule])], options).unwrap()
}

#[test]
fn a_machine_that_was_suspended_neither_fires_nor_loses_anything() {
    let mut engine = bounded(rule(60, 60));
    for (at, value, seen) in [
        (1_000, HIGH, Pending(1_000)),
        (1_020, HIGH, Pending(1_000)),
        // Suspended for hours, of which 30 seconds count.
        (9_000, HIGH, Pending(1_000)),
        (9_009, HIGH, Pending(1_000)),
        (9_010, HIGH, Fires(1_000)),
        // And again while it is kept firing.
        (9_020, LOW, Firing(1_000)),
        (50_000, LOW, Firing(1_000)),
        (50_029, LOW, Firing(1_000)),
        (50_030, LOW, Resolves),
    ] {
        assert_eq!(see(&mut engine, at, value), seen, "at {at} s");
    }
}

#[test]
fn a_clock_that_is_set_ahead_and_back_again_neither_fires_nor_loses_anything() {
    let mut engine = bounded(rule(60, 0));
    for (at, value, seen) in [
        (1_000, HIGH, Pending(1_000)),
        (4_600, HIGH, Pending(1_000)),
        (1_020, HIGH, Pending(1_000)),
        (1_049, HIGH, Pending(1_000)),
        (1_050, HIGH, Fires(1_000)),
        (3_000, HIGH, Firing(1_000)),
        (900, HIGH, Firing(1_000)),
        (901, LOW, Resolves),
    ] {
        assert_eq!(see(&mut engine, at, value), seen, "at {at} s");
    }
}

#[test]
fn a_hold_goes_on_over_slots_that_were_missed_as_in_prometheus() {
    let group = RuleGroup::new("g", [rule(30, 0)]).interval(seconds(10));
    let mut engine = Engine::with([group], Options::default()).unwrap();
    engine.step(seconds(1_000), &scrape("a 2\n"));
    let first = engine.groups().next().unwrap().slot.unwrap() + seconds(10);
    assert!(engine.step(first, &scrape("a 2\n")).is_empty());
    // Nobody knows how it was in between: the two slots are counted, and not made up for.
    let events = engine.step(first + seconds(35), &scrape("a 2\n"));
    assert_eq!(events.len(), 1);
    let alert = events[0].alert();
    assert_eq!(
        (alert.active_at, alert.fired_at),
        (first, Some(first + seconds(30)))
    );
    let (group, rule) = (
        engine.groups().next().unwrap(),
        engine.rules().next().unwrap(),
    );
    assert_eq!((group.missed, rule.evaluations), (2, 2));
}

#[test]
fn where_steps_are_bounded_what_was_missed_counts_for_no_more_than_one() {
    let group = RuleGroup::new("g", [rule(30, 0)]).interval(seconds(10));
    let options = Options::default().longest_step(seconds(10));
    let mut engine = Engine::with([group], options).unwrap();
    engine.step(seconds(1_000), &scrape("a 2\n"));
    let first = engine.groups().next().unwrap().slot.unwrap() + seconds(10);
    for (at, evaluations) in [(0, 1), (500, 2), (505, 2), (510, 3)] {
        assert!(
            engine
                .step(first + seconds(at), &scrape("a 2\n"))
                .is_empty()
        );
        assert_eq!(
            engine.rules().next().unwrap().evaluations,
            evaluations,
            "{at}"
        );
    }
    assert_eq!(engine.step(first + seconds(520), &scrape("a 2\n")).len(), 1);
    assert_eq!(engine.groups().next().unwrap().missed, 0);
}
