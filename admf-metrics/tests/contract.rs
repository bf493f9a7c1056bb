//! The same operations on series of our own and on a recorder of the exporter crate: a part that feeds
//! metrics shows the same, whichever the program has.

use std::collections::BTreeSet;

use admf_metrics::{Catalogue, Exporter, Label, Meter, Metric};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use proptest::prelude::*;

const TRADES: Metric = Metric::counter("t_trades_total", "Trades \\ by\nside.").labels(&[
    Label::one_of("side", &["buy", "sell"]),
    Label::capped("symbol", 2),
]);
const VALUE: Metric = Metric::gauge("t_value_ratio", "Value.");
const LATENCY: Metric = Metric::histogram("t_latency_seconds", "Latency.", &[0.5, 1.0, 10.0])
    .labels(&[Label::capped("source", 2)]);
const PLAIN: Metric = Metric::histogram("t_plain_seconds", "Plain.", &[0.25]);
const LIMITED: Metric = Metric::counter("t_limited_total", "Limited.")
    .labels(&[Label::capped("a", 5), Label::capped("b", 5)])
    .at_most(3);

fn catalogue() -> Catalogue {
    Catalogue::new([TRADES, VALUE, LATENCY, PLAIN, LIMITED]).unwrap()
}

/// One meter of each kind.
struct Both {
    own: Exporter,
    foreign: Meter,
    handle: PrometheusHandle,
}

impl Both {
    fn new() -> Self {
        let recorder = catalogue().recorder().build_recorder();
        let handle = recorder.handle();
        Self {
            own: Exporter::local(catalogue()),
            foreign: Meter::on(catalogue(), recorder),
            handle,
        }
    }

    fn each(&self, act: impl Fn(&Meter)) {
        act(self.own.meter());
        act(&self.foreign);
    }

    /// What is shown: all lines, without order, and without what only an exporter can say of scrapes.
    fn shown(&self) -> [BTreeSet<String>; 2] {
        let turn = self.foreign.scrape();
        let foreign = self.handle.render();
        drop(turn);
        [self.own.render(), foreign].map(|text| {
            let said = |line: &&str| !line.is_empty() && !line.contains("admf_metrics_scrape_");
            text.lines().filter(said).map(str::to_owned).collect()
        })
    }

    fn assert_same(&self) {
        let [own, foreign] = self.shown();
        let only_own: Vec<_> = own.difference(&foreign).collect();
        let only_foreign: Vec<_> = foreign.difference(&own).collect();
        assert!(
            only_own.is_empty() && only_foreign.is_empty(),
            "own: {only_own:#?}\nforeign: {only_foreign:#?}"
        );
    }
}

#[test]
fn both_show_the_same_from_the_start() {
    let both = Both::new();
    both.assert_same();
    both.each(|meter| drop(meter.gauge(&VALUE, &[]).unwrap()));
    both.each(|meter| drop(meter.histogram(&PLAIN, &[]).unwrap()));
    both.each(|meter| drop(meter.counters(&TRADES).unwrap().with(["buy", "A"])));
    both.assert_same();
    assert!(both.shown()[0].contains("t_plain_seconds_bucket{le=\"+Inf\"} 0"));
}

#[test]
fn the_macros_obey_the_catalogue_on_both() {
    let both = Both::new();
    both.each(|meter| {
        metrics::with_local_recorder(meter, || {
            for _ in 0..3 {
                metrics::counter!("t_trades_total", "symbol" => "A", "side" => "up").increment(1);
                metrics::gauge!("t_value_ratio").set(f64::NAN);
                metrics::gauge!("t_value_ratio").increment(0.5);
                metrics::histogram!("t_latency_seconds", "source" => "a\"\\\n").record(20.0);
                metrics::histogram!("t_latency_seconds", "source" => "b").record(f64::INFINITY);
                metrics::counter!("t_unknown_total").increment(1);
                metrics::gauge!("t_trades_total", "symbol" => "A", "side" => "buy").set(1.0);
                metrics::histogram!("t_latency_seconds").record(1.0);
            }
        });
    });
    both.assert_same();
    assert!(both.shown()[0].contains("t_latency_seconds_count{source=\"a\\\"\\\\\\n\"} 3"));
}

#[test]
fn a_level_without_a_value_is_hidden_by_ours_and_no_number_on_another_recorder() {
    let both = Both::new();
    both.each(|meter| meter.gauge(&VALUE, &[]).unwrap().show(None));
    let [own, foreign] = both.shown();
    assert!(
        !own.iter()
            .any(|line| line.contains("t_value_ratio") && !line.contains('{'))
    );
    assert!(foreign.contains("t_value_ratio NaN"));
    both.each(|meter| meter.gauge(&VALUE, &[]).unwrap().show(Some(0.5)));
    both.assert_same();
}

