//! Clocks that are set, machines that are suspended, slots that nobody used.

use super::*;
use crate::labels::Labels;
use crate::rule::NoData;

/// What a step is too long for is up to the engine.
fn watched(rules: impl IntoIterator<Item = Rule>) -> Engine {
    Engine::new(rules).unwrap()
}

/// Evaluated each 10 seconds, from the first slot on.
fn slotted(rules: impl IntoIterator<Item = Rule>, options: Options) -> (Engine, Duration) {
    let group = RuleGroup::new("g", rules).interval(seconds(10));
    let mut engine = Engine::with([group], options).unwrap();
    engine.advance(seconds(1_000_000));
    let slot = engine.groups().next().unwrap().slot.unwrap();
    (engine, slot + seconds(10))
}

fn names(events: &[AlertEvent]) -> Vec<String> {
    let word = |event: &AlertEvent| match event {
        AlertEvent::Fired(it) => format!("fired {}", it.name()),
        AlertEvent::Resolved(it) => format!("resolved {}", it.name()),
        AlertEvent::Withdrawn(it) => format!("dropped {}", it.name()),
    };
    events.iter().map(word).collect()
}

#[test]
fn a_machine_that_was_suspended_neither_fires_nor_loses_anything() {
    let mut engine = watched([rule(60, 60)]);
    for (at, value, seen) in [
        (1_000, HIGH, Pending(1_000)),
        (1_020, HIGH, Pending(1_000)),
        // Suspended for hours, of which one step counts.
        (9_000, HIGH, Pending(8_960)),
        (9_019, HIGH, Pending(8_960)),
        (9_020, HIGH, Fires(8_960)),
        (9_040, LOW, Firing(8_960)),
        // And again while it is kept firing.
        (50_000, LOW, Firing(8_960)),
        (50_039, LOW, Firing(8_960)),
        (50_040, LOW, Resolves),
    ] {
        assert_eq!(see(&mut engine, at, value), seen, "at {at} s");
    }
}

#[test]
fn a_clock_that_is_set_ahead_and_back_again_neither_fires_nor_loses_anything() {
    let mut engine = watched([rule(60, 0)]);
    for (at, value, seen) in [
        (1_000, HIGH, Pending(1_000)),
        (1_020, HIGH, Pending(1_000)),
        (4_620, HIGH, Pending(4_580)),
        (1_040, HIGH, Pending(1_000)),
        (1_059, HIGH, Pending(1_000)),
        (1_060, HIGH, Fires(1_000)),
        (3_000, HIGH, Firing(1_000)),
        (900, HIGH, Firing(0)),
        (901, LOW, Resolves),
    ] {
        assert_eq!(see(&mut engine, at, value), seen, "at {at} s");
    }
}

#[test]
fn as_long_as_the_option_says_no_step_is_too_long() {
    let options = Options::default().longest_step(Duration::MAX);
    let mut engine = Engine::with([RuleGroup::new("g", [rule(3_600, 0)])], options).unwrap();
    assert_eq!(see(&mut engine, 1_000, HIGH), Pending(1_000));
    assert_eq!(see(&mut engine, 1_010, HIGH), Pending(1_000));
    assert_eq!(see(&mut engine, 9_000, HIGH), Fires(1_000));
    let options = Options::default().longest_step(seconds(15));
    let mut engine = Engine::with([RuleGroup::new("g", [rule(26, 0)])], options).unwrap();
    assert_eq!(see(&mut engine, 1_000, HIGH), Pending(1_000));
    assert_eq!(see(&mut engine, 1_015, HIGH), Pending(1_000));
    assert_eq!(see(&mut engine, 1_031, HIGH), Fires(1_001));
}

