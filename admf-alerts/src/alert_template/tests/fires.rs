//! What templates do over time, and over gaps.

use super::*;
use crate::{AlertEvent, Engine, Samples};

/// The minutes at which alerts of a template fire (`+`) and are resolved (`-`), of a scrape each minute; `None`: it lacks the series.
fn fires(
    template: &str,
    series: &str,
    values: impl IntoIterator<Item = Option<f64>>,
) -> Vec<String> {
    let rules = group("t", &read(template), &known()).unwrap().rules;
    let mut engine = Engine::new(rules).unwrap();
    let mut told = Vec::new();
    for (minute, value) in values.into_iter().enumerate() {
        let text = value.map_or("other 1\n".to_owned(), |it| format!("{series} {it}\n"));
        let scrape = Samples::parse(&text).unwrap();
        for event in engine.step(minutes(minute as u64 + 1_000), &scrape) {
            let sign = if matches!(event, AlertEvent::Fired(_)) {
                '+'
            } else {
                '-'
            };
            told.push(format!("{sign}{minute}"));
        }
    }
    told
}

const LOW: &str = "
- id: low
  timeframe: 30
  condition: {type: threshold, metric: equity_dollars, operator: lt, value: 5}";

#[test]
fn s2_064_a_timeframe_is_how_long_it_must_hold_at_every_evaluation() {
    let low = |minutes: usize| std::iter::repeat_n(Some(1.0), minutes);
    assert_eq!(fires(LOW, "equity_dollars", low(30)), [""; 0]);
    assert_eq!(fires(LOW, "equity_dollars", low(31)), ["+30"]);
    // One value that is not low begins it anew.
    let broken = low(20).chain([Some(6.0)]).chain(low(31));
    assert_eq!(fires(LOW, "equity_dollars", broken), ["+51"]);
}

#[test]
fn s2_064_a_timeframe_needs_data_for_all_of_it() {
    let low = |minutes: usize| std::iter::repeat_n(Some(1.0), minutes);
    let gap = low(20).chain([None]).chain(low(31));
    assert_eq!(fires(LOW, "equity_dollars", gap), ["+51"]);
    let ends = low(10).chain(std::iter::repeat_n(None, 60));
    assert_eq!(fires(LOW, "equity_dollars", ends), [""; 0]);
}

#[test]
fn s2_064_a_rate_that_is_too_low_needs_data_for_all_of_its_window() {
    let idle = "[{id: t, condition: {type: rate, metric: orders_total, window: 10, per: minute, operator: lt, value: 1}}]";
    let calls = |each: f64, minutes: usize| (0..minutes).map(move |it| Some(it as f64 * each));
    // Of a program that has just begun nobody knows that it is idle.
    assert_eq!(fires(idle, "admf_orders_total", calls(0.0, 10)), [""; 0]);
    assert_eq!(fires(idle, "admf_orders_total", calls(0.0, 12)), ["+10"]);
    assert_eq!(fires(idle, "admf_orders_total", calls(2.0, 30)), [""; 0]);
    let busy = "[{id: t, condition: {type: rate, metric: orders_total, window: 10, per: minute, operator: gt, value: 1}}]";
    assert_eq!(fires(busy, "admf_orders_total", calls(60.0, 5)), ["+1"]);
}

#[test]
fn s2_063_an_anomaly_fires_off_the_mean_and_not_over_a_level_or_a_short_history() {
    let odd =
        "[{id: t, condition: {type: anomaly, metric: equity_dollars, baseline: 30, value: 3}}]";
    let noise = |minutes: usize| (0..minutes).map(|it| Some(100.0 + (it % 3) as f64));
    assert_eq!(fires(odd, "equity_dollars", noise(90)), [""; 0]);
    assert_eq!(
        fires(odd, "equity_dollars", noise(40).chain([Some(160.0)])),
        ["+40"]
    );
    assert_eq!(
        fires(odd, "equity_dollars", noise(40).chain([Some(40.0)])),
        ["+40"]
    );
    // What never changes has no deviation, and what has just begun no mean.
    assert_eq!(fires(odd, "equity_dollars", [Some(0.1); 60]), [""; 0]);
    assert_eq!(
        fires(odd, "equity_dollars", noise(20).chain([Some(160.0)])),
        [""; 0]
    );
    let above = odd.replace("value: 3", "operator: gt, value: 3");
    assert_eq!(
        fires(&above, "equity_dollars", noise(40).chain([Some(40.0)])),
        [""; 0]
    );
}

