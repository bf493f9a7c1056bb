//! What is declared has a place whatever came before, and no value is so long that memory is not bounded.

use admf_metrics::{Catalogue, Exporter, Label, Metric};

use crate::shows;

#[test]
fn values_off_a_list_take_no_place_of_those_on_it() {
    const SIDES: Metric = Metric::counter("b_sides_total", "Orders by side.")
        .labels(&[Label::one_of("side", &["buy", "sell"])])
        .at_most(2);
    let exporter = Exporter::local(Catalogue::new([SIDES]).unwrap());
    let sides = exporter.meter().counters(&SIDES).unwrap();
    for side in ["short", "buy", "sell"] {
        sides.with([side]).increment(1);
    }
    for side in ["_other", "buy", "sell"] {
        assert!(
            shows(&exporter, &format!("b_sides_total{{side=\"{side}\"}} 1")),
            "{side}"
        );
    }
}

#[test]
fn all_that_lists_can_say_together_has_a_place_after_any_flood() {
    const BOTH: Metric = Metric::counter("b_both_total", "Orders by side and outcome.").labels(&[
        Label::one_of("side", &["buy", "sell"]),
        Label::one_of("outcome", &["filled", "refused"]),
    ]);
    // With `_other` each has three values, and the series of `_other` alone is apart.
    let error = Catalogue::new([BOTH.at_most(7)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "metric `b_both_total`: at_most is 7, but the lists of its labels alone make 8 series, `_other` included"
    );
    let both = BOTH.at_most(8);
    let exporter = Exporter::local(Catalogue::new([both]).unwrap());
    let orders = exporter.meter().counters(&both).unwrap();
    for side in ["?", "buy", "sell"] {
        for outcome in ["!", "filled", "refused"] {
            orders.with([side, outcome]).increment(1);
        }
    }
    assert_eq!(both.max_series(), 9);
    assert_eq!(exporter.render().matches("b_both_total{").count(), 9);
    assert!(shows(
        &exporter,
        "b_both_total{side=\"sell\",outcome=\"refused\"} 1"
    ));
}

#[test]
fn a_value_that_is_too_long_goes_to_the_overflow_series() {
    const SYMBOLS: Metric = Metric::counter("b_symbols_total", "Ticks by symbol.")
        .labels(&[Label::capped("symbol", 10)]);
    let exporter = Exporter::local(Catalogue::new([SYMBOLS]).unwrap());
    let symbols = exporter.meter().counters(&SYMBOLS).unwrap();
    let longest = "x".repeat(Label::MAX_VALUE_BYTES);
    symbols.with([&longest]).increment(1);
    for more in [1, 1_000_000] {
        symbols
            .with([&"x".repeat(Label::MAX_VALUE_BYTES + more)])
            .increment(1);
    }
    assert!(shows(
        &exporter,
        &format!("b_symbols_total{{symbol=\"{longest}\"}} 1")
    ));
    assert!(shows(&exporter, "b_symbols_total{symbol=\"_other\"} 2"));
    assert!(shows(
        &exporter,
        "admf_metrics_overflow_total{metric=\"b_symbols_total\"} 2"
    ));
    // One that is on a list is the program's own, and as long as it likes.
    const LONG: &str = match std::str::from_utf8(&[b'y'; 2000]) {
        Ok(text) => text,
        Err(_) => panic!("it is ASCII"),
    };
    const LISTED: Metric =
        Metric::gauge("b_listed", "By a long value.").labels(&[Label::one_of("of", &[LONG])]);
    let exporter = Exporter::local(Catalogue::new([LISTED]).unwrap());
    exporter
        .meter()
        .gauge(&LISTED, &[("of", LONG)])
        .unwrap()
        .set(1.0);
    assert!(shows(&exporter, &format!("b_listed{{of=\"{LONG}\"}} 1")));
}
