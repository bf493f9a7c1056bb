//! What is allocated, counted by the allocator: nothing for a handle that is held, and no more than the
//! bounds allow whatever comes.

use admf_metrics::{Catalogue, Exporter, Label, Metric, label_values};
use allocation_counter::measure;
use metrics::histogram;
use metrics_exporter_prometheus::PrometheusBuilder;

label_values! { enum Side("side") { Buy = "buy", Sell = "sell" } }

const TRADES: Metric = Metric::counter("t_trades_total", "Trades.").labels(&[
    Label::one_of("side", &["buy", "sell"]),
    Label::capped("symbol", 100),
]);
const PRICE: Metric = Metric::gauge("t_price", "Price.").labels(&[Label::capped("symbol", 100)]);
const LATENCY: Metric = Metric::histogram("t_latency_seconds", "Latency.", &[0.1, 1.0, 10.0])
    .labels(&[Label::capped("symbol", 100)]);
const WIDE: Metric = Metric::counter("t_wide_total", "Wide.")
    .labels(&[Label::capped("a", 1_000), Label::capped("b", 1_000)])
    .at_most(500);

fn exporter() -> Exporter {
    Exporter::local(Catalogue::new([TRADES, PRICE, LATENCY, WIDE]).unwrap())
}

fn series(exporter: &Exporter, name: &str) -> usize {
    let text = exporter.render();
    let of = |line: &&str| line.starts_with(&format!("{name}{{"));
    text.lines().filter(of).count()
}

#[test]
fn a_handle_that_is_held_allocates_nothing() {
    let exporter = exporter();
    let meter = exporter.meter();
    let counter = meter
        .counter(&TRADES, &[("side", "buy"), ("symbol", "A")])
        .unwrap();
    let gauge = meter.gauge(&PRICE, &[("symbol", "A")]).unwrap();
    let histogram = meter.histogram(&LATENCY, &[("symbol", "A")]).unwrap();
    let sides = meter
        .counter_each::<Side>(&TRADES, &[("symbol", "A")])
        .unwrap();
    let done = measure(|| {
        for i in 0..1000 {
            counter.increment(1);
            counter.clone().absolute(5);
            gauge.set(f64::from(i));
            gauge.increment(0.5);
            gauge.show(None);
            histogram.record(f64::from(i));
            histogram.record(f64::NAN);
            sides.of(Side::Sell).increment(1);
        }
    });
    assert_eq!(done.count_total, 0);
}

#[test]
fn finding_a_series_that_exists_allocates_nothing() {
    let exporter = exporter();
    let meter = exporter.meter();
    let trades = meter.counters(&TRADES).unwrap();
    let find = || {
        trades.with(["buy", "A"]).increment(1);
        trades.with(["up", "A"]).increment(1);
        let labels = [("symbol", "A"), ("side", "buy")];
        meter.counter(&TRADES, &labels).unwrap().increment(1);
        metrics::with_local_recorder(meter, || {
            metrics::counter!("t_trades_total", "symbol" => "A", "side" => "buy").increment(1);
            metrics::counter!("t_trades_total", "side" => "buy", "symbol" => "A").increment(1);
            metrics::gauge!("t_price", "symbol" => "A").set(1.0);
            metrics::histogram!("t_latency_seconds", "symbol" => "A").record(1.0);
        });
    };
    find();
    assert_eq!(measure(|| (0..100).for_each(|_| find())).count_total, 0);
    let shown = "t_trades_total{side=\"buy\",symbol=\"A\"} 404\n";
    assert!(exporter.render().contains(shown));
}

#[test]
fn ten_million_samples_without_a_scrape_take_no_memory() {
    let exporter = exporter();
    let histogram = exporter
        .meter()
        .histogram(&LATENCY, &[("symbol", "A")])
        .unwrap();
    let done = measure(|| {
        for i in 0..10_000_000_u32 {
            histogram.record(f64::from(i % 16));
        }
    });
    assert_eq!((done.count_total, done.bytes_current), (0, 0));
    let text = exporter.render();
    assert!(text.contains("t_latency_seconds_count{symbol=\"A\"} 10000000\n"));
    assert!(text.contains("t_latency_seconds_bucket{symbol=\"A\",le=\"1\"} 1250000\n"));
}

