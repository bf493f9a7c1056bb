//! What comes from outside, and what nobody meant.

use super::*;
use crate::series::{Limits, Scrape};

fn lines(events: Vec<AlertEvent>) -> Vec<String> {
    events.iter().map(ToString::to_string).collect()
}

fn firing(engine: &Engine) -> usize {
    let fires = |it: &&Alert| it.state == AlertState::Firing;
    engine.alerts().filter(fires).count()
}

#[test]
fn an_alert_goes_on_while_its_store_has_no_room_for_more_samples() {
    let text: String = (0..50).map(|i| format!("a{{i=\"{i}\"}} 1\n")).collect();
    // Of the alerts there are two series each besides.
    for samples in [50, 51, 60, 100, 149, 150, 151, 160, 170, 400] {
        let limits = Limits::default().samples(samples);
        let groups = [RuleGroup::new("g", [Rule::new("R", "a > 0")])];
        let options = Options::default().limits(limits);
        let mut engine = Engine::with(groups, options).unwrap();
        assert_eq!(engine.step(seconds(0), &scrape(&text)).len(), 50);
        for step in 1..60 {
            let events = engine.step(seconds(step * 15), &scrape(&text));
            assert_eq!(lines(events), [] as [&str; 0], "{samples} at {step}");
            assert!(engine.store().counts().samples <= samples);
        }
        assert_eq!(firing(&engine), 50);
    }
}

/// Panics once more when what it panicked with is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("and again");
        }
    }
}

#[test]
fn code_that_panics_with_what_panics_when_it_is_dropped_fails_its_own_rule() {
    let rule = Rule::when("R", |_| -> bool { std::panic::panic_any(Bomb) });
    let mut engine = engine(rule);
    engine.step(seconds(0), &scrape(""));
    let error = engine.rules().next().unwrap().error.unwrap().to_string();
    assert_eq!(error, "the condition panicked: no text");
}

#[test]
fn a_snapshot_of_the_future_delays_nothing() {
    let rule = || rule(900, 0);
    let mut before = engine(rule());
    before.step(seconds(1_000_000), &scrape("a 2\n"));
    let mut engine = engine(rule());
    engine.restore(before.snapshot());
    engine.step(seconds(1_000), &scrape("a 2\n"));
    assert_eq!(engine.alerts().next().unwrap().active_at, seconds(1_000));
    assert_eq!(engine.step(seconds(1_900), &scrape("a 2\n")).len(), 1);
}

#[test]
fn a_snapshot_that_cannot_be_neither_fires_nor_delays_anything() {
    let mut before = engine(rule(900, 0));
    before.step(seconds(900), &scrape("a 2\n"));
    let mut snapshot = before.snapshot();
    snapshot.rules[0].alerts[0].active_at = Duration::MAX;
    let mut engine = engine(rule(900, 0));
    engine.restore(snapshot);
    engine.step(seconds(1_000), &scrape("a 2\n"));
    assert!(engine.alerts().next().unwrap().active_at <= seconds(1_000));
}

fn recorded(group: &str) -> Vec<RuleGroup> {
    let record = Rule::record("r", "a");
    vec![
        RuleGroup::new(group, [record]),
        RuleGroup::new("alerts", [Rule::new("R", "r > 1")]),
    ]
}

#[test]
fn a_record_that_moves_to_another_group_goes_on() {
    let mut engine = Engine::with(recorded("one"), Options::default()).unwrap();
    assert_eq!(engine.step(seconds(15), &scrape("a 2\n")).len(), 1);
    assert!(engine.reload(recorded("two")).unwrap().is_empty());
    for step in 2..5 {
        let events = engine.step(seconds(step * 15), &scrape("a 2\n"));
        assert_eq!(lines(events), [] as [&str; 0], "at {step}");
    }
    assert_eq!(firing(&engine), 1);
}

#[test]
fn what_a_text_asks_for_is_kept_for_as_long_as_it_looks_back() {
    let text = "{{ with query \"a offset 30m\" }}{{ . | first | value }}{{ else }}gone{{ end }}";
    let mut engine = engine(Rule::new("R", "a > 0").annotation("summary", text));
    for minute in 0..40 {
        engine.step(
            seconds(minute * 60),
            &scrape(&format!("a {}\n", minute + 1)),
        );
    }
    let alert = engine.alerts().next().unwrap();
    assert_eq!(alert.annotations["summary"], "10");
}

