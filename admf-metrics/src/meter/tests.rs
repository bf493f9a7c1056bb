use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::catalogue::{Label, LabelValue};
use crate::exporter::Exporter;
use crate::handle::{Each, Gauge};
use crate::label_values;

label_values! { enum Side("side") { Buy = "buy", Sell = "sell" } }
label_values! { enum Outcome("outcome") { Filled = "filled", Refused = "refused", Lost = "lost" } }

const ORDERS: Metric = Metric::counter("t_orders_total", "Orders.").labels(&[
    Side::LABEL,
    Label::capped("symbol", 2),
    Outcome::LABEL,
]);
const PRICE: Metric = Metric::gauge("t_price", "Price.").labels(&[Label::capped("symbol", 2)]);
const SPAN: Metric =
    Metric::histogram("t_span_seconds", "Span.", &[1.0]).labels(&[Label::capped("symbol", 3)]);

fn exporter() -> Exporter {
    Exporter::local(Catalogue::new([ORDERS, PRICE, SPAN]).unwrap())
}

fn shows(exporter: &Exporter, line: &str) -> bool {
    exporter.render().lines().any(|it| it == line)
}

fn price(exporter: &Exporter, symbol: &str) -> Gauge {
    let labels = [("symbol", symbol)];
    exporter.meter().gauge(&PRICE, &labels).unwrap()
}

#[test]
fn a_removed_series_is_gone_from_the_next_scrape_and_its_handles_write_to_nothing() {
    let exporter = exporter();
    let held = price(&exporter, "A");
    held.set(1.0);
    assert!(shows(&exporter, "t_price{symbol=\"A\"} 1"));
    assert!(exporter.meter().remove(&PRICE, &[("symbol", "A")]));
    held.set(2.0);
    assert!(!exporter.render().contains("t_price{"));
    assert!(!exporter.render().contains("# TYPE t_price "));
    assert!(!exporter.meter().remove(&PRICE, &[("symbol", "A")]));
    // A new series, from 0, and apart from the old one.
    let again = price(&exporter, "A");
    assert!(shows(&exporter, "t_price{symbol=\"A\"} 0"));
    held.set(3.0);
    again.set(4.0);
    assert!(shows(&exporter, "t_price{symbol=\"A\"} 4"));
}

#[test]
fn a_removed_series_is_made_anew_by_a_macro_that_had_found_it_before() {
    let exporter = exporter();
    metrics::with_local_recorder(exporter.meter(), || {
        let count = || metrics::histogram!("t_span_seconds", "symbol" => "A").record(0.5);
        count();
        count();
        assert!(shows(&exporter, "t_span_seconds_count{symbol=\"A\"} 2"));
        assert_eq!(exporter.meter().remove_where(&[("symbol", "A")]), 1);
        count();
        assert!(shows(&exporter, "t_span_seconds_count{symbol=\"A\"} 1"));
    });
}

#[test]
fn the_place_under_a_cap_is_given_back_with_the_last_series_that_has_the_value() {
    let exporter = exporter();
    let orders = exporter.meter().counters(&ORDERS).unwrap();
    orders.with(["buy", "A", "filled"]).increment(1);
    orders.with(["sell", "A", "filled"]).increment(1);
    orders.with(["buy", "B", "filled"]).increment(1);
    assert!(orders.remove(["buy", "A", "filled"]));
    orders.with(["buy", "C", "filled"]).increment(1);
    assert!(shows(
        &exporter,
        "t_orders_total{side=\"buy\",symbol=\"_other\",outcome=\"filled\"} 1"
    ));
    assert!(orders.remove(["sell", "A", "filled"]));
    orders.with(["buy", "C", "filled"]).increment(1);
    assert!(shows(
        &exporter,
        "t_orders_total{side=\"buy\",symbol=\"C\",outcome=\"filled\"} 1"
    ));
}

#[test]
fn all_series_of_a_value_go_over_all_metrics_and_no_others() {
    let exporter = exporter();
    let meter = exporter.meter();
    let orders = meter.counters(&ORDERS).unwrap();
    for symbol in ["A", "B"] {
        price(&exporter, symbol).set(1.0);
        for side in ["buy", "sell"] {
            orders.with([side, symbol, "filled"]).increment(1);
        }
    }
    assert_eq!(meter.remove_where(&[]), 0, "not all there is");
    assert_eq!(meter.remove_where(&[("symbol", "A"), ("symbol", "B")]), 0);
    assert_eq!(
        meter.remove_all(&SPAN, &[("symbol", "A"), ("side", "buy")]),
        0
    );
    assert_eq!(meter.remove_where(&[("symbol", "A")]), 3);
    assert_eq!(meter.remove_where(&[("symbol", "A")]), 0);
    assert_eq!(meter.remove_where(&[("nothing", "A")]), 0);
    let text = exporter.render();
    assert!(!text.contains("symbol=\"A\""), "{text}");
    assert_eq!(text.matches("symbol=\"B\"").count(), 3, "{text}");
}

