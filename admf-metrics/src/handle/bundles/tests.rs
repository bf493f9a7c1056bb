use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

use super::*;
use crate::catalogue::Catalogue;
use crate::exporter::Exporter;
use crate::handle::{Counter, Family};

const GOOD: Metric = Metric::counter("t_good_total", "Good.").labels(&[
    Label::one_of("side", &["buy", "sell"]),
    Label::capped("symbol", 2),
]);
const BAD: Metric = Metric::counter("t_bad_total", "Bad.").labels(GOOD.labels);
const ELSE: Metric = Metric::counter("t_else_total", "Else.").labels(&[Label::capped("symbol", 2)]);

/// Both counters of a side and a symbol, and how often they were resolved.
struct Bench {
    exporter: Exporter,
    bundles: Bundles<[Counter; 2], 2>,
    families: [Family<Counter, 2>; 2],
    made: AtomicUsize,
}

impl Bench {
    fn new() -> Self {
        let exporter = Exporter::local(Catalogue::new([GOOD, BAD, ELSE]).unwrap());
        let meter = exporter.meter();
        let families = [&GOOD, &BAD].map(|it| meter.counters(it).unwrap());
        Self {
            bundles: Bundles::new(meter, &GOOD, &[&BAD], ["side", "symbol"]).unwrap(),
            families,
            made: AtomicUsize::new(0),
            exporter,
        }
    }

    fn good(&self, values: [&str; 2]) {
        let [good, _] = self.bundles.with(values, |values| {
            self.made.fetch_add(1, Ordering::Relaxed);
            self.families.each_ref().map(|family| family.with(values))
        });
        good.increment(1);
    }

    fn shown(&self, metric: &str) -> BTreeMap<[String; 2], u64> {
        let text = self.exporter.render();
        let of = |line: &str| {
            let (labels, count) = line.strip_prefix(metric)?.rsplit_once(' ')?;
            let mut values = labels.split('"').skip(1).step_by(2).map(str::to_owned);
            Some(([values.next()?, values.next()?], count.parse().unwrap()))
        };
        text.lines().filter_map(of).collect()
    }

    fn past(&self) -> Option<u64> {
        let text = self.exporter.render();
        let series = r#"admf_metrics_overflow_total{metric="t_good_total"} "#;
        text.lines()
            .find_map(|line| line.strip_prefix(series)?.parse().ok())
    }
}

#[test]
fn what_was_found_once_is_not_resolved_again_and_shows_all_of_its_series() {
    let bench = Bench::new();
    for values in [["buy", "A"], ["buy", "B"], ["buy", "A"], ["sell", "A"]] {
        bench.good(values);
    }
    assert_eq!(bench.made.load(Ordering::Relaxed), 3);
    assert_eq!(bench.shown("t_good_total").len(), 3);
    assert!(bench.shown("t_bad_total").values().eq(&[0, 0, 0]));
}

#[test]
fn values_past_a_bound_share_one_bundle_and_are_counted() {
    let bench = Bench::new();
    for symbol in ["A", "B", "C", "D", "E"] {
        bench.good(["buy", symbol]);
    }
    bench.good(["up", "A"]);
    let other = |side: &str, symbol: &str| [side.to_owned(), symbol.to_owned()];
    let shown = bench.shown("t_good_total");
    assert_eq!(shown[&other("buy", "_other")], 3);
    assert_eq!(shown[&other("_other", "A")], 1);
    assert_eq!(bench.made.load(Ordering::Relaxed), 4);
    assert_eq!(bench.past(), Some(4));
}

#[test]
fn a_removal_of_another_metric_lets_the_bundles_be() {
    let bench = Bench::new();
    let meter = bench.exporter.meter();
    meter.counter(&ELSE, &[("symbol", "A")]).unwrap();
    bench.good(["buy", "A"]);
    assert_eq!(meter.remove_where(&[("symbol", "A")]), 3);
    bench.good(["buy", "A"]);
    assert_eq!(bench.made.load(Ordering::Relaxed), 2, "its own");
    meter.counter(&ELSE, &[("symbol", "A")]).unwrap();
    assert_eq!(meter.remove_all(&ELSE, &[("symbol", "A")]), 1);
    bench.good(["buy", "A"]);
    assert_eq!(bench.made.load(Ordering::Relaxed), 2, "another's");
}

#[test]
fn a_bundle_whose_series_went_while_it_was_made_is_not_kept() {
    let bench = Bench::new();
    let [good, _] = bench.bundles.with(["buy", "A"], |values| {
        let made = bench.families.each_ref().map(|family| family.with(values));
        bench.exporter.meter().remove_where(&[("symbol", "A")]);
        made
    });
    good.increment(1);
    assert!(bench.shown("t_good_total").is_empty());
    bench.good(["buy", "A"]);
    assert!(bench.shown("t_good_total").values().eq(&[1]));
}

#[test]
fn values_that_read_alike_when_joined_are_told_apart() {
    const WORDS: Metric = Metric::counter("t_words_total", "Words.")
        .labels(&[Label::capped("a", 9), Label::capped("b", 9)]);
    let exporter = Exporter::local(Catalogue::new([WORDS]).unwrap());
    let bundles = Bundles::new(exporter.meter(), &WORDS, &[], ["a", "b"]).unwrap();
    let join = |values: [&str; 2]| bundles.with(values, |values| values.join("|"));
    for _ in 0..2 {
        assert_eq!(join(["ab", "c"]), "ab|c");
        assert_eq!(join(["a", "bc"]), "a|bc");
    }
}

proptest! {
    /// Against a map of what was counted, and a set of the symbols that have a place.
    #[test]
    fn each_lookup_counts_where_its_values_lead_and_survives_removal(
        steps in prop::collection::vec((0..5_u8, "[A-D]", any::<bool>()), 0..100),
    ) {
        let bench = Bench::new();
        let mut model = BTreeMap::<[String; 2], u64>::new();
        for (step, symbol, buys) in steps {
            if step == 0 {
                bench.exporter.meter().remove_where(&[("symbol", &symbol)]);
                model.retain(|[_, it], _| *it != symbol);
            } else {
                let side = if buys { "buy" } else { "sell" };
                bench.good([side, &symbol]);
                let places: BTreeSet<_> = model.keys().map(|[_, it]| it.clone()).collect();
                let has_place = places.iter().filter(|it| *it != "_other").count() < 2
                    || places.contains(&symbol);
                let symbol = if has_place { &*symbol } else { "_other" };
                *model.entry([side.to_owned(), symbol.to_owned()]).or_default() += 1;
            }
            prop_assert_eq!(bench.shown("t_good_total"), model.clone());
        }
    }
}