#[test]
fn what_is_on_another_recorder_cannot_be_removed() {
    let both = Both::new();
    let labels = [("side", "buy"), ("symbol", "A")];
    both.each(|meter| meter.counter(&TRADES, &labels).unwrap().increment(1));
    assert!(!both.foreign.remove(&TRADES, &labels));
    assert_eq!(both.foreign.remove_where(&[("symbol", "A")]), 0);
    both.assert_same();
    assert!(both.own.meter().remove(&TRADES, &labels));
}

#[derive(Clone, Debug)]
enum Op {
    Trade(String, String, u64),
    Total(String, u64),
    Set(f64),
    Raise(f64),
    Sample(String, f64),
    Plain(f64),
    Limited(String, String),
}

fn op() -> impl Strategy<Value = Op> {
    let word = || r#"[abc\\"\n]{1,2}"#;
    let side =
        || prop::sample::select(vec!["buy", "sell", "short", "_other"]).prop_map(str::to_owned);
    let number = || {
        // Sums of these are exact, in any order.
        let exact = (-80..400_i32).prop_map(|n| f64::from(n) / 16.0);
        let odd = prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0]);
        prop_oneof![6 => exact, 1 => odd]
    };
    prop_oneof![
        (side(), word(), 0..9_u64).prop_map(|(side, symbol, by)| Op::Trade(side, symbol, by)),
        (word(), 0..20_u64).prop_map(|(symbol, total)| Op::Total(symbol, total)),
        number().prop_map(Op::Set),
        number().prop_map(Op::Raise),
        (word(), number()).prop_map(|(source, sample)| Op::Sample(source, sample)),
        number().prop_map(Op::Plain),
        (word(), word()).prop_map(|(a, b)| Op::Limited(a, b)),
    ]
}

fn apply(meter: &Meter, op: &Op) {
    let trades = |side: &str, symbol: &str| {
        let labels = [("symbol", symbol), ("side", side)];
        meter.counter(&TRADES, &labels).unwrap()
    };
    let value = || meter.gauge(&VALUE, &[]).unwrap();
    match op {
        Op::Trade(side, symbol, by) => trades(side, symbol).increment(*by),
        Op::Total(symbol, total) => trades("buy", symbol).absolute(*total),
        Op::Set(level) => value().set(*level),
        Op::Raise(by) => value().increment(*by),
        Op::Sample(source, sample) => {
            let labels = [("source", &**source)];
            meter.histogram(&LATENCY, &labels).unwrap().record(*sample);
        }
        Op::Plain(sample) => meter.histogram(&PLAIN, &[]).unwrap().record(*sample),
        Op::Limited(a, b) => {
            let limited = meter.counters(&LIMITED).unwrap();
            limited.with([a, b]).increment(1);
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_done_both_show_the_same(ops in prop::collection::vec(op(), 0..60)) {
        let both = Both::new();
        for op in &ops {
            both.each(|meter| apply(meter, op));
        }
        both.assert_same();
        let text = both.own.render();
        let series: Vec<_> = text.lines().filter_map(|line| line.rsplit_once(' ')).map(|it| it.0).collect();
        prop_assert_eq!(series.iter().collect::<BTreeSet<_>>().len(), series.len());
    }
}

#[test]
fn a_recorder_of_the_callers_own_gets_buckets_and_help() {
    const LATENCY: Metric = Metric::histogram("a_seconds", "A \\ b\nc.", &[0.5]);
    let catalogue = Catalogue::new([LATENCY]).unwrap();
    let render = |builder: PrometheusBuilder| {
        let recorder = builder.build_recorder();
        catalogue.describe(&recorder);
        metrics::with_local_recorder(&recorder, || metrics::histogram!("a_seconds").record(0.1));
        recorder.handle().render()
    };
    let text = render(catalogue.recorder());
    assert!(
        text.contains("# HELP a_seconds A \\\\ b\\nc.\n# TYPE a_seconds histogram\n"),
        "{text}"
    );
    assert!(text.contains("a_seconds_bucket{le=\"0.5\"} 1\n"), "{text}");
    // What would happen without: the reason why the catalogue sets them.
    assert!(render(PrometheusBuilder::new()).contains("# TYPE a_seconds summary\n"));
}