#[test]
fn a_series_that_ends_while_the_clock_stands_still_is_over_at_the_next_step() {
    let mut engine = engine(rule(0, 0));
    assert_eq!(engine.step(seconds(100), &scrape("a 2\n")).len(), 1);
    // As another thread read it a moment before.
    let before = Duration::from_millis(99_500);
    assert!(engine.step(before, &scrape("")).is_empty());
    assert_eq!(engine.step(seconds(115), &scrape("")).len(), 1);
}

#[test]
fn of_what_fired_before_in_the_same_millisecond_it_is_told_that_it_is_dropped() {
    let groups = [RuleGroup::new("g", [Rule::new("R", "a > 0")]).limit(1)];
    let mut engine = Engine::with(groups, Options::default()).unwrap();
    assert_eq!(engine.step(seconds(1), &scrape("a{i=\"1\"} 1\n")).len(), 1);
    let two = scrape("a{i=\"1\"} 1\na{i=\"2\"} 1\n");
    let dropped = lines(engine.step(seconds(1), &two));
    assert_eq!(dropped, ["DROPPED  R{i=\"1\"} value=1 since 1s"]);
}

/// Gives the same twice, labels twice, empty ones, the name as a label, and the mark of an end.
struct Liar(u64);

impl Source for Liar {
    fn give(&self, to: &mut Scrape<'_>) {
        let twice = [
            ("i", "1"),
            ("i", "1"),
            ("", "x"),
            ("x", ""),
            ("__name__", "b"),
        ];
        for value in [
            2.0,
            f64::NAN,
            f64::from_bits(crate::series::STALE),
            f64::INFINITY,
        ] {
            to.sample("a", twice.into_iter(), value);
            to.sample("", twice.into_iter(), value);
            to.sample(
                "a",
                [("flood", self.0.to_string().as_str())].into_iter(),
                value,
            );
        }
    }
}

#[test]
fn a_source_that_lies_fills_nothing_and_ends_nothing() {
    let limits = Limits::default().series(100);
    let groups = [RuleGroup::new(
        "g",
        [Rule::new("R", "a > 1"), Rule::new("All", "{i=\"1\"}")],
    )];
    let options = Options::default().limits(limits);
    let mut engine = Engine::with(groups, options).unwrap();
    for step in 0..1_000 {
        engine.step(seconds(step * 15), &Liar(step));
        assert!(engine.store().len() <= 100);
    }
    let lasting: Vec<_> = engine
        .alerts()
        .filter(|it| it.labels.get("i").is_some())
        .collect();
    assert!(!lasting.is_empty());
    assert!(
        lasting.iter().all(|it| it.state == AlertState::Firing),
        "{lasting:?}"
    );
}

#[test]
fn no_clock_and_no_length_of_time_is_too_long() {
    let longest = Duration::MAX;
    let rules = || {
        [
            rule(0, 0).for_(longest).keep_firing_for(longest),
            rule(0, 0).keep_firing_for(longest),
            Rule::new(
                "Back",
                "a offset 200y or a @ 9e18 or a @ -9e18 or a offset -200y or max_over_time(a[290y])",
            ),
        ]
    };
    let groups = || {
        [
            RuleGroup::new("g", rules())
                .interval(longest)
                .query_offset(longest),
            RuleGroup::new("h", rules()),
            RuleGroup::new("i", rules()).interval(Duration::from_millis(1)),
        ]
    };
    let options = || {
        Options::default()
            .resend_delay(longest)
            .for_grace(longest)
            .outage_tolerance(longest)
    };
    let mut engine = Engine::with(groups(), options()).unwrap();
    for now in [
        Duration::ZERO,
        seconds(u64::MAX / 2),
        seconds(u64::MAX),
        longest,
        Duration::ZERO,
        longest,
    ] {
        engine.step(now, &scrape("a 2\n"));
        engine.evaluate(now);
        engine.notices(now);
    }
    let snapshot = engine.snapshot();
    engine.reload(groups()).unwrap();
    engine.restore(snapshot);
    engine.step(longest, &scrape("a 2\n"));
}

#[test]
fn an_expression_that_doubles_a_label_again_and_again_is_refused() {
    let mut expr = "label_replace(a, \"x\", \"12345678\", \"\", \"\")".to_owned();
    for _ in 0..18 {
        expr = format!("label_join({expr}, \"x\", \"\", \"x\", \"x\")");
    }
    let mut engine = engine(Rule::new("R", expr));
    engine.step(seconds(0), &scrape("a 1\n"));
    let error = engine.rules().next().unwrap().error.unwrap().to_string();
    assert!(error.contains("bytes"), "{error}");
}