/// Who looks once an hour says by that how often he looks; a slow group is no reason to take an hour for nothing.
#[test]
fn a_long_interval_is_no_time_in_which_nobody_looked() {
    let group = || RuleGroup::new("g", [rule(7_200, 0)]).interval(seconds(3_600));
    for apart in [15, 3_600] {
        let mut engine = Engine::with([group()], Options::default()).unwrap();
        engine.advance(seconds(1_000_000));
        let slot = engine.groups().next().unwrap().slot.unwrap();
        let times = (3_600..18_000).step_by(apart).map(seconds);
        let fired = times.filter(|at| !engine.step(slot + *at, &scrape("a 2\n")).is_empty());
        assert_eq!(fired.count(), 1, "every {apart} s");
        assert_eq!(engine.groups().next().unwrap().missed, 0);
    }
}

#[test]
fn a_hold_goes_on_over_slots_that_were_missed_as_in_prometheus() {
    let options = Options::default().longest_step(Duration::MAX);
    let (mut engine, first) = slotted([rule(30, 0)], options);
    assert!(engine.step(first, &scrape("a 2\n")).is_empty());
    // Nobody knows how it was in between: the two slots are counted, and not made up for.
    let events = engine.step(first + seconds(35), &scrape("a 2\n"));
    assert_eq!(events.len(), 1);
    let alert = events[0].alert();
    assert_eq!(
        (alert.active_at, alert.fired_at),
        (first, Some(first + seconds(30)))
    );
    let rule = engine.rules().next().unwrap();
    assert_eq!(
        (engine.groups().next().unwrap().missed, rule.evaluations),
        (2, 2)
    );
}

#[test]
fn slots_of_a_suspension_are_counted_to_the_last_and_hold_nothing() {
    let (mut engine, first) = slotted([rule(30, 0)], Options::default());
    let high = scrape("a 2\n");
    for (at, missed, since) in [(0, 0, 0), (10, 0, 0), (3_603, 358, 3_580)] {
        assert!(engine.step(first + seconds(at), &high).is_empty(), "{at}");
        assert_eq!(engine.groups().next().unwrap().missed, missed, "{at}");
        let alert = engine.alerts().next().unwrap();
        assert_eq!(alert.active_at, first + seconds(since), "{at}");
    }
    assert!(engine.step(first + seconds(3_609), &high).is_empty());
    assert_eq!(engine.step(first + seconds(3_610), &high).len(), 1);
    assert_eq!(engine.rules().next().unwrap().evaluations, 4);
}

#[test]
fn what_is_sent_after_a_suspension_is_of_the_new_time() {
    let mut engine = watched([rule(0, 0)]);
    for at in [1_000, 1_010] {
        engine.step(seconds(at), &scrape("a 2\n"));
        engine.notices(seconds(at));
    }
    assert!(engine.step(seconds(90_000), &scrape("a 2\n")).is_empty());
    let sent = engine.notices(seconds(90_000));
    let times = |it: &Notice| (it.starts_at.as_secs(), it.ends_at.as_secs());
    assert_eq!(
        sent.iter().map(times).collect::<Vec<_>>(),
        [(1_000, 90_240)]
    );
    // The clock is set back: nothing is told of a time that is to come, but until when it holds.
    assert!(engine.step(seconds(50_000), &scrape("a 2\n")).is_empty());
    let sent = engine.notices(seconds(50_070));
    assert!(
        sent[0].starts_at <= seconds(50_000),
        "{:?}",
        sent[0].starts_at
    );
    assert_eq!(sent[0].ends_at, seconds(50_310));
}

#[test]
fn what_was_resolved_and_never_told_is_told_after_a_suspension() {
    let mut engine = watched([rule(0, 0)]);
    engine.step(seconds(1_000), &scrape("a 2\n"));
    engine.notices(seconds(1_000));
    engine.step(seconds(1_010), &scrape("a 0\n"));
    engine.step(seconds(90_000), &scrape("a 0\n"));
    let sent = engine.notices(seconds(90_000));
    assert_eq!(sent.len(), 1);
    assert!(sent[0].is_resolved());
    assert_eq!(sent[0].ends_at, seconds(1_010));
}