#[test]
fn what_the_meter_says_of_itself_cannot_be_removed() {
    let exporter = exporter();
    let before = exporter.render();
    let meter = exporter.meter();
    assert_eq!(meter.remove_where(&[("metric", "t_price")]), 0);
    assert_eq!(meter.remove_where(&[("reason", "kind")]), 0);
    assert!(!meter.remove(&HOOK_PANICS, &[]));
    assert_eq!(exporter.render(), before);
}

#[test]
fn removing_what_is_not_declared_removes_nothing() {
    let exporter = exporter();
    let meter = exporter.meter();
    price(&exporter, "A");
    assert!(!meter.remove(&Metric::gauge("t_other", "Other."), &[]));
    assert!(!meter.remove(&PRICE, &[]));
    assert!(!meter.remove(&PRICE, &[("symbol", "A"), ("symbol", "A")]));
    assert!(shows(&exporter, "t_price{symbol=\"A\"} 0"));
}

#[test]
fn past_the_most_series_all_go_to_one_and_are_counted() {
    const WIDE: Metric = Metric::counter("t_wide_total", "Wide.")
        .labels(&[Label::capped("a", 9), Label::capped("b", 9)])
        .at_most(3);
    let exporter = Exporter::local(Catalogue::new([WIDE]).unwrap());
    let wide = exporter.meter().counters(&WIDE).unwrap();
    for (a, b) in [
        ("x", "1"),
        ("x", "2"),
        ("y", "1"),
        ("y", "2"),
        ("z", "1"),
        ("x", "2"),
    ] {
        wide.with([a, b]).increment(1);
    }
    assert_eq!(WIDE.max_series(), 4);
    assert!(shows(
        &exporter,
        "t_wide_total{a=\"_other\",b=\"_other\"} 2"
    ));
    assert!(shows(&exporter, "t_wide_total{a=\"x\",b=\"2\"} 2"));
    assert!(shows(
        &exporter,
        "admf_metrics_overflow_total{metric=\"t_wide_total\"} 2"
    ));
    // A refused series took no place under a cap, and a removed one gives its own back.
    assert!(wide.remove(["x", "1"]));
    assert!(wide.remove(["_other", "_other"]));
    wide.with(["z", "1"]).increment(1);
    assert!(shows(&exporter, "t_wide_total{a=\"z\",b=\"1\"} 1"));
}

#[test]
fn every_variant_has_its_series_from_the_start_and_finds_it() {
    let exporter = exporter();
    let meter = exporter.meter();
    let all = [("symbol", "A")];
    let orders: Each<(Side, Outcome), Counter> = meter.counter_each(&ORDERS, &all).unwrap();
    let bought = [("side", "buy"), ("symbol", "A")];
    let bought = meter.counter_each::<Outcome>(&ORDERS, &bought).unwrap();
    let text = exporter.render();
    assert_eq!(text.matches("t_orders_total{").count(), 6, "{text}");
    let mut total = 0;
    for side in [Side::Buy, Side::Sell] {
        for outcome in [Outcome::Filled, Outcome::Refused, Outcome::Lost] {
            total += 1;
            orders.of((side, outcome)).increment(total);
            let (side, outcome) = (side.value(), outcome.value());
            let line = format!(
                "t_orders_total{{side=\"{side}\",symbol=\"A\",outcome=\"{outcome}\"}} {total}"
            );
            assert!(shows(&exporter, &line), "{line}");
        }
    }
    bought.of(Outcome::Lost).increment(10);
    assert!(shows(
        &exporter,
        "t_orders_total{side=\"buy\",symbol=\"A\",outcome=\"lost\"} 13"
    ));
}

#[test]
fn closed_labels_and_families_are_held_to_the_declaration() {
    /// Of the name of another, with values of its own.
    #[derive(Clone, Copy)]
    struct Other;

    impl LabelValue for Other {
        const NAME: &'static str = "side";
        const ALL: &'static [Self] = &[Self];
        const VALUES: &'static [&'static str] = &["long"];

        fn index(self) -> usize {
            0
        }
    }

    let exporter = exporter();
    let meter = exporter.meter();
    let error = |result: Result<(), HandleError>| result.unwrap_err().to_string();
    let labels = [("symbol", "A"), ("outcome", "lost")];
    assert_eq!(
        error(meter.counter_each::<Other>(&ORDERS, &labels).map(drop)),
        "metric `t_orders_total` declares other values of the label `side` than it is fed with"
    );
    assert_eq!(
        error(meter.counter_each::<Side>(&ORDERS, &[]).map(drop)),
        "metric `t_orders_total` needs a value for the label `symbol`"
    );
    assert_eq!(
        error(
            meter
                .gauge_each::<Side>(&PRICE, &[("symbol", "A")])
                .map(drop)
        ),
        "metric `t_price` does not declare the label `side`"
    );
    assert_eq!(
        error(meter.counters::<2>(&ORDERS).map(drop)),
        "metric `t_orders_total` has 3 labels, not 2"
    );
    assert_eq!(
        error(meter.histograms::<1>(&PRICE).map(drop)),
        "metric `t_price` is declared as a gauge, not as a histogram"
    );
    assert!(!exporter.render().contains("symbol="));
}

