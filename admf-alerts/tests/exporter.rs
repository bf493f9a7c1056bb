//! A meter of the program as a source: what its text says, to the last bit.

use std::collections::BTreeMap;
use std::time::Duration;

use admf_alerts::series::{Feed, Limits, Store};
use admf_alerts::{AlertEvent, Engine, Options, Rule, RuleGroup, Samples};
use admf_metrics::{Catalogue, Exporter, Kind, Label, Metric, Values, trading};
use allocation_counter::measure;
use proptest::prelude::*;

const STATE: Metric = Metric::gauge("t_breaker_state", "1 for the state that holds.").labels(&[
    Label::capped("name", 3),
    Label::one_of("state", &["open", "closed"]),
]);
const LATENCY: Metric = Metric::histogram("t_latency_seconds", "Latency.", &[0.1, 1.0, 1e-7 + 2.0])
    .labels(&[Label::capped("feed", 3)]);
const CALLS: Metric =
    Metric::counter("t_calls_total", "Calls.").labels(&[Label::capped("code", 3)]);
const PRICE: Metric = Metric::gauge("t_price", "Price.").labels(&[Label::capped("symbol", 1_000)]);
const BUSY: Metric = Metric::counter("t_busy_seconds_total", "Busy.");

fn exporter() -> Exporter {
    Exporter::local(Catalogue::new([STATE, LATENCY, CALLS, PRICE, BUSY]).unwrap())
}

#[derive(Clone, Debug)]
enum Act {
    State(String, bool),
    Latency(String, f64),
    Calls(String, u64),
    Busy(f64),
    Forget(String),
    Clear(String),
}

fn act() -> impl Strategy<Value = Act> {
    let name = || "[ab\\\\\"\né]{0,2}";
    prop_oneof![
        (name(), any::<bool>()).prop_map(|(name, open)| Act::State(name, open)),
        (name(), any::<f64>()).prop_map(|(feed, value)| Act::Latency(feed, value)),
        (name(), any::<u64>()).prop_map(|(code, by)| Act::Calls(code, by)),
        any::<f64>().prop_map(Act::Busy),
        name().prop_map(Act::Forget),
        name().prop_map(Act::Clear),
    ]
}

fn perform(exporter: &Exporter, act: Act) {
    let meter = exporter.meter();
    let show = |name: &str, state: &str, value: Option<f64>| {
        let gauge = meter.gauge(&STATE, &[("name", name), ("state", state)]);
        gauge.unwrap().show(value);
    };
    match act {
        Act::State(name, open) => {
            show(&name, "open", Some(f64::from(u8::from(open))));
            show(&name, "closed", Some(f64::from(u8::from(!open))));
        }
        Act::Latency(feed, value) => {
            meter
                .histogram(&LATENCY, &[("feed", &feed)])
                .unwrap()
                .record(value);
        }
        Act::Calls(code, by) => meter
            .counter(&CALLS, &[("code", &code)])
            .unwrap()
            .absolute(by),
        Act::Busy(total) => meter.float_counter(&BUSY, &[]).unwrap().absolute(total),
        Act::Forget(name) => {
            meter.remove_where(&[("name", &name)]);
            meter.remove(&LATENCY, &[("feed", &name)]);
            meter.remove(&CALLS, &[("code", &name)]);
        }
        Act::Clear(name) => show(&name, "open", None),
    }
}

/// All series, with all their samples, by their bits.
fn contents(store: &Store) -> BTreeMap<String, Vec<(i64, u64)>> {
    let series = store.select(&[]).into_iter().map(|series| {
        let mut points = vec![];
        series.read(i64::MIN, i64::MAX, &mut points);
        let points = points.into_iter().map(|it| (it.time, it.value.to_bits()));
        // Its end is no sample, but its last time tells of it.
        let end = (series.last_time(), 0);
        (series.labels().to_string(), points.chain([end]).collect())
    });
    series.collect()
}

