//! For how long the series of each metric are kept.

use super::*;
use crate::labels::Labels;
use crate::series::{Limits, MatchOp, Matcher};

fn named(name: &str) -> [Matcher; 1] {
    [Matcher::new("__name__", MatchOp::Equal, name, true).unwrap()]
}

/// How many seconds back the oldest sample of a metric is.
fn oldest(engine: &Engine, name: &str, now: i64) -> i64 {
    let mut points = vec![];
    for series in engine.store().select(&named(name)) {
        series.read(i64::MIN, i64::MAX, &mut points);
    }
    points
        .iter()
        .map(|it| now - it.time / 1000)
        .max()
        .unwrap_or(0)
}

#[test]
fn each_metric_is_kept_for_as_long_as_it_is_looked_back_at() {
    let rules = [
        Rule::record("made:sum", "sum(made)"),
        Rule::new("A", "max_over_time(made:sum[2h]) > 1e9"),
        Rule::new("B", "rate(done[10m]) > 1e9")
            .annotation("summary", "{{ query `asked offset 20m` }}"),
    ];
    let mut engine = Engine::new(rules).unwrap();
    for second in (0..9_000).step_by(10) {
        let text = format!("made {second}\ndone {second}\nasked 1\nother 1\n");
        engine.step(seconds(second), &scrape(&text));
    }
    let now = 8_990;
    // Up to an eighth more stays, and what fits into a chunk with that.
    for (name, least) in [
        ("made:sum", 7_200),
        ("done", 600),
        ("made", 300),
        ("asked", 1_500),
    ] {
        let oldest = oldest(&engine, name, now);
        let most = least + least / 8 + 10;
        assert!((least..=most).contains(&oldest), "{name}: {oldest}");
    }
    assert!(engine.store().select(&named("other")).is_empty());
}

#[test]
fn other_rules_keep_other_lengths_of_what_is_there() {
    let rule = |window: &str| Rule::new("A", format!("max_over_time(a[{window}]) > 1e9"));
    let mut engine = engine(rule("2h"));
    for second in (0..7_200).step_by(10) {
        engine.step(seconds(second), &scrape("a 1\n"));
    }
    engine
        .reload([RuleGroup::new("rules", [rule("10m")])])
        .unwrap();
    for second in (7_200..9_000).step_by(10) {
        engine.step(seconds(second), &scrape("a 1\n"));
        let oldest = oldest(&engine, "a", second as i64);
        // What is in one chunk with what is still wanted stays: chunks were longer before.
        assert!(oldest >= 600, "{oldest} at {second}");
    }
    assert!(oldest(&engine, "a", 8_990) <= 600 + 75 + 10);
}

#[test]
fn at_the_limit_a_series_that_a_window_still_sees_makes_no_room() {
    let rules = [Rule::new("A", "count_over_time(calls[1h]) > 0")];
    let limits = Limits::default().series(3);
    let options = Options::default().limits(limits);
    let mut engine = Engine::with([RuleGroup::new("rules", rules)], options).unwrap();
    let append = |engine: &mut Engine, job: u64, second: u64| {
        let labels =
            Labels::from_iter([("__name__", "calls".to_owned()), ("job", job.to_string())]);
        engine
            .store_mut()
            .append(&labels, second as i64 * 1000, 1.0)
            .is_ok()
    };
    assert!(append(&mut engine, 0, 0));
    assert!(append(&mut engine, 1, 1));
    assert!(append(&mut engine, 2, 2));
    // Idle for far longer than five minutes, and seen all the same.
    assert!(!append(&mut engine, 3, 3_600));
    assert!(append(&mut engine, 3, 3_601));
    let found = engine.store().select(&named("calls"));
    let jobs: Vec<_> = found
        .iter()
        .map(|it| it.labels().get("job").unwrap())
        .collect();
    assert_eq!(jobs, ["1", "2", "3"]);
}

#[test]
fn a_slot_that_is_evaluated_late_sees_its_whole_window() {
    let group = RuleGroup::new("g", [Rule::new("A", "count_over_time(a[4m]) >= 4")]);
    let group = group.interval(seconds(1_200));
    let mut engine = Engine::with([group], Options::default()).unwrap();
    // A sample each minute, and one more by which the evaluation comes, just before the next slot.
    engine.advance(seconds(20_000));
    let slot = engine.groups().next().unwrap().slot.unwrap() + seconds(1_200);
    let labels = Labels::from_iter([("__name__", "a")]);
    let millis = |at: Duration| i64::try_from(at.as_millis()).unwrap();
    for minute in (0..4).rev() {
        let at = millis(slot - seconds(minute * 60));
        engine.store_mut().append(&labels, at, 1.0).unwrap();
    }
    let late = slot + seconds(1_199);
    engine
        .store_mut()
        .append(&labels, millis(late), 1.0)
        .unwrap();
    assert_eq!(engine.advance(late).len(), 1);
}

#[test]
fn a_text_that_asks_what_is_no_expression_is_refused_by_its_field() {
    let rule =
        Rule::new("A", "a > 1").annotation("summary", "{{ with query \"sum(a\" }}{{ . }}{{ end }}");
    let error = Engine::new([rule]).unwrap_err();
    assert_eq!(
        (error.field(), error.value()),
        ("annotations.summary", "sum(a")
    );
    let rule = Rule::new("A", "a > 1").label("owner", "{{ if false }}{{ query `)` }}{{ end }}");
    assert_eq!(Engine::new([rule]).unwrap_err().field(), "labels.owner");
    // What is put together only when it is rendered says it then.
    let rule =
        Rule::new("A", "a > 1").annotation("summary", "{{ query (printf \"%s(a\" \"sum\") }}");
    let mut engine = engine(rule);
    engine.step(seconds(1), &scrape("a 2\n"));
    let text = engine.alerts().next().unwrap().annotations["summary"].clone();
    assert!(text.starts_with("<error expanding template: "), "{text}");
}