/// The series of `t_price` as plain maps would keep them.
#[derive(Default)]
struct Model {
    levels: BTreeMap<String, f64>,
    past: usize,
}

impl Model {
    fn of(&mut self, symbol: &str) -> &mut f64 {
        let known: BTreeSet<_> = self.levels.keys().filter(|it| *it != "_other").collect();
        let within = symbol == "_other" || known.len() < 2 || self.levels.contains_key(symbol);
        self.past += usize::from(!within);
        let symbol = if within { symbol } else { "_other" };
        self.levels.entry(symbol.to_owned()).or_insert(0.0)
    }

    fn lines(&self) -> Vec<String> {
        let line =
            |(symbol, level): (&String, &f64)| format!("t_price{{symbol=\"{symbol}\"}} {level}");
        self.levels.iter().map(line).collect()
    }
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Add(&'static str, i32),
    Macro(&'static str, i32),
    Held(&'static str, i32),
    Remove(&'static str),
    RemoveWhere(&'static str),
}

fn op() -> impl Strategy<Value = Op> {
    let symbol = || prop::sample::select(vec!["A", "B", "C", "_other"]);
    prop_oneof![
        (symbol(), 1..9).prop_map(|(symbol, by)| Op::Add(symbol, by)),
        (symbol(), 1..9).prop_map(|(symbol, by)| Op::Macro(symbol, by)),
        (symbol(), 1..9).prop_map(|(symbol, by)| Op::Held(symbol, by)),
        symbol().prop_map(Op::Remove),
        symbol().prop_map(Op::RemoveWhere),
    ]
}

proptest! {
    #[test]
    fn series_come_and_go_as_in_a_map(ops in prop::collection::vec(op(), 0..60)) {
        let exporter = exporter();
        let meter = exporter.meter();
        let prices = meter.gauges(&PRICE).unwrap();
        let mut model = Model::default();
        for op in ops {
            match op {
                Op::Add(symbol, by) => {
                    price(&exporter, symbol).increment(by.into());
                    *model.of(symbol) += f64::from(by);
                }
                Op::Macro(symbol, by) => {
                    metrics::with_local_recorder(meter, || {
                        metrics::gauge!("t_price", "symbol" => symbol).increment(f64::from(by));
                    });
                    *model.of(symbol) += f64::from(by);
                }
                Op::Held(symbol, by) => {
                    prices.with([symbol]).increment(by.into());
                    *model.of(symbol) += f64::from(by);
                }
                Op::Remove(symbol) => {
                    prop_assert_eq!(prices.remove([symbol]), model.levels.remove(symbol).is_some());
                }
                Op::RemoveWhere(symbol) => {
                    let removed = usize::from(model.levels.remove(symbol).is_some());
                    prop_assert_eq!(meter.remove_where(&[("symbol", symbol)]), removed);
                }
            }
            let text = exporter.render();
            let shown = text.lines().filter(|line| line.starts_with("t_price{"));
            prop_assert_eq!(shown.map(str::to_owned).collect::<Vec<_>>(), model.lines());
            let past = format!("admf_metrics_overflow_total{{metric=\"t_price\"}} {}\n", model.past);
            prop_assert!(text.contains(&past), "{}", text);
        }
    }
}

#[test]
fn counting_finding_removing_and_scraping_go_on_at_once_and_nothing_is_lost() {
    let exporter = exporter();
    let stays = exporter.meter().counter(
        &ORDERS,
        &[("side", "buy"), ("symbol", "A"), ("outcome", "lost")],
    );
    let stays = stays.unwrap();
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                for i in 0..2_000_u32 {
                    stays.increment(1);
                    price(&exporter, ["A", "B", "C"][i as usize % 3]).increment(1.0);
                    metrics::with_local_recorder(exporter.meter(), || {
                        metrics::histogram!("t_span_seconds", "symbol" => "S").record(0.5);
                    });
                }
            });
        }
        threads.spawn(|| {
            for _ in 0..300 {
                exporter.meter().remove_where(&[("symbol", "S")]);
                exporter.meter().remove(&PRICE, &[("symbol", "B")]);
            }
        });
        threads.spawn(|| {
            for _ in 0..200 {
                let text = exporter.render();
                let buckets = text.matches("t_span_seconds_bucket{").count();
                let counts = text.matches("t_span_seconds_count{").count();
                assert_eq!(buckets, 2 * counts);
            }
        });
    });
    assert!(shows(
        &exporter,
        "t_orders_total{side=\"buy\",symbol=\"A\",outcome=\"lost\"} 4000"
    ));
    // What a macro finds from now on is what is shown.
    exporter.meter().remove_where(&[("symbol", "S")]);
    metrics::with_local_recorder(exporter.meter(), || {
        metrics::histogram!("t_span_seconds", "symbol" => "S").record(0.5);
    });
    assert!(shows(&exporter, "t_span_seconds_count{symbol=\"S\"} 1"));
}