#[test]
fn nothing_is_missing_when_a_machine_wakes_until_it_could_have_come() {
    let rules = || {
        [
            Rule::new("Gone", "absent(a)"),
            Rule::new("Unknown", "a > 5").no_data(NoData::Alert),
            Rule::new("Few", "count(a) < 2"),
            rule(0, 0),
        ]
    };
    let both = scrape("a{i=\"1\"} 2\na{i=\"2\"} 2\n");
    // The first scrape after a suspension finds nothing, as the network is not there yet.
    let mut engine = watched(rules());
    engine.step(seconds(1_000), &both);
    engine.step(seconds(1_010), &both);
    for (at, said) in [(90_000, Samples::default()), (90_010, both.clone())] {
        assert_eq!(names(&engine.step(seconds(at), &said)), [] as [&str; 0]);
    }
    // What is missing for longer is missing.
    engine.step(seconds(200_000), &Samples::default());
    let told = names(&engine.step(seconds(200_010), &Samples::default()));
    assert_eq!(
        told,
        [
            "fired Gone",
            "fired Unknown",
            "resolved High",
            "resolved High"
        ]
    );
}

#[test]
fn samples_that_are_given_one_by_one_after_a_suspension_may_take_as_long_as_they_stand() {
    let mut engine = watched([Rule::new("Gone", "absent(b)"), rule(0, 0)]);
    let put = |engine: &mut Engine, name: &str, at: u64| {
        let labels = Labels::from_iter([("__name__", name)]);
        let time = i64::try_from(at * 1_000).unwrap();
        engine.store_mut().append(&labels, time, 2.0).unwrap();
    };
    for at in [1_000, 1_015, 1_030] {
        put(&mut engine, "a", at);
        put(&mut engine, "b", at);
        engine.advance(seconds(at));
    }
    // `a` comes at once, `b` not before the lookback is nearly over.
    for at in (90_000..90_270).step_by(15) {
        put(&mut engine, "a", at);
        assert_eq!(
            names(&engine.advance(seconds(at))),
            [] as [&str; 0],
            "{at} s"
        );
    }
    put(&mut engine, "b", 90_270);
    assert!(engine.advance(seconds(90_270)).is_empty());
    let late = (90_285..91_000).step_by(15).find(|at| {
        put(&mut engine, "a", *at);
        !engine.advance(seconds(*at)).is_empty()
    });
    assert_eq!(late, Some(90_570));
}

/// Who evaluates was held up, who takes samples was not: they are where they are.
#[test]
fn samples_that_came_while_nobody_looked_are_seen_where_they_are() {
    let count = Rule::new("Full", "count_over_time(a[2m]) == 8");
    let mut engine = watched([count, rule(600, 0)]);
    let labels = Labels::from_iter([("__name__", "a")]);
    for at in (1_000..=3_040).step_by(15) {
        engine.store_mut().append(&labels, at * 1_000, 2.0).unwrap();
        if at <= 1_030 {
            engine.advance(seconds(at.unsigned_abs()));
        }
    }
    assert_eq!(names(&engine.advance(seconds(3_040))), ["fired Full"]);
    let pending = engine.alerts().find(|it| it.name() == "High").unwrap();
    assert_eq!(pending.active_at, seconds(3_040 - 45));
}

#[test]
fn what_a_counter_did_while_nobody_looked_counts_for_what_it_does_at_other_times() {
    let rules = [
        Rule::new("Errors", "increase(errors_total[5m]) > 10"),
        Rule::new("Now", "irate(errors_total[5m]) > 1"),
        Rule::new("Grows", "deriv(errors_total[5m]) > 1"),
        Rule::new("Full", "predict_linear(errors_total[5m], 3600) > 9000"),
        Rule::new("Moved", "delta(errors_total[5m]) > 10"),
    ];
    let mut engine = watched(rules);
    let said = |at: u64| scrape(&format!("errors_total {}\n", at / 100));
    for at in (10_000..10_600)
        .step_by(15)
        .chain((40_000..40_600).step_by(15))
    {
        let told = engine.step(seconds(at), &said(at));
        assert_eq!(names(&told), [] as [&str; 0], "{at} s");
    }
    let told = engine.step(seconds(40_600), &scrape("errors_total 600\n"));
    assert!(
        names(&told).contains(&"fired Errors".to_owned()),
        "{told:?}"
    );
}