#[test]
fn a_flood_of_a_million_label_values_stays_bounded() {
    let exporter = exporter();
    let trades = exporter.meter().counters(&TRADES).unwrap();
    let wide = exporter.meter().counters(&WIDE).unwrap();
    let flood = |from: u32, to: u32| {
        let text = &mut String::new();
        for i in from..to {
            use std::fmt::Write;
            text.clear();
            write!(text, "{i}").unwrap();
            trades.with(["buy", text]).increment(1);
            wide.with([&text[..1], text]).increment(1);
            metrics::with_local_recorder(exporter.meter(), || {
                metrics::gauge!("t_price", "symbol" => text.clone()).set(1.0);
            });
        }
    };
    let filled = measure(|| flood(0, 2_000));
    assert!(filled.bytes_current < 1_000_000, "{filled:?}");
    let flooded = measure(|| flood(2_000, 1_000_000));
    assert_eq!(flooded.bytes_current, 0);
    assert_eq!(series(&exporter, "t_trades_total"), 101);
    assert_eq!(series(&exporter, "t_price"), 101);
    assert_eq!(series(&exporter, "t_wide_total"), 501);
    let past =
        |metric, series| format!("admf_metrics_overflow_total{{metric=\"{metric}\"}} {series}\n");
    let text = exporter.render();
    assert!(text.contains(&past("t_trades_total", 999_900)), "{text}");
    assert!(text.contains(&past("t_price", 999_900)), "{text}");
    assert!(
        text.contains("t_wide_total{a=\"_other\",b=\"_other\"} 999500\n"),
        "{text}"
    );
}

#[test]
fn series_that_come_and_go_leave_no_memory_behind() {
    let exporter = exporter();
    let round = |i: u32| {
        let symbol = i.to_string();
        metrics::with_local_recorder(exporter.meter(), || {
            metrics::gauge!("t_price", "symbol" => symbol.clone()).set(1.0);
            metrics::counter!("t_trades_total", "side" => "buy", "symbol" => symbol.clone())
                .increment(1);
        });
        assert_eq!(exporter.meter().remove_where(&[("symbol", &symbol)]), 2);
    };
    (10_000..12_000).for_each(round);
    let later = measure(|| (12_000..20_000).for_each(round));
    assert_eq!(later.bytes_current, 0);
    assert_eq!(series(&exporter, "t_price"), 0);
}

#[test]
fn an_exposition_is_written_into_one_piece_of_memory() {
    let exporter = exporter();
    let trades = exporter.meter().counters(&TRADES).unwrap();
    for i in 0..100 {
        trades.with(["buy", &i.to_string()]).increment(1);
    }
    let first = measure(|| drop(exporter.render()));
    let second = measure(|| drop(exporter.render()));
    assert!(
        second.count_total < first.count_total,
        "{second:?} after {first:?}"
    );
    for i in 0..100 {
        trades.with(["sell", &i.to_string()]).increment(1);
    }
    let _ = exporter.render();
    let third = measure(|| drop(exporter.render()));
    // As many headers, twice the series.
    assert_eq!(third.count_total, second.count_total);
}

#[test]
fn pitfall_14_samples_do_not_pile_up_until_a_scrape() {
    let samples = |histogram: metrics::Histogram| {
        measure(|| (0..100_000).for_each(|i| histogram.record(f64::from(i)))).bytes_current
    };
    let recorder = PrometheusBuilder::new().build_recorder();
    let piled = metrics::with_local_recorder(&recorder, || {
        samples(histogram!("t_latency_seconds", "symbol" => "A"))
    });
    assert!(piled >= 16 * 100_000, "{piled}");
    let exporter = exporter();
    let ours = metrics::with_local_recorder(exporter.meter(), || {
        samples(histogram!("t_latency_seconds", "symbol" => "A"))
    });
    assert_eq!(ours, 0);
}

#[test]
fn pitfall_20_a_scrape_copies_no_series() {
    let act = |symbols: std::ops::Range<u32>| {
        for i in symbols {
            histogram!("t_latency_seconds", "symbol" => i.to_string()).record(0.5);
        }
    };
    // What a second render of as many series allocates.
    let second = |render: &dyn Fn()| {
        render();
        measure(render).count_total
    };
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let bare = [0..50, 50..100].map(|symbols| {
        metrics::with_local_recorder(&recorder, || act(symbols));
        second(&|| drop(handle.render()))
    });
    assert!(bare[1] >= bare[0] + 50, "{bare:?}");
    let exporter = exporter();
    let ours = [0..50, 50..100].map(|symbols| {
        metrics::with_local_recorder(exporter.meter(), || act(symbols));
        second(&|| drop(exporter.render()))
    });
    assert_eq!(ours[0], ours[1]);
}
