//! Whatever is declared and whatever is done with it, what is rendered is valid, as declared, and
//! clean for promtool.

use admf_exposition::{check, lint, parse};
use admf_metrics::{Catalogue, Exporter, Kind, Label, Metric};
use proptest::collection::vec;
use proptest::prelude::*;

/// What lives as long as a catalogue's constants do.
fn leaked<T>(values: Vec<T>) -> &'static [T] {
    Vec::leak(values)
}

fn word(text: String) -> &'static str {
    String::leak(text)
}

fn label(index: usize) -> impl Strategy<Value = Label> {
    (any::<bool>(), 1..6usize).prop_map(move |(closed, size)| {
        let name = word(format!("label_{index}"));
        match closed {
            true => {
                let all = ["\\", "\\\\", "", "a\"b", "\u{e9}\n"];
                Label::one_of(name, leaked(all[..size].to_vec()))
            }
            false => Label::capped(name, size),
        }
    })
}

fn metric(index: usize) -> impl Strategy<Value = Metric> {
    let labels = (0..3usize).prop_flat_map(|n| (0..n).map(label).collect::<Vec<_>>());
    let help = "[A-Z][a-z \\\\\n\"\u{e9}]{0,12}";
    let bounds = vec(1..100i32, 1..5);
    (0..3usize, help, labels, bounds).prop_map(move |(kind, help, labels, steps)| {
        let help = word(help);
        let metric = match kind {
            0 => Metric::counter(word(format!("shop_orders{index}_total")), help),
            1 => Metric::gauge(word(format!("shop_value{index}_ratio")), help),
            _ => {
                let bounds = steps.iter().scan(-5.0, |bound, step| {
                    *bound += f64::from(*step) / 10.0;
                    Some(*bound)
                });
                let name = word(format!("shop_wait{index}_seconds"));
                Metric::histogram(name, help, leaked(bounds.collect()))
            }
        };
        metric.labels(leaked(labels))
    })
}

/// A metric, a value for each of its labels, and a number.
type Step = (prop::sample::Index, Vec<String>, f64);

fn step() -> impl Strategy<Value = Step> {
    let value = prop_oneof![
        prop::sample::select(vec!["", "a\"b", "\\", "\\\\", "\u{e9}\n", "_other"])
            .prop_map(str::to_owned),
        "([\\\\\n\"{},= a#\0\r\t\u{7f}\u{85}\u{2028}\u{feff}]|.){0,4}",
    ];
    let number = prop_oneof![
        prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0]),
        prop::sample::select(vec![f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324]),
        prop::num::f64::ANY,
        -1e6..1e6f64,
    ];
    (any::<prop::sample::Index>(), vec(value, 3), number)
}

fn run(exporter: &Exporter, metrics: &[Metric], (at, values, number): &Step) {
    let Some(metric) = (!metrics.is_empty()).then(|| &metrics[at.index(metrics.len())]) else {
        return;
    };
    let labels = metric.labels.iter().zip(values);
    let labels: Vec<_> = labels
        .map(|(label, value)| (label.name, value.as_str()))
        .collect();
    let meter = exporter.meter();
    let declared = "the metric and its labels are declared";
    match metric.kind {
        Kind::Counter => meter
            .counter(metric, &labels)
            .expect(declared)
            .increment(number.abs() as u64),
        Kind::Gauge => meter.gauge(metric, &labels).expect(declared).set(*number),
        _ => meter
            .histogram(metric, &labels)
            .expect(declared)
            .record(*number),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_rendered_is_valid_as_declared_and_clean(
        metrics in (0..4usize).prop_flat_map(|n| (0..n).map(metric).collect::<Vec<_>>()),
        steps in vec(step(), 0..60),
    ) {
        let catalogue = Catalogue::new(metrics.clone()).expect("the metrics are well declared");
        let exporter = Exporter::local(catalogue.clone());
        for (i, step) in steps.iter().enumerate() {
            run(&exporter, &metrics, step);
            // Scrapes in between too.
            if i % 20 == 19 {
                prop_assert_eq!(check(&exporter.render()), Ok(()));
            }
        }
        let text = exporter.render();
        prop_assert_eq!(check(&text), Ok(()), "{}", text);
        prop_assert_eq!(catalogue.check_exposed(&text), Ok(()), "{}", text);
        prop_assert_eq!(lint(&parse(&text).unwrap()), [], "{}", text);
    }
}

const ORDERS: Metric = Metric::counter("shop_orders_total", "Orders.").labels(&[
    Label::one_of("side", &["buy", "sell"]),
    Label::capped("book", 1),
]);
const WAIT: Metric = Metric::histogram("shop_wait_seconds", "Wait \\ a\nwhile.", &[0.5, 1.0]);

const SCRAPE: &str = r#"# HELP shop_orders_total Orders.
# TYPE shop_orders_total counter
shop_orders_total{side="buy",book="a"} 1
shop_orders_total{side="_other",book="_other"} 2
# HELP shop_wait_seconds Wait \\ a\nwhile.
# TYPE shop_wait_seconds histogram
shop_wait_seconds_bucket{le="0.5"} 1
shop_wait_seconds_bucket{le="1"} 1
shop_wait_seconds_bucket{le="+Inf"} 1
shop_wait_seconds_sum 0.25
shop_wait_seconds_count 1
"#;

#[test]
fn each_difference_from_the_catalogue_is_named_with_its_line() {
    let catalogue = Catalogue::new([ORDERS, WAIT]).unwrap();
    assert_eq!(catalogue.check_exposed(SCRAPE), Ok(()));
    let cases = [
        (
            "Orders.",
            "Others.",
            "line 1: metric `shop_orders_total`: help is \"Others.\", declared is \"Orders.\"",
        ),
        (
            "# HELP shop_orders_total Orders.\n",
            "",
            "line 1: metric `shop_orders_total`: has no help",
        ),
        (
            "total counter",
            "total gauge",
            "line 1: metric `shop_orders_total`: declared as a counter, exposed as a gauge",
        ),
        (
            "{side=\"buy\",book=\"a\"}",
            "{side=\"buy\"}",
            "line 3: metric `shop_orders_total`: 1 of its declared labels are missing",
        ),
        (
            "{side=\"buy\"",
            "{le=\"1\",side=\"buy\"",
            "line 3: metric `shop_orders_total`: label `le` is not declared",
        ),
        (
            "side=\"buy\"",
            "side=\"hold\"",
            "line 3: metric `shop_orders_total`: label `side`: value \"hold\" is not declared",
        ),
        (
            "book=\"_other\"",
            "book=\"b\"",
            "line 4: metric `shop_orders_total`: label `book`: has more than 1 values",
        ),
        (
            "le=\"1\"",
            "le=\"2\"",
            "line 8: metric `shop_wait_seconds`: bucket bound 2 is not declared",
        ),
        (
            "shop_wait_seconds_bucket{le=\"1\"} 1\n",
            "",
            "line 5: metric `shop_wait_seconds`: 1 of its declared buckets are missing",
        ),
        (
            "sum 0.25",
            "sum NaN",
            "line 10: `shop_wait_seconds_sum` must be finite, is NaN",
        ),
        (
            "count 1\n",
            "count 1\nother 1\n",
            "line 12: metric `other`: not declared",
        ),
        (
            "count 1\n",
            "count 1\nother\n",
            "line 12: expected a value, but there is nothing more",
        ),
    ];
    for (from, to, expected) in cases {
        let text = SCRAPE.replacen(from, to, 1);
        let error = catalogue.check_exposed(&text).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    let nothing_yet = catalogue.check_exposed("");
    assert_eq!(nothing_yet, Ok(()));
}