#[test]
fn s2_063_an_absence_fires_once_it_has_lasted() {
    let gone = "[{id: t, timeframe: 5, condition: {type: absence, metric: equity_dollars}}]";
    let there = std::iter::repeat_n(Some(1.0), 10);
    let series = there.chain([None; 8]).chain([Some(1.0)]);
    assert_eq!(fires(gone, "equity_dollars", series), ["+15", "-18"]);
}

#[test]
fn s1_050_a_state_fires_at_once_and_is_resolved_with_it() {
    let open = r#"[{id: t, condition: 'circuit_breaker_state == "open"'}]"#;
    let series = r#"admf_circuit_breaker_state{name="venue",state="open"}"#;
    let values = [0.0, 1.0, 1.0, 0.0].map(Some);
    assert_eq!(fires(open, series, values), ["+1", "-3"]);
}

#[test]
fn s2_063_a_composite_of_all_fires_only_where_all_hold_for_the_same_labels() {
    let both = "[{id: t, condition: {type: composite, match: all, on: [book], conditions: {
        low: {type: threshold, metric: equity_dollars, operator: lt, value: 5},
        bad: {type: threshold, metric: performance.customMetric, operator: lt, value: 1}}}}]";
    let rules = group("t", &read(both), &known()).unwrap().rules;
    let mut engine = Engine::new(rules).unwrap();
    let scrape = "equity_dollars{book=\"a\",side=\"long\"} 1\nequity_dollars{book=\"b\",side=\"long\"} 1\n\
                  performance_custom_metric{book=\"b\"} 0\nperformance_custom_metric{book=\"c\"} 0\n";
    let events = engine.step(minutes(1), &Samples::parse(scrape).unwrap());
    let books: Vec<_> = events
        .iter()
        .map(|it| it.alert().labels.get("book"))
        .collect();
    assert_eq!(books, [Some("b")]);
}

#[test]
fn s2_064_what_is_pending_does_not_outlast_the_data() {
    let text = LOW.replace("timeframe", "noData: keep_last\n  timeframe");
    let error = parse("a.yml", &text, &known(), variables).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.yml:3:11: [0].noData: template `low`: `keep_last`: a timeframe needs data for all of it: `ok` or `alert`"
    );
    let text = LOW.replace("timeframe: 30", "noData: keep_last");
    let values = [Some(1.0), None, None, Some(1.0), Some(6.0)];
    assert_eq!(fires(&text, "equity_dollars", values), ["+0", "-4"]);
}

#[test]
fn no_data_is_an_alert_where_the_template_says_so() {
    let text = LOW.replace("timeframe: 30", "timeframe: 2\n  noData: alert");
    let values = [Some(6.0), None, None, None, None, Some(6.0)];
    assert_eq!(fires(&text, "equity_dollars", values), ["+3", "-5"]);
}

#[test]
fn a_clear_threshold_keeps_what_fires_and_nothing_else() {
    let text = LOW.replace("timeframe: 30", "clear: 7");
    let values = [6.0, 4.0, 6.0, 6.9, 7.0, 6.0, 4.0].map(Some);
    assert_eq!(fires(&text, "equity_dollars", values), ["+1", "-4", "+6"]);
}

/// Fires once the last `timeframe` minutes and this one were all low; is resolved by anything else.
fn naive(timeframe: usize, values: &[Option<f64>]) -> Vec<String> {
    let low = |at: usize| values[at].is_some_and(|it| it < 5.0);
    let (mut firing, mut told) = (false, Vec::new());
    for minute in 0..values.len() {
        let all = minute >= timeframe && (minute - timeframe..=minute).all(low);
        if !firing && all {
            told.push(format!("+{minute}"));
        } else if firing && !low(minute) {
            told.push(format!("-{minute}"));
        }
        firing = all || firing && low(minute);
    }
    told
}

proptest::proptest! {
    #[test]
    fn s2_064_any_template_fires_when_all_of_its_timeframe_was_low_and_there(
        timeframe in 0_usize..6,
        values in proptest::collection::vec(proptest::option::weighted(0.9, 0_u8..7), 0..60),
    ) {
        let values: Vec<_> = values.into_iter().map(|it| it.map(f64::from)).collect();
        let text = LOW.replace("30", &timeframe.to_string());
        let told = fires(&text, "equity_dollars", values.clone());
        proptest::prop_assert_eq!(told, naive(timeframe, &values));
    }
}