/// Alerts on all that there is, so that all of it is kept.
fn engine() -> Engine {
    let rule = Rule::new("Any", "{__name__=~\".+\"} >= 1");
    Engine::with([RuleGroup::new("g", [rule])], Options::default()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_step_over_an_exporter_is_a_step_over_its_text(
        steps in prop::collection::vec(prop::collection::vec(act(), 0..6), 1..12),
    ) {
        let exporter = exporter();
        let (mut direct, mut by_text) = (engine(), engine());
        for (i, acts) in steps.into_iter().enumerate() {
            acts.into_iter().for_each(|act| perform(&exporter, act));
            let now = Duration::from_secs(15 * i as u64);
            let text = exporter.render();
            let events: Vec<AlertEvent> = direct.step(now, &exporter);
            prop_assert_eq!(events, by_text.step(now, &Samples::parse(&text).unwrap()));
            prop_assert_eq!(contents(direct.store()), contents(by_text.store()));
        }
        prop_assert!(direct.store().len() > 4);
    }
}

#[test]
fn only_what_rules_ask_for_is_kept_of_an_exporter() {
    let exporter = exporter();
    perform(&exporter, Act::Latency("a".to_owned(), 0.5));
    let rule = Rule::new("Slow", "rate(t_latency_seconds_sum[5m]) > 1");
    let mut engine = Engine::new([rule]).unwrap();
    engine.step(Duration::ZERO, &exporter);
    let kept: Vec<String> = contents(engine.store()).into_keys().collect();
    assert_eq!(kept, [r#"{__name__="t_latency_seconds_sum",feed="a"}"#]);
}

#[test]
fn a_series_that_was_removed_resolves_its_alert_at_the_next_step() {
    let exporter = exporter();
    perform(&exporter, Act::State("a".to_owned(), true));
    let rule = Rule::new("Open", "t_breaker_state{state=\"open\"} == 1");
    let mut engine = Engine::new([rule]).unwrap();
    assert_eq!(engine.step(Duration::ZERO, &exporter).len(), 1);
    perform(&exporter, Act::Forget("a".to_owned()));
    let events = engine.step(Duration::from_secs(15), &exporter);
    assert!(
        matches!(&events[..], [AlertEvent::Resolved(_)]),
        "{events:?}"
    );
}

#[test]
fn every_metric_of_a_trading_system_comes_as_its_text_says() {
    let exporter = Exporter::local(Catalogue::new(trading::METRICS).unwrap());
    let meter = exporter.meter();
    for metric in &trading::METRICS {
        let value = |label: &Label| match label.values {
            Values::OneOf(values) => values[0],
            _ => "x",
        };
        let labels: Vec<_> = metric
            .labels
            .iter()
            .map(|it| (it.name, value(it)))
            .collect();
        match metric.kind {
            Kind::Counter => meter.counter(metric, &labels).unwrap().increment(3),
            Kind::Gauge => meter.gauge(metric, &labels).unwrap().set(-0.0),
            _ => meter.histogram(metric, &labels).unwrap().record(0.3),
        }
    }
    let (mut direct, mut by_text) = (Feed::default(), Feed::default());
    let mut stores = [(); 2].map(|()| Store::new(Limits::default()).unwrap());
    direct.scrape_from(&mut stores[0], 0, &exporter);
    by_text.scrape_from(
        &mut stores[1],
        0,
        &Samples::parse(&exporter.render()).unwrap(),
    );
    let [direct, by_text] = stores.map(|store| contents(&store));
    assert_eq!(direct, by_text);
    assert!(
        direct.len() > trading::METRICS.len() + 100,
        "{}",
        direct.len()
    );
    let infinite = direct.keys().filter(|it| it.contains("le=\"+Inf\""));
    assert!(infinite.count() > 3);
}

#[test]
fn series_that_are_known_cost_no_allocation_of_their_labels() {
    let exporter = exporter();
    for symbol in 0..1_000 {
        let gauge = exporter
            .meter()
            .gauge(&PRICE, &[("symbol", &symbol.to_string())]);
        gauge.unwrap().set(1.0);
    }
    let mut store = Store::new(Limits::default()).unwrap();
    let mut feed = Feed::default();
    feed.scrape_from(&mut store, 0, &exporter);
    let series = store.len() as u64;
    // Where no chunk grows, there are only nodes of the store's order by time, and what a visit takes once.
    let scrapes = (1..20).map(|scrape| {
        let done = measure(|| feed.scrape_from(&mut store, scrape * 15_000, &exporter));
        done.count_total
    });
    let least = scrapes.min().unwrap();
    assert!(series > 1_000 && least < series / 4, "{least} of {series}");
}