#[test]
fn times_that_held_of_the_last_ones_are_those_before_and_after_a_suspension() {
    let often = || Rule::new("Often", "a > 1").at_least(3, 4);
    let (mut engine, first) = slotted([often()], Options::default());
    let told = [
        (0, 0),
        (10, 2),
        (20, 2),
        (7_220, 0),
        (7_230, 2),
        (7_240, 0),
        (50_000, 0),
    ];
    let told = told.map(|(at, value)| {
        let said = scrape(&format!("a {value}\n"));
        names(&engine.step(first + seconds(at), &said))
    });
    let mut expected = [const { Vec::new() }; 7];
    // The last of the times that count is up to an interval old.
    expected[5] = vec!["fired Often".to_owned()];
    expected[6] = vec!["resolved Often".to_owned()];
    assert_eq!(told, expected);
}

#[test]
fn what_is_recorded_goes_on_after_a_suspension() {
    let rules = [
        Rule::record("r", "a"),
        Rule::new("Gone", "absent(r) or (count_over_time(r[1m]) < 6)"),
    ];
    let (mut engine, first) = slotted(rules, Options::default());
    let before = (0..60).map(|slot| slot * 10);
    let after = (0..60).map(|slot| 36_000 + slot * 10);
    for at in before.chain(after) {
        let told = engine.step(first + seconds(at), &scrape("a 2\n"));
        let grows = at < 50;
        assert!(
            grows || names(&told).iter().all(|it| it != "fired Gone"),
            "{at} s: {told:?}"
        );
    }
    let counts = engine.store().counts();
    assert_eq!((counts.out_of_order, counts.too_old), (0, 0));
}

#[test]
fn a_clock_that_is_set_back_by_an_hour_and_forth_again_is_followed_both_ways() {
    let rules = [
        rule(0, 0),
        Rule::new("Gone", "absent(a)"),
        Rule::new("Slow", "rate(n_total[1m]) < 0.9"),
        Rule::new("Fast", "rate(n_total[1m]) > 1.1"),
    ];
    let (mut engine, first) = slotted(rules, Options::default());
    let first = first.as_secs();
    let mut made = 0;
    let mut fired = vec![];
    let stretches = [(first, 200), (first - 3_400, 200), (first + 400, 200)];
    for (from, length) in stretches {
        for at in (from..from + length).step_by(10) {
            made += 10;
            let told = engine.step(seconds(at), &scrape(&format!("a 2\nn_total {made}\n")));
            fired.extend(names(&told));
            // The slots are those of the caller's clock.
            let slot = engine.groups().next().unwrap().slot.unwrap().as_secs();
            assert!((at - 10..=at).contains(&slot), "{slot} at {at}");
            assert!(engine.alerts().all(|it| it.seen_at <= seconds(at)));
        }
    }
    // At first the window was not full.
    assert_eq!(fired, ["fired High", "fired Slow", "resolved Slow"]);
    // From 3210 seconds before the first slot until 400 after, but for the one that is evaluated.
    assert_eq!(engine.groups().next().unwrap().missed, 360);
}

#[test]
fn who_looks_seldom_from_the_third_time_on_is_no_suspended_machine() {
    for (before, apart) in [(0, 600), (15, 50), (1, 31)] {
        let mut engine = watched([rule(3 * apart, 0)]);
        let mut at = 1_000;
        for _ in 0..5 {
            see(&mut engine, at, LOW);
            at += before;
        }
        let mut seen = Vec::new();
        for _ in 0..8 {
            at += apart;
            seen.push(see(&mut engine, at, HIGH));
        }
        let fires = seen.iter().filter(|it| matches!(it, Fires(_))).count();
        let last = seen.last().unwrap();
        assert!(fires == 1 && matches!(last, Firing(_)), "{apart}: {seen:?}");
    }
}
